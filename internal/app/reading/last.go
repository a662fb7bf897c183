package reading

import (
	"context"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
)

// Printed is a platform that shows what runs print.
type Printed interface {
	logs.Tailer
	Redact(text string) string
}

// LastLine keeps the last line that a run prints while it runs, for a live view. A nil
// one does nothing.
type LastLine struct {
	ctx    context.Context //nolint:containedctx // of every look, which outlives the event that begins it
	last   logs.Last
	redact func(string) string

	mu      sync.Mutex
	closed  bool
	looking map[string]context.CancelFunc // by id of the job
}

// KeepLastLine looks at what runs print once in an interval, until Close.
func KeepLastLine(ctx context.Context, p Printed, interval time.Duration) *LastLine {
	return &LastLine{
		ctx: ctx, last: logs.Last{Platform: p, Interval: interval}, redact: p.Redact, looking: make(map[string]context.CancelFunc),
	}
}

// Of is what a view asks; nil when nothing is kept.
func (l *LastLine) Of() func(id string) string {
	if l == nil {
		return nil
	}
	return func(id string) string { return l.redact(l.last.Line(id)) }
}

// Through lets events pass by, which say when a run runs.
func (l *LastLine) Through(notify func(executor.Event)) func(executor.Event) {
	if l == nil {
		return notify
	}
	return func(e executor.Event) {
		if e.Type == executor.EventStatus {
			l.turn(e.ID, e.Status == verdict.Executing)
		}
		notify(e)
	}
}

// turn begins or ends the looking at a run.
func (l *LastLine) turn(id string, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end, looks := l.looking[id]
	switch {
	case on && !looks && !l.closed:
		ctx, cancel := context.WithCancel(l.ctx)
		l.looking[id] = cancel
		l.last.Follow(ctx, id)
	case !on && looks:
		end()
		delete(l.looking, id)
	}
}

// Close ends the looking and waits for that.
func (l *LastLine) Close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.closed = true
	for _, end := range l.looking {
		end()
	}
	l.mu.Unlock()
	l.last.Wait()
}

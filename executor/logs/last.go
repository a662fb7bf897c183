package logs

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Tailer shows the last lines of a file of a run that goes on.
type Tailer interface {
	Tail(ctx context.Context, id, run, path string, lines int) ([]string, error)
}

// Last keeps the last line that runs have printed, for a view that draws it often and
// must not wait. A run that shows nothing yet, or any more, has the line it had.
type Last struct {
	Platform Tailer
	Interval time.Duration // between two looks; less than the 15 s of a log makes no sense on the platform

	mu      sync.Mutex
	lines   map[string]string // by id of the job
	looking sync.WaitGroup
}

// Follow looks at the first run of a job now and then, until ctx ends; Wait waits for that.
func (l *Last) Follow(ctx context.Context, id string) {
	l.looking.Go(func() {
		for {
			lines, err := l.Platform.Tail(ctx, id, "1", spec.ProcessOutput, tailed)
			if err == nil {
				l.keep(id, lines)
			}
			if patience.Sleep(ctx, l.Interval) != nil {
				return
			}
		}
	})
}

// tailed is how many lines are asked for: the last ones can be empty.
const tailed = 5

func (l *Last) keep(id string, lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil {
		l.lines = make(map[string]string)
	}
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			l.lines[id] = line
		}
	}
}

// Line is the last line of a job that was seen; empty before there is one.
func (l *Last) Line(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[id]
}

// Wait returns when nobody looks any more.
func (l *Last) Wait() { l.looking.Wait() }

package show

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show/tally"
	"github.com/rescale-apply/rescale-apply/internal/app/show/traffic"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Lines tells events as plain lines, for a pipe or a log: each line of progress stands
// for itself after the time of day, nothing is ever drawn over. After long silence it
// says what is waited for, so that neither a person nor a pipeline thinks that it hangs.
type Lines struct {
	Style
	Progress io.Writer // stderr
	Results  io.Writer // stdout
	Order    []string  // job names as in the manifest; optional

	mu      sync.Mutex
	traffic traffic.Log
	tally   *tally.Tally
	silence *time.Timer // runs while there is something to wait for
	closed  bool
}

// silentFor is how long nothing is said at the most.
const silentFor = 10 * time.Minute

// Event writes at most one line. Events come one at a time.
func (l *Lines) Event(e executor.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tally == nil {
		l.tally = tally.New(tally.Apply{Order: l.Order, Free: l.Free})
		l.spoke()
	}
	l.tally.Event(e)
	at := e.Time
	if at.IsZero() {
		at = time.Now()
	}
	if line := l.words(e); line != "" {
		l.line(at, line)
	}
	if e.Type == executor.EventResult {
		l.Outcome(l.Results, *e.Outcome)
		l.spoke()
	}
}

// words are the line of an event; empty for one that has none on stderr.
func (l *Lines) words(e executor.Event) string {
	switch e.Type {
	case executor.EventWaiting, executor.EventQueued, executor.EventStatus:
		return diag.Line(e.Job + ": " + tally.Status(e))
	case executor.EventUploading, executor.EventUploaded, executor.EventAborted, executor.EventDownloading, executor.EventDownloaded:
		return diag.Line(l.traffic.Event(e))
	case executor.EventCreated:
		return diag.Line(e.Job + ": created " + e.ID)
	case executor.EventSubmitted:
		return diag.Line(e.Job + ": submitted " + e.ID)
	case executor.EventFound:
		return diag.Line(fmt.Sprintf("%s: found %s on the platform", e.Job, e.ID))
	case executor.EventReading:
		return diag.Line(fmt.Sprintf("%s: reading %s (%s)", e.Job, e.File, content.Bytes(e.Size)))
	case executor.EventWarning:
		return l.warning(e)
	case executor.EventMoved:
		return l.moved(e)
	case executor.EventResult:
	}
	return ""
}

// line writes a line of progress, and begins to wait for the next.
func (l *Lines) line(at time.Time, text string) {
	fmt.Fprintf(l.Progress, "%s %s\n", humanize.Clock(at), text)
	l.spoke()
}

// spoke begins to count silence anew.
func (l *Lines) spoke() {
	switch {
	case l.closed:
	case l.silence == nil:
		l.silence = time.AfterFunc(silentFor, l.remind)
	default:
		l.silence.Reset(silentFor)
	}
}

// remind breaks the silence.
func (l *Lines) remind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.tally == nil {
		return
	}
	now := time.Now()
	l.line(now, diag.Line(l.tally.Waits(now)))
}

// Print writes a line of its own.
func (l *Lines) Print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(time.Now(), diag.Line(line))
}

// Pause has nothing to take off the screen.
func (*Lines) Pause(stop func()) { stop() }

// Close ends the showing.
func (l *Lines) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.silence != nil {
		l.silence.Stop()
	}
}

// moved tells where files of an earlier run are now.
func (s Style) moved(e executor.Event) string {
	return diag.Line(fmt.Sprintf("%s: %s to %s/", e.Job, e.Message, s.path(e.Path)))
}

// warning is a warning in one line.
func (s Style) warning(e executor.Event) string {
	if e.Job != "" {
		e.Message = e.Job + ": " + e.Message
	}
	return s.paint(yellow, "warning:") + " " + diag.Line(e.Message)
}

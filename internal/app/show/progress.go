package show

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/show/tally"
	"github.com/rescale-apply/rescale-apply/internal/app/show/traffic"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Lines tells events as plain lines, for a pipe or a log: each line stands for
// itself, nothing is ever drawn over.
type Lines struct {
	Style
	Progress io.Writer // stderr
	Results  io.Writer // stdout

	traffic traffic.Log
}

// Event writes at most one line. Events come one at a time.
func (l *Lines) Event(e executor.Event) {
	switch e.Type {
	case executor.EventWaiting:
		l.line("%s: waits for %s", e.Job, e.Message)
	case executor.EventQueued:
		l.line("%s: %s", e.Job, tally.Status(e))
	case executor.EventUploading, executor.EventUploaded, executor.EventAborted, executor.EventDownloading, executor.EventDownloaded:
		if line := l.traffic.Event(e); line != "" {
			l.line("%s", line)
		}
	case executor.EventCreated:
		l.line("%s: created %s", e.Job, e.ID)
	case executor.EventSubmitted:
		l.line("%s: submitted %s", e.Job, e.ID)
	case executor.EventFound:
		l.line("%s: found %s on the platform", e.Job, e.ID)
	case executor.EventStatus:
		l.line("%s: %s", e.Job, e.Status)
	case executor.EventReading:
		l.line("%s: reading %s (%s)", e.Job, e.File, content.Bytes(e.Size))
	case executor.EventWarning:
		fmt.Fprintln(l.Progress, l.warning(e))
	case executor.EventMoved:
		fmt.Fprintln(l.Progress, l.moved(e))
	case executor.EventResult:
		l.Outcome(l.Results, *e.Outcome)
	}
}

func (l *Lines) line(format string, args ...any) {
	fmt.Fprintln(l.Progress, diag.Line(fmt.Sprintf(format, args...)))
}

// Print writes a line of its own.
func (l *Lines) Print(line string) { l.line("%s", line) }

// Pause has nothing to take off the screen.
func (*Lines) Pause(stop func()) { stop() }

// Close ends the showing.
func (*Lines) Close() {}

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

package show

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
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
		l.line("%s: %s", e.Job, queued(e))
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
		warning(l.Progress, l.Style, e)
	case executor.EventMoved:
		l.moved(l.Progress, e)
	case executor.EventResult:
		l.Outcome(l.Results, *e.Outcome)
	}
}

// queued tells what a job waits for, and how long at the most.
func queued(e executor.Event) string {
	return fmt.Sprintf("waits for draft %s of another runner, until %s at the latest", e.ID, humanize.Clock(e.Until))
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
func (s Style) moved(w io.Writer, e executor.Event) {
	fmt.Fprintln(w, diag.Line(fmt.Sprintf("%s: %s to %s/", e.Job, e.Message, s.path(e.Path))))
}

func warning(w io.Writer, s Style, e executor.Event) {
	if e.Job != "" {
		e.Message = e.Job + ": " + e.Message
	}
	fmt.Fprintf(w, "%s %s\n", s.paint(yellow, "warning:"), diag.Line(e.Message))
}

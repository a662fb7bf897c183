package show

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/show/traffic"
	"github.com/rescale-apply/rescale-apply/internal/content"
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
		fmt.Fprintf(l.Progress, "%s: waits for %s\n", e.Job, e.Message)
	case executor.EventUploading, executor.EventUploaded, executor.EventAborted, executor.EventDownloading, executor.EventDownloaded:
		if line := l.traffic.Event(e); line != "" {
			fmt.Fprintln(l.Progress, line)
		}
	case executor.EventCreated:
		fmt.Fprintf(l.Progress, "%s: created %s\n", e.Job, e.ID)
	case executor.EventSubmitted:
		fmt.Fprintf(l.Progress, "%s: submitted %s\n", e.Job, e.ID)
	case executor.EventFound:
		fmt.Fprintf(l.Progress, "%s: found %s on the platform\n", e.Job, e.ID)
	case executor.EventStatus:
		fmt.Fprintf(l.Progress, "%s: %s\n", e.Job, e.Status)
	case executor.EventReading:
		fmt.Fprintf(l.Progress, "%s: reading %s (%s)\n", e.Job, e.File, content.Bytes(e.Size))
	case executor.EventWarning:
		warning(l.Progress, l.Style, e)
	case executor.EventMoved:
		l.moved(l.Progress, e)
	case executor.EventResult:
		l.Outcome(l.Results, *e.Outcome)
	}
}

// Close ends the showing.
func (*Lines) Close() {}

// moved tells where files of an earlier run are now.
func (s Style) moved(w io.Writer, e executor.Event) {
	fmt.Fprintf(w, "%s: %s to %s/\n", e.Job, e.Message, Harmless(s.path(e.Path)))
}

func warning(w io.Writer, s Style, e executor.Event) {
	if e.Job != "" {
		e.Message = e.Job + ": " + e.Message
	}
	fmt.Fprintf(w, "%s %s\n", s.paint(yellow, "warning:"), Harmless(e.Message))
}

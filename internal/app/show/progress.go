package show

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor"
)

// Lines tells events as plain lines, for a pipe or a log: each line stands for
// itself, nothing is ever drawn over.
type Lines struct {
	Style
	Progress io.Writer // stderr
	Results  io.Writer // stdout
}

// Event writes at most one line.
func (l Lines) Event(e executor.Event) {
	switch e.Type {
	case executor.EventWaiting:
		fmt.Fprintf(l.Progress, "%s: waits for %s\n", e.Job, e.Message)
	case executor.EventUploaded:
		fmt.Fprintf(l.Progress, "uploaded %s (%s)\n", e.File, executor.Bytes(e.Size))
	case executor.EventCreated:
		fmt.Fprintf(l.Progress, "%s: created %s\n", e.Job, e.ID)
	case executor.EventSubmitted:
		fmt.Fprintf(l.Progress, "%s: submitted %s\n", e.Job, e.ID)
	case executor.EventStatus:
		fmt.Fprintf(l.Progress, "%s: %s\n", e.Job, e.Status)
	case executor.EventDownloaded:
		fmt.Fprintf(l.Progress, "%s: downloaded %s (%s)\n", e.Job, e.File, executor.Bytes(e.Size))
	case executor.EventWarning:
		warning(l.Progress, l.Style, e)
	case executor.EventResult:
		l.Outcome(l.Results, *e.Outcome)
	case executor.EventUploading, executor.EventDownloading:
	}
}

// Close ends the showing.
func (Lines) Close() {}

func warning(w io.Writer, s Style, e executor.Event) {
	if e.Job != "" {
		e.Message = e.Job + ": " + e.Message
	}
	fmt.Fprintf(w, "%s %s\n", s.paint(yellow, "warning:"), Harmless(e.Message))
}

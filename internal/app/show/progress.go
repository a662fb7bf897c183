package show

import (
	"fmt"
	"io"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
)

// Lines tells events as plain lines, for a pipe or a log: each line stands for
// itself, nothing is ever drawn over.
type Lines struct {
	Style
	Progress io.Writer // stderr
	Results  io.Writer // stdout

	moving map[executor.Transfer]*journey
}

// Event writes at most one line. Events come one at a time.
func (l *Lines) Event(e executor.Event) {
	switch e.Type {
	case executor.EventUploading:
		l.way(e, "uploading "+e.File)
	case executor.EventUploaded:
		fmt.Fprintf(l.Progress, "uploaded %s (%s)\n", e.File, l.end(e))
	case executor.EventDownloading:
		l.way(e, e.Job+": downloading "+e.File)
	case executor.EventDownloaded:
		fmt.Fprintf(l.Progress, "%s: downloaded %s (%s)\n", e.Job, e.File, l.end(e))
	case executor.EventAborted:
		l.end(e)
	case executor.EventCreated:
		fmt.Fprintf(l.Progress, "%s: created %s\n", e.Job, e.ID)
	case executor.EventSubmitted:
		fmt.Fprintf(l.Progress, "%s: submitted %s\n", e.Job, e.ID)
	case executor.EventStatus:
		fmt.Fprintf(l.Progress, "%s: %s\n", e.Job, e.Status)
	case executor.EventWarning:
		warning(l.Progress, l.Style, e)
	case executor.EventResult:
		l.Outcome(l.Results, *e.Outcome)
	}
}

// Close ends the showing.
func (*Lines) Close() {}

// journey is what was said of one transfer.
type journey struct {
	transfer
	told    time.Time
	percent int64 // told
}

// How often a long transfer is told of: when a tenth more is through, but not each
// second, and at least each minute, so that nobody thinks that it hangs.
const (
	quietBelow = 10_000_000 // bytes: only the end of a smaller file is told
	lineEvery  = 10 * time.Second
	lineAlways = time.Minute
	lineStep   = 10 // per cent
)

// way tells the beginning of a transfer, and how far it is now and then.
func (l *Lines) way(e executor.Event, act string) {
	j, known := l.moving[e.Transfer()]
	if !known {
		if l.moving == nil {
			l.moving = make(map[executor.Transfer]*journey)
		}
		j = &journey{transfer: transfer{size: e.Size, begun: e.Time}, told: e.Time}
		l.moving[e.Transfer()] = j
		if e.Size >= quietBelow {
			fmt.Fprintf(l.Progress, "%s (%s)\n", act, executor.Bytes(e.Size))
		}
	}
	if e.Sent < j.sent {
		j.percent = 0 // it starts over
	}
	j.sent = e.Sent
	j.pace.note(e.Time, e.Sent)
	percent := 100 * e.Sent / max(1, e.Size)
	quiet := e.Time.Sub(j.told)
	if quiet < lineEvery || quiet < lineAlways && percent < j.percent+lineStep {
		return
	}
	j.told, j.percent = e.Time, percent
	fmt.Fprintf(l.Progress, "%s: %s\n", act, j.progress(e.Time).words())
}

// end forgets a transfer and says how large it was, and how long it took if that
// was long.
func (l *Lines) end(e executor.Event) string {
	j, known := l.moving[e.Transfer()]
	delete(l.moving, e.Transfer())
	if !known || e.Size < quietBelow && e.Time.Sub(j.begun) < lineEvery {
		return executor.Bytes(e.Size)
	}
	took := e.Time.Sub(j.begun)
	return fmt.Sprintf("%s in %s, %s/s", executor.Bytes(e.Size), Duration(took), executor.Bytes(int64(float64(e.Size)/max(took.Seconds(), 0.001))))
}

func warning(w io.Writer, s Style, e executor.Event) {
	if e.Job != "" {
		e.Message = e.Job + ": " + e.Message
	}
	fmt.Fprintf(w, "%s %s\n", s.paint(yellow, "warning:"), Harmless(e.Message))
}

package traffic

import (
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Log says in plain lines how transfers go, for a pipe or a file.
type Log struct {
	moving map[executor.Transfer]*journey
}

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

// Event gives the line that an event of a transfer is worth, mostly none.
func (l *Log) Event(e executor.Event) string {
	switch e.Type {
	case executor.EventUploading:
		return l.way(e, "uploading "+e.File)
	case executor.EventDownloading:
		return l.way(e, e.Job+": downloading "+e.File)
	case executor.EventUploaded:
		return fmt.Sprintf("uploaded %s (%s)", e.File, l.end(e))
	case executor.EventDownloaded:
		return fmt.Sprintf("%s: downloaded %s (%s)", e.Job, e.File, l.end(e))
	case executor.EventAborted:
		l.end(e)
	default:
	}
	return ""
}

// way tells the beginning of a transfer, and how far it is now and then.
func (l *Log) way(e executor.Event, act string) string {
	j, known := l.moving[e.Transfer()]
	if !known {
		j = l.begin(e)
		if e.Size >= quietBelow {
			return fmt.Sprintf("%s (%s)", act, content.Bytes(e.Size))
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
		return ""
	}
	j.told, j.percent = e.Time, percent
	return act + ": " + j.progress(e.Time).words()
}

func (l *Log) begin(e executor.Event) *journey {
	if l.moving == nil {
		l.moving = make(map[executor.Transfer]*journey)
	}
	j := &journey{transfer: transfer{size: e.Size, sent: e.Sent, begun: e.Time}, told: e.Time}
	j.pace.note(e.Time, e.Sent)
	l.moving[e.Transfer()] = j
	return j
}

// end forgets a transfer and says how large it was, and how long it took if that
// was long.
func (l *Log) end(e executor.Event) string {
	j, known := l.moving[e.Transfer()]
	delete(l.moving, e.Transfer())
	if !known || e.Size < quietBelow && e.Time.Sub(j.begun) < lineEvery {
		return content.Bytes(e.Size)
	}
	took := e.Time.Sub(j.begun)
	rate := int64(float64(e.Size) / max(took.Seconds(), 0.001))
	return fmt.Sprintf("%s in %s, %s/s", content.Bytes(e.Size), humanize.Duration(took), content.Bytes(rate))
}

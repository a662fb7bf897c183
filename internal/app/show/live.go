package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/rescale-apply/rescale-apply/executor"
)

// Screen is where live lines are drawn.
type Screen struct {
	Style
	Lines   io.Writer                            // the terminal: stderr
	Results io.Writer                            // stdout
	Size    func() (columns, lines int, ok bool) // of the terminal
	Order   []string                             // job names as in the manifest
}

// Live shows one line for each job that is under way, drawn over in place, on a
// terminal. Results scroll by above. Jobs that do not fit are folded into
// counts by status.
type Live struct {
	Screen

	mu     sync.Mutex
	lanes  []*lane
	drawn  int // lines on the screen that are ours
	stop   chan struct{}
	ticked sync.WaitGroup
}

// lane is one job, or one upload, on the screen.
type lane struct {
	name, id, status string
	since            time.Time
}

// redrawEvery keeps the clocks of the lines going.
const redrawEvery = 200 * time.Millisecond

// NewLive starts drawing; Close ends it.
func NewLive(screen Screen) *Live {
	l := &Live{Screen: screen, stop: make(chan struct{})}
	l.ticked.Go(l.tick)
	return l
}

func (l *Live) tick() {
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
			l.mu.Lock()
			l.draw()
			l.mu.Unlock()
		}
	}
}

// Close takes the live lines off the screen.
func (l *Live) Close() {
	close(l.stop)
	l.ticked.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
}

// Event updates the lines.
func (l *Live) Event(e executor.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Type {
	case executor.EventResult:
		l.remove(e.Job)
		l.erase()
		l.Outcome(l.Results, *e.Outcome)
	case executor.EventWaiting:
		l.lane(e.Job, "").status = "waits for " + e.Message
	case executor.EventWarning:
		l.erase()
		warning(l.Lines, l.Style, e)
	case executor.EventUploading, executor.EventUploaded:
		l.lane("upload "+e.File, "").status = transfer(e)
		if e.Type == executor.EventUploaded {
			l.remove("upload " + e.File)
		}
	case executor.EventCreated:
		l.lane(e.Job, e.ID).status = "created"
	case executor.EventSubmitted:
		l.lane(e.Job, e.ID).status = "submitted"
	case executor.EventStatus:
		l.lane(e.Job, e.ID).status = e.Status
	case executor.EventDownloading, executor.EventDownloaded:
		l.lane(e.Job, e.ID).status = "downloading " + e.File + " " + transfer(e)
	}
	l.draw()
}

func transfer(e executor.Event) string {
	if e.Size == 0 || e.Type == executor.EventUploaded || e.Type == executor.EventDownloaded {
		return executor.Bytes(e.Size)
	}
	return fmt.Sprintf("%3d %% of %s", 100*e.Sent/e.Size, executor.Bytes(e.Size))
}

// lane finds or makes the line of a name: uploads first, then jobs in the order
// of the manifest.
func (l *Live) lane(name, id string) *lane {
	i := slices.IndexFunc(l.lanes, func(x *lane) bool { return x.name == name })
	if i < 0 {
		rank := l.rank(name)
		i = len(l.lanes)
		for i > 0 && l.rank(l.lanes[i-1].name) > rank {
			i--
		}
		l.lanes = slices.Insert(l.lanes, i, &lane{name: name, since: time.Now()})
	}
	if id != "" {
		l.lanes[i].id = id
	}
	return l.lanes[i]
}

func (l *Live) rank(name string) int { return slices.Index(l.Order, name) }

func (l *Live) remove(name string) {
	l.lanes = slices.DeleteFunc(l.lanes, func(x *lane) bool { return x.name == name })
}

// erase takes our lines off the screen and leaves the cursor where they began.
func (l *Live) erase() {
	if l.drawn > 0 {
		fmt.Fprintf(l.Lines, "\r\x1b[%dA\x1b[J", l.drawn)
	}
	l.drawn = 0
}

func (l *Live) draw() {
	columns, lines, ok := l.Size()
	if !ok {
		columns, lines = 80, 24
	}
	rows := l.rows(columns-1, max(1, lines-2))
	var out strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&out, "\r\x1b[%dA\x1b[J", l.drawn)
	}
	for _, row := range rows {
		out.WriteString(runewidth.Truncate(strings.TrimRight(row, "\n"), max(1, columns-1), "…") + "\n")
	}
	l.drawn = len(rows)
	_, _ = io.WriteString(l.Lines, out.String())
}

// shortestName is how much of a name stays on a narrow screen.
const shortestName = 8

// rows are the lines to draw: one a job, or counts when there are too many. On
// a narrow screen names are cut, for the status is what people look for.
func (l *Live) rows(columns, room int) []string {
	if len(l.lanes) > room {
		return l.folded()
	}
	var cells [][]string
	longest, rest := 0, 0
	for _, x := range l.lanes {
		row := []string{x.name, x.id, x.status, Duration(time.Since(x.since))}
		cells = append(cells, row)
		longest = max(longest, runewidth.StringWidth(x.name))
		rest = max(rest, runewidth.StringWidth(strings.Join(row[1:], ""))+4*len("   "))
	}
	if longest+rest > columns {
		for _, row := range cells {
			row[0] = runewidth.Truncate(row[0], max(shortestName, columns-rest), "…")
		}
	}
	var out strings.Builder
	Table(&out, cells)
	return slices.Collect(strings.Lines(out.String()))
}

func (l *Live) folded() []string {
	counts := make(map[string]int)
	for _, x := range l.lanes {
		counts[x.status]++
	}
	var rows []string
	for status, n := range counts {
		rows = append(rows, fmt.Sprintf("  %4d %s", n, status))
	}
	slices.Sort(rows)
	return rows
}

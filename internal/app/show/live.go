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
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/show/traffic"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Screen is where live lines are drawn.
type Screen struct {
	Style
	Lines   io.Writer                            // the terminal: stderr
	Results io.Writer                            // stdout
	Size    func() (columns, lines int, ok bool) // of the terminal
	Ours    func() bool                          // nobody else writes to the terminal now; optional
	Order   []string                             // job names as in the manifest
	Uploads results.Amount
}

// Live shows one line for each transfer and each job that is under way, drawn over
// in place, on a terminal. Results scroll by above. What does not fit is folded:
// transfers into their sum, jobs into counts by status. It is the only one that
// draws, so that bars and jobs cannot get into each other's way.
type Live struct {
	Screen

	mu     sync.Mutex
	up     traffic.Direction
	down   traffic.Direction
	lanes  []*lane
	drawn  int // lines on the screen that are ours
	stop   chan struct{}
	ticked sync.WaitGroup
}

// lane is one job on the screen.
type lane struct {
	name, id, status string
	since            time.Time // of the status
}

// turn gives a lane another status. Its clock starts when the platform says that the
// status began, or else now: to wait is not to run.
func (x *lane) turn(status string, since time.Time) {
	if status == x.status {
		return
	}
	x.status, x.since = status, since
	if since.IsZero() {
		x.since = time.Now()
	}
}

// redrawEvery keeps the clocks of the lines going.
const redrawEvery = 200 * time.Millisecond

// NewLive starts drawing; Close ends it.
func NewLive(screen Screen) *Live {
	l := &Live{Screen: screen, stop: make(chan struct{})}
	l.up = traffic.Direction{Arrow: "↑", Planned: screen.Uploads}
	l.down = traffic.Direction{Arrow: "↓"}
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

// Pause takes the lines off the screen while the program is stopped by stop, as after
// Ctrl-Z: what the shell writes meanwhile is not ours to draw over.
func (l *Live) Pause(stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	stop()
}

// Print writes a line above the lines.
func (l *Live) Print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	screen.Draw(l.Lines, l.erasure(), line+"\n")
	l.draw()
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
		l.lane(e.Job, "").turn("waits for "+e.Message, time.Time{})
	case executor.EventQueued:
		l.lane(e.Job, "").turn(queued(e), time.Time{})
	case executor.EventWarning:
		l.erase()
		warning(l.Lines, l.Style, e)
	case executor.EventMoved:
		l.erase()
		l.Style.moved(l.Lines, e)
	case executor.EventUploading, executor.EventUploaded, executor.EventDownloading, executor.EventDownloaded, executor.EventAborted:
		l.moved(e)
		return // the next tick draws it
	case executor.EventCreated:
		l.lane(e.Job, e.ID).turn("created", time.Time{})
	case executor.EventSubmitted:
		l.lane(e.Job, e.ID).turn("submitted", time.Time{})
	case executor.EventFound:
		l.lane(e.Job, e.ID).turn("found", time.Time{})
	case executor.EventStatus:
		l.lane(e.Job, e.ID).turn(e.Status, e.Since)
	case executor.EventReading:
		l.lane(e.Job, e.ID).turn("reading "+e.File+" "+content.Bytes(e.Size), time.Time{})
	}
	l.draw()
}

// moved takes an event of a transfer. Only downloads belong to a job.
func (l *Live) moved(e executor.Event) {
	if e.Job == "" {
		l.up.Event(e)
		return
	}
	l.lane(e.Job, e.ID).turn("downloading", time.Time{})
	l.down.Event(e)
}

// lane finds or makes the line of a job, in the order of the manifest.
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
	screen.Draw(l.Lines, l.erasure(), "")
}

// erasure forgets lines that others have written to since: as a job of the shell in
// the background we would erase what people type and read there.
func (l *Live) erasure() string {
	up := l.drawn
	l.drawn = 0
	if up == 0 || !l.ours() {
		return ""
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", up)
}

func (l *Live) ours() bool { return l.Ours == nil || l.Ours() }

func (l *Live) draw() {
	if !l.ours() {
		l.drawn = 0
		return
	}
	columns, lines, ok := l.Size()
	if !ok {
		columns, lines = 80, 24
	}
	rows := l.rows(columns-1, max(1, lines-2))
	var out strings.Builder
	for _, row := range rows {
		out.WriteString(runewidth.Truncate(strings.TrimRight(row, "\n"), max(1, columns-1), "…") + "\n")
	}
	screen.Draw(l.Lines, l.erasure(), out.String())
	l.drawn = len(rows)
}

// shortestName is how much of a name stays on a narrow screen.
const shortestName = 8

// rows are the lines to draw: transfers first, then jobs. A sum takes the place of
// transfers for which there is no room beside the jobs.
func (l *Live) rows(columns, room int) []string {
	now := time.Now()
	directions := []*traffic.Direction{&l.up, &l.down}
	sums := 0
	for _, d := range directions {
		if d.Moving() {
			sums++
		}
	}
	jobs := l.jobs(columns, max(1, room-sums))
	var rows []string
	for _, d := range directions {
		rows = append(rows, d.Rows(now, columns, room-len(jobs)-len(rows))...)
	}
	return append(rows, jobs...)
}

// jobs is one line a job, or counts when there are too many. On a narrow screen
// names are cut, for the status is what people look for; they keep their ends, which
// tell the points of a matrix apart.
func (l *Live) jobs(columns, room int) []string {
	if len(l.lanes) > room {
		return l.folded()
	}
	var cells [][]string
	longest, rest := 0, 0
	for _, x := range l.lanes {
		row := []string{x.name, x.id, x.status, humanize.Duration(max(0, time.Since(x.since)))}
		cells = append(cells, row)
		longest = max(longest, runewidth.StringWidth(x.name))
		rest = max(rest, runewidth.StringWidth(strings.Join(row[1:], ""))+4*len("   "))
	}
	if longest+rest > columns {
		for _, row := range cells {
			row[0] = traffic.Shorten(row[0], max(shortestName, columns-rest))
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

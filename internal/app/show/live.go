package show

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/rescale-apply/rescale-apply/executor"
)

// Live shows one line for each job that is under way, drawn over in place, on a
// terminal. Results scroll by above. Jobs that do not fit are folded into
// counts by status.
type Live struct {
	style   Style
	screen  io.Writer // stderr
	results io.Writer // stdout
	size    func() (columns, lines int, ok bool)

	mu     sync.Mutex
	order  []string
	jobs   map[string]*lane
	drawn  int // lines on the screen that are ours
	stop   chan struct{}
	ticked sync.WaitGroup
}

// lane is one job on the screen.
type lane struct {
	name, id, status string
	since            time.Time
}

// redrawEvery keeps the clocks of the lines going.
const redrawEvery = 200 * time.Millisecond

// NewLive starts drawing; Close ends it.
func NewLive(style Style, screen, results io.Writer, size func() (int, int, bool)) *Live {
	l := &Live{
		style: style, screen: screen, results: results, size: size,
		jobs: make(map[string]*lane), stop: make(chan struct{}),
	}
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
		l.style.Outcome(l.results, *e.Outcome)
	case executor.EventWarning:
		l.erase()
		warning(l.screen, l.style, e)
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

func (l *Live) lane(name, id string) *lane {
	job, ok := l.jobs[name]
	if !ok {
		job = &lane{name: name, since: time.Now()}
		l.jobs[name] = job
		l.order = append(l.order, name)
	}
	if id != "" {
		job.id = id
	}
	return job
}

func (l *Live) remove(name string) {
	delete(l.jobs, name)
	for i, n := range l.order {
		if n == name {
			l.order = append(l.order[:i], l.order[i+1:]...)
			return
		}
	}
}

// erase takes our lines off the screen and leaves the cursor where they began.
func (l *Live) erase() {
	if l.drawn > 0 {
		fmt.Fprintf(l.screen, "\x1b[%dA\x1b[J", l.drawn)
	}
	l.drawn = 0
}

func (l *Live) draw() {
	columns, lines, ok := l.size()
	if !ok {
		columns, lines = 80, 24
	}
	rows := l.rows(max(1, lines-2))
	var out strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&out, "\x1b[%dA\x1b[J", l.drawn)
	}
	for _, row := range rows {
		out.WriteString(runewidth.Truncate(row, max(1, columns-1), "…") + "\n")
	}
	l.drawn = len(rows)
	_, _ = io.WriteString(l.screen, out.String())
}

// rows are the lines to draw: one a job, or counts when there are too many.
func (l *Live) rows(room int) []string {
	if len(l.order) > room {
		return l.folded()
	}
	var cells [][]string
	for _, name := range l.order {
		job := l.jobs[name]
		cells = append(cells, []string{job.name, job.id, job.status, Duration(time.Since(job.since).Truncate(time.Second / 10))})
	}
	var out strings.Builder
	table(&out, cells)
	return strings.Split(strings.TrimRight(out.String(), "\n"), "\n")[:len(cells)]
}

func (l *Live) folded() []string {
	counts := make(map[string]int)
	for _, job := range l.jobs {
		counts[job.status]++
	}
	var rows []string
	for status, n := range counts {
		rows = append(rows, fmt.Sprintf("  %4d %s", n, status))
	}
	sort.Strings(rows)
	return rows
}

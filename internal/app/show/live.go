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
	"github.com/rescale-apply/rescale-apply/internal/app/screen/ink"
	"github.com/rescale-apply/rescale-apply/internal/app/show/tally"
	"github.com/rescale-apply/rescale-apply/internal/app/show/traffic"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Screen is where live lines are drawn.
type Screen struct {
	Style
	Lines   io.Writer                            // the terminal: stderr
	Results io.Writer                            // stdout
	Size    func() (columns, lines int, ok bool) // of the terminal
	Ours    func() bool                          // nobody else writes to the terminal now; optional
	Quiet   func() (restore func())              // keeps what is typed off the screen; optional
	Order   []string                             // job names as in the manifest
	Uploads results.Amount
	Log     func(id string) string // the last line that a run printed, from memory; optional
}

// Live shows one line for each transfer and each job that is under way, drawn over
// in place, on a terminal. Results scroll by above. What does not fit is folded:
// transfers into their sum, jobs into one line that counts them, above which those that
// failed stay. It is the only one that draws, so that bars and jobs cannot get into each
// other's way.
//
// An event only changes what is known. It is drawn at once after a rest, and else by the
// next tick: a burst of events costs as little as one.
type Live struct {
	Screen

	mu     sync.Mutex
	canvas ink.Canvas
	up     traffic.Direction
	down   traffic.Direction
	tally  *tally.Tally
	failed []string // the last of them, without their marks
	texts  []text   // to stand above the lines, not written yet
	rested time.Time
	stop   chan struct{}
	ticked sync.WaitGroup
}

// text is whole lines that stay.
type text struct {
	to    io.Writer
	lines *strings.Builder
}

// redrawEvery keeps the clocks of the lines going.
const redrawEvery = 200 * time.Millisecond

// NewLive starts drawing; Close ends it.
func NewLive(s Screen) *Live {
	l := &Live{Screen: s, stop: make(chan struct{})}
	l.canvas = ink.Canvas{Out: s.Lines, Size: s.Size, Ours: s.Ours, Quiet: s.Quiet}
	l.tally = tally.New(tally.Apply{Order: s.Order, Free: s.Free})
	l.up = traffic.Direction{Arrow: "↑", Planned: s.Uploads}
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

// erase leaves on the screen only what stays.
func (l *Live) erase() {
	l.canvas.Erase()
	for _, t := range l.texts {
		_, _ = io.WriteString(t.to, t.lines.String()) // a reader that went away is noticed by the shell
	}
	l.texts = nil
}

// say keeps lines until the next drawing.
func (l *Live) say(to io.Writer, lines string) {
	if n := len(l.texts); n == 0 || l.texts[n-1].to != to {
		l.texts = append(l.texts, text{to, new(strings.Builder)})
	}
	l.texts[len(l.texts)-1].lines.WriteString(lines)
}

// Print writes a line above the lines.
func (l *Live) Print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say(l.Lines, line+"\n")
	l.drawRested()
}

// Event updates the lines.
func (l *Live) Event(e executor.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Event(e)
	switch e.Type {
	case executor.EventResult:
		l.result(*e.Outcome)
	case executor.EventWarning:
		l.say(l.Lines, l.warning(e)+"\n")
	case executor.EventMoved:
		l.say(l.Lines, l.moved(e)+"\n")
	case executor.EventUploading, executor.EventUploaded, executor.EventDownloading, executor.EventDownloaded, executor.EventAborted:
		if e.Job == "" {
			l.up.Event(e)
		} else {
			l.down.Event(e)
		}
		return // the next tick draws it
	default:
	}
	l.drawRested()
}

// keptFailures is how many of those that failed are remembered: no screen shows more.
const keptFailures = 200

// result keeps how a job ended until the next drawing, and one that failed for longer.
func (l *Live) result(o executor.Outcome) {
	var lines strings.Builder
	if l.Outcome(&lines, o); lines.Len() > 0 {
		l.say(l.Results, lines.String())
	}
	if !tally.Failed(o) {
		return
	}
	if l.failed = append(l.failed, l.headline(o)); len(l.failed) > keptFailures {
		l.failed = slices.Delete(l.failed, 0, 1)
	}
}

// drawRested draws unless that was just done: then the next tick does it.
func (l *Live) drawRested() {
	if now := time.Now(); now.Sub(l.rested) >= redrawEvery {
		l.draw()
	}
}

// draw brings the screen up to date, in one write. Only results, which go to another
// file, are written apart.
func (l *Live) draw() {
	l.rested = time.Now()
	var above string
	for i, t := range l.texts {
		if t.to == l.Lines && i == len(l.texts)-1 {
			above = t.lines.String()
			continue
		}
		l.canvas.Wipe()
		_, _ = io.WriteString(t.to, t.lines.String())
	}
	l.texts = nil
	columns, lines := l.canvas.Room()
	l.canvas.Draw(above, l.rows(l.rested, columns-1, max(1, lines-2)))
}

// rows are the lines to draw: transfers first, then jobs. A sum takes the place of
// transfers for which there is no room beside the jobs.
func (l *Live) rows(now time.Time, columns, room int) []string {
	directions := []*traffic.Direction{&l.up, &l.down}
	sums := 0
	for _, d := range directions {
		if d.Moving() {
			sums++
		}
	}
	jobs := l.jobs(now, columns, max(1, room-sums))
	var rows []string
	for _, d := range directions {
		rows = append(rows, d.Rows(now, columns, room-len(jobs)-len(rows))...)
	}
	for i, row := range rows {
		rows[i] = cut(row, columns)
	}
	return append(rows, jobs...)
}

// jobs is one line a job, when all jobs of the apply have room; else one line for all
// of them, with those that failed above it, and those under way where they still fit.
func (l *Live) jobs(now time.Time, columns, room int) []string {
	if max(l.tally.Total(), l.tally.Active()) <= room {
		return l.lanes(now, columns, room)
	}
	rows := l.failures(columns, (room-1)/2)
	if left := room - 1 - len(rows); l.tally.Active() <= left {
		rows = append(rows, l.lanes(now, columns, left)...)
	}
	return append(rows, cut("  "+l.tally.Sum(now, columns-2), columns))
}

// failures are as many of the jobs that failed as there is room for, the last ones.
func (l *Live) failures(columns, room int) []string {
	shown := l.failed[max(0, len(l.failed)-room):]
	rows := make([]string, 0, len(shown)+1)
	if hidden := l.tally.Failures() - len(shown); hidden > 0 && len(shown) > 1 {
		shown = shown[1:]
		rows = append(rows, cut(fmt.Sprintf("  %d more failed", hidden+1), columns))
	}
	for _, headline := range shown {
		rows = append(rows, "  "+l.paint(red, "✗")+cut(" "+headline, max(1, columns-3)))
	}
	return rows
}

// shortestName is how much of a name stays on a narrow screen.
const shortestName = 8

// lanes is one line a job that is under way. On a narrow screen names are cut, for the
// status is what people look for; they keep their ends, which tell the points of a matrix
// apart. What a job printed last has its place below, when it is the only one.
func (l *Live) lanes(now time.Time, columns, room int) []string {
	jobs := l.tally.Jobs()
	var table [][]string
	longest, rest := 0, 0
	for _, job := range jobs {
		row := []string{job.Name, job.ID, job.Status, humanize.Duration(max(0, now.Sub(job.Since)))}
		table = append(table, row)
		longest = max(longest, runewidth.StringWidth(job.Name))
		rest = max(rest, runewidth.StringWidth(strings.Join(row[1:], ""))+4*len("   "))
	}
	if longest+rest > columns {
		for _, row := range table {
			row[0] = traffic.Shorten(row[0], max(shortestName, columns-rest))
		}
	}
	var out strings.Builder
	Table(&out, table)
	rows := slices.Collect(strings.Lines(out.String()))
	for i, row := range rows {
		rows[i] = cut(row, columns)
	}
	if len(jobs) != 1 || l.Log == nil || room < 2 {
		return rows
	}
	if last := strings.TrimSpace(diag.Line(l.Log(jobs[0].ID))); last != "" {
		rows = append(rows, l.paint(faint, cut("  | "+last, columns)))
	}
	return rows
}

// cut is a line that fits.
func cut(line string, columns int) string {
	return runewidth.Truncate(strings.TrimRight(line, " \n"), max(1, columns), "…")
}

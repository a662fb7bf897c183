package show

import (
	"fmt"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
)

// Planned is what an apply is going to upload.
type Planned struct {
	Files int
	Bytes int64
}

// transfers are the files that move in one direction.
type transfers struct {
	arrow   string // before each name
	planned Planned
	active  []*transfer // in order of their beginnings
	files   int         // done
	bytes   int64       // of those
	begun   time.Time   // of the first
	heard   time.Time   // last event
	pace    pace        // of all together
}

// transfer is one file on its way.
type transfer struct {
	id         executor.Transfer
	name       string
	size, sent int64
	begun      time.Time
	pace       pace
}

// event takes what is new, and gives the transfer that it is about.
func (t *transfers) event(e executor.Event) *transfer {
	x := t.find(e)
	x.size, x.sent, t.heard = e.Size, e.Sent, e.Time
	if t.begun.IsZero() {
		t.begun = e.Time
	}
	switch e.Type {
	case executor.EventUploaded, executor.EventDownloaded:
		x.sent = x.size
		t.files, t.bytes = t.files+1, t.bytes+x.size
		t.remove(x)
	case executor.EventAborted:
		t.remove(x)
	default:
		x.pace.note(e.Time, x.sent)
	}
	t.pace.note(e.Time, t.moved())
	return x
}

func (t *transfers) find(e executor.Event) *transfer {
	for _, x := range t.active {
		if x.id == e.Transfer() {
			return x
		}
	}
	name := e.File
	if e.Job != "" {
		name = e.Job + ": " + e.File
	}
	x := &transfer{id: e.Transfer(), name: name, begun: e.Time}
	t.active = append(t.active, x)
	return x
}

func (t *transfers) remove(x *transfer) {
	t.active = slices.DeleteFunc(t.active, func(other *transfer) bool { return other == x })
}

// forget drops what a job left behind: nobody tells of a download that failed.
func (t *transfers) forget(job string) {
	t.active = slices.DeleteFunc(t.active, func(x *transfer) bool { return x.id.Job == job })
}

// moved is how many bytes went over the line.
func (t *transfers) moved() int64 {
	sum := t.bytes
	for _, x := range t.active {
		sum += x.sent
	}
	return sum
}

func (x *transfer) progress(now time.Time) progress {
	p := progress{sent: x.sent, size: x.size}
	p.rate, p.rated = x.pace.rate(now)
	return p
}

// total adds up. Of uploads the plan tells how many there are; what it did not
// know of counts as well.
func (t *transfers) total(now time.Time) progress {
	p := progress{sent: t.moved()}
	if t.planned.Files > 0 {
		p.size = t.bytes
		for _, x := range t.active {
			p.size += x.size
		}
		p.size = max(p.size, t.planned.Bytes)
	}
	p.rate, p.rated = t.pace.rate(now)
	// The slowest of them may take longer than all would at the rate of now.
	for _, x := range t.active {
		p.least = max(p.least, x.progress(now).time())
	}
	return p
}

// A line that comes and goes at once cannot be read. The sum stays a little
// between two files.
const (
	shownAfter = 500 * time.Millisecond
	keptFor    = time.Second
)

// rows are the lines to draw: one for each file, and one that adds up when there
// are several. Without room for all, only the sum is drawn.
func (t *transfers) rows(now time.Time, columns, room int) []string {
	pause := now.Sub(t.heard) < keptFor && t.files < t.planned.Files
	if len(t.active) == 0 && !pause || now.Sub(t.begun) < shownAfter {
		return nil
	}
	table := bars{arrow: t.arrow}
	for _, x := range t.active {
		if now.Sub(x.begun) >= shownAfter {
			table.add(x.name, x.progress(now))
		}
	}
	if t.known() > 1 {
		table.add(t.count(), t.total(now))
	}
	if len(table.rows) > max(0, room) {
		table.rows = table.rows[len(table.rows)-max(0, min(1, room)):]
	}
	return table.lines(columns)
}

// count says how many files are through.
func (t *transfers) count() string {
	if t.planned.Files > 0 {
		return fmt.Sprintf("%d of %s", t.files, Plural(t.known(), "file"))
	}
	return Plural(t.files, "file") + " done"
}

// known is how many files there are, as far as anybody knows.
func (t *transfers) known() int { return max(t.planned.Files, t.files+len(t.active)) }

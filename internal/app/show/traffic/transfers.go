// Package traffic tells how files move: in lines with a bar, which somebody else puts
// on a screen, and in plain lines. It learns it from events and decides nothing.
package traffic

import (
	"fmt"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
)

// Direction is the files that move in one direction.
type Direction struct {
	Arrow   string // before each name
	Planned results.Amount

	jobs   map[string]results.Amount // what each job wants to have fetched
	active []*transfer               // in order of their beginnings
	files  int                       // done
	bytes  int64                     // of those
	here   int64                     // of all, that earlier tries had brought
	begun  time.Time                 // of the first
	heard  time.Time                 // last event
	pace   pace                      // of all together
}

// transfer is one file on its way.
type transfer struct {
	id         executor.Transfer
	name       string
	size, sent int64
	begun      time.Time
	pace       pace
}

// Event takes what is new.
func (d *Direction) Event(e executor.Event) {
	x := d.find(e)
	x.size, x.sent, d.heard = e.Size, e.Sent, e.Time
	if d.begun.IsZero() {
		d.begun = e.Time
	}
	if e.Wanted.Files > 0 {
		d.want(e.Job, e.Wanted)
	}
	switch e.Type {
	case executor.EventUploaded, executor.EventDownloaded:
		x.sent = x.size
		d.files, d.bytes = d.files+1, d.bytes+x.size
		d.remove(x)
	case executor.EventAborted:
		d.remove(x)
	default:
		x.pace.note(e.Time, x.sent)
	}
	d.pace.note(e.Time, d.moved()-d.here)
}

func (d *Direction) find(e executor.Event) *transfer {
	for _, x := range d.active {
		if x.id == e.Transfer() {
			return x
		}
	}
	name := e.File
	if e.Job != "" {
		name = e.Job + ": " + e.File
	}
	x := &transfer{id: e.Transfer(), name: name, begun: e.Time}
	d.active = append(d.active, x)
	d.here += e.Sent
	return x
}

func (d *Direction) remove(x *transfer) {
	d.active = slices.DeleteFunc(d.active, func(other *transfer) bool { return other == x })
}

func (d *Direction) want(job string, wanted results.Amount) {
	if d.jobs == nil {
		d.jobs = make(map[string]results.Amount)
	}
	before := d.jobs[job]
	d.Planned.Files += wanted.Files - before.Files
	d.Planned.Bytes += wanted.Bytes - before.Bytes
	d.jobs[job] = wanted
}

// Moving reports whether files are on their way.
func (d *Direction) Moving() bool { return len(d.active) > 0 }

// moved is how many bytes are where they belong.
func (d *Direction) moved() int64 {
	sum := d.bytes
	for _, x := range d.active {
		sum += x.sent
	}
	return sum
}

func (x *transfer) progress(now time.Time) progress {
	p := progress{sent: x.sent, size: x.size}
	p.rate, p.rated = x.pace.rate(now)
	return p
}

// total adds up. What was planned says how many there are; what it did not know of
// counts as well.
func (d *Direction) total(now time.Time) progress {
	p := progress{sent: d.moved()}
	if d.Planned.Files > 0 {
		p.size = d.bytes
		for _, x := range d.active {
			p.size += x.size
		}
		p.size = max(p.size, d.Planned.Bytes)
	}
	p.rate, p.rated = d.pace.rate(now)
	// The slowest of them may take longer than all would at the rate of now.
	for _, x := range d.active {
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

// Rows are the lines to draw: one for each file, and one that adds up when there
// are several. Without room for all, only the sum is drawn.
func (d *Direction) Rows(now time.Time, columns, room int) []string {
	pause := now.Sub(d.heard) < keptFor && d.files < d.Planned.Files
	if len(d.active) == 0 && !pause || now.Sub(d.begun) < shownAfter {
		return nil
	}
	table := bars{arrow: d.Arrow}
	for _, x := range d.active {
		if now.Sub(x.begun) >= shownAfter {
			table.add(x.name, x.progress(now))
		}
	}
	if d.known() > 1 {
		table.add(d.count(), d.total(now))
	}
	if len(table.rows) > max(0, room) {
		table.rows = table.rows[len(table.rows)-max(0, min(1, room)):]
	}
	return table.lines(columns)
}

// count says how many files are through.
func (d *Direction) count() string {
	if d.Planned.Files > 0 {
		return fmt.Sprintf("%d of %s", d.files, humanize.Plural(d.known(), "file"))
	}
	return humanize.Plural(d.files, "file") + " done"
}

// known is how many files there are, as far as anybody knows.
func (d *Direction) known() int { return max(d.Planned.Files, d.files+len(d.active)) }

package outputs

import (
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Lister lists what a run left.
type Lister interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
}

// Look returns what is listed now, whether or not the run is over.
func Look(ctx context.Context, p Lister, id string) (Reading, error) {
	files, err := p.JobFiles(ctx, id, "")
	return Read(id, files), err
}

// Gap is what a reading lacks.
type Gap string

// The gaps.
const (
	None     Gap = ""
	Missing  Gap = "missing"  // something is not listed
	Arriving Gap = "arriving" // something is listed that is not whole
)

// And returns the gap of two requirements of a reading.
func (g Gap) And(other Gap) Gap {
	if g == Arriving || other == None {
		return g
	}
	return other
}

// GapOf returns the gap of one requirement for which these files were found.
func GapOf(found []File) Gap {
	switch {
	case len(found) == 0:
		return Missing
	case slices.ContainsFunc(found, File.Arriving):
		return Arriving
	}
	return None
}

// Looks is what several looks at the outputs of one run showed. Outputs may appear in
// the list, or be complete, a moment after the end of the run.
type Looks struct {
	Last Reading
	same int // looks in a row that showed it; 0 before the first
}

// sameLooks is how many looks in a row must show the same files before another file
// counts as absent.
const sameLooks = 3

// Add takes what another look showed.
func (l *Looks) Add(r Reading) {
	if !slices.Equal(l.Last.marks, r.marks) {
		l.same = 0
	}
	l.Last = r
	l.same++
}

// Settled reports whether the last look can be trusted: the list is full, and what it
// lacks did not appear in several looks.
func (l *Looks) Settled(g Gap) bool {
	return l.same > 0 && l.Last.Printed() && (g == None || g == Missing && l.steady())
}

// Standing reports, when no further look is taken, whether everything is there and
// nothing more came. The list need not be full: a manifest can keep the platform from
// storing the output of the command.
func (l *Looks) Standing(g Gap) bool { return len(l.Last.Files) > 0 && g == None && l.steady() }

func (l *Looks) steady() bool { return l.same >= sameLooks }

// pauses returns the pauses before the looks at a run that is over.
func pauses() []time.Duration {
	return []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
}

// settle looks until the list is settled, or for a while.
func (l *Looks) settle(ctx context.Context, look func() (Reading, error), gap func(Reading) Gap) error {
	for _, pause := range pauses() {
		if l.Settled(gap(l.Last)) {
			break
		}
		if l.same > 0 {
			if err := patience.Sleep(ctx, pause); err != nil {
				return err
			}
		}
		now, err := look()
		if err != nil {
			return err
		}
		l.Add(now)
	}
	return nil
}

// Settle reads what a finished run left: it looks until the list is settled as far as
// gap knows, or for a while.
func Settle(ctx context.Context, p Lister, id string, gap func(Reading) Gap) (Reading, error) {
	var looks Looks
	err := looks.settle(ctx, func() (Reading, error) { return Look(ctx, p, id) }, gap)
	return looks.Last, err
}

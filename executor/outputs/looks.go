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

// Look takes what is listed now, be the run over or not.
func Look(ctx context.Context, p Lister, id string) (Reading, error) {
	files, err := p.JobFiles(ctx, id, "")
	return Read(id, files), err
}

// Gap is what a reading lacks of what is asked of it.
type Gap string

// The gaps.
const (
	None     Gap = ""
	Missing  Gap = "missing"  // something is not listed
	Arriving Gap = "arriving" // something is listed that is not whole
)

// And is the gap of two things that are asked of a reading.
func (g Gap) And(other Gap) Gap {
	if g == Arriving || other == None {
		return g
	}
	return other
}

// GapOf is the gap of one thing for which these files were found.
func GapOf(found []File) Gap {
	switch {
	case len(found) == 0:
		return Missing
	case slices.ContainsFunc(found, File.Arriving):
		return Arriving
	}
	return None
}

// Looks is what several looks at the outputs of one run showed, which may come into the
// list, or be complete, a moment after its end.
type Looks struct {
	Last Reading
	same int // looks in a row that showed it; 0 before the first
}

// sameLooks is how many looks in a row must show the same files before what is not
// among them counts as not there.
const sameLooks = 3

// Add takes what another look showed.
func (l *Looks) Add(r Reading) {
	if !slices.Equal(l.Last.marks, r.marks) {
		l.same = 0
	}
	l.Last = r
	l.same++
}

// Settled reports whether the last look can be believed: the list is full, and what it
// lacks did not come in several looks.
func (l *Looks) Settled(g Gap) bool {
	return l.same > 0 && l.Last.Printed() && (g == None || g == Missing && l.steady())
}

// Standing tells, when no further look is taken, that everything is there, and that
// more did not come. The list need not be full: a manifest can keep the platform from
// storing what was printed.
func (l *Looks) Standing(g Gap) bool { return len(l.Last.Files) > 0 && g == None && l.steady() }

func (l *Looks) steady() bool { return l.same >= sameLooks }

// pauses are those before the looks at a run that is over.
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

// Settle reads what a run left that is over: it looks until the list is settled as far
// as gap tells, or for a while.
func Settle(ctx context.Context, p Lister, id string, gap func(Reading) Gap) (Reading, error) {
	var looks Looks
	err := looks.settle(ctx, func() (Reading, error) { return Look(ctx, p, id) }, gap)
	return looks.Last, err
}

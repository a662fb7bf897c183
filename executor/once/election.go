package once

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// visibilityPauses are the pauses before readings of a job list that does not show
// a draft yet, one minute in all.
var visibilityPauses = []time.Duration{
	0, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
	4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second,
}

// ballot asks for a list that shows a draft, and with it all that are older.
type ballot struct {
	key   Key
	draft string
	since time.Time // no draft of the key is older
	// The answer: the other jobs with the key's marker, or why there is none.
	rivals []rescale.JobItem
	err    error
}

// decide fills the ballot from a reading and tells whether that was possible.
func (b *ballot) decide(r reading) bool {
	if !r.whole || !r.shown[b.draft] {
		return false
	}
	for _, item := range r.marked {
		if item.ID != b.draft && hasMarker(item.Name, b.key) {
			b.rivals = append(b.rivals, item)
		}
	}
	return true
}

// readFor reads the list until it has decided every ballot, or for a minute.
func (s *Starter) readFor(ctx context.Context, ballots []*ballot) {
	pending := ballots
	stable := true
	for n, pause := range visibilityPauses {
		err := Sleep(ctx, pause)
		var r reading
		if err == nil {
			r, err = read(ctx, s.Platform, s.Owner, earliest(pending))
		}
		if err != nil {
			refuse(pending, func(*ballot) error { return err })
			return
		}
		stable = r.whole
		pending = without(pending, func(b *ballot) bool { return b.decide(r) })
		if n > 0 { // the first time it is only late
			s.findVanished(ctx, pending)
			pending = without(pending, func(b *ballot) bool { return b.err != nil })
		}
		if len(pending) == 0 {
			return
		}
	}
	refuse(pending, func(b *ballot) error {
		if !stable {
			return &UnstableError{b.key.Name}
		}
		return &InvisibleError{b.draft}
	})
}

// findVanished looks whether drafts that the list does not show are there at all.
func (s *Starter) findVanished(ctx context.Context, ballots []*ballot) {
	var group errgroup.Group
	group.SetLimit(lookParallel)
	for _, b := range ballots {
		group.Go(func() error {
			if _, err := s.Platform.Job(ctx, b.draft); NotFound(err) {
				b.err = &vanishedError{b.draft, err}
			}
			return nil
		})
	}
	_ = group.Wait() // what cannot be read now is looked for again
}

func refuse(ballots []*ballot, why func(*ballot) error) {
	for _, b := range ballots {
		b.err = why(b)
	}
}

func without(ballots []*ballot, done func(*ballot) bool) []*ballot {
	return slices.DeleteFunc(slices.Clone(ballots), done)
}

// earliest is the date down to which a list serves all ballots; zero means all of it.
func earliest(ballots []*ballot) time.Time {
	return slices.MinFunc(ballots, func(a, b *ballot) int { return a.since.Compare(b.since) }).since
}

// election is how one came out.
type election struct {
	winner Found
	losers []Found
}

// elect reads what the rivals of a draft really are, and chooses.
func (s *Starter) elect(ctx context.Context, b *ballot) (election, error) {
	own := Found{ID: b.draft, Key: b.key}
	if b.err != nil || len(b.rivals) == 0 {
		return election{winner: own}, b.err
	}
	ids := []string{b.draft}
	for _, item := range b.rivals {
		ids = append(ids, item.ID)
	}
	found, err := verify(ctx, s.Platform, ids)
	if err != nil {
		return election{}, err
	}
	same := slices.DeleteFunc(found, func(f Found) bool { return f.Key != b.key })
	if len(same) == 0 {
		return election{winner: own}, nil
	}
	winner := Elect(same)
	return election{winner, losersOf(winner, same)}, nil
}

// losersOf are the jobs of one key that did not win.
func losersOf(winner Found, same []Found) []Found {
	return slices.DeleteFunc(slices.Clone(same), func(f Found) bool { return f.ID == winner.ID })
}

package once

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
)

// visibilityPauses returns the pauses before readings of a job list that does not show
// a draft yet, one minute in all.
func visibilityPauses() []time.Duration {
	return []time.Duration{
		0, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
		4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second,
	}
}

// ballot asks for a list that shows a draft, and so every older job.
type ballot struct {
	key       Key
	namespace string
	tails     idSet // of the key in each of its digests; nil when nobody asks for related jobs
	draft     string
	own       bool      // this runner has made it, so that it must come into the list
	oldest    time.Time // date of the oldest job that must be in the list; zero when it is not known
	// The answer: the jobs that the election is about, or why there is none.
	related []marked
	shown   idSet
	newest  time.Time
	err     error
}

func (b *ballot) shows(id string) bool { return b.shown[id] }

// over reports whether the list calls a job over, which is final.
func (m marked) over() bool { return verdict.Terminal(m.Status) }

// listings lets claims share a list: one that asks while a list is being read gets the
// next.
type listings struct {
	read func(ctx context.Context, ballots []*ballot) // decides every ballot

	mu      sync.Mutex
	reading bool
	waiting *round
}

// round is one reading, for all who asked before it began.
type round struct {
	ballots []*ballot
	begins  chan struct{} // closed when the one before is done
	done    chan struct{}
}

// place is the part of one claim in a round.
type place struct {
	*round
	lists *listings
	leads bool // opened the round, and so must bring it to its end
}

// join adds a ballot to the next reading.
func (l *listings) join(b *ballot) place {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := place{lists: l, leads: l.waiting == nil}
	if p.leads {
		l.waiting = &round{begins: make(chan struct{}), done: make(chan struct{})}
		if !l.reading {
			l.reading = true
			close(l.waiting.begins)
		}
	}
	p.round = l.waiting
	p.ballots = append(p.ballots, b)
	return p
}

// decide returns when the ballot is decided.
func (p place) decide(ctx context.Context) {
	if !p.leads {
		<-p.done
		return
	}
	<-p.begins
	p.lists.change(func() { p.lists.waiting = nil })
	p.lists.read(ctx, p.ballots)
	p.lists.change(func() {
		p.lists.reading = p.lists.waiting != nil
		if p.lists.waiting != nil {
			close(p.lists.waiting.begins)
		}
	})
	close(p.done)
}

func (l *listings) change(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// readFor reads the list until it has decided every ballot, or for a minute.
func (s *Starter) readFor(ctx context.Context, ballots []*ballot) {
	pending := ballots
	stable := true
	for n, pause := range visibilityPauses() {
		if pause > patience.LongWait {
			s.tellUnseen(pending, pause)
		}
		err := patience.Sleep(ctx, pause)
		var r reading
		if err == nil {
			r, err = read(ctx, s.Platform, s.Owner, s.book.from(s.Since, earliest(pending)))
		}
		if err != nil {
			refuse(pending, func(*ballot) error { return err })
			return
		}
		stable = r.whole
		s.book.take(r)
		pending = without(pending, func(b *ballot) bool { return s.decide(b, r) })
		if n > 0 { // the first time it is only late
			s.findVanished(ctx, pending)
			pending = without(pending, func(b *ballot) bool { return b.err != nil })
		}
		if len(pending) == 0 {
			return
		}
	}
	refuse(pending, func(b *ballot) error { return s.unseen(b, stable) })
}

// tellUnseen reports a pause before the list is read again.
func (s *Starter) tellUnseen(pending []*ballot, pause time.Duration) {
	for _, b := range pending {
		until := time.Now().Add(pause).Local().Format(time.TimeOnly)
		s.Report.Warn(b.key.Name, "draft "+b.draft+" is not in the job list yet; it is read again at "+until)
	}
}

// unseen returns why a draft is not in the list. One that another runner made may have
// been deleted, though the platform still answers for it.
func (s *Starter) unseen(b *ballot, stable bool) error {
	switch {
	case !stable:
		return &UnstableError{b.key.Name}
	case !b.own:
		return &vanishedError{ID: b.draft}
	}
	return &InvisibleError{b.draft}
}

// decide answers the ballot from a reading and reports whether it could.
func (s *Starter) decide(b *ballot, r reading) bool {
	if !r.whole || !r.shown[b.draft] {
		return false
	}
	if !s.book.marked(b.draft, b.key) {
		b.err = &vanishedError{ID: b.draft} // a person has changed its name, so that no other runner sees it
		return true
	}
	b.related, b.shown, b.newest = s.book.related(b.key.In(b.namespace), b.tails), r.shown, r.newest
	return true
}

// findVanished checks whether drafts that the list does not show still exist.
func (s *Starter) findVanished(ctx context.Context, ballots []*ballot) {
	var group errgroup.Group
	group.SetLimit(lookParallel)
	for _, b := range ballots {
		group.Go(func() error {
			if _, err := s.Platform.Job(ctx, b.draft); patience.NotFound(err) {
				b.err = &vanishedError{ID: b.draft, Err: err}
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

// earliest returns the oldest date that a ballot asks for.
func earliest(ballots []*ballot) time.Time {
	return slices.MinFunc(ballots, func(a, b *ballot) int { return a.oldest.Compare(b.oldest) }).oldest
}

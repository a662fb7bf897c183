package once

import (
	"context"
	"sync"
	"time"
)

// rollCall lets the elections of many jobs share one reading of the job list. The
// list is read when every job that is on its way to a draft has one, or has given
// up: a sweep is created as a whole, then read once, then submitted.
type rollCall struct {
	read func(ctx context.Context, ballots []*ballot) // decides every ballot

	mu     sync.Mutex
	coming int    // jobs that have not voted and may still do
	open   *round // that collects ballots; nil when there is none
}

// round is one reading of the list, for all who voted in time.
type round struct {
	ballots []*ballot
	full    chan struct{} // closed when nobody else is coming
	done    chan struct{} // closed when every ballot is decided
}

// patience is how long a draft waits for those of other jobs: their inputs may
// be hours on their way.
const patience = 30 * time.Second

// expect counts further jobs that are on their way.
func (c *rollCall) expect(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coming += n
}

// seat is the place of one job in the roll call.
type seat struct {
	call  *rollCall
	taken bool // it voted or left
}

// vote returns when a reading that began after it has decided the ballot.
func (s *seat) vote(ctx context.Context, b *ballot) {
	r, leads := s.join(b)
	if !leads {
		<-r.done
		return
	}
	defer close(r.done)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.full:
	case <-timer.C:
	case <-ctx.Done():
	}
	s.call.read(ctx, s.call.end(r))
}

// join adds a ballot to the open round. Who opens a round leads it.
func (s *seat) join(b *ballot) (r *round, leads bool) {
	c := s.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if leads = c.open == nil; leads {
		c.open = &round{full: make(chan struct{}), done: make(chan struct{})}
	}
	r = c.open
	r.ballots = append(r.ballots, b)
	s.take()
	return r, leads
}

// leave is for a job that will not vote any more.
func (s *seat) leave() {
	s.call.mu.Lock()
	defer s.call.mu.Unlock()
	s.take()
}

// take counts the seat once; the caller holds the lock. Nobody joins a round
// after the last seat was taken, but one who votes again.
func (s *seat) take() {
	c := s.call
	if !s.taken {
		s.taken = true
		c.coming--
	}
	if c.coming > 0 || c.open == nil {
		return
	}
	select {
	case <-c.open.full:
	default:
		close(c.open.full)
	}
}

// end closes a round for further ballots and gives those that it has.
func (c *rollCall) end(r *round) []*ballot {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = nil
	return r.ballots
}

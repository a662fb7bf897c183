package seats

import (
	"context"
	"time"
)

// Run gives seats until ctx ends. Then those who still wait get its cause.
func (s *Seats) Run(ctx context.Context) {
	defer s.leave(ctx)
	for ctx.Err() == nil {
		var later <-chan time.Time
		if s.round(ctx) {
			later = time.After(s.Interval)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-later:
		}
	}
}

// round gives the seats that are free, and reports whether others have some for which jobs of
// ours wait.
func (s *Seats) round(ctx context.Context) (again bool) {
	looks := s.vacant()
	var seen []Run
	if looks {
		var err error
		if seen, err = s.Look(ctx); err != nil {
			s.refuse(err)
			return false
		}
	}
	var calls calls
	s.mu.Lock()
	for _, g := range s.all {
		if looks {
			g.see(seen, s.over)
			calls.grant(g)
		}
		if !s.Stay {
			calls.tell(g)
		} else if looks || !g.vacant() { // else a seat became free just now
			calls.giveUp(g)
		}
		again = again || g.vacant()
	}
	s.mu.Unlock()
	if calls.granted > 0 {
		s.Begin(calls.granted)
	}
	calls.make()
	return again
}

// vacant reports whether somebody waits for a seat that no job of ours has.
func (s *Seats) vacant() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.all {
		if g.vacant() {
			return true
		}
	}
	return false
}

func (g *group) vacant() bool { return len(g.asks) > 0 && len(g.taken) < g.most }

// see takes in what the platform shows.
func (g *group) see(seen []Run, over map[string]bool) {
	clear(g.others)
	for _, run := range seen {
		if _, ours := g.rank[run.Job]; ours && !over[run.ID] {
			g.others[run.Job] = true
		}
	}
}

// has reports whether a job has a seat, here or by a run that the platform shows.
func (g *group) has(job string) bool {
	_, begun := g.taken[job]
	return begun || g.others[job]
}

// full counts the seats that are not free.
func (g *group) full() *FullError {
	full := &FullError{Taken: len(g.taken), Most: g.most}
	for job := range g.others {
		if _, begun := g.taken[job]; !begun {
			full.Taken++
		}
	}
	return full
}

// calls are what is to be told when the lock is free.
type calls struct {
	granted int
	list    []func()
}

func (c *calls) make() {
	for _, call := range c.list {
		call()
	}
}

// grant gives free seats to the first who wait. A job of which the platform shows a run
// takes the seat of that: of one job, no two runs are active.
func (c *calls) grant(g *group) {
	taken := g.full().Taken
	waiting := g.asks[:0]
	for _, a := range g.asks {
		besides := taken
		if g.has(a.Job) {
			besides--
		}
		if besides >= g.most {
			waiting = append(waiting, a)
			continue
		}
		g.taken[a.Job] = begins
		taken = besides + 1
		c.granted++
		c.list = append(c.list, func() { a.Then(nil) })
	}
	clear(g.asks[len(waiting):])
	g.asks = waiting
}

// tell tells those who wait that they do.
func (c *calls) tell(g *group) {
	full := g.full()
	for _, a := range g.asks {
		if !a.told && a.Wait != nil {
			c.list = append(c.list, func() { a.Wait(full) })
		}
		a.told = true
	}
}

// giveUp lets those go who get no seat, because each is taken by a run.
func (c *calls) giveUp(g *group) {
	for _, how := range g.taken {
		if how == begins {
			return // it may fail, and make room
		}
	}
	full := g.full()
	for _, a := range g.asks {
		c.list = append(c.list, func() { a.Then(full) })
	}
	g.asks = nil
}

// refuse gives all who wait the reason why they get no seat.
func (s *Seats) refuse(why error) {
	var calls calls
	s.mu.Lock()
	for _, g := range s.all {
		for _, a := range g.asks {
			calls.list = append(calls.list, func() { a.Then(why) })
		}
		g.asks = nil
	}
	s.mu.Unlock()
	calls.make()
}

// leave ends the giving.
func (s *Seats) leave(ctx context.Context) {
	s.mu.Lock()
	s.ended = context.Cause(ctx)
	s.mu.Unlock()
	s.refuse(s.ended)
}

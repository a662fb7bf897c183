// Package seats lets jobs begin only while fewer of their group run than it has seats, as
// a license has. It knows no plan and no platform, and holds nothing but two functions of
// a job that waits.
//
// A job that begins has its seat before it has a draft, so that no draft waits for a run
// to end. What others have begun is looked at right before that: between two machines the
// bound is as good as that look.
package seats

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Group is jobs that are bounded together.
type Group struct {
	Most int      // at least 1
	Jobs []string // in the order in which they are to begin
}

// Run is a run that the platform shows as active.
type Run struct{ Job, ID string }

// FullError means that a job has no seat.
type FullError struct{ Taken, Most int }

// Error tells how many have one.
func (e *FullError) Error() string { return fmt.Sprintf("a seat: %d of %d run", e.Taken, e.Most) }

// Ask is a job that wants a seat. Its functions must not wait for anything.
type Ask struct {
	Job  string
	Wait func(*FullError) // called once if it does not get one at once
	Then func(error)      // called once: when it has one, or with the reason why it gets none
}

// Config is what seats need to know.
type Config struct {
	Groups   []Group
	Look     func(context.Context) ([]Run, error) // at all groups; its error is for all who wait
	Interval time.Duration                        // between two looks, while others have the seats
	Begin    func(n int)                          // called before that many jobs get their seats
	Stay     bool                                 // nobody waits for the end of a run: who finds no seat gets none
}

// Seats are those of all groups. They are safe for concurrent use.
type Seats struct {
	Config
	of   map[string]*group // by job
	wake chan struct{}

	mu    sync.Mutex
	all   []*group
	over  map[string]bool // ids of runs that have ended here: a listing can be old
	ended error           // why nobody gets a seat any more
}

// group is the seats of one group. The lock of all guards it.
type group struct {
	most   int
	rank   map[string]int
	taken  map[string]stage // by job that has begun here
	others map[string]bool  // jobs of which the platform has shown a run
	asks   []*ask           // by rank
}

// stage is how far a job is that has a seat.
type stage int

const (
	begins stage = iota // it is on its way to be submitted
	runs
)

type ask struct {
	Ask
	told bool // that it waits
}

// New makes the seats of an apply.
func New(c Config) *Seats {
	s := &Seats{Config: c, of: make(map[string]*group), wake: make(chan struct{}, 1), over: make(map[string]bool)}
	for _, bounded := range c.Groups {
		g := &group{most: bounded.Most, rank: make(map[string]int, len(bounded.Jobs)), taken: make(map[string]stage), others: make(map[string]bool)}
		for i, job := range bounded.Jobs {
			g.rank[job], s.of[job] = i, g
		}
		s.all = append(s.all, g)
	}
	return s
}

// Bound reports whether a job needs a seat.
func (s *Seats) Bound(job string) bool { return s.of[job] != nil }

// Hold says that the run of a job is active, which takes a seat whatever the bound.
func (s *Seats) Hold(job string) {
	s.change(job, func(g *group) { g.taken[job] = runs })
}

// Free takes back the seat of a job, if it has one. The run with the id is over; without
// an id the platform's list decides whether one is active.
func (s *Seats) Free(job, id string) {
	s.change(job, func(g *group) {
		delete(g.taken, job)
		if id != "" {
			s.over[id] = true
		}
	})
}

// Ask lets a job wait for a seat. It gets one when Run looks next, the first of its group first.
func (s *Seats) Ask(a Ask) {
	var ended error
	s.change(a.Job, func(g *group) {
		if ended = s.ended; ended != nil {
			return
		}
		at, _ := slices.BinarySearchFunc(g.asks, a.Job, func(other *ask, job string) int { return cmp.Compare(g.rank[other.Job], g.rank[job]) })
		g.asks = slices.Insert(g.asks, at, &ask{Ask: a})
	})
	if ended != nil {
		a.Then(ended)
	}
}

// Withdraw takes back what a job has asked for. It tells that it still waited: then nothing
// of it is called any more.
func (s *Seats) Withdraw(job string) (waited bool) {
	s.change(job, func(g *group) {
		before := len(g.asks)
		g.asks = slices.DeleteFunc(g.asks, func(a *ask) bool { return a.Job == job })
		waited = len(g.asks) < before
	})
	return waited
}

// change makes a change to the group of a job, and lets Run see to what follows.
func (s *Seats) change(job string, change func(*group)) {
	g := s.of[job]
	if g == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	change(g)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

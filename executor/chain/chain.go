// Package chain lets each job begin when those that it builds on have succeeded, and
// reports at once when that can no longer happen. It knows no platform and no plan.
package chain

import (
	"context"
	"fmt"
	"sync"
)

// Job is one job and what it needs.
type Job struct {
	Name  string
	Needs []Need
	Rank  int // 0 without needs, else more than that of each job it needs
}

// Need is a set of jobs that must have succeeded: those that one name means. The same
// name always means the same jobs.
type Need struct {
	Name string
	Jobs []string
}

// End is how a job ended.
type End struct {
	ID      string // of its run
	Why     string // it did not succeed, such as "failed as QwErTy"; empty after a success
	Running bool   // with Why: it has not come to its end, and nobody waits for that here
}

// BlockedError reports that a job cannot begin, because one that it builds on did not
// succeed.
type BlockedError struct {
	By  string // the job that it needs
	End End    // how that came out
}

// Error says which job is in the way, and why.
func (e *BlockedError) Error() string { return fmt.Sprintf("%s %s", e.By, e.End.Why) }

// Gates hold jobs back. They are safe for concurrent use.
type Gates struct {
	mu     sync.Mutex
	gates  map[string]*gate    // by job
	groups map[string]*group   // by need
	joined map[string][]*group // by job: the needs that it is meant by
	ends   map[string]End      // by job
}

// gate is where one job waits.
type gate struct {
	closed  int           // needs that are not fulfilled yet
	free    chan struct{} // closed when the job may begin, or no longer can
	then    func()        // called then; may be nil
	blocked *BlockedError
	left    bool // nobody waits here
}

// group is the jobs of one need, shared by all jobs that have it.
type group struct {
	open    int // jobs that have not ended
	waiting []*member
}

// member is a job that waits for a group.
type member struct {
	name string
	gate *gate
}

// New returns the gates of all jobs of an apply.
func New(jobs []Job) *Gates {
	g := &Gates{
		gates: make(map[string]*gate, len(jobs)), groups: make(map[string]*group),
		joined: make(map[string][]*group), ends: make(map[string]End),
	}
	for _, job := range jobs {
		gate := &gate{closed: len(job.Needs), free: make(chan struct{})}
		if gate.closed == 0 {
			close(gate.free)
		}
		g.gates[job.Name] = gate
		for _, need := range job.Needs {
			group := g.group(need)
			group.waiting = append(group.waiting, &member{job.Name, gate})
		}
	}
	return g
}

func (g *Gates) group(need Need) *group {
	shared := g.groups[need.Name]
	if shared == nil {
		shared = &group{open: len(need.Jobs)}
		g.groups[need.Name] = shared
		for _, name := range need.Jobs {
			g.joined[name] = append(g.joined[name], shared)
		}
	}
	return shared
}

// Free reports whether a job has nothing left to wait for.
func (g *Gates) Free(name string) bool {
	select {
	case <-g.gates[name].free:
		return true
	default:
		return false
	}
}

// Wait returns when the job may begin. The error is a *[BlockedError], or the
// cause of the context's end.
func (g *Gates) Wait(ctx context.Context, name string) error {
	gate := g.gates[name]
	select {
	case <-gate.free:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if gate.blocked != nil {
		return gate.blocked
	}
	return nil
}

// Then calls next once, when Wait would return. next must not wait for anything, nor
// call the gates: a lock is held.
func (g *Gates) Then(ctx context.Context, name string, next func()) {
	once := sync.OnceFunc(next)
	stop := context.AfterFunc(ctx, once)
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := g.gates[name]
	gate.then = func() { stop(); once() }
	if g.Free(name) {
		gate.then()
	}
}

// Leave is for a job that will not begin, whatever becomes of the others. It reports
// whether End has returned it as one that may.
func (g *Gates) Leave(name string) (given bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := g.gates[name]
	gate.left = true
	return gate.closed == 0 && gate.blocked == nil
}

// ID returns the run of a job that has ended.
func (g *Gates) ID(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ends[name].ID
}

// End says how a job ended; the first call counts. It returns the jobs that may begin
// because of that.
func (g *Gates) End(name string, end End) (ready []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ended := g.ends[name]; ended {
		return nil
	}
	g.ends[name] = end
	for _, group := range g.joined[name] {
		group.open--
		if end.Why == "" && group.open > 0 {
			continue
		}
		for _, m := range group.waiting {
			if m.gate.ended(name, end, group.open == 0) {
				ready = append(ready, m.name)
			}
		}
	}
	return ready
}

// ended notes that a job of a need has ended, perhaps the last one. It reports whether
// the gate's job may begin because of that.
func (g *gate) ended(name string, end End, last bool) bool {
	switch {
	case g.blocked != nil || g.left:
	case end.Why != "":
		g.blocked = &BlockedError{name, end}
		g.open()
	case last:
		if g.closed--; g.closed == 0 {
			g.open()
			return true
		}
	}
	return false
}

func (g *gate) open() {
	close(g.free)
	if g.then != nil {
		g.then()
	}
}

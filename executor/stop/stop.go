// Package stop ends runs that somebody named, and waits until they have really ended: a run
// that is being stopped still holds its licenses. It writes no journal: the next plan reads
// from the platform what became of a run. It knows no manifest and no command line.
package stop

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// EarlyTag is the tag of a run that was told to stop before it was validated, and then had
// no cluster for ten minutes. The platform gives it no further status, so that nothing else
// shows that it is over (rescale-api.md §8.2).
const EarlyTag = "ra-stopped"

// Ender is what stopping needs of the platform. The client repeats none of the changes.
type Ender interface {
	watch.Reader
	Changer
}

// Changer stops jobs, and tags them.
type Changer interface {
	StopJob(ctx context.Context, id string) error
	ForceStopJob(ctx context.Context, id string) error
	AddTag(ctx context.Context, id, tag string) error
}

// Run is one run that is to stop.
type Run struct {
	Name      string // of its job in a manifest; empty when only the id is known
	ID        string
	Protected spec.Value[bool] // of the job; the zero value when no manifest has it
}

// Outcome is what became of one run.
type Outcome string

// The outcomes. Only Asked and Stopped are of runs that this call has told to stop, or that
// were stopping before.
const (
	Draft   Outcome = "draft"   // it was never submitted, so that there is nothing to stop
	Gone    Outcome = "gone"    // the platform does not have it
	Over    Outcome = "over"    // it ended by itself, before or meanwhile; see the judgement
	Asked   Outcome = "asked"   // it was told to stop, and may still run
	Stopped Outcome = "stopped" // it was stopped, and has ended
)

// Result is what became of one run. With an error, the outcome is Asked when the run was
// told to stop, and else empty: then it may run on.
type Result struct {
	Name, ID  string
	Outcome   Outcome
	Judgement verdict.Judgement // of Over and Stopped: what outputs.onFailure goes by
	Err       error
}

// Step is how far the stopping of a run has come, in words for people.
type Step string

// The steps that are told.
const (
	Told     Step = "told to stop; its licenses stay in use until it has ended"
	Forced   Step = "told to stop at once; its licenses stay in use until it has ended"
	Stopping Step = "stopping, licenses still in use"
	Untagged Step = "it was stopped before it ran, and the tag that says so is missing" // with an error
)

// Progress is one step of one run.
type Progress struct {
	Name, ID string
	Step     Step
	Err      error
}

// Mode says how far a run is stopped, and how long that is waited for.
type Mode struct {
	Force  bool // ends it at once, after a stop: it writes no restart files any more
	NoWait bool // returns when all runs were told to stop
}

// Stopper stops runs.
type Stopper struct {
	Platform Ender
	Mode     Mode
	Tell     func(Progress) // is called by several goroutines; nil tells nobody
}

// How many runs are worked on at once. Who waits asks about twice in two seconds, and the
// platform allows 25 requests a second (rescale-api.md §2.4).
const (
	asking  = 8
	waiting = 16
)

// Run stops runs, and gives one result for each, in their order. Every run is told to stop
// before the end of any is waited for: each one costs money. It returns a *[guard.Error],
// and has changed nothing, when a run that would have to be stopped is protected.
func (s Stopper) Run(ctx context.Context, runs []Run) ([]Result, error) {
	tasks := s.tasks(runs)
	each(tasks, asking, func(t *task) { t.look(ctx) })
	if err := protection(tasks); err != nil {
		return nil, err
	}
	each(tasks, asking, func(t *task) { t.tell(ctx) })
	if !s.Mode.NoWait {
		each(tasks, waiting, func(t *task) { t.wait(ctx) })
	}
	return results(runs, tasks), nil
}

// tasks are one for each run, however often it is named.
func (s Stopper) tasks(runs []Run) []*task {
	var list []*task
	known := make(map[string]bool)
	for _, run := range runs {
		if !known[run.ID] {
			known[run.ID] = true
			list = append(list, &task{Stopper: s, Run: run})
		}
	}
	return list
}

func results(runs []Run, tasks []*task) []Result {
	by := make(map[string]*task, len(tasks))
	for _, t := range tasks {
		by[t.ID] = t
	}
	list := make([]Result, len(runs))
	for i, run := range runs {
		t := by[run.ID]
		list[i] = Result{Name: run.Name, ID: run.ID, Outcome: t.outcome, Judgement: t.judged, Err: t.err}
	}
	return list
}

// each works on every task that has come to no end yet, some at once.
func each(tasks []*task, atOnce int, work func(*task)) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, t := range tasks {
		if !t.done() {
			group.Go(func() error { work(t); return nil })
		}
	}
	_ = group.Wait() // each task has its own error
}

// protection refuses all when a run that is active, or may be, is of a protected job.
func protection(tasks []*task) error {
	var refused diag.List
	for _, t := range tasks {
		if t.Protected.V && (!t.done() || t.err != nil) {
			refused = append(refused, guard.Protected(t.Name, t.Protected.Pos, "run "+t.ID+" must not be stopped"))
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return &guard.Error{Refusals: refused}
}

// history is the statuses of a run, newest first.
type history = []rescale.Status

package executor

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/executor/crew"
	"github.com/rescale-apply/rescale-apply/executor/once/batch"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
)

// How many jobs are being submitted at once: one batch that submits, and the next that
// gets ready. And how many are judged and fetched, which may wait until their outputs
// are listed. All others hold no goroutine: of ten thousand jobs, nearly all run or
// wait for the platform to take their submits.
const (
	starting = 2 * batch.Size
	ending   = 4 * batch.Size
)

// task is one job in progress.
type task struct {
	*planner.Step
	out *Outcome
}

// begin takes a job as far as it gets without waiting, and leaves the rest to the
// crews.
func (a *application) begin(ctx context.Context, t task) {
	step := t.Step
	*t.out = Outcome{Job: step.Job.Name, Key: step.Key.String(), ID: step.ID, Hint: step.Hint}
	if step.Settled() || step.Action == planner.Judge {
		t.out.fromRun(*step)
	}
	if len(step.Surplus) == 0 {
		a.act(ctx, t)
		return
	}
	a.ends.Do(func(*crew.Place) {
		a.starter.Clear(ctx, step.Job.Name, step.Surplus)
		a.act(ctx, t)
	})
}

// act does what the plan says about a job.
func (a *application) act(ctx context.Context, t task) {
	switch step, out := t.Step, t.out; step.Action {
	case planner.Unchanged:
		out.Unchanged = true
		if out.Verdict != verdict.Succeeded {
			a.atTheEnd(t, func() { out.Err = a.limited(ctx, func() error { return a.retire(ctx, *step, out) }) })
			return
		}
	case planner.Refused:
		out.Unchanged = true
	case planner.Conflict:
		out.Unchanged, out.Err = true, &ConflictError{*step}
	case planner.Blocked:
		out.Blocked = step.Reasons[0]
	case planner.Withheld:
		out.Withheld = step.Reasons[0]
	case planner.Judge:
		a.atTheEnd(t, func() { out.Err = a.judgeAgain(ctx, *step, out) })
		return
	case planner.Fetch:
		a.atTheEnd(t, func() { out.Err = a.fetchAgain(ctx, *step, out) })
		return
	case planner.Run, planner.Rerun, planner.Resume:
		if a.seats.Bound(step.Job.Name) && !waits(*step) {
			a.seat(ctx, t) // here, so that they ask in the order of the manifest
			return
		}
		a.starts.Do(func(p *crew.Place) { a.ready(ctx, t, p) })
		return
	case planner.Running:
		a.follow(ctx, t)
		return
	}
	a.done(t)
}

// ready starts a job whose turn has come, or lets it wait for the jobs that it builds
// on.
func (a *application) ready(ctx context.Context, t task, p *crew.Place) {
	name := t.Step.Job.Name
	switch {
	case !waits(*t.Step):
		a.submit(ctx, t, p)
	case a.gates.Free(name):
		a.opened(ctx, t, p)
	case a.prepare(ctx, t) != nil:
		a.done(t)
	default:
		a.gates.Then(ctx, name, func() { a.starts.Do(func(p *crew.Place) { a.opened(ctx, t, p) }) })
	}
}

// opened continues a job that has waited for others.
func (a *application) opened(ctx context.Context, t task, p *crew.Place) {
	if a.let(ctx, t) != nil {
		a.done(t)
		return
	}
	if a.seats.Bound(t.Job.Name) {
		a.seat(ctx, t)
		return
	}
	a.submit(ctx, t, p)
}

// submit brings a job to its run. Stopping a rival may take long.
func (a *application) submit(ctx context.Context, t task, p *crew.Place) {
	if len(t.Stop) > 0 {
		p.Leave()
	}
	a.places.Store(t.Job.Name, p)
	id, now, err := a.start(ctx, *t.Step)
	a.places.Delete(t.Job.Name)
	t.Step, t.out.ID, t.out.Key, t.out.Err = &now, id, now.Key.String(), err
	if t.out.Err != nil {
		a.done(t)
		return
	}
	a.follow(ctx, t)
}

// aside makes room for other jobs while this one waits for another runner's draft.
func (a *application) aside(job string) {
	if p, working := a.places.Load(job); working {
		p.(*crew.Place).Leave() //nolint:forcetypeassert // nothing else is stored
	}
}

// follow waits for the end of a run, if anybody does.
func (a *application) follow(ctx context.Context, t task) {
	a.seats.Hold(t.Job.Name)
	if a.NoWait {
		a.done(t)
		return
	}
	a.watch.Follow(t.Job.Name, t.out.ID, func(end watch.Ending) {
		if errors.Is(end.Err, errReady) {
			a.atTheEnd(t, func() { t.out.Status, t.out.Ready = verdict.Executing, true })
			return
		}
		if end.Err == nil {
			a.seats.Free(t.Job.Name, t.out.ID)
		}
		a.atTheEnd(t, func() { a.finish(ctx, t, end) })
	})
}

// errReady ends the wait for a desktop: it does not end by itself, and people want to work
// on it now.
var errReady = errors.New("the desktop is ready")

// readiness ends a wait when the run of a desktop has begun. Where only so many may run, apply
// stays: the end of a run makes room for others.
func (a *application) readiness(job, status string) error {
	step, planned := a.steps[job]
	if planned && step.Job.Desktop() && status == verdict.Executing && !a.seats.Bound(job) {
		return errReady
	}
	return nil
}

// atTheEnd does the last work for a job.
func (a *application) atTheEnd(t task, work func()) {
	a.ends.Do(func(*crew.Place) {
		work()
		a.done(t)
	})
}

// done reports how a job ended.
func (a *application) done(t task) {
	a.notify(Event{Type: EventResult, Job: t.out.Job, ID: t.out.ID, Outcome: t.out})
	a.end(*t.Step, *t.out)
	if t.out.Err != nil { // whether a run of it is active is not known
		a.seats.Free(t.Job.Name, "")
	}
	a.working.Done()
}

package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// openGates prepares the waiting of jobs for others, and counts those that can be
// started at once. Those that need a seat are counted when they have one.
func (a *application) openGates(steps []planner.Step) (ready int) {
	jobs := make([]resolver.Job, len(steps))
	for i := range steps {
		jobs[i] = steps[i].Job
		a.steps[steps[i].Job.Name] = &steps[i]
	}
	a.gates = chain.New(planner.Links(jobs))
	for _, step := range steps {
		switch {
		case step.Settled():
			a.gates.End(step.Job.Name, ended(step.Last.Verdict, step.Last.ID))
		case step.Action == planner.Blocked:
			a.gates.End(step.Job.Name, chain.End{Why: "is blocked"})
		case step.Action == planner.Withheld:
			a.gates.End(step.Job.Name, chain.End{Why: "is not started"})
		}
	}
	for _, step := range steps {
		if step.Spends() && !a.seats.Bound(step.Job.Name) && (!waits(step) || a.gates.Free(step.Job.Name)) {
			ready++
		}
	}
	return ready
}

// waits reports whether a step may not begin before others have ended. A submitted one has
// begun already.
func waits(step planner.Step) bool { return step.Spends() && len(step.Job.Needs) > 0 }

// ended returns what the jobs that build on a run must know about it.
func ended(v, id string) chain.End {
	if v != string(verdict.Succeeded) {
		return chain.End{ID: id, Why: fmt.Sprintf("%s as %s", v, id)}
	}
	return chain.End{ID: id}
}

// end tells the jobs that wait for a job how it ended.
func (a *application) end(step planner.Step, out Outcome) {
	end := ended(string(out.Verdict), out.ID)
	var waiting *WaitingError
	switch {
	case out.Blocked != "":
		end.Why = "is blocked"
	case out.Withheld != "":
		end.Why = "is not started"
	case inConflict(out.Err):
		end.Why = "is in conflict"
	case out.Verdict != "":
	case out.Err == nil || errors.As(out.Err, &waiting):
		end.Why, end.Running = "has not come to its end", true
	default:
		end.Why = "did not finish"
	}
	ready := a.gates.End(step.Job.Name, end)
	a.starter.More(len(slices.DeleteFunc(ready, func(name string) bool { return !waits(*a.steps[name]) || a.seats.Bound(name) })))
}

// inConflict reports whether another run of the job, or a draft that goes first, is in the
// way.
func inConflict(err error) bool {
	var conflict *ConflictError
	var rival *once.RivalError
	var wait *once.WaitError
	var choice *ChoiceError
	return errors.As(err, &conflict) || errors.As(err, &rival) || errors.As(err, &wait) || errors.As(err, &choice)
}

// WaitingError reports that a job was not started, because one that it builds on has not
// ended.
type WaitingError struct {
	For string
	Err error // why nobody waits: an interrupt, a time limit; nil with --no-wait
}

// Error says what the job waits for.
func (e *WaitingError) Error() string { return "waits for " + e.For }

// Unwrap returns the cause.
func (e *WaitingError) Unwrap() error { return e.Err }

// let waits until a job may begin. After an error the outcome says what keeps it from
// that.
func (a *application) let(ctx context.Context, t task) error {
	err := a.gates.Wait(ctx, t.Job.Name)
	var blocked *chain.BlockedError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &blocked):
		t.out.Err = &WaitingError{For: waitsFor(t), Err: err}
	case blocked.End.Running:
		t.out.Err = &WaitingError{For: blocked.By}
	default:
		t.out.Blocked = blocked.Error()
	}
	a.leave(t)
	return err
}

func waitsFor(t task) string { return t.Job.Needs[0].Name.V }

// leave withdraws a job that will not begin.
func (a *application) leave(t task) {
	if a.gates.Leave(t.Job.Name) && !a.seats.Bound(t.Job.Name) {
		a.starter.Fewer()
	}
}

// prepare uploads the inputs of a job before it waits, as planned: in an hour somebody may
// have changed them.
func (a *application) prepare(ctx context.Context, t task) error {
	a.notify(Event{Type: EventWaiting, Job: t.Job.Name, Message: waitsFor(t)})
	if !t.Creates() {
		return nil
	}
	if _, err := a.store.IDs(ctx, t.Job.Inputs); err != nil {
		t.out.Err = &once.StepError{Job: t.Job.Name, Act: "preparing the inputs of", Err: err}
		a.leave(t)
	}
	return t.out.Err
}

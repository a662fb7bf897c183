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
// started at once.
func (a *application) openGates(steps []planner.Step) (ready int) {
	jobs := make([]resolver.Job, len(steps))
	for i, step := range steps {
		jobs[i] = step.Job
		a.steps[step.Job.Name] = step
	}
	a.gates = chain.New(planner.Links(jobs))
	for _, step := range steps {
		switch {
		case step.Settled():
			a.gates.End(step.Job.Name, ended(step.Last.Verdict, step.Last.ID))
		case step.Action == planner.Blocked:
			a.gates.End(step.Job.Name, chain.End{Why: "is blocked"})
		}
	}
	for _, step := range steps {
		if step.Spends() && (!waits(step) || a.gates.Free(step.Job.Name)) {
			ready++
		}
	}
	return ready
}

// waits tells that a step may not begin before others have ended. What was submitted
// already has begun.
func waits(step planner.Step) bool { return step.Spends() && len(step.Job.Needs) > 0 }

// ended is what jobs that build on a run must know of it.
func ended(v, id string) chain.End {
	if v != string(verdict.Succeeded) {
		return chain.End{ID: id, Why: fmt.Sprintf("%s as %s", v, id)}
	}
	return chain.End{ID: id}
}

// end tells those that wait for a job how it came out.
func (a *application) end(step planner.Step, out Outcome) {
	end := ended(string(out.Verdict), out.ID)
	var waiting *WaitingError
	switch {
	case out.Blocked != "":
		end.Why = "is blocked"
	case inConflict(out.Err):
		end.Why = "is in conflict"
	case out.Verdict != "":
	case out.Err == nil || errors.As(out.Err, &waiting):
		end.Why, end.Running = "has not come to its end", true
	default:
		end.Why = "did not finish"
	}
	ready := a.gates.End(step.Job.Name, end)
	a.starter.More(len(slices.DeleteFunc(ready, func(name string) bool { return !waits(a.steps[name]) })))
}

// inConflict tells that another run of the job, or a draft that goes first, is in the way.
func inConflict(err error) bool {
	var conflict *ConflictError
	var rival *once.RivalError
	var wait *once.WaitError
	return errors.As(err, &conflict) || errors.As(err, &rival) || errors.As(err, &wait)
}

// WaitingError tells that a job was not started, because one that it builds on has
// not come to its end.
type WaitingError struct {
	For string
	Err error // why nobody waits any more: an interrupt, a time limit; nil with --no-wait
}

// Error tells what the job waits for.
func (e *WaitingError) Error() string { return "waits for " + e.For }

// Unwrap gives the cause.
func (e *WaitingError) Unwrap() error { return e.Err }

// waitForOthers returns when the job may begin. What keeps it from that is in the outcome.
func (a *application) waitForOthers(ctx context.Context, step planner.Step, out *Outcome) error {
	if !waits(step) {
		return nil
	}
	err := a.wait(ctx, step, out)
	if err != nil && a.gates.Leave(step.Job.Name) {
		a.starter.Fewer()
	}
	return err
}

func (a *application) wait(ctx context.Context, step planner.Step, out *Outcome) error {
	waitsFor := step.Job.Needs[0].Name.V
	if !a.gates.Free(step.Job.Name) {
		a.notify(Event{Type: EventWaiting, Job: step.Job.Name, Message: waitsFor})
		if out.Err = a.prepare(ctx, step); out.Err != nil {
			return out.Err
		}
	}
	err := a.gates.Wait(ctx, step.Job.Name)
	var blocked *chain.BlockedError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &blocked):
		out.Err = &WaitingError{For: waitsFor, Err: err}
	case blocked.End.Running:
		out.Err = &WaitingError{For: blocked.By}
	default:
		out.Blocked = blocked.Error()
	}
	return err
}

// prepare uploads the inputs of a job while it waits, as they were planned: in an
// hour somebody may be working on them.
func (a *application) prepare(ctx context.Context, step planner.Step) error {
	if !step.Creates() {
		return nil
	}
	if _, err := a.store.IDs(ctx, step.Job.Inputs); err != nil {
		return &once.StepError{Job: step.Job.Name, Act: "preparing the inputs of", Err: err}
	}
	return nil
}

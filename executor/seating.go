package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/crew"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/seats"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// newSeats prepares the seats of the jobs that limits.maxRunning bounds. What runs
// already has one.
func (a *application) newSeats(plan planner.Plan) *seats.Seats {
	names := make(map[string]string) // of bounded jobs, by the code in their markers
	var groups []seats.Group
	for _, bound := range plan.Bounds {
		group := seats.Group{Most: bound.Most}
		for _, job := range slices.Concat(bound.Jobs, a.dropped(bound)) {
			names[job.Code()] = job.Name
			group.Jobs = append(group.Jobs, job.Name)
		}
		groups = append(groups, group)
	}
	s := seats.New(seats.Config{
		Groups: groups, Interval: a.interval(), Stay: a.NoWait,
		Look:  func(ctx context.Context) ([]seats.Run, error) { return a.activeRuns(ctx, names) },
		Begin: func(n int) { a.starter.More(n) },
	})
	for _, step := range plan.Steps {
		if step.Action == planner.Running {
			s.Hold(step.Job.Name)
		}
	}
	return s
}

// dropped are points that the manifest does not have any more, and of which the journal
// has seen no end.
func (a *application) dropped(bound planner.Bound) (jobs []once.Job) {
	known, families := make(map[string]bool), make(map[string]string) // and their namespaces
	for _, job := range bound.Jobs {
		known[job.Name] = true
		if family, _, point := strings.Cut(job.Name, "/"); point {
			families[family] = job.Namespace
		}
	}
	for name, runs := range a.before.Runs {
		family, _, _ := strings.Cut(name, "/")
		namespace, ours := families[family]
		active := func(r state.Run) bool { return r.Stage == state.StageSubmitting || r.Stage == state.StageSubmitted }
		if ours && !known[name] && slices.ContainsFunc(runs, active) {
			jobs = append(jobs, once.Job{Namespace: namespace, Name: name})
		}
	}
	return jobs
}

// activeRuns are the runs of bounded jobs that the platform shows. It is asked again
// while it does not answer, as long as the watch of the runs would.
func (a *application) activeRuns(ctx context.Context, names map[string]string) ([]seats.Run, error) {
	var failed patience.Silence
	for {
		runs, err := a.listActive(ctx, names)
		if err == nil || ctx.Err() != nil || rescale.IsAuth(err) || failed.Exceeds(err) {
			return runs, err
		}
		if err := patience.Sleep(ctx, a.interval()); err != nil {
			return nil, err
		}
	}
}

// listActive reads one list. What it shows without a cluster may be over for good.
func (a *application) listActive(ctx context.Context, names map[string]string) (runs []seats.Run, err error) {
	var unsure []string
	of := make(map[string]string) // names of jobs, by the ids of runs
	_, err = a.Platform.Jobs(ctx, rescale.JobQuery{State: rescale.StateNotCompleted}, func(item rescale.JobItem) bool {
		name, bounded := names[once.CodeOf(item.Name)]
		if !bounded || !strings.EqualFold(item.Owner, a.Owner) || item.Status == "" || verdict.Terminal(item.Status) {
			return true
		}
		if of[item.ID] = name; item.ClusterStatus == watch.ClusterStopped {
			unsure = append(unsure, item.ID)
		} else {
			runs = append(runs, seats.Run{Job: name, ID: item.ID})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	ended, err := patience.Each(ctx, unsure, patience.NotFound, a.isOver)
	for _, id := range unsure {
		if over, there := ended[id]; there && !over {
			runs = append(runs, seats.Run{Job: of[id], ID: id})
		}
	}
	return runs, err
}

// isOver reports whether a run has ended, or gets no final status any more.
func (a *application) isOver(ctx context.Context, id string) (bool, error) {
	history, err := a.Platform.Statuses(ctx, id)
	if err != nil || over(history) {
		return err == nil, err
	}
	return a.watch.Stuck(ctx, id, history)
}

// seat lets a job begin that nothing else keeps waiting, when it has a seat. Runs in its
// way are stopped before that: they have seats of their own.
func (a *application) seat(ctx context.Context, t task) {
	if len(t.Stop) == 0 {
		a.ask(ctx, t)
		return
	}
	a.starts.Do(func(p *crew.Place) {
		p.Leave()
		if t.out.Err = a.stopRivals(ctx, *t.Step); t.out.Err != nil {
			a.done(t)
			return
		}
		step := *t.Step
		for _, rival := range step.Stop {
			a.seats.Free(step.Job.Name, rival.ID)
		}
		step.Stop, t.Step = nil, &step
		a.ask(ctx, t)
	})
}

// ask waits for a seat without holding anything, and submits the job then.
func (a *application) ask(ctx context.Context, t task) {
	a.seats.Ask(seats.Ask{
		Job:  t.Job.Name,
		Wait: func(full *seats.FullError) { a.waitForSeat(ctx, t, full) },
		Then: func(err error) {
			if err != nil {
				t.out.Err = unseated(ctx, t, err)
				a.done(t)
				return
			}
			a.starts.Do(func(p *crew.Place) { a.submit(ctx, t, p) })
		},
	})
}

// unseated is why a job was not started that waited for a seat.
func unseated(ctx context.Context, t task, err error) error {
	var full *seats.FullError
	switch {
	case errors.As(err, &full):
		return &WaitingError{For: full.Error()}
	case ctx.Err() != nil:
		return &WaitingError{For: "a seat", Err: err}
	}
	return &once.StepError{Job: t.Job.Name, Act: "counting the runs beside", Err: fmt.Errorf("limits.maxRunning: %w", err)}
}

// waitForSeat reports whether a job waits, and uploads its inputs as they were planned: in an
// hour somebody may be working on them. Whoever has a seat does not wait for that.
func (a *application) waitForSeat(ctx context.Context, t task, full *seats.FullError) {
	a.notify(Event{Type: EventWaiting, Job: t.Job.Name, Message: full.Error()})
	if !t.Creates() || len(t.Job.Inputs) == 0 {
		return
	}
	a.working.Add(1)
	a.ahead.Do(func(*crew.Place) {
		defer a.working.Done()
		if _, err := a.store.IDs(ctx, t.Job.Inputs); err != nil && a.seats.Withdraw(t.Job.Name) {
			t.out.Err = &once.StepError{Job: t.Job.Name, Act: "preparing the inputs of", Err: err}
			a.done(t)
		}
	})
}

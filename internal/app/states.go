package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/detail"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/spec"
)

// states gives one line for each job: its newest run, whoever started it, and what the
// platform says of that now.
func (s *session) states(ctx context.Context) ([]show.State, error) {
	seen, snapshot, err := s.recall(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]show.State, len(s.Jobs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(statusParallel)
	for i, job := range s.Jobs {
		list[i].Job = job.Name.V
		run, ok := snapshot.Last(job.Name.V)
		if !ok {
			continue
		}
		list[i].Run, list[i].Known, list[i].Gone = run, true, seen.Gone[run.ID]
		list[i].Outdated = !success.Of(job.Success).Judged(run)
		if list[i].Outdated && run.Checks == "" && len(seen.Statuses[run.ID]) > 0 {
			list[i].Run.Verdict, list[i].Outdated = "", false // nobody has judged it
		}
		if history := seen.Statuses[run.ID]; len(history) > 0 && list[i].Run.Verdict == "" {
			group.Go(func() error { return s.judge(ctx, &list[i], job, history) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.block(list)
	return list, nil
}

// block says of jobs that have no run which jobs they wait for.
func (s *session) block(list []show.State) {
	of := make(map[string]*show.State, len(list))
	for i := range list {
		of[list[i].Job] = &list[i]
	}
	for i, job := range s.Jobs {
		if list[i].Known {
			continue
		}
		for _, need := range job.Needs {
			for _, name := range need.Jobs {
				if upstream := of[name]; upstream != nil && upstream.Run.Verdict != string(verdict.Succeeded) {
					list[i].Waits = append(list[i].Waits, *upstream)
				}
			}
		}
	}
}

// waiting says what a job that has no run waits for; empty for nothing.
func waiting(x subject, list []show.State) string {
	for _, line := range list {
		if line.Job == x.Name && len(line.Waits) > 0 {
			return line.Word()
		}
	}
	return ""
}

// state is a subject in the form of a line of status. A draft is no run.
func (x subject) state(d detail.Detail) show.State {
	return show.State{Job: x.Name, Known: len(d.History) > 0, Run: state.Run{ID: x.ID, Verdict: string(d.Judged.Verdict)}}
}

// separate puts an empty line before all but the first of several texts.
func separate(w io.Writer, i int) {
	if i > 0 {
		fmt.Fprintln(w)
	}
}

// statusParallel bounds the runs whose outputs are looked at at once.
const statusParallel = 4

// judge adds what the platform says now of a run that the journal calls active. Of
// one that is over, the outputs are looked at as apply would.
func (s *session) judge(ctx context.Context, line *show.State, job spec.Job, history []rescale.Status) error {
	line.Run.Status, line.Run.StatusAt = history[0].Status, history[0].Date
	judged, done := verdict.Judge(history)
	if !done {
		return nil
	}
	line.Run.Started, line.Run.Ended = judged.Started, judged.Ended
	judged, err := success.Examiner{Platform: s.Platform}.Judge(ctx, line.Run.ID, judged, success.Of(job.Success))
	var unknown *success.UnknownError
	if errors.As(err, &unknown) {
		line.Run.Reason = "its success is not known yet: " + unknown.Err.Error()
		return nil
	}
	line.Run.Verdict, line.Run.Reason = string(judged.Verdict), judged.Reason
	return err
}

// inDepth shows all that the platform says of jobs.
func (t *tool) inDepth(ctx context.Context, s *session, o statusOptions, list []subject) error {
	var states []show.State
	all := sync.OnceValues(func() ([]show.State, error) { return s.states(ctx) })
	for i, x := range list {
		d, err := s.detail(ctx, x, all)
		if err != nil {
			return unknown(s, x, err)
		}
		states = append(states, x.state(d))
		if o.output.JSON() {
			err = d.JSON(t.Out)
		} else {
			separate(t.Out, i)
			d.Text(t.Out)
		}
		if err != nil {
			return err
		}
	}
	if !o.code {
		return nil
	}
	return ending.OfStates(states)
}

// detail is all that can be known of a subject; of one that has not run, what it waits for
// among all jobs.
func (s *session) detail(ctx context.Context, x subject, all func() ([]show.State, error)) (detail.Detail, error) {
	if x.ID == "" {
		list, err := all()
		return detail.Detail{Key: once.Key{Name: x.Name}, Namespace: x.Job.Namespace.V, Blocked: waiting(x, list)}, err
	}
	d, err := detail.Gather(ctx, s.Platform, x.ID, x.job().Checks)
	d.Free = s.Alone()
	return d, err
}

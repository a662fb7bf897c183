// Package standing says how far the jobs of a manifest are: by their newest runs, by what
// the platform says of these now, and by what those wait for that have none.
package standing

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/spec"
)

// parallel bounds the runs whose outputs are looked at at once.
const parallel = 4

// Jobs are the jobs of a manifest with what is known of their runs.
type Jobs struct {
	Platform *rescale.Client
	List     []spec.Job
	Seen     planner.Observation
	Recorded state.Snapshot
}

// States gives one line for each job: its newest run, whoever started it, and what the
// platform says of that now.
func (j Jobs) States(ctx context.Context) ([]show.State, error) {
	list := make([]show.State, len(j.List))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, job := range j.List {
		line := &list[i]
		line.Job = job.Name.V
		run, ok := j.Recorded.Last(job.Name.V)
		if !ok {
			continue
		}
		history := j.Seen.Statuses[run.ID]
		line.Run, line.Known, line.Gone = run, true, j.Seen.Gone[run.ID]
		line.Outdated = !success.Of(job.Success).Judged(run)
		if line.Outdated && run.Checks == "" && len(history) > 0 {
			line.Run.Verdict, line.Outdated = "", false // nobody has judged it
		}
		if len(history) > 0 && line.Run.Verdict == "" {
			group.Go(func() error { return j.judge(ctx, line, job, history) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	j.block(list)
	return list, nil
}

// judge adds what the platform says now of a run that the journal calls active. Of
// one that is over, the outputs are looked at as apply would.
func (j Jobs) judge(ctx context.Context, line *show.State, job spec.Job, history []rescale.Status) error {
	line.Run.Status, line.Run.StatusAt = history[0].Status, history[0].Date
	judged, done := verdict.Judge(history)
	if !done {
		return nil
	}
	line.Run.Started, line.Run.Ended = judged.Started, judged.Ended
	judged, err := success.Examiner{Platform: j.Platform}.Judge(ctx, line.Run.ID, judged, success.Of(job.Success))
	var unknown *success.UnknownError
	if errors.As(err, &unknown) {
		line.Run.Reason = "its success is not known yet: " + unknown.Err.Error()
		return nil
	}
	line.Run.Verdict, line.Run.Reason = string(judged.Verdict), judged.Reason
	return err
}

// block says of jobs that have no run which jobs they wait for, those that others wait for
// first.
func (j Jobs) block(list []show.State) {
	of := make(map[string]*show.State, len(list))
	for i := range list {
		of[list[i].Job] = &list[i]
	}
	order := slices.SortedStableFunc(slices.Values(j.List), func(a, b spec.Job) int { return a.Rank - b.Rank })
	for _, job := range order {
		line := of[job.Name.V]
		if line.Known {
			continue
		}
		for _, need := range job.Needs {
			for _, name := range need.Jobs {
				if upstream := of[name]; upstream != nil && upstream.Run.Verdict != string(verdict.Succeeded) {
					line.Waits = append(line.Waits, *upstream)
				}
			}
		}
	}
}

// Waiting says what a job that has no run waits for; empty for nothing.
func Waiting(name string, list []show.State) string {
	for _, line := range list {
		if line.Job == name && len(line.Waits) > 0 {
			return line.Word()
		}
	}
	return ""
}

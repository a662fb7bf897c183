package app

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
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
	return list, group.Wait()
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

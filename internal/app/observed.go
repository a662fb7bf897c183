package app

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/reading"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// job is the subject as its log is shown.
func (x subject) job() reading.Job {
	job := reading.Job{Name: x.Name, ID: x.ID}
	if x.Job != nil {
		job.Checks = success.Of(x.Job.Success)
	}
	return job
}

// unknown says what is wrong with an id that the platform does not know.
func unknown(s *session, x subject, err error) error {
	var bad *rescale.BadIDError
	if x.Job != nil || !errors.As(err, &bad) && !patience.NotFound(err) {
		return s.Connection.Refused(err)
	}
	if x.strange != nil {
		return x.strange(x.ID)
	}
	return options.Usage(fmt.Sprintf("the platform has no job %q", x.ID),
		fmt.Sprintf("without -f, jobs are named by their ids, such as QwErTy, which list shows; those of a manifest by: %s %s -f job.yaml %s", options.Program, s.tool.verb, x.ID))
}

// unknownOrder is unknown for an order of results.
func (s *session) unknownOrder(o fetch.Order, err error) error {
	if err == nil || len(s.Jobs) > 0 {
		return err
	}
	return unknown(s, subject{ID: o.ID}, err)
}

// targets are the submitted runs of subjects. One that has none is an error when it was
// named by its id, and else left out with a word on it, unless no other is there.
func (s *session) targets(ctx context.Context, list []subject) (targets []executor.Target, known map[string]subject, err error) {
	submitted, err := s.submitted(ctx, list)
	if err != nil {
		return nil, nil, err
	}
	known = make(map[string]subject)
	var left []string
	for i, x := range list {
		switch {
		case submitted[i]:
			known[x.ID] = x
			targets = append(targets, executor.Target{Name: x.Name, ID: x.ID})
		case x.Job == nil:
			return nil, nil, options.Usage(fmt.Sprintf("job %s is a draft, which nobody has submitted", x.ID), "apply its manifest, or submit it on the platform")
		default:
			left = append(left, x.Name)
		}
	}
	switch {
	case len(targets) == 0:
		return nil, nil, options.Usage("no job has a run to watch", "apply the manifest first; status shows what its jobs wait for")
	case len(left) > 0:
		s.tool.Line("note: not watched, for they have no run: " + few(left))
	}
	return targets, known, nil
}

// observedParallel bounds the runs that are looked at at once.
const observedParallel = 8

// submitted says of each subject if it has a run on the platform that is more than a draft.
func (s *session) submitted(ctx context.Context, list []subject) ([]bool, error) {
	submitted := make([]bool, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(observedParallel)
	for i, x := range list {
		if x.ID == "" {
			continue
		}
		group.Go(func() error {
			history, err := s.Platform.Statuses(ctx, x.ID)
			if err != nil {
				return unknown(s, x, fmt.Errorf("reading the status of job %s: %w", x.ID, err))
			}
			submitted[i] = len(history) > 0
			return nil
		})
	}
	return submitted, group.Wait()
}

// checks judges a run that succeeded by the checks of its manifest, too.
func (s *session) checks(known map[string]subject) func(context.Context, string, verdict.Judgement) (verdict.Judgement, error) {
	return func(ctx context.Context, id string, j verdict.Judgement) (verdict.Judgement, error) {
		return success.Examiner{Platform: s.Platform}.Judge(ctx, id, j, known[id].job().Checks)
	}
}

// lastLine keeps the last line of the log for a view of one job that shows it; else nil.
func (s *session) lastLine(ctx context.Context, format string, wanted bool) *reading.LastLine {
	if !wanted || !s.tool.Draws(format) {
		return nil
	}
	return reading.KeepLastLine(ctx, s.Platform, options.Waiting{}.Every(s.Platform.Local))
}

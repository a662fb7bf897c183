package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/logs"
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
	if len(s.Jobs) > 0 {
		return options.Usage(fmt.Sprintf("neither the manifest nor the platform has a job %q", x.ID), s.Slip(x.ID))
	}
	return options.Usage(fmt.Sprintf("the platform has no job %q", x.ID),
		fmt.Sprintf("without a manifest, jobs are named by their ids, such as QwErTy, which list shows; those of a manifest by: %s %s -f job.yaml %s", options.Program, s.tool.verb, x.ID))
}

// unknownOrder is unknown for an order of results.
func (s *session) unknownOrder(o fetch.Order, err error) error {
	if err == nil || len(s.Jobs) > 0 {
		return err
	}
	return unknown(s, subject{ID: o.ID}, err)
}

// targets are the submitted runs of subjects. One that has none is an error when it was
// named by its id, and else left out, unless no other is there.
func (s *session) targets(ctx context.Context, list []subject) (targets []executor.Target, known map[string]subject, err error) {
	known = make(map[string]subject)
	for _, x := range list {
		if x.ID == "" {
			continue
		}
		history, err := s.Platform.Statuses(ctx, x.ID)
		switch {
		case err != nil:
			return nil, nil, unknown(s, x, err)
		case len(history) == 0 && x.Job == nil:
			return nil, nil, options.Usage(fmt.Sprintf("job %s is a draft, which nobody has submitted", x.ID), "apply its manifest, or submit it on the platform")
		case len(history) == 0:
			continue
		}
		known[x.ID] = x
		targets = append(targets, executor.Target{Name: x.Name, ID: x.ID})
	}
	if len(targets) == 0 {
		return nil, nil, options.Usage("no job has a run to watch", "apply the manifest first; plan shows what it would start")
	}
	return targets, known, nil
}

// checks judges a run that succeeded by the checks of its manifest, too.
func (s *session) checks(known map[string]subject) func(context.Context, string, verdict.Judgement) (verdict.Judgement, error) {
	return func(ctx context.Context, id string, j verdict.Judgement) (verdict.Judgement, error) {
		return success.Examiner{Platform: s.Platform}.Judge(ctx, id, j, known[id].job().Checks)
	}
}

// lastLines keeps the last line that a run printed, for a view that shows it, until done
// is called.
func (s *session) lastLines(ctx context.Context, wanted bool, targets []executor.Target) (of func(id string) string, done func()) {
	if !wanted {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	last := &logs.Last{Platform: s.Platform, Interval: options.Waiting{}.Every(s.Platform.Local)}
	for _, target := range targets {
		last.Follow(ctx, target.ID)
	}
	return func(id string) string { return s.Platform.Redact(last.Line(id)) }, func() { cancel(); last.Wait() }
}

package once

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// draft is the one that a claim goes on with.
type draft struct {
	id    string
	fresh bool // made by this very call, so that it says what the manifest says
}

// draft gives the draft that is there, or makes one.
func (s *Starter) draft(ctx context.Context, c Claim) (draft, error) {
	if c.ID != "" {
		return draft{id: c.ID}, s.recordFound(c)
	}
	request, err := c.Body(ctx)
	if err != nil {
		return draft{}, &StepError{c.Key.Name, "preparing the inputs of", err}
	}
	d, err := s.create(ctx, c, c.sign(request))
	if err != nil {
		return draft{}, err
	}
	if err := s.Journal.Append(c.record(state.KindCreated, d.id)); err != nil {
		return d, err
	}
	s.Report.Created(c.Key.Name, d.id)
	return d, nil
}

// maxCreates is how many creates of one claim may lose their answers before it is
// given up. Each comes after a look that found nothing, and drafts are free.
const maxCreates = 3

// create makes a draft: record, create; when the answer is lost, look for it first.
func (s *Starter) create(ctx context.Context, c Claim, request rescale.JobRequest) (draft, error) {
	var lost error
	for range maxCreates {
		if ctx.Err() != nil {
			return draft{}, context.Cause(ctx)
		}
		if err := s.Journal.Append(c.Intent); err != nil {
			return draft{}, err
		}
		job, err := s.createOnce(ctx, request)
		if err == nil {
			return draft{id: job.ID, fresh: true}, nil
		}
		if !outcomeUnknown(err) {
			return draft{}, &StepError{c.Key.Name, "creating", err}
		}
		found, unseen := s.findLost(ctx, c)
		if len(found) > 0 {
			return draft{id: Elect(found).ID}, nil
		}
		if lost = errors.Join(err, unseen); unseen != nil {
			break
		}
	}
	return draft{}, &StepError{c.Key.Name, "creating", &UnresolvedError{lost}}
}

func (s *Starter) createOnce(ctx context.Context, request rescale.JobRequest) (job rescale.Job, err error) {
	err = Patiently(ctx, func() error {
		job, err = s.Platform.CreateJob(ctx, request)
		return err
	})
	return job, err
}

// findLost looks for the draft of a create whose answer was lost, until the list
// shows it or a few seconds have passed.
func (s *Starter) findLost(ctx context.Context, c Claim) (found []Found, err error) {
	for _, pause := range settlePauses {
		if err := Sleep(ctx, pause); err != nil {
			return nil, err
		}
		if found, err = s.find(ctx, c); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// update makes a draft what the manifest says now, for walltime, priority and
// project may have changed, or a person may have edited it. Doing that twice is
// harmless.
func (s *Starter) update(ctx context.Context, c Claim, id string) error {
	request, err := c.Body(ctx)
	if err != nil {
		return &StepError{c.Key.Name, "preparing the inputs of", err}
	}
	signed := c.sign(request)
	err = Settle(ctx, func() error { return s.Platform.UpdateJob(ctx, id, signed) })
	if err != nil && !NotFound(err) {
		return &DraftError{id, &StepError{c.Key.Name, "updating the draft of", err}}
	}
	return orVanished(id, err)
}

// clear deletes drafts that lost. One that stays costs nothing, so that trouble with
// it is only told.
func (s *Starter) clear(ctx context.Context, job string, losers []Found) {
	for _, f := range losers {
		if err := s.deleteDraft(ctx, f.ID); err != nil {
			s.Report.Warn(job, "deleting the surplus draft "+f.ID+": "+err.Error())
		}
	}
}

// secondRunError tells what must not happen: a draft that lost was submitted.
type secondRunError struct{ id string }

// Error names the job.
func (e *secondRunError) Error() string {
	return "somebody has submitted it, so that it runs too; look at job " + e.id + " on the platform and stop it if it is not wanted"
}

// deleteDraft looks once more that it is a draft: nothing else is ever deleted.
func (s *Starter) deleteDraft(ctx context.Context, id string) error {
	history, err := s.Platform.Statuses(ctx, id)
	switch {
	case NotFound(err):
		return nil
	case err != nil:
		return err
	case len(history) > 0:
		return &secondRunError{id}
	}
	return Settle(ctx, func() error { return s.Platform.DeleteJob(ctx, id) })
}

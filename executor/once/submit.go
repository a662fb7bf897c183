package once

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// spend submits the winner, unless somebody has, and removes the losers. Only
// then the run is recorded as submitted, so that a process which dies in between
// leaves no draft that nobody remembers.
func (s *Starter) spend(ctx context.Context, c Claim, d draft, e election) error {
	tell := s.Report.Found
	if !e.winner.Submitted() {
		if err := s.submit(ctx, c, d); err != nil {
			return err
		}
		tell = s.Report.Submitted
	}
	s.clear(ctx, c.Key.Name, e.losers)
	return s.submitted(ctx, c, d.id, tell)
}

// submit spends the money: record, submit. A draft that this call did not make
// may have been submitted meanwhile, or may say something else than the manifest.
func (s *Starter) submit(ctx context.Context, c Claim, d draft) error {
	if !d.fresh {
		history, err := s.Platform.Statuses(ctx, d.id)
		if err != nil {
			return &StepError{c.Key.Name, "reading the statuses of", orVanished(d.id, err)}
		}
		if len(history) > 0 {
			return nil
		}
		if err := s.update(ctx, c, d.id); err != nil {
			return err
		}
	}
	if err := c.Label(ctx, d.id, d.fresh); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := s.Journal.Append(c.record(state.KindSubmitting, d.id)); err != nil {
		return err
	}
	if err := s.ensureSubmitted(ctx, d.id); err != nil {
		return &StepError{c.Key.Name, "submitting", orVanished(d.id, err)}
	}
	return nil
}

// maxSubmits is how many submits of one draft may get lost before it is given up.
// Each comes after the settle time, in which the draft has shown no status.
const maxSubmits = 3

// ensureSubmitted submits. Only a status history proves a submit, an answer does
// not: after an error the history decides (rescale-api.md §7.1).
func (s *Starter) ensureSubmitted(ctx context.Context, id string) (err error) {
	for range maxSubmits {
		err = Patiently(ctx, func() error { return s.Platform.SubmitJob(ctx, id) })
		if err == nil || rescale.IsAuth(err) {
			return err
		}
		if !outcomeUnknown(err) {
			history, readErr := s.Platform.Statuses(ctx, id)
			if readErr == nil && len(history) > 0 {
				return nil // refused, because somebody has submitted it already
			}
			return err
		}
		if s.isSubmitted(ctx, id) {
			return nil
		}
	}
	return err
}

// isSubmitted reads the statuses until they show something, or for a few seconds.
func (s *Starter) isSubmitted(ctx context.Context, id string) bool {
	for _, pause := range settlePauses {
		if Sleep(ctx, pause) != nil {
			return false
		}
		if history, err := s.Platform.Statuses(ctx, id); err == nil && len(history) > 0 {
			return true
		}
	}
	return false
}

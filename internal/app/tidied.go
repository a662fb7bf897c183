package app

import (
	"context"
	"errors"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/tidying"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// tidied are all runs of the subjects on the platform, older ones too, and the keys that
// protect their jobs.
func (s *session) tidied(ctx context.Context, list []subject) (tidying.Tidying, error) {
	if err := s.ask(ctx); err != nil {
		return tidying.Tidying{}, err
	}
	out := tidying.Tidying{From: s.Connection, Owner: s.user.Email}
	var wanted []once.Wanted
	for _, x := range list {
		if x.byID {
			out.IDs, out.Named = append(out.IDs, x.ID), append(out.Named, x.ID)
			continue
		}
		wanted = append(wanted, once.Wanted{Key: once.Key{Name: x.Name}, Namespace: x.Job.Namespace.V})
	}
	if len(wanted) == 0 {
		return out, nil
	}
	runs, err := once.Mine(ctx, s.Platform, s.user.Email, wanted)
	if err != nil {
		return out, s.Connection.Refused(err)
	}
	for _, run := range runs {
		if !slices.Contains(out.IDs, run.ID) && slices.ContainsFunc(wanted, func(w once.Wanted) bool { return w.Key.Name == run.Key.Name && w.Namespace == run.Namespace }) {
			out.IDs = append(out.IDs, run.ID)
		}
	}
	return out, nil
}

// protected are the protected jobs of the manifest, with the places of the keys.
func (s *session) protected() map[once.Job]diag.Position {
	keys := make(map[once.Job]diag.Position)
	for _, job := range s.Jobs {
		if job.Protected.V {
			keys[once.Job{Name: job.Name.V, Namespace: job.Namespace.V}] = job.Protected.Pos
		}
	}
	return keys
}

// forget drops the records of jobs whose newest run was deleted: a plan that has them would
// call unchanged what is not there any more.
func (s *session) forget(deleted []string) (err error) {
	snapshot, err := s.ReadJournals(s.identity())
	if err != nil {
		return err
	}
	var records []state.Record
	for _, job := range s.Jobs {
		if last, _ := snapshot.Last(job.Name.V); slices.Contains(deleted, last.ID) {
			records = append(records, state.Record{Kind: state.KindForgot, Job: job.Name.V})
		}
	}
	if len(records) == 0 {
		return nil
	}
	journals, err := s.OpenJournals(s.identity())
	if err != nil {
		return err
	}
	return errors.Join(journals.Append(records...), journals.Close())
}

// guarded shows what a guard refuses with the lines of the manifest.
func (s *session) guarded(err error) error {
	var list []error
	for _, e := range exit.Unsaid(err) {
		var refused *guard.Error
		if errors.As(e, &refused) {
			e = s.Forbidden(refused.Refusals)
		}
		list = append(list, e)
	}
	return errors.Join(list...)
}

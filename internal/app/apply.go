package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/app/approval"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/provenance"
	"github.com/rescale-apply/rescale-apply/internal/app/pruning"
)

// applyOptions say what to apply.
type applyOptions struct {
	options.Scope
	spending
	consent
	review  approval.Options
	waiting options.Waiting
	lastLog bool
	output  options.Output
}

func (t *tool) applyVerb() options.Command {
	o := applyOptions{output: options.Formats("text", "json"), waiting: options.Waiting{Parallel: 4}}
	return options.Command{
		Name:     "apply",
		Part:     "Run",
		Usage:    "upload, create, submit, wait, download: what is not done yet",
		Examples: []string{"rescale-apply -f job.yaml", "rescale-apply -f job.yaml --local", "rescale-apply apply -f job.yaml --no-wait --max-cost 50"},
		Effect:   options.Changes,
		Concerns: []options.Concern{&o.Manifests, &o.waiting, logFlag(&o.lastLog), &o.review, &o.costs, &o.rerun, &o.transfers, &o.source, &o.prune, &o.Platform, o.fullFlag(), o.flag(), t.reports, &o.output},
		Do:       func(ctx context.Context, _ options.Call) error { return t.apply(ctx, o) },
	}
}

func (t *tool) apply(ctx context.Context, o applyOptions) error {
	o.Beside, o.waiting.No = o.review.Named(), o.waiting.No || o.review.Collect
	approved, err := o.review.Read()
	if err = errors.Join(err, pruning.Check(o.prune, o.Manifests)); err != nil {
		return err
	}
	w, err := t.load(o.Scope)
	if err != nil {
		return err
	}
	wishes, err := o.wishes(w, o.Typed())
	if err != nil {
		return err
	}
	wishes.Keep = o.review.Collect
	return t.session(ctx, w, o.Platform, func(s *session) (err error) {
		resolved, err := s.resolveFrom(ctx, o.source)
		if err != nil {
			return err
		}
		if err := s.HideState(ctx); err != nil {
			return err
		}
		journal, err := s.OpenJournals(s.identity())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, journal.Close()) }()
		again := o.paysAgain(w)
		plan, err := s.plan(ctx, resolved, journal.Snapshot(), wishes)
		if err == nil {
			err = o.repeatable(t, plan)
		}
		if err == nil {
			err = errors.Join(s.pruned(ctx, o.Manifests, o.prune, &plan), provenance.Mark(ctx, w, o.source, &plan))
		}
		if err != nil {
			return err
		}
		return t.carryOut(ctx, s, work{applyOptions: o, plan: approved.Restrict(plan), approved: approved, journal: journal, again: again})
	})
}

package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/approval"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/pruning"
)

// planOptions say what to plan.
type planOptions struct {
	options.Scope
	spending
	output   options.Output
	detailed bool
	out      string
}

func (t *tool) planVerb() options.Command {
	o := planOptions{output: options.Formats("text", "json", "md")}
	return options.Command{
		Name:     "plan",
		Usage:    "show what apply would do, and why; sends GET requests only",
		Examples: []string{"rescale-apply plan -f job.yaml", "rescale-apply plan -f job.yaml --detailed-exitcode -o json"},
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{{Name: "detailed-exitcode", Into: &o.detailed, Usage: "exit 2 when changes are pending, 5 when a guard would refuse them"}},
			options.Flags{{Name: "out", Into: &o.out, Filled: true, Usage: "also write the plan to `FILE`, as JSON, for apply --plan"}},
			&o.costs, &o.rerun, &o.transfers, &o.source, &o.prune, &o.Platform, o.fullFlag(), t.reports, &o.output,
		},
		Do: func(ctx context.Context, _ options.Call) error { return t.plan(ctx, o) },
	}
}

func (t *tool) plan(ctx context.Context, o planOptions) error {
	place, err := approval.Reserve(o.out)
	if err != nil {
		return err
	}
	defer place.Release()
	o.Beside = place.Named()
	if err := errors.Join(t.reports.Beside(o.Beside), pruning.Check(o.prune, o.Manifests)); err != nil {
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
	return t.session(ctx, w, o.Platform, func(s *session) error {
		plan, err := s.planAhead(ctx, o, wishes)
		if err != nil {
			return err
		}
		if err := s.save(ctx, place, plan, o); err != nil {
			return err
		}
		if err := t.showPlan(s, plan, o); err != nil {
			return err
		}
		for _, idle := range executor.IdleExcludes(ctx, s.Platform, plan) {
			t.Warn(idle.Job + ": " + idle.Message)
		}
		return t.planCode(s, plan, o)
	})
}

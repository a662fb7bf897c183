package app

import (
	"context"
	"io"

	"github.com/rescale-apply/rescale-apply/internal/app/checking"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// validateOptions say what to check.
type validateOptions struct {
	options.Scope
	each   bool
	output options.Output
}

func (t *tool) validateVerb() options.Command {
	o := validateOptions{output: options.Formats("text", "json")}
	return options.Command{
		Name:     "validate",
		Usage:    "check manifests and their input files without a network",
		Args:     "[FILE ...]",
		Examples: []string{"rescale-apply validate job.yaml", "rescale-apply validate --each jobs/*.yaml -o json"},
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{{Name: "each", Into: &o.each, Usage: "each manifest is a set of its own: jobs of two may have one name, and none builds on another's"}},
			t.reports, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			o.Files = append(o.Files, call.Args...)
			return t.validate(ctx, o)
		},
	}
}

func (t *tool) validate(ctx context.Context, o validateOptions) error {
	t.reports.Asked(o.Manifests)
	check := checking.Check{Around: t.surroundings(), Scope: o.Scope, Reports: t.reports, Text: t.Out}
	if o.output.JSON() {
		check.Text, check.JSON = io.Discard, t.Out
	}
	if o.each {
		return check.Each(ctx)
	}
	return check.Together(ctx)
}

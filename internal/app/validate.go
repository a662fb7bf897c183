package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

func (t *tool) validateVerb() options.Command {
	var scope options.Scope
	output := options.Formats("text")
	return options.Command{
		Name:     "validate",
		Usage:    "check manifests and their input files without a network",
		Examples: []string{"rescale-apply validate -f job.yaml"},
		Concerns: []options.Concern{&scope.Manifests, &output},
		Do:       func(ctx context.Context, _ options.Call) error { return t.validate(ctx, scope) },
	}
}

// validate does what can be done offline: the text, the schema, the rules, and that
// every input file is there. Catalogs are plan's work.
func (t *tool) validate(ctx context.Context, scope options.Scope) error {
	w, err := t.load(scope)
	if err != nil {
		return err
	}
	if err := w.ReadLocks(); err != nil {
		return err
	}
	if _, err := w.Find(ctx, w.Jobs); err != nil {
		return err
	}
	w.WarnOfSlips()
	for _, source := range w.Sources {
		fmt.Fprintf(t.Out, "%s: %s, no problems\n", source.Name, humanize.Plural(w.JobsIn(source), "job"))
	}
	return nil
}

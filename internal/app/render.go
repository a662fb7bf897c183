package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/rendering"
)

func (t *tool) renderVerb() options.Command {
	var scope options.Scope
	var output options.Output
	var to string
	return options.Command{
		Name:     "render",
		Usage:    "show input templates with the values of each job",
		Args:     "[NAME ...]",
		Examples: []string{"rescale-apply render -f job.yaml", "rescale-apply render -f job.yaml airfoil/aoa=4", "rescale-apply render -f job.yaml --to /tmp/decks"},
		Concerns: []options.Concern{
			&scope.Manifests,
			options.Flags{{Name: "to", Into: &to, Usage: "`FOLDER` to write the files to, one folder for each job; without it they are shown"}},
			&output,
		},
		Do: func(ctx context.Context, call options.Call) error { return t.render(ctx, scope, call.Args, to) },
	}
}

func (t *tool) render(ctx context.Context, scope options.Scope, names []string, to string) error {
	w, err := t.load(scope)
	if err != nil {
		return err
	}
	jobs, err := w.Chosen(names)
	if err != nil {
		return err
	}
	inputs, err := w.Find(ctx, jobs)
	if err != nil {
		return err
	}
	texts, err := rendering.Of(jobs, inputs)
	if err != nil {
		return err
	}
	if to == "" {
		return texts.Show(t.Screen)
	}
	if err := texts.Write(ctx, to); err != nil {
		return err
	}
	fmt.Fprintf(t.Out, "%s written to %s\n", humanize.Plural(len(texts), "file"), to)
	return nil
}

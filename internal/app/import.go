package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/importing"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// importOptions say what to import, and to where.
type importOptions struct {
	options.Visited
	wish     importing.Wish
	parallel int
	output   options.Output
}

func (t *tool) importVerb() options.Command {
	o := importOptions{parallel: 4, output: options.Formats("text", "json")}
	return options.Command{
		Name:     "import",
		Usage:    "write jobs of the platform as a manifest, with their input files where those are wanted",
		Args:     "ID ...",
		Examples: []string{"rescale-apply import QwErTy", "rescale-apply import QwErTy --to wing.yaml --with-inputs", "rescale-apply import QwErTy AbCdEf --to jobs.yaml --adopt"},
		Concerns: []options.Concern{
			options.Flags{
				{Name: "to", Into: &o.wish.File, Filled: true, Usage: "write the manifest to `FILE`, never over another one; without it, to standard output"},
				{Name: "with-inputs", Into: &o.wish.Inputs, Usage: "fetch inputs, scripts and tables into the folder of FILE, and name them by their paths"},
				{Name: "adopt", Into: &o.wish.Adopt, Usage: "the jobs are the runs of their manifest, so that apply starts nothing while it says the same"},
				{Name: "parallel", Into: &o.parallel, Usage: "transfers at once: `N`"},
			},
			&o.Visited, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			if err := o.wish.Take(call.Args); err != nil {
				return err
			}
			return t.visit(ctx, o.Platform, func(c *connect.Connection) error { return t.imports(ctx, c, o) })
		},
	}
}

func (t *tool) imports(ctx context.Context, c *connect.Connection, o importOptions) error {
	warnings := []string{}
	importer := importing.Importer{Platform: c.Platform, Parallel: o.parallel, Warn: func(message string) {
		warnings = append(warnings, message)
		t.Warn(message)
	}}
	watcher := t.Watch("text", show.Screen{Style: t.Style()})
	tell := executor.Paced(0, watcher.Event)
	importer.Tell = func(job, id string, transfer results.Transfer) { tell(executor.Downloading(job, id, transfer)) }
	done, err := importer.Run(ctx, o.wish)
	watcher.Close()
	if err != nil {
		return c.Refused(importing.Explained(err))
	}
	switch {
	case o.output.JSON():
		done.Warnings = warnings
		return show.WriteJSON(t.Out, done)
	case done.File == "":
		return t.Verbatim(done.Manifest)
	}
	done.Text(t.Out)
	return nil
}

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/importing"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
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
			if err := o.possible(call.Args); err != nil {
				return err
			}
			return t.visit(ctx, o.Platform, func(c *connect.Connection) error { return t.imports(ctx, c, o) })
		},
	}
}

// possible takes the ids, each once.
func (o *importOptions) possible(ids []string) error {
	for _, id := range ids {
		if !slices.Contains(o.wish.IDs, id) {
			o.wish.IDs = append(o.wish.IDs, id)
		}
	}
	switch {
	case len(ids) == 0:
		return options.Usage("import needs the id of a job", options.Program+" import QwErTy; list shows the ids")
	case o.wish.Inputs && o.wish.File == "":
		return options.Usage("--with-inputs needs --to: the files go beside the manifest", fmt.Sprintf("%s import %s --with-inputs --to job.yaml", options.Program, ids[0]))
	case o.wish.File != "" && !options.IsManifest(o.wish.File):
		return options.Usage(fmt.Sprintf("%q is no name of a manifest", o.wish.File), "--to takes a file such as job.yaml")
	}
	return nil
}

func (t *tool) imports(ctx context.Context, c *connect.Connection, o importOptions) error {
	var warnings []string
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
		return c.Refused(noJob(err))
	}
	switch {
	case o.output.JSON():
		done.Warnings = warnings
		return show.WriteJSON(t.Out, done)
	case done.File == "":
		return t.Verbatim(done.Manifest)
	}
	fmt.Fprintf(t.Out, "wrote %s: %s\n", filepath.ToSlash(done.File), humanize.Plural(len(done.Jobs), "job"))
	if o.wish.Inputs {
		fmt.Fprintf(t.Out, "brought %s\n", humanize.Plural(len(done.Inputs), "input file"))
	}
	return nil
}

// noJob says what is wrong with an id that the platform does not know.
func noJob(err error) error {
	var job *importing.JobError
	var bad *rescale.BadIDError
	if errors.As(err, &job) && (errors.As(err, &bad) || patience.NotFound(err)) {
		return options.Usage(fmt.Sprintf("the platform has no job %q", job.ID), "list shows the ids of your jobs, such as QwErTy")
	}
	return err
}

package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

func (t *tool) downloadCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "to", DefaultText: "outputs.to of the manifest, or results/NAME", Usage: "`FOLDER` to write to; with several jobs, one folder for each in it"},
		&cli.BoolFlag{Name: "all", Usage: "every file, not only those of outputs.download"},
		&cli.BoolFlag{Name: "list", Usage: "only show what would be downloaded"},
		&cli.IntFlag{Name: "parallel", Value: 4, Usage: "transfers at once: `N`"},
	}
	return &cli.Command{
		Name:      "download",
		Usage:     "fetch the result files of a manifest's jobs",
		ArgsUsage: "[NAME ...]",
		UsageText: "rescale-apply download -f job.yaml\n   rescale-apply download -f job.yaml heat --to /tmp/heat\n   rescale-apply download -f job.yaml --list",
		Flags:     join(manifestFlags(), flags, platformFlags(), []cli.Flag{outputFlags("text")[1]}),
		Action:    t.download,
	}
}

func (t *tool) download(c *cli.Context) error {
	if err := positive(c, "parallel"); err != nil {
		return err
	}
	return t.session(c, func(s *session) error {
		jobs, err := chosen(s.jobs, c.Args().Slice())
		if err != nil {
			return err
		}
		snapshot, err := s.recall(c.Context)
		if err != nil {
			return err
		}
		for _, job := range jobs {
			err = errors.Join(err, t.downloadJob(c, s, snapshot, job))
		}
		return err
	})
}

func chosen(jobs []spec.Job, names []string) ([]spec.Job, error) {
	if len(names) == 0 {
		return jobs, nil
	}
	known := jobNames(jobs)
	var picked []spec.Job
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, cmdline.Usage(fmt.Sprintf("the manifest has no job %q", name), diag.DidYouMean(name, known))
		}
		picked = append(picked, jobs[i])
	}
	return picked, nil
}

// everything is what download takes of a job whose manifest does not say.
var everything = spec.Value[string]{V: "**"}

func (t *tool) downloadJob(c *cli.Context, s *session, snapshot state.Snapshot, job spec.Job) error {
	run, ok := snapshot.Last(job.Name.V)
	if !ok || run.ID == "" {
		return cmdline.Usage(fmt.Sprintf("job %q has not run yet", job.Name.V), "apply it first")
	}
	outputs := job.Outputs
	if len(outputs.Download) == 0 || c.Bool("all") {
		outputs.Download = []spec.Value[string]{everything}
	}
	// Inputs that are not there now cannot be written over.
	inputs, _ := resolver.FindInputs([]spec.Job{job})
	wish := results.Of(resolver.Job{
		Name: job.Name.V, Dir: job.Dir, Manifest: filepath.Join(job.Dir, filepath.Base(job.File)),
		Inputs: inputs[0], Outputs: outputs, Results: job.ResultsFolder(),
	})
	if to := c.String("to"); to != "" {
		wish.To, wish.Dir = to, "."
		if len(s.jobs) > 1 {
			wish.To = filepath.Join(to, job.FolderName())
		}
	}
	d := results.Download{
		Platform: s.platform, ID: run.ID, Wish: wish, Parallel: c.Int("parallel"),
	}
	if c.Bool("list") {
		files, err := d.List(c.Context)
		show.Files(t.Stdout, job.Name.V, files)
		return err
	}
	if run.Stage != state.StageFinished {
		fmt.Fprintf(t.Stderr, "warning: job %s is not finished here; these are the files so far\n", job.Name.V)
	}
	watcher := t.watcher(c, "text", executor.Plan{})
	tell := executor.Paced(0, watcher.Event)
	d.Tell = func(transfer results.Transfer) { tell(executor.Downloading(job.Name.V, run.ID, transfer)) }
	files, err := d.Run(c.Context)
	watcher.Close()
	t.style(c).Downloaded(t.Stdout, job.Name.V, wish.Folder(), files)
	if err != nil {
		return fmt.Errorf("downloading the results of job %q: %w", job.Name.V, err)
	}
	return nil
}

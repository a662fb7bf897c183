package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

func (t *tool) stateCommand() *cli.Command {
	return &cli.Command{
		Name:      "state",
		Usage:     "show what is recorded of a manifest's runs, and repair it",
		UsageText: "rescale-apply state COMMAND -f job.yaml",
		Subcommands: []*cli.Command{
			t.stateListCommand(), t.stateShowCommand(), t.stateRemoveCommand(), t.stateRebuildCommand(), t.stateUnlockCommand(),
		},
	}
}

// stateFlags say which state files. Neither a key nor a platform is needed to find
// and read one, and no sound manifest.
func stateFlags() []cli.Flag {
	return join([]cli.Flag{
		&cli.StringSliceFlag{Name: "filename", Aliases: []string{"f"}, Usage: "manifest `FILE` whose state is meant; may be repeated"},
		&cli.StringFlag{Name: "state", Usage: "state `FILE`, when there is no manifest (default: .rescale/MANIFEST.state.jsonl beside the manifest)"},
		&cli.BoolFlag{Name: "local", Usage: "the state of what ran with --local"},
	}, outputFlags("text", "json"))
}

func (t *tool) stateListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the jobs of a state file, with their last runs; needs no network",
		UsageText: "rescale-apply state list -f job.yaml\n   rescale-apply state list --state .rescale/job.yaml.state.jsonl -o json",
		Flags:     stateFlags(),
		Action:    t.stateList,
	}
}

func (t *tool) stateList(c *cli.Context) error {
	output, err := onlyFormat(c, "text", "json")
	if err != nil {
		return err
	}
	files, err := t.stateFiles(c)
	if err != nil {
		return err
	}
	if output == "json" {
		return show.WriteJournals(t.Stdout, files)
	}
	t.style(c).Journals(t.Stdout, files)
	return nil
}

// aboutJob is a verb about the recorded runs of one job, which is named.
type aboutJob struct {
	name, usage, example string
	do                   func(c *cli.Context, files []show.Journal, job, output string) error
}

func (t *tool) aboutJob(v aboutJob) *cli.Command {
	return &cli.Command{
		Name: v.name, Usage: v.usage, ArgsUsage: "JOB", UsageText: v.example, Flags: stateFlags(),
		Action: func(c *cli.Context) error {
			output, err := format(c, "text", "json")
			if err != nil {
				return err
			}
			files, job, err := t.filesOfJob(c)
			if err != nil {
				return err
			}
			return v.do(c, files, job, output)
		},
	}
}

func (t *tool) stateShowCommand() *cli.Command {
	return t.aboutJob(aboutJob{
		name:    "show",
		usage:   "show all that is recorded of one job's runs; needs no network",
		example: "rescale-apply state show heat -f job.yaml\n   rescale-apply state show heat -f job.yaml -o json",
		do:      t.stateShow,
	})
}

func (t *tool) stateShow(c *cli.Context, files []show.Journal, job, output string) error {
	if output == "json" {
		return show.WriteRuns(t.Stdout, files[0], job)
	}
	t.style(c).Runs(t.Stdout, files[0], job)
	return nil
}

// statePaths are the state files that are meant: a given one, or those of manifests.
func (t *tool) statePaths(c *cli.Context) ([]string, error) {
	path := c.String("state")
	if path == "" {
		m, err := t.read(c)
		var paths []string
		for _, source := range m.sources {
			paths = append(paths, m.statePath(c, source))
		}
		slices.Sort(paths)
		return slices.Compact(paths), err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, cmdline.Usage("no state file "+path, "-f MANIFEST finds the state of a manifest")
	}
	return []string{path}, nil
}

// stateFiles reads them, whoever they belong to.
func (t *tool) stateFiles(c *cli.Context) ([]show.Journal, error) {
	paths, err := t.statePaths(c)
	if err != nil {
		return nil, err
	}
	var files []show.Journal
	for _, path := range paths {
		snapshot, err := state.Read(path, state.Identity{})
		if err != nil {
			return nil, err
		}
		files = append(files, show.Journal{Path: path, Snapshot: snapshot})
	}
	return files, nil
}

// filesOfJob gives the job that is named, and the files that know it.
func (t *tool) filesOfJob(c *cli.Context) (known []show.Journal, name string, err error) {
	if c.NArg() != 1 {
		return nil, "", cmdline.Usage(verb(c)+" needs the name of one job", "rescale-apply state list shows what is recorded")
	}
	files, err := t.stateFiles(c)
	if err != nil {
		return nil, "", err
	}
	name = c.Args().First()
	var names []string
	for _, f := range files {
		names = append(names, f.Jobs()...)
		if _, ok := f.Last(name); ok {
			known = append(known, f)
		}
	}
	if len(known) == 0 {
		return nil, "", cmdline.Usage(fmt.Sprintf("no run of job %q is recorded", name), diag.DidYouMean(name, names))
	}
	return known, name, nil
}

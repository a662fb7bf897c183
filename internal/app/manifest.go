package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/forks"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// manifest is what the user wrote.
type manifest struct {
	sources []diag.Source
	texts   []diag.Source // of variables and tables, to show their lines
	jobs    []spec.Job    // those of --target
	written int           // how many jobs there are without --target
	given   []files.Given // files that only the command line names

	contained bool // what the manifests name stays in their repositories
}

// source is the source of that name.
func (m manifest) source(name string) diag.Source {
	i := slices.IndexFunc(m.sources, func(s diag.Source) bool { return s.Name == name })
	return m.sources[max(0, i)]
}

// load reads and checks the manifests; problems are printed here, with their
// source lines.
func (t *tool) load(c *cli.Context) (manifest, error) {
	contained := t.contained(c)
	if variable := forks.Running(t.Getenv); variable != "" {
		fmt.Fprintf(t.Stderr, "notice: %s says that a fork's pull request runs: nothing outside of the manifest's repository is read\n", diag.Line(variable))
	}
	loader, shelf, err := variables(c, contained)
	if err != nil {
		return manifest{}, err
	}
	m, err := t.read(c)
	if err != nil {
		return m, err
	}
	m.contained = contained
	jobs, problems := loader.Load(m.sources)
	sources.Mark(shelf.Texts, m.sources)
	m.texts = shelf.Texts
	if len(problems) > 0 {
		return m, t.problems(c, m, problems)
	}
	m.written = len(jobs)
	m.given = given(c)
	m.jobs, err = targets(jobs, c.StringSlice("target"))
	return m, err
}

// contained tells that manifests may name nothing outside of their repositories: by the
// flag, or because a CI says that a fork's pull request runs.
func (t *tool) contained(c *cli.Context) bool {
	return c.Bool("contained") || forks.Running(t.Getenv) != ""
}

// given are the files that only the command line names: what is an input must not
// depend on them.
func given(c *cli.Context) []files.Given {
	var list []files.Given
	for _, name := range c.StringSlice("var-file") {
		list = append(list, files.Given{Path: name, Flag: "--var-file"})
	}
	for flag, name := range map[string]string{files.TokenFile: c.String("token-file"), "--state": c.String("state")} {
		if name != "" {
			list = append(list, files.Given{Path: name, Flag: flag})
		}
	}
	return list
}

// find finds the inputs of jobs without reading them; what is wrong with them is printed.
func (t *tool) find(c *cli.Context, m manifest, jobs []spec.Job) ([][]files.Input, error) {
	inputs, problems, err := files.Reading{Given: m.given, Contained: m.contained, Remark: t.remarks()}.Find(c.Context, jobs)
	if err == nil && len(problems) > 0 {
		err = t.problems(c, m, problems)
	}
	return inputs, err
}

// remarks warns of patterns that do nothing, each once: the points of a sweep have the same.
func (t *tool) remarks() func(files.Remark) {
	told := make(map[string]bool)
	return func(r files.Remark) {
		line := fmt.Sprintf("%s: %s", r.Pos, r.Message)
		if r.Kind == files.IdleExclude && !told[line] {
			told[line] = true
			t.warn(line)
		}
	}
}

func (t *tool) read(c *cli.Context) (manifest, error) {
	names := c.StringSlice("filename")
	if len(names) == 0 {
		return manifest{}, cmdline.Usage("no manifest given", fmt.Sprintf("rescale-apply %s -f job.yaml", verb(c)))
	}
	results := written.NewTree()
	finder := sources.Finder{Stdin: t.Stdin, Contained: t.contained(c), Wrote: func(path string) bool { return results.Trace(path).Folder != "" }}
	if c.Bool("recursive") {
		finder.Folders = sources.Recursive
	}
	for _, name := range c.StringSlice("var-file") {
		finder.Skip = append(finder.Skip, filepath.Clean(name))
	}
	var err error
	var m manifest
	m.sources, err = finder.Read(names)
	return m, err
}

// variables reads what the command line says about variables.
func variables(c *cli.Context, contained bool) (spec.Loader, *sources.Shelf, error) {
	shelf := &sources.Shelf{Contained: contained}
	loader := spec.Loader{Open: shelf.Open}
	for _, setting := range c.StringSlice("var") {
		name, value, found := strings.Cut(setting, "=")
		if !found || name == "" {
			return loader, shelf, cmdline.Usage("--var "+setting+" gives no variable a value", "write --var NAME=VALUE, such as --var mach=0.2")
		}
		loader.Set = append(loader.Set, spec.Setting{Name: name, Text: value})
	}
	for _, name := range c.StringSlice("var-file") {
		source, err := sources.Variables(name)
		if err != nil {
			return loader, shelf, err
		}
		loader.Files = append(loader.Files, source)
		shelf.Texts = append(shelf.Texts, source)
	}
	return loader, shelf, nil
}

// targets keeps the jobs that were asked for, and those that they build on.
func targets(jobs []spec.Job, wanted []string) ([]spec.Job, error) {
	if len(wanted) == 0 {
		return jobs, nil
	}
	chosen, err := called(jobs, wanted, "--target ")
	if err != nil {
		return nil, err
	}
	needed := make(map[string]bool) // names of needs that were followed
	for _, rank := range slices.Backward(byRank(jobs)) {
		for _, job := range rank {
			for _, need := range job.Needs {
				if !chosen[job.Name.V] || needed[need.Name.V] {
					continue
				}
				needed[need.Name.V] = true
				for _, name := range need.Jobs {
					chosen[name] = true
				}
			}
		}
	}
	return slices.DeleteFunc(jobs, func(j spec.Job) bool { return !chosen[j.Name.V] }), nil
}

// nameSpaces gives each job that names no namespace that of its manifest. Git is asked
// only where one is missing.
func (t *tool) nameSpaces(ctx context.Context, m manifest) error {
	finder := namespace.Finder{Environ: t.Environ}
	ofFile := make(map[string]string)
	for i, job := range m.jobs {
		if job.Namespace.Written() {
			continue
		}
		if _, known := ofFile[job.File]; !known {
			found, err := finder.Of(ctx, realManifest(m.source(job.File)))
			if err != nil {
				return err
			}
			ofFile[job.File] = found
		}
		m.jobs[i].Namespace.V = ofFile[job.File]
	}
	return nil
}

// byRank sorts the jobs into those without needs, those that build only on them, and so on.
func byRank(jobs []spec.Job) [][]spec.Job {
	var ranks [][]spec.Job
	for _, job := range jobs {
		for len(ranks) <= job.Rank {
			ranks = append(ranks, nil)
		}
		ranks[job.Rank] = append(ranks[job.Rank], job)
	}
	return ranks
}

// called gives the full names of the jobs that a person names, where the name of
// a matrix means all of its points. Names that the manifest does not have are
// refused; flag is what stood before them.
func called(jobs []spec.Job, wanted []string, flag string) (map[string]bool, error) {
	chosen := make(map[string]bool)
	for _, name := range wanted {
		found := false
		for _, job := range jobs {
			if job.Called(name) {
				chosen[job.Name.V], found = true, true
			}
		}
		if !found {
			return nil, cmdline.Usage(fmt.Sprintf("%s%s: the manifest has no such job", flag, name), jobHint(name, jobNames(jobs)))
		}
	}
	return chosen, nil
}

// jobHint is for a name that no job has.
func jobHint(name string, known []string) string {
	if hint := diag.DidYouMean(name, known); hint != "" || len(known) == 0 {
		return hint
	}
	return fmt.Sprintf("there are %s, such as %s; plan lists them all", humanize.Plural(len(known), "name"), strings.Join(known[:min(3, len(known))], ", "))
}

// jobNames are all names that mean a job.
func jobNames(jobs []spec.Job) []string {
	var names []string
	for i, job := range jobs {
		if i == 0 || jobs[i-1].Family != job.Family {
			names = append(names, job.Family)
		}
		if job.Name.V != job.Family {
			names = append(names, job.Name.V)
		}
	}
	return names
}

// shown are the texts that problems are in. Templates are read once more: they
// were not kept.
func (m manifest) shown(list diag.List) []diag.Source {
	texts := slices.Concat(m.sources, m.texts)
	for _, d := range list {
		if d.Pos.IsZero() || slices.ContainsFunc(texts, func(s diag.Source) bool { return s.Name == d.Pos.File }) {
			continue
		}
		texts = append(texts, sources.Shown(m.sources, d.Pos.File))
	}
	return texts
}

// slips prints what looks like one in the manifest; those of all points of a matrix once.
func (t *tool) slips(m manifest) {
	var all diag.Gathering
	for _, job := range m.jobs {
		all.Add(job.Warnings)
	}
	for _, d := range diag.Conceal(all.List().Sort(), m.texts) {
		text := fmt.Sprintf("%s: %s", d.Pos, d.Message)
		if d.Hint != "" {
			text += "; " + d.Hint
		}
		t.warn(text)
	}
}

// problems prints what is wrong with the manifest, and gives it as the error
// that ends the command.
func (t *tool) problems(c *cli.Context, m manifest, list diag.List) error {
	printer := diag.Printer{Sources: m.shown(list), Color: t.Screen.Stderr && t.colors(c), Ink: string(t.ink)}
	printer.Print(t.Stderr, diag.Cut(list))
	fmt.Fprintf(t.Stderr, "%s: %s, nothing was uploaded or started\n", programName, humanize.Plural(len(list), "problem"))
	return list
}

// realManifest is the manifest's own path. A link to a file in the same folder is
// that file; a link to one elsewhere is a manifest of its own, with inputs of its
// own. Standard input is a file "stdin" in the current folder.
func realManifest(source diag.Source) string {
	dir, base := realPath(source.Dir), filepath.Base(source.Name)
	if source.Name == sources.Stdin {
		return filepath.Join(dir, "stdin")
	}
	if target := realPath(filepath.Join(dir, base)); filepath.Dir(target) == dir {
		base = filepath.Base(target)
	}
	return filepath.Join(dir, base)
}

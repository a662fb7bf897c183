package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec"
)

// manifest is what the user wrote.
type manifest struct {
	sources []diag.Source
	jobs    []spec.Job
}

// source is the source of that name.
func (m manifest) source(name string) diag.Source {
	i := slices.IndexFunc(m.sources, func(s diag.Source) bool { return s.Name == name })
	return m.sources[max(0, i)]
}

// load reads and checks the manifests; problems are printed here, with their
// source lines.
func (t *tool) load(c *cli.Context) (manifest, error) {
	m, err := t.read(c)
	if err != nil {
		return m, err
	}
	jobs, problems := spec.Load(m.sources)
	if len(problems) > 0 {
		return m, t.problems(c, m.sources, problems)
	}
	m.jobs, err = targets(jobs, c.StringSlice("target"))
	return m, err
}

func (t *tool) read(c *cli.Context) (manifest, error) {
	names := c.StringSlice("filename")
	if len(names) == 0 {
		return manifest{}, cmdline.Usage("no manifest given", fmt.Sprintf("rescale-apply %s -f job.yaml", verb(c)))
	}
	var m manifest
	for _, name := range names {
		source, err := t.source(name)
		if err != nil {
			return m, err
		}
		m.sources = append(m.sources, source)
	}
	return m, nil
}

// source reads one manifest, but never more of it than the limit and one byte:
// the parser refuses a longer one by its length.
func (t *tool) source(name string) (diag.Source, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(t.Stdin, yamlsrc.MaxBytes+1))
		return diag.Source{Name: "<stdin>", Dir: ".", Text: text}, err
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.Source{}, cmdline.Usage(fmt.Sprintf("no manifest %s", name), nearbyManifests(name))
	}
	if err == nil && info.IsDir() {
		return diag.Source{}, cmdline.Usage(fmt.Sprintf("%s is a folder, not a manifest", name), nearbyManifests(filepath.Join(name, "job.yaml")))
	}
	file, err := os.Open(name)
	if err != nil {
		return diag.Source{}, fmt.Errorf("reading manifest %s: %w", name, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, yamlsrc.MaxBytes+1))
	return diag.Source{Name: name, Dir: filepath.Dir(name), Text: text}, err
}

// nearbyManifests suggests the YAML files that are there.
func nearbyManifests(name string) string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*.y*ml"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return diag.DidYouMean(name, found)
}

// targets keeps the jobs that were asked for.
func targets(jobs []spec.Job, wanted []string) ([]spec.Job, error) {
	if len(wanted) == 0 {
		return jobs, nil
	}
	if err := knownJobs(jobs, wanted, "--target"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(jobs, func(j spec.Job) bool { return !slices.Contains(wanted, j.Name.V) }), nil
}

func jobNames(jobs []spec.Job) []string {
	names := make([]string, len(jobs))
	for i, job := range jobs {
		names[i] = job.Name.V
	}
	return names
}

// knownJobs refuses names that the manifest does not have.
func knownJobs(jobs []spec.Job, wanted []string, flag string) error {
	names := jobNames(jobs)
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return cmdline.Usage(fmt.Sprintf("%s %s: the manifest has no such job", flag, name), diag.DidYouMean(name, names))
		}
	}
	return nil
}

// problems prints what is wrong with the manifest, and gives it as the error
// that ends the command.
func (t *tool) problems(c *cli.Context, sources []diag.Source, list diag.List) error {
	printer := diag.Printer{Sources: sources, Color: t.Screen.Stderr && t.colors(c)}
	printer.Print(t.Stderr, list)
	fmt.Fprintf(t.Stderr, "%s: %s, nothing was uploaded or started\n", programName, show.Plural(len(list), "problem"))
	return list
}

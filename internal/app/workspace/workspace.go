// Package workspace is what a person wrote, and where what belongs to it is on this
// machine: manifests with the jobs that are meant, state files, the local platform's
// folder, the cache of digests. It knows no platform.
package workspace

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/forks"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Surroundings are what a workspace needs of the process.
type Surroundings struct {
	Stdin   io.Reader
	Getenv  func(string) string
	Environ []string
	Notice  func(line string) // tells a person what does not end the command
	Warn    func(message string)
	Found   func(manifests []diag.Source) // is given what was read, before it is checked; optional
}

// Workspace is manifests that passed every check that needs neither the disk's inputs
// nor a platform.
type Workspace struct {
	Sources []diag.Source
	Jobs    []spec.Job // those of --target
	Written int        // how many jobs there are without --target

	around    Surroundings
	scope     options.Scope
	contained bool              // what the manifests name stays in their repositories
	texts     []diag.Source     // of variables and tables, to show their lines
	stateOf   map[string]string // path of the state file, by job name
	held      bool              // drift from the locks is refused
}

// Load reads and checks the manifests. What is wrong with them is a *ProblemsError.
func (s Surroundings) Load(scope options.Scope) (*Workspace, error) {
	w := s.open(scope)
	if variable := forks.Running(s.Getenv); variable != "" {
		s.Notice(fmt.Sprintf("notice: %s says that a fork's pull request runs: nothing outside of the manifest's repository is read", diag.Line(variable)))
	}
	loader, tables, err := w.variables()
	if err != nil {
		return nil, err
	}
	if err := w.read(); err != nil {
		return nil, err
	}
	jobs, problems := loader.Load(w.Sources)
	sources.Mark(tables.Texts, w.Sources)
	w.texts = tables.Texts
	if len(problems) > 0 {
		return nil, w.Problems(problems)
	}
	w.Written = len(jobs)
	if w.Jobs, err = targets(jobs, scope.Targets); err != nil {
		return nil, err
	}
	w.findStates()
	return w, nil
}

// Sources finds the manifests without checking them: what belongs to a manifest is found
// for one that is broken, too.
func (s Surroundings) Sources(scope options.Scope) (*Workspace, error) {
	w := s.open(scope)
	return w, w.read()
}

func (s Surroundings) open(scope options.Scope) *Workspace {
	return &Workspace{around: s, scope: scope, contained: scope.Contained || forks.Running(s.Getenv) != "", stateOf: make(map[string]string)}
}

func (w *Workspace) read() error {
	if len(w.scope.Files) == 0 {
		return options.Usage("no manifest given", fmt.Sprintf("%s %s -f job.yaml", options.Program, w.scope.Verb))
	}
	results := written.NewTree()
	finder := sources.Finder{
		Stdin: w.around.Stdin, Contained: w.contained, Skip: w.scope.Skipped(),
		Wrote: func(path string) bool { return results.Trace(path).Folder != "" },
	}
	if w.scope.Recursive {
		finder.Folders = sources.Recursive
	}
	var err error
	w.Sources, err = finder.Read(w.scope.Files)
	if err == nil && w.around.Found != nil {
		w.around.Found(w.Sources)
	}
	return err
}

// variables reads what the command line says about variables.
func (w *Workspace) variables() (spec.Loader, *sources.Tables, error) {
	tables, loader := w.loader()
	loader.Set = w.scope.Settings
	for _, name := range w.scope.VarFiles {
		source, err := sources.Variables(name)
		if err != nil {
			return loader, tables, err
		}
		loader.Files = append(loader.Files, source)
		tables.Texts = append(tables.Texts, source)
	}
	return loader, tables, nil
}

// loader reads what manifests name: tables, which it keeps, and what patterns find.
func (w *Workspace) loader() (*sources.Tables, spec.Loader) {
	tables, found := &sources.Tables{Contained: w.contained}, &sources.Places{Contained: w.contained}
	return tables, spec.Loader{Open: tables.Open, Find: found.Find}
}

// LoadAnyway gives the jobs of the manifests as far as they can be read. With what is
// wrong with the others nothing can be done here.
func (w *Workspace) LoadAnyway() []spec.Job {
	tables, loader := w.loader()
	jobs, _ := loader.Load(w.Sources)
	sources.Mark(tables.Texts, w.Sources)
	w.texts = tables.Texts
	return jobs
}

// Find finds the inputs of jobs without reading them. What is wrong with them is a
// *ProblemsError.
func (w *Workspace) Find(ctx context.Context, jobs []spec.Job) ([][]files.Input, error) {
	inputs, problems, err := w.Reading().Find(ctx, jobs)
	if err == nil && len(problems) > 0 {
		err = w.Problems(problems)
	}
	return inputs, err
}

// Reading is how the inputs of the manifests are read.
func (w *Workspace) Reading() files.Reading {
	return files.Reading{Given: w.scope.Named(), Environ: w.around.Environ, Contained: w.contained, Notice: w.notices()}
}

// notices warns of patterns that do nothing, each once: the points of a sweep have the
// same.
func (w *Workspace) notices() func(files.Notice) {
	told := make(map[string]bool)
	return func(n files.Notice) {
		line := fmt.Sprintf("%s: %s", n.Pos, n.Message)
		if n.Kind == files.IdleExclude && !told[line] {
			told[line] = true
			w.around.Warn(line)
		}
	}
}

// WarnOfSlips warns of what looks like a slip in the manifests; of those of all points
// of a matrix once.
func (w *Workspace) WarnOfSlips() {
	for _, d := range w.Slips() {
		text := fmt.Sprintf("%s: %s", d.Pos, d.Message)
		if d.Hint != "" {
			text += "; " + d.Hint
		}
		w.around.Warn(text)
	}
}

// Slips are what looks like one in the manifests.
func (w *Workspace) Slips() diag.List {
	var all diag.Gathering
	for _, job := range w.Jobs {
		all.Add(job.Warnings)
	}
	return diag.Conceal(all.List().Sort(), w.texts)
}

// NameSpaces gives each job that names no namespace that of its manifest. Git is asked
// only where one is missing.
func (w *Workspace) NameSpaces(ctx context.Context) error {
	finder := namespace.Finder{Environ: w.around.Environ}
	ofFile := make(map[string]string)
	for i, job := range w.Jobs {
		if job.Namespace.Written() {
			continue
		}
		if _, known := ofFile[job.File]; !known {
			found, err := finder.Of(ctx, realManifest(w.source(job.File)))
			if err != nil {
				return err
			}
			ofFile[job.File] = found
		}
		w.Jobs[i].Namespace.V = ofFile[job.File]
	}
	return nil
}

// source is the source of that name.
func (w *Workspace) source(name string) diag.Source {
	i := slices.IndexFunc(w.Sources, func(s diag.Source) bool { return s.Name == name })
	return w.Sources[max(0, i)]
}

// JobsIn counts the jobs of one source.
func (w *Workspace) JobsIn(source diag.Source) (n int) {
	for _, job := range w.Jobs {
		if job.File == source.Name {
			n++
		}
	}
	return n
}

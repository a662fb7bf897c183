package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/spec"
)

// subject is a job that a person named: one of a manifest with its newest run, or any job
// of the platform by its id.
type subject struct {
	Name string    // in the manifest; its id without one
	ID   string    // of the run on the platform; empty: it has not run
	Job  *spec.Job // nil without a manifest
	Run  state.Run // as far as it is known
	Runs []string  // ids of all runs of the name that are known

	near func(word string) (hint string) // as in naming
}

// naming is how the words of a command mean jobs.
type naming struct {
	scope options.Scope
	words []string
	all   bool   // without words all jobs of the manifest are meant
	rest  string // of a command with ids, for hints

	near func(word string) (hint string) // for a word that is no name of job.yaml; nil without one
}

// subjects finds the jobs that are meant and does the work of a verb on them. Words name
// jobs of the manifests of -f, or else of job.yaml in the current folder; what is no such
// name is an id of the platform. With -f every word must be a name.
func (t *tool) subjects(ctx context.Context, n naming, work func(*session, []subject) error) error {
	if len(n.scope.Files) > 0 && !n.scope.Assumed {
		w, err := t.load(n.scope)
		if err != nil {
			return err
		}
		return t.named(ctx, w, n, work)
	}
	w, err := t.here(&n)
	if err != nil {
		return err
	}
	if w != nil {
		return t.named(ctx, w, n, work)
	}
	if err := n.onlyIDs(); err != nil {
		return err
	}
	return t.visit(ctx, n.scope.Platform, func(c *connect.Connection) error {
		return work(&session{Workspace: &workspace.Workspace{}, Connection: c, tool: t}, n.byID(n.words))
	})
}

// here is the manifest of the current folder, when words mean jobs of it.
func (t *tool) here(n *naming) (*workspace.Workspace, error) {
	if !n.scope.Assumed {
		return nil, nil
	}
	w, err := t.load(n.scope)
	switch {
	case err != nil && len(n.words) == 0:
		return nil, err
	case err != nil:
		t.Warn(fmt.Sprintf("%s of this folder has problems, which %s validate -f %s shows; without it, only ids of the platform are known",
			options.CurrentManifest, options.Program, options.CurrentManifest))
		return nil, nil
	}
	n.near = w.NameHint
	if ids := w.Strange(n.words); len(ids) > 0 && len(ids) == len(n.words) {
		return nil, nil
	}
	return w, nil
}

// onlyIDs refuses what cannot be an id of the platform.
func (n naming) onlyIDs() error {
	verb, name := n.scope.Verb, " NAME"
	if n.all {
		name = ""
	}
	switch {
	case len(n.words) == 0:
		return options.Usage("neither a manifest nor the id of a job is given", fmt.Sprintf("%s %s -f job.yaml%s, or %s %s ID%s", options.Program, verb, name, options.Program, verb, n.rest))
	case len(n.scope.Targets) > 0:
		return options.Usage("--target chooses from a manifest, and none is given", fmt.Sprintf("%s %s -f job.yaml --target NAME", options.Program, verb))
	}
	for _, word := range n.words {
		if options.IsManifest(word) {
			return options.Usage(fmt.Sprintf("%q is not the id of a job", word), fmt.Sprintf("%s %s -f %s", options.Program, verb, word))
		}
		if options.IsPattern(word) {
			return options.Usage(fmt.Sprintf("%q is a pattern of names, and no manifest is given", word), fmt.Sprintf("%s %s -f job.yaml '%s'", options.Program, verb, word))
		}
	}
	return nil
}

// byID are jobs of the platform, each once.
func (n naming) byID(ids []string) (list []subject) {
	seen := make(map[string]bool)
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, subject{Name: id, ID: id, near: n.near})
		}
	}
	return list
}

// named finds the newest runs of the jobs that words name.
func (t *tool) named(ctx context.Context, w *workspace.Workspace, n naming, work func(*session, []subject) error) error {
	if len(n.words) == 0 && !n.all {
		return options.Usage(n.scope.Verb+" needs the names of jobs", n.example(w.Jobs[0].Name.V))
	}
	names, ids := n.words, []string(nil)
	if n.scope.Assumed && t.effect != options.Changes { // what changes something does not guess
		ids = w.Strange(n.words)
		names = slices.DeleteFunc(slices.Clone(n.words), func(word string) bool { return slices.Contains(ids, word) })
	}
	jobs, err := w.Chosen(names)
	if err != nil {
		return err
	}
	return t.session(ctx, w, n.scope.Platform, func(s *session) error {
		_, snapshot, err := s.recall(ctx)
		if err != nil {
			return err
		}
		var list []subject
		for _, job := range jobs {
			run, _ := snapshot.Last(job.Name.V)
			x := subject{Name: job.Name.V, ID: run.ID, Job: &job, Run: run}
			for _, earlier := range snapshot.Runs[job.Name.V] {
				x.Runs = append(x.Runs, earlier.ID)
			}
			list = append(list, x)
		}
		return work(s, distinct(append(list, n.byID(ids)...)))
	})
}

// distinct leaves out runs that are there by their names already.
func distinct(list []subject) (once []subject) {
	seen := make(map[string]bool)
	for _, x := range list {
		if x.ID == "" || !seen[x.ID] {
			seen[x.ID] = true
			once = append(once, x)
		}
	}
	return once
}

// example is the command with one name.
func (n naming) example(name string) string {
	words := []string{options.Program, n.scope.Verb}
	if !n.scope.Assumed {
		words = append(words, "-f", planner.Quote(n.scope.Files[0]))
	}
	return strings.Join(append(words, planner.Quote(name)), " ")
}

// thatRan keeps the subjects that have a run. That others have none is an error.
func thatRan(list []subject) (ran []subject, err error) {
	var names []string
	for _, x := range list {
		if x.ID != "" {
			ran = append(ran, x)
			continue
		}
		names = append(names, x.Name)
	}
	const hint = "apply starts what has to run; status shows what it waits for"
	switch len(names) {
	case 0:
		return ran, nil
	case 1:
		return ran, options.Usage(fmt.Sprintf("job %q has not run yet", names[0]), hint)
	}
	return ran, options.Usage(fmt.Sprintf("%d jobs have not run yet: %s", len(names), few(names)), hint)
}

// few names the first of several.
func few(names []string) string {
	const most = 5
	if others := len(names) - most; others > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), others)
	}
	return strings.Join(names, ", ")
}

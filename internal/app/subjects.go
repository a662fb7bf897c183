package app

import (
	"context"
	"errors"
	"fmt"

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
}

// naming is how the words of a command mean jobs.
type naming struct {
	scope options.Scope
	words []string
	all   bool   // without words all jobs of the manifest are meant
	rest  string // of a command with ids, for hints
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
	w, err := t.here(n)
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
		return work(&session{Workspace: &workspace.Workspace{}, Connection: c, tool: t}, byID(n.words))
	})
}

// here is the manifest of the current folder, when the words mean jobs of it.
func (t *tool) here(n naming) (*workspace.Workspace, error) {
	if !n.scope.Assumed {
		return nil, nil
	}
	w, err := t.load(n.scope)
	switch {
	case err != nil && len(n.words) == 0:
		return nil, err
	case err != nil:
		t.Warn(fmt.Sprintf("%s of this folder has problems, so that words are ids of the platform here; rescale-apply validate tells them", options.CurrentManifest))
		return nil, nil
	}
	for _, word := range n.words {
		if _, err := w.Called([]string{word}, ""); err != nil && !options.IsPattern(word) {
			return nil, nil
		}
	}
	return w, nil
}

// onlyIDs refuses what cannot be an id of the platform.
func (n naming) onlyIDs() error {
	verb := n.scope.Verb
	switch {
	case len(n.words) == 0:
		return options.Usage("neither a manifest nor the id of a job is given", fmt.Sprintf("%s %s -f job.yaml, or %s %s ID%s", options.Program, verb, options.Program, verb, n.rest))
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

func byID(ids []string) (list []subject) {
	seen := make(map[string]bool)
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, subject{Name: id, ID: id})
		}
	}
	return list
}

// named finds the newest runs of the jobs that words name.
func (t *tool) named(ctx context.Context, w *workspace.Workspace, n naming, work func(*session, []subject) error) error {
	if len(n.words) == 0 && !n.all {
		return options.Usage(n.scope.Verb+" needs the names of jobs", fmt.Sprintf("%s %s -f job.yaml NAME", options.Program, n.scope.Verb))
	}
	jobs, err := w.Chosen(n.words)
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
		return work(s, list)
	})
}

// thatRan keeps the subjects that have a run. Those that have none are an error each.
func thatRan(list []subject) (ran []subject, err error) {
	for _, x := range list {
		if x.ID == "" {
			err = errors.Join(err, options.Usage(fmt.Sprintf("job %q has not run yet", x.Name), "apply it first"))
			continue
		}
		ran = append(ran, x)
	}
	return ran, err
}

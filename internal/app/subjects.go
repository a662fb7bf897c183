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
	"github.com/rescale-apply/rescale-apply/internal/rescale"
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

	byID    bool                    // it was named by its id
	active  bool                    // its run is not over, where a verb has looked
	strange func(word string) error // that it is nothing at all; nil without a manifest
}

// naming is how the words of a command mean jobs.
type naming struct {
	scope options.Scope
	words []string
	all   bool   // without words all jobs of the manifest are meant
	every string // what a hint must add for that
	rest  string // what a hint must add to an id

	strange func(word string) error // for a word that is neither a name nor an id; nil without a manifest
	hidden  []rescale.Secret        // of the manifest here, whose runs can be named by their ids alone
}

// subjects finds the jobs that are meant and does the work of a verb on them. Words name
// jobs of the manifests of -f, or else of job.yaml in the current folder; what is no such
// name is an id of the platform. With -f every word must be a name; verbs that change
// something take the id of a run of its jobs as well, so that no id evades what guards them.
func (t *tool) subjects(ctx context.Context, n naming, work func(*session, []subject) error) error {
	read := t.here
	if n.typed() {
		read = func(n *naming) (*workspace.Workspace, error) { return t.load(n.scope) }
	}
	w, err := read(&n)
	if err != nil {
		return err
	}
	if w != nil {
		return t.named(ctx, w, n, work)
	}
	if err := n.onlyIDs(); err != nil {
		return err
	}
	wish := connect.Wish{Platform: n.scope.Platform, LocalFolder: workspace.LocalPlatformHere(), Hide: n.hidden}
	return t.connected(ctx, wish, func(c *connect.Connection) error {
		s := &session{Workspace: &workspace.Workspace{}, Connection: c, tool: t}
		list, err := s.identified(ctx, n.byID(n.words))
		if err != nil {
			return err
		}
		return work(s, list)
	})
}

// typed is true where the manifest stands on the command line.
func (n naming) typed() bool { return len(n.scope.Files) > 0 && !n.scope.Assumed }

// here is the manifest of the current folder, when the words mean jobs of it.
func (t *tool) here(n *naming) (*workspace.Workspace, error) {
	if !n.scope.Assumed {
		return nil, nil
	}
	w, err := t.load(n.scope)
	switch {
	case err != nil && (len(n.words) == 0 || t.effect == options.Changes): // it may protect what an id names
		return nil, err
	case err != nil:
		t.Warn(fmt.Sprintf("%s of this folder has problems, which %s validate -f %s shows; without it, only ids of the platform are known",
			options.CurrentManifest, options.Program, options.CurrentManifest))
		return nil, nil //nolint:nilerr // the warning says so, and ids need no manifest
	}
	n.strange = strange(options.CurrentManifest, w)
	means := func(word string) bool { return options.IsPattern(word) || w.Means(word) }
	if len(n.words) > 0 && !slices.ContainsFunc(n.words, means) && t.effect != options.Changes {
		_, n.hidden = t.hide(w.Jobs)
		return nil, nil // all are ids, which nothing guards here
	}
	return w, nil
}

// strange says of a word that neither a manifest nor the platform knows it.
func strange(manifest string, w *workspace.Workspace) func(word string) error {
	return func(word string) error {
		return options.Usage(fmt.Sprintf("neither %s nor the platform has a job %q", manifest, word), w.NameHint(word))
	}
}

// onlyIDs refuses what cannot be an id of the platform.
func (n naming) onlyIDs() error {
	verb, every := n.scope.Verb, n.every
	if !n.all {
		every = " NAME"
	}
	switch {
	case len(n.words) == 0:
		return options.Usage("neither a manifest nor the id of a job is given", fmt.Sprintf("%s %s -f job.yaml%s, or %s %s ID%s", options.Program, verb, every, options.Program, verb, n.rest))
	case len(n.scope.Targets) > 0:
		return options.Usage("--target chooses from a manifest, and none is given", fmt.Sprintf("%s %s -f job.yaml --target NAME", options.Program, verb))
	}
	for _, word := range n.words {
		if options.IsManifest(word) {
			return options.Usage(fmt.Sprintf("%q is not the id of a job", word), fmt.Sprintf("%s %s -f %s%s", options.Program, verb, word, every))
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
			list = append(list, subject{Name: id, ID: id, byID: true, strange: n.strange})
		}
	}
	return list
}

// named finds the newest runs of the jobs that words name.
func (t *tool) named(ctx context.Context, w *workspace.Workspace, n naming, work func(*session, []subject) error) error {
	if len(n.words) == 0 && !n.all {
		return options.Usage(n.scope.Verb+" needs the names of jobs", n.example(w.Jobs[0].Name.V))
	}
	if n.strange == nil {
		n.strange = strange("the manifest", w)
	}
	names, ids, err := t.split(w, n)
	if err != nil {
		return err
	}
	return t.lookBack(ctx, w, n.scope.Platform, func(s *session) error {
		list, err := s.identified(ctx, n.byID(ids))
		if err != nil {
			return err
		}
		if n.typed() {
			if err := s.only(list); err != nil {
				return err
			}
		}
		if len(names) > 0 || len(n.words) == 0 {
			newest, err := s.newest(ctx, names)
			if err != nil {
				return err
			}
			list = append(newest, list...)
		}
		return work(s, distinct(list))
	})
}

// split takes the words that name jobs of the manifest apart from ids of the platform.
func (t *tool) split(w *workspace.Workspace, n naming) (names, ids []string, err error) {
	for _, word := range n.words {
		switch {
		case w.Means(word):
			names = append(names, word)
		case !options.IsPattern(word) && (n.scope.Assumed || t.effect == options.Changes && !w.Near(word)):
			ids = append(ids, word)
		default:
			_, err = w.Chosen([]string{word})
			return nil, nil, err
		}
	}
	return names, ids, nil
}

// newest gives the newest runs of jobs; without names of all.
func (s *session) newest(ctx context.Context, names []string) ([]subject, error) {
	jobs, err := s.Chosen(names)
	if err != nil {
		return nil, err
	}
	_, snapshot, err := s.recall(ctx)
	if err != nil {
		return nil, err
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
	return list, nil
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

// Package pruning finds active runs whose jobs a commit has taken out of the manifests of
// a folder, for apply --prune. Where anything about a run is not known for sure, it stays.
package pruning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Check refuses --prune where the manifests that are given are not all of a folder: jobs
// that are only left out would count as removed.
func Check(wish options.Pruning, m options.Manifests) error {
	switch {
	case !wish.Wanted:
		return nil
	case len(m.Targets) > 0:
		return options.Usage("--prune and --target exclude each other: jobs that are left out would count as removed", "leave one of the two out")
	}
	for _, name := range m.Files {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			return options.Usage("--prune needs folders, and -f "+name+" is none: it cannot be seen what was beside it", "give -f the folder that holds all manifests, with -R also those below")
		}
	}
	return nil
}

// Search says what to look for.
type Search struct {
	Manifests options.Manifests
	Workspace *workspace.Workspace
	Platform  once.Reader
	Owner     string // e-mail of the account
	Notice    func(line string)
}

// Note notes in a plan the runs that --prune would stop, without a word on those that it
// would not. Where the manifests are not all of a folder nobody knows of any.
func (s Search) Note(ctx context.Context, plan *planner.Plan) error {
	whole := Check(options.Pruning{Wanted: true}, s.Manifests) == nil
	if len(plan.Steps) == 0 || !whole {
		return nil
	}
	quiet := s
	quiet.Notice = func(string) {}
	would := planner.Plan{Steps: plan.Steps}
	err := quiet.Find(ctx, &would)
	plan.Prunable = would.Prune
	return err
}

// Find finds what a plan does not want any more, the newest run first, and notes it in the
// plan.
func (s Search) Find(ctx context.Context, plan *planner.Plan) error {
	if len(plan.Steps) == 0 {
		return options.Usage("--prune: the manifests have no job, and all runs would count as removed", "to stop runs: "+options.Program+" stop")
	}
	scopes, err := s.scopes(ctx)
	if err != nil || len(scopes) == 0 {
		return err
	}
	list, err := roster.Read(ctx, s.Platform, roster.Query{Owner: s.Owner, Which: roster.Active, Ours: true, Without: codesOf(*plan)})
	if err != nil {
		return err
	}
	wanted := wantedOf(*plan)
	for _, row := range list.Rows {
		if wanted[row.Manifest] || wanted[row.ID] {
			continue
		}
		for _, scope := range scopes {
			commit, err := scope.removed(ctx, row, plan.Steps)
			if err != nil {
				return fmt.Errorf("asking git when job %q was removed: %w", row.Manifest, err)
			}
			if commit != "" {
				plan.Prune = append(plan.Prune, planner.Pruned{Name: row.Manifest, Namespace: row.Namespace, ID: row.ID, Commit: commit})
				break
			}
		}
	}
	return nil
}

// errNoBranch is of a checkout whose runs cannot be known.
var errNoBranch = errors.New("which branch of which repository is checked out is not known")

// past is that of a folder whose checkout is what its branch wants.
func (s Search) past(ctx context.Context, folder string) (*source.History, error) {
	past, err := s.Workspace.Finder().History(ctx, folder)
	switch {
	case err != nil:
		return nil, err
	case past.Here.Ref == "" || past.Here.Repo == "":
		return nil, errNoBranch
	}
	return past, past.Newest(ctx)
}

// why is an error with what helps against it.
func why(err error) string {
	var helpful interface{ Hint() string }
	if errors.As(err, &helpful) {
		return err.Error() + "; " + helpful.Hint()
	}
	return err.Error()
}

// codesOf are those of the jobs of a plan: their runs need not be read.
func codesOf(plan planner.Plan) map[string]bool {
	codes := make(map[string]bool, len(plan.Steps))
	for i := range plan.Steps {
		codes[plan.Steps[i].Key.In(plan.Steps[i].Job.Namespace).Code()] = true
	}
	return codes
}

// wantedOf are the names of the jobs of a plan, and the ids of the runs that are theirs:
// that of a job that moved to another manifest is found there.
func wantedOf(plan planner.Plan) map[string]bool {
	wanted := make(map[string]bool)
	for _, step := range plan.Steps {
		wanted[step.Job.Name], wanted[step.ID], wanted[step.Last.ID] = true, true, true
		for _, rival := range step.Stop {
			wanted[rival.ID] = true // it is stopped for its successor
		}
	}
	return wanted
}

// scope is one folder that is given.
type scope struct {
	past      *source.History
	folder    string            // its path in the repository
	below     bool              // also the manifests below it
	repo      string            // without what differs between clones
	manifests map[string]string // paths in the repository of those that are read, by the path that jobs have
	notice    func(string)
	answers   map[[2]string]answer // of git, by commit and manifest
}

// scopes are the folders whose past is known; for others a notice says why nothing there
// is stopped.
func (s Search) scopes(ctx context.Context) (list []*scope, err error) {
	for _, name := range s.Manifests.Files {
		folder, err := filepath.Abs(name)
		if err == nil {
			folder, err = filepath.EvalSymlinks(folder)
		}
		if err != nil {
			return nil, err
		}
		past, err := s.past(ctx, folder)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			s.Notice("notice: --prune stops nothing of " + diag.Line(name+": "+why(err)))
			continue
		}
		at := &scope{past: past, below: s.Manifests.Recursive, repo: namespace.Address(past.Here.Repo), notice: s.Notice, answers: make(map[[2]string]answer)}
		at.folder, _ = past.Path(folder)
		at.manifests = make(map[string]string)
		for seen, real := range s.Workspace.Manifests() {
			at.manifests[seen], _ = past.Path(real)
		}
		list = append(list, at)
	}
	return list, nil
}

// holds reports whether a manifest is, or would be, one of the folder.
func (s *scope) holds(manifest string) bool {
	if manifest == "" || !filepath.IsLocal(filepath.FromSlash(manifest)) {
		return false
	}
	dir := path.Dir(path.Clean(manifest))
	return dir == s.folder || s.below && (s.folder == "." || strings.HasPrefix(dir, s.folder+"/"))
}

// read reports whether a manifest is one of this call.
func (s *scope) read(manifest string) bool {
	for _, name := range s.manifests {
		if name == manifest {
			return true
		}
	}
	return false
}

// tables are the tables in the repository that the points of a manifest come from: a
// change of these removes points as well.
func (s *scope) tables(manifest string, steps []planner.Step) (list []string) {
	known := make(map[string]bool)
	for _, step := range steps {
		table := step.Job.Table
		if table == "" || known[table] || s.manifests[step.Job.Manifest] != manifest {
			continue
		}
		known[table] = true
		whole, err := filepath.Abs(table)
		if inside, ok := s.past.Path(whole); err == nil && ok {
			list = append(list, inside)
		}
	}
	return list
}

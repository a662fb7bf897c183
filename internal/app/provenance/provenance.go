// Package provenance says which commit the runs of a plan come from, and keeps back what
// no commit has.
package provenance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Require is --require-clean: it refuses jobs that differ from their commit, or come from
// none, with a *[exit.GuardError]. All of them count, also those that have run: so a
// pipeline ends the same however often it is started.
func Require(ctx context.Context, w *workspace.Workspace, wish options.Provenance, jobs []resolver.Job) error {
	if !wish.Clean {
		return nil
	}
	found, err := w.Finder().Find(ctx, w.Made(jobs))
	if err != nil {
		return err
	}
	var names, typed []string
	more, unknown, commit := 0, "", ""
	for i, s := range found.Sources {
		if s.Commit == "" || s.Unchecked {
			unknown = jobs[i].Name
			break
		}
		commit, more = s.Commit, max(more, s.More)
		names, typed = append(names, s.Dirty...), append(typed, s.Vars...)
	}
	switch {
	case unknown != "":
		return noCommit(unknown, found.Unknown)
	case len(names) > 0:
		return dirty(commit, names, more)
	case len(typed) > 0:
		return set(commit, typed)
	}
	return nil
}

// noCommit refuses a job of which no commit is known, or not whether it has its files.
func noCommit(job string, why []error) error {
	message := fmt.Sprintf("no commit is known that has job %q, and --require-clean wants one", job)
	if len(why) > 0 {
		message += ": " + why[0].Error()
	}
	return &exit.GuardError{Message: message, Help: "apply from a clone of the repository: git status says what git sees; nothing was uploaded or started"}
}

// mostNamed is how many files a refusal names.
const mostNamed = 10

// dirty refuses files that differ from the commit. More of them have no name.
func dirty(commit string, names []string, more int) error {
	slices.Sort(names)
	names = slices.Compact(names)
	if others := len(names) - mostNamed; others > 0 {
		names, more = names[:mostNamed], more+others
	}
	list, verb := strings.Join(names, ", "), "differ"
	switch {
	case more > 0:
		list += " and " + humanize.Plural(more, "other file")
	case len(names) == 1:
		verb = "differs"
	}
	return &exit.GuardError{
		Message: fmt.Sprintf("%s %s from commit %s, and --require-clean is given", diag.Line(list), verb, source.Short(commit)),
		Help:    "git status shows what to commit; a file that is ignored, a link or outside of the repository is in no commit; nothing was uploaded or started",
	}
}

// set refuses values that only the command line has.
func set(commit string, names []string) error {
	slices.Sort(names)
	names = slices.Compact(names)
	list, verb := strings.Join(names, ", "), "are"
	if len(names) == 1 {
		verb = "is"
	}
	return &exit.GuardError{
		Message: fmt.Sprintf("%s %s set with --var, so that commit %s does not have all of the jobs, and --require-clean is given", diag.Line(list), verb, source.Short(commit)),
		Help:    "write the values into a file that is in git, and give it with --var-file; nothing was uploaded or started",
	}
}

// Mark notes in a plan where the runs come from that it starts. Where that is not known a
// notice says why; it keeps nothing from running.
func Mark(ctx context.Context, w *workspace.Workspace, wish options.Provenance, plan *planner.Plan) error {
	var starts []int
	var jobs []resolver.Job
	for i := range plan.Steps {
		if plan.Steps[i].Spends() {
			starts, jobs = append(starts, i), append(jobs, plan.Steps[i].Job)
		}
	}
	if wish.None || len(jobs) == 0 {
		return nil
	}
	found, err := w.Finder().Find(ctx, w.Made(jobs))
	if err != nil {
		return err
	}
	if len(found.Unknown) > 0 {
		w.Notice("notice: it is not known for sure which commit the runs come from: " + diag.Line(found.Unknown[0].Error()))
	}
	for n, i := range starts {
		plan.Steps[i].Source = found.Sources[n]
	}
	return nil
}

// Together is where the jobs of a plan come from as a whole. The path of the manifest is
// left out where they come from several, or from several repositories.
func Together(ctx context.Context, w *workspace.Workspace, wish options.Provenance, plan planner.Plan) (source.Source, error) {
	if wish.None || len(plan.Steps) == 0 {
		return source.Source{}, nil
	}
	jobs := make([]resolver.Job, len(plan.Steps))
	for i := range plan.Steps {
		jobs[i] = plan.Steps[i].Job
	}
	found, err := w.Finder().Find(ctx, w.Made(jobs))
	if err != nil {
		return source.Source{}, err
	}
	return source.Together(found.Sources), nil
}

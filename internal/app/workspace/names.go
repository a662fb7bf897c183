package workspace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

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

// byRank sorts the jobs into those without needs, those that build only on them, and so
// on.
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

// Called gives the full names of the jobs that a person names with the words behind a
// flag, where the name of a matrix means all of its points. Names that the manifests do
// not have are refused.
func (w *Workspace) Called(wanted []string, flag string) (map[string]bool, error) {
	return called(w.Jobs, wanted, flag)
}

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
			return nil, options.Usage(fmt.Sprintf("%s%s: the manifest has no such job", flag, name), nameHint(name, names(jobs)))
		}
	}
	return chosen, nil
}

// Chosen keeps the jobs that are named; without names, all.
func (w *Workspace) Chosen(wanted []string) ([]spec.Job, error) {
	if len(wanted) == 0 {
		return w.Jobs, nil
	}
	for _, name := range wanted {
		if !w.Means(name) && !w.Near(name) && !options.IsPattern(name) {
			return nil, options.Usage(fmt.Sprintf("the manifest has no job %q", name), w.idHint(name))
		}
	}
	chosen, err := called(w.Jobs, wanted, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(w.Jobs), func(j spec.Job) bool { return !chosen[j.Name.V] }), nil
}

// idHint is for a word that looks like the id of a job.
func (w *Workspace) idHint(id string) string {
	way := "leave the manifest out"
	if w.scope.Assumed {
		way = "name no others beside it"
	}
	return fmt.Sprintf("for a job by its id, %s: %s %s %s", way, options.Program, w.scope.Verb, id)
}

// Means is true of a word that names a job, a matrix or a pattern of names.
func (w *Workspace) Means(word string) bool {
	return slices.ContainsFunc(w.Jobs, func(j spec.Job) bool { return j.Called(word) })
}

// Near is true of a word that looks like a name with a slip.
func (w *Workspace) Near(word string) bool { return len(diag.Nearest(word, names(w.Jobs))) > 0 }

// NameHint is for a word that names no job.
func (w *Workspace) NameHint(word string) string { return nameHint(word, names(w.Jobs)) }

// nameHint is for a name that no job has.
func nameHint(name string, known []string) string {
	if hint := diag.DidYouMean(name, known); hint != "" || len(known) == 0 {
		return hint
	}
	return fmt.Sprintf("there are %s, such as %s; plan lists them all", humanize.Plural(len(known), "name"), strings.Join(known[:min(3, len(known))], ", "))
}

// HasName reports whether a word is a name that means a job, as a whole.
func (w *Workspace) HasName(word string) bool { return slices.Contains(names(w.Jobs), word) }

// names are all names that mean a job.
func names(jobs []spec.Job) []string {
	var list []string
	for i, job := range jobs {
		if i == 0 || jobs[i-1].Family != job.Family {
			list = append(list, job.Family)
		}
		if job.Name.V != job.Family {
			list = append(list, job.Name.V)
		}
	}
	return list
}

package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// linker finds out which jobs need which others.
type linker struct {
	jobs     []Job
	known    map[string]bool // names in the text, also of jobs that could not be read
	groups   map[string]*group
	problems diag.Gathering
}

// group is all jobs that one name means: a job, or the points of a matrix.
type group struct {
	jobs  []int
	names []string
	state visit
	rank  int // of the highest of the jobs
}

// visit is how far the search for cycles is with a job or a group.
type visit int

const (
	unseen visit = iota
	under        // above the place where the search is now
	seen
)

// link gives every job its needs and its rank. Names that mean no job, and jobs
// that wait for each other, are problems. Many jobs that need many others through
// one name share what it means, so that the work grows with the text and not with
// the pairs.
func link(jobs []Job, known map[string]diag.Position) diag.List {
	l := &linker{jobs: jobs, known: make(map[string]bool), groups: make(map[string]*group)}
	for name := range known {
		l.known[name] = true
	}
	for i, job := range jobs {
		l.join(job.Name.V, i)
		if job.Family != job.Name.V {
			l.join(job.Family, i)
		}
	}
	for i := range jobs {
		var own diag.List
		l.need(&jobs[i], &own)
		l.problems.Add(own)
	}
	if found := l.problems.List(); len(found) > 0 {
		return found
	}
	l.rank()
	return l.problems.List()
}

func (l *linker) join(name string, job int) {
	g := l.groups[name]
	if g == nil {
		g = &group{}
		l.groups[name] = g
	}
	g.jobs = append(g.jobs, job)
	g.names = append(g.names, l.jobs[job].Name.V)
}

// need collects the names that a job writes, each once.
func (l *linker) need(job *Job, list *diag.List) {
	written := slices.Clone(job.DependsOn)
	for _, in := range job.Inputs {
		if in.From.Written() {
			written = append(written, in.From)
		}
	}
	taken := make(map[string]bool)
	for i, name := range written {
		if taken[name.V] && i < len(job.DependsOn) {
			list.Add(name.Pos, diag.BadChoice, "delete one of the two", "job %q is already in the list", diag.Short(name.V))
		}
		if taken[name.V] || !name.Written() {
			continue
		}
		taken[name.V] = true
		if g := l.groups[name.V]; g != nil {
			job.Needs = append(job.Needs, Need{name, g.names})
		} else if !l.maybe(name.V) {
			list.Add(name.Pos, diag.UnknownJob, l.unknownHint(name.V), "there is no job %q in this apply", diag.Short(name.V))
		}
	}
}

// maybe tells that a name means a job of a document that has problems of its own.
func (l *linker) maybe(name string) bool {
	family, _, _ := strings.Cut(name, "/")
	return l.known[family] && l.groups[family] == nil
}

func (l *linker) unknownHint(name string) string {
	var names []string
	for known := range l.groups {
		names = append(names, known)
	}
	if near := diag.Nearest(name, names); len(near) > 0 {
		return diag.DidYouMean(name, names) + " If not, give the file of that job with -f too"
	}
	return "give the file of that job with -f too"
}

// rank gives every job its rank, and finds the first cycle.
func (l *linker) rank() {
	states := make([]visit, len(l.jobs))
	for i := range l.jobs {
		if cycle := l.climb(i, states, nil); cycle != nil {
			l.problems.Add(l.cycleProblem(cycle))
			return
		}
	}
}

// step is one need on the way from a job to those that it needs.
type step struct {
	job  int
	need int
}

// climb visits what a job needs before the job itself; a cycle is the way back
// to a job that is still being visited.
func (l *linker) climb(i int, states []visit, path []step) []step {
	switch states[i] {
	case seen:
		return nil
	case under:
		at := slices.IndexFunc(path, func(s step) bool { return s.job == i })
		return path[at:]
	case unseen:
	}
	states[i] = under
	rank := 0
	for n, need := range l.jobs[i].Needs {
		g := l.groups[need.Name.V]
		if cycle := l.enter(g, states, append(path, step{i, n})); cycle != nil {
			return cycle
		}
		rank = max(rank, g.rank+1)
	}
	l.jobs[i].Rank = rank
	states[i] = seen
	return nil
}

// enter visits the jobs of a group, once for all that need it.
func (l *linker) enter(g *group, states []visit, path []step) []step {
	if g.state == seen {
		return nil
	}
	for _, i := range g.jobs {
		if cycle := l.climb(i, states, path); cycle != nil {
			return cycle
		}
		g.rank = max(g.rank, l.jobs[i].Rank)
	}
	g.state = seen
	return nil
}

// maxCycle is how many jobs of a cycle are named.
const maxCycle = 10

// cycleProblem tells the way around, at the need that comes first in the text.
func (l *linker) cycleProblem(cycle []step) diag.List {
	var names []string
	for _, s := range append(slices.Clone(cycle), cycle[0]) {
		names = append(names, diag.Short(l.jobs[s.job].Name.V))
	}
	if len(names) > maxCycle {
		names = append(names[:maxCycle-1], fmt.Sprintf("%d others", len(cycle)-maxCycle+1), names[len(names)-1])
	}
	first := slices.MinFunc(cycle, func(a, b step) int { return a.job - b.job })
	var list diag.List
	if len(cycle) == 1 {
		list.Add(l.at(first), diag.DependencyCycle, "a job can build on others, or on other points of its matrix", "job %q waits for itself", names[0])
		return list
	}
	list.Add(l.at(first), diag.DependencyCycle, "take one of these needs away", "these jobs wait for each other: %s", strings.Join(names, " needs "))
	return list
}

func (l *linker) at(s step) diag.Position { return l.jobs[s.job].Needs[s.need].Name.Pos }

package spec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// linker finds out which jobs need which others.
type linker struct {
	jobs     []Job
	known    map[string]bool // names in the text, also of jobs that could not be read
	groups   map[string]*group
	runs     map[string]int // how many runs a job of a doe has
	problems diag.Gathering
}

// group holds all jobs that one name means: a job, or the points of a matrix.
type group struct {
	jobs  []int
	names []string
	state visit
	rank  int // of the highest of the jobs
}

// visit is how far the search for cycles has got with a job or a group.
type visit int

const (
	unseen visit = iota
	under        // above the place where the search is now
	seen
)

// link gives every job its needs and its rank. Names that mean no job, and jobs that
// wait for each other, are problems. Jobs that need many others through one name share
// what it means, so the work grows with the text and not with the pairs.
func link(jobs []Job, known map[string]diag.Position) diag.List {
	l := &linker{jobs: jobs, known: make(map[string]bool), groups: make(map[string]*group), runs: make(map[string]int)}
	for name := range known {
		l.known[name] = true
	}
	for i, job := range jobs {
		l.join(job.Name.V, i)
		l.runs[job.Name.V] = job.Outputs.Runs
		if job.Family != job.Name.V {
			l.join(job.Family, i)
		}
	}
	for i := range jobs {
		var own diag.List
		l.need(&jobs[i], &own)
		checkTakings(&jobs[i], l.runs, &own)
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
			l.endless(name, g, list)
			job.Needs = append(job.Needs, Need{name, g.names})
		} else if !l.maybe(name.V) {
			list.Add(name.Pos, diag.UnknownJob, l.unknownHint(name.V), "there is no job %q in this apply", diag.Short(name.V))
		}
	}
}

// endless reports a need of a job that runs until it is stopped.
func (l *linker) endless(name Value[string], g *group, list *diag.List) {
	if slices.ContainsFunc(g.jobs, func(i int) bool { return l.jobs[i].Desktop() }) {
		list.Add(name.Pos, diag.BadChoice, "apply this job when the results are there, with inputs by id",
			"job %q is interactive: it runs until it is stopped, and nothing can wait for its success", diag.Short(name.V))
	}
}

// maybe reports whether a name means a job of a document that has problems of its own.
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

// cycleProblem shows the cycle, at the need that comes first in the text.
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

// FromName stands in As and Into of an input for the name of the job that a file is
// taken from, as the name of one folder. It is the only reference left in a loaded job:
// each of the jobs fills in its own name, see [NameFrom].
const FromName = "${{ from.name }}"

// NameFrom returns As or Into of an input for the files of one job.
func NameFrom(text, job string) string { return strings.ReplaceAll(text, FromName, folderName(job)) }

// fromScope lets the reference stand for itself.
func fromScope() expr.Scope { return expr.Scope{"from": {"name": {V: FromName}}} }

// ofTaken matches where the names of files from other jobs are written.
var ofTaken = regexp.MustCompile(`^(/analyses/[0-9]+)?/inputs/[0-9]+/(as|into)$`)

func namesTaken(pointer string) bool { return ofTaken.MatchString(pointer) }

// checkFromForm checks an input that is results of another job.
func checkFromForm(in Input, list *diag.List) {
	if len(in.Files) == 0 && !in.Wrong {
		list.Add(in.From.Pos, diag.MissingKey, `write which of its results, such as files: ["*.msh"]`, "an input with from wants files")
	}
	for _, option := range []struct {
		key string
		pos diag.Position
	}{{"pack", in.Pack.Pos}, {"template", in.templating()}} {
		if !option.pos.IsZero() {
			list.Add(option.pos, diag.BadChoice, "delete "+option.key, "%s is for files of this machine, not for results of another job", option.key)
		}
	}
	switch {
	case in.As.Written() && in.Into.Written():
		list.Add(in.Into.Pos, diag.BadChoice, "keep one of the two", "as names one file, and into a folder of files under their own names")
	case in.As.Written() && len(in.Files) > 0 && (len(in.Files) > 1 || literal(in.Files[0].V) == ""):
		list.Add(in.As.Pos, diag.BadInputName, "write files for one file, or, for a folder of each job: into: "+inQuotes(FromName),
			"as names one file, but files can be several")
	case (in.Into.Written() || landing.InFolder(in.As.V)) && in.Decompress.Written():
		list.Add(in.Decompress.Pos, diag.BadChoice, "delete decompress", "files in a folder of their own are left as they are")
	}
}

// checkNotTaken reports what only makes sense for results of another job.
func checkNotTaken(in Input, list *diag.List) {
	if in.Into.Written() {
		list.Add(in.Into.Pos, diag.BadChoice, "delete into; pack keeps the folders of a path, as pack: case.tar.gz", "into is for results of another job, with from")
	}
	if in.As.Written() && strings.Contains(in.As.V, FromName) {
		list.Add(in.As.Pos, diag.BadReference, "from: NAME takes results of a job", "from.name names the job that an input is from, and this one is a file of this machine")
	}
}

// checkInto reports a folder that would not arrive in a job unchanged.
func checkInto(into Value[string], list *diag.List) {
	if !into.Written() {
		return
	}
	for name := range strings.SplitSeq(into.V, "/") {
		why := NameProblem(name)
		if name == "" || name == "." || name == ".." {
			why = "it is no folder below the work folder"
		}
		if why != "" {
			list.Add(into.Pos, diag.BadInputName, "write a plain path, such as points/"+FromName, "into cannot be %q: %s", diag.Short(into.V), why)
			return
		}
	}
}

// literal returns the name of the files that a pattern matches, if that is one name;
// else it is empty.
func literal(pattern string) string {
	name := path.Base(pattern)
	if isPattern(name) || strings.ContainsAny(name, "]}") {
		return ""
	}
	return name
}

// takings finds results of other jobs that would land under a used name. All inputs of
// a job are in one folder.
type takings struct {
	landed map[string]taking // by name in the job
	runs   map[string]int    // how many runs a job of a doe has
	list   *diag.List
}

// taking is the owner of a name.
type taking struct {
	pos       diag.Position
	job, file string // whose result; empty for another input
}

// checkTakings reports such names as far as they are known before anything runs: once
// the other runs are billed it is too late.
func checkTakings(job *Job, runs map[string]int, list *diag.List) {
	t := takings{landed: make(map[string]taking), runs: runs, list: list}
	for _, in := range job.Inputs {
		if name, pos := lands(in); name != "" {
			t.landed[name] = taking{pos: pos}
		}
	}
	for _, in := range job.Inputs {
		for _, need := range job.Needs {
			if in.From.Written() && !in.Wrong && need.Name.V == in.From.V {
				t.take(in, need.Jobs)
				if len(need.Jobs) == 0 || runs[need.Jobs[0]] == 0 {
					continue
				}
				for _, file := range in.Files {
					warnOfRun(job, file)
				}
			}
		}
	}
}

// take checks what an input takes, up to the first problem of each file. Where there
// are as many names as jobs, each job may leave a file of another name.
func (t takings) take(in Input, jobs []string) {
	var named []Value[string]
	for _, file := range in.Files {
		if literal(file.V) != "" {
			named = append(named, file)
		}
	}
	if len(jobs) > 1 && len(named) >= len(jobs) {
		return
	}
	for _, file := range named {
		for _, job := range jobs {
			if !t.land(in, file, job) {
				break
			}
		}
	}
}

// land names a result, and reports whether it could.
func (t takings) land(in Input, file Value[string], job string) bool {
	name, pos := landed(in, file, job)
	if why := NameProblem(path.Base(name)); why != "" {
		t.list.Add(pos, diag.BadInputName, "choose a shorter, plain name", "a result of job %s cannot be named %q: %s", diag.Short(job), diag.Short(name), why)
		return false
	}
	if n := t.runs[job]; n > 1 && !in.Into.Written() {
		t.list.Add(pos, diag.DuplicateInputName, "keep the runs apart: into: "+inQuotes(FromName)+" makes a folder for each",
			"two inputs would be named %q in the job: job %s has %d runs, and each can leave one", diag.Short(name), diag.Short(job), n)
		return false
	}
	own := taking{pos, job, file.V}
	other, taken := t.landed[name]
	t.landed[name] = own
	if !taken || other.job == job && (other.file == file.V || !in.As.Written()) {
		return true // it can be the same file, which is there once
	}
	from := fmt.Sprintf("one is a result of job %s, the other %s", diag.Short(job), nearby(other.pos, pos))
	if other.pos == pos {
		from = fmt.Sprintf("results of jobs %s and %s", diag.Short(other.job), diag.Short(job))
	}
	t.list.Add(pos, diag.DuplicateInputName, nameHint(in, file.V), "two inputs would be named %q in the job: %s", diag.Short(name), from)
	return false
}

// landed returns the path of a result in the job, and the place that decides it.
func landed(in Input, file Value[string], job string) (string, diag.Position) {
	switch {
	case in.As.Written():
		return NameFrom(in.As.V, job), in.As.Pos
	case in.Into.Written():
		return NameFrom(in.Into.V, job) + "/" + path.Clean(file.V), in.Into.Pos
	}
	return literal(file.V), file.Pos
}

// nameHint returns the ways to keep results of one name apart.
func nameHint(in Input, file string) string {
	name := literal(file)
	ending := path.Ext(name)
	as := strings.TrimSuffix(name, ending) + "-" + FromName + ending
	switch {
	case in.Into.Written():
		return "give each job a folder of its own: into: " + inQuotes(in.Into.V+"/"+FromName)
	case in.As.Written() || len(in.Files) == 1:
		return "give each its own name: as: " + inQuotes(as) + ", or a folder: into: " + inQuotes(FromName)
	}
	return "give each job a folder of its own: into: " + inQuotes(FromName)
}

func inQuotes(text string) string { return `"` + text + `"` }

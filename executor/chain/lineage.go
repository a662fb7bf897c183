package chain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Version is which run of a job is meant: of all runs of one content, the
// generation and the attempt tell them apart.
type Version struct{ Generation, Attempt int }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Generation, v.Attempt) }

// Walk visits every job after those that it needs. Choose gets the place of the job
// and its lineage, and says which run of the job those that need it are to build on.
//
// A lineage names the runs that a job builds on, as VERSION:NAME for each need,
// with blanks between. Where the jobs of one need have different versions, they
// stand as a list of them, VERSION:NAME+VERSION:NAME. It is empty without needs.
func Walk(jobs []Job, choose func(i int, lineage string) Version) {
	order := make([]int, len(jobs))
	for i := range jobs {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[a].Rank, jobs[b].Rank) })
	chosen := make(map[string]Version, len(jobs))
	lines := make(map[string]string) // by need
	for _, i := range order {
		var words []string
		for _, need := range jobs[i].Needs {
			if lines[need.Name] == "" {
				lines[need.Name] = line(need, chosen)
			}
			words = append(words, lines[need.Name])
		}
		slices.Sort(words)
		chosen[jobs[i].Name] = choose(i, strings.Join(words, " "))
	}
}

// line is the part of a lineage that one need makes.
func line(need Need, chosen map[string]Version) string {
	same := true
	words := make([]string, len(need.Jobs))
	for i, name := range need.Jobs {
		same = same && chosen[name] == chosen[need.Jobs[0]]
		words[i] = chosen[name].String() + ":" + name
	}
	if same {
		return chosen[need.Jobs[0]].String() + ":" + need.Name
	}
	slices.Sort(words)
	return strings.Join(words, "+")
}

// RanAgain tells what is different in a later lineage: names of jobs, or of
// matrices that have run again as a whole.
func RanAgain(before, now string) []string {
	was := make(map[string]bool)
	for _, word := range split(before) {
		was[word] = true
	}
	var names []string
	for _, word := range split(now) {
		if _, name, _ := strings.Cut(word, ":"); !was[word] {
			names = append(names, name)
		}
	}
	return names
}

// Builds tells that a lineage names this run of a job, which a need means.
func Builds(lineage string, need Need, job string, v Version) bool {
	words := split(lineage)
	return slices.Contains(words, v.String()+":"+job) || slices.Contains(words, v.String()+":"+need.Name)
}

func split(lineage string) []string {
	return strings.FieldsFunc(lineage, func(r rune) bool { return r == ' ' || r == '+' })
}

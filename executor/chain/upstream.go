package chain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Version says which run of a job is meant: generation and attempt identify it among all
// runs of one content.
type Version struct{ Generation, Attempt int }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Generation, v.Attempt) }

// Walk visits every job after those that it needs. choose takes the index of the job and
// its upstream, and returns which run of the job those that need it build on.
//
// The upstream of a job names the runs that it builds on, as VERSION:NAME for each need,
// separated by blanks. Where the jobs of one need have different versions, VERSION is
// that of most of them, and the others follow: VERSION:NEED+VERSION:JOB. So it stays
// short when one of thousands has run again. It is empty without needs.
func Walk(jobs []Job, choose func(i int, upstream string) Version) {
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

// line returns the part of an upstream for one need.
func line(need Need, chosen map[string]Version) string {
	most := common(need, chosen)
	words := []string{most.String() + ":" + need.Name}
	for _, name := range need.Jobs {
		if chosen[name] != most {
			words = append(words, chosen[name].String()+":"+name)
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, "+")
}

// common returns the version that most jobs of a need have, the lower one in a tie.
func common(need Need, chosen map[string]Version) (most Version) {
	count := make(map[Version]int)
	for _, name := range need.Jobs {
		count[chosen[name]]++
	}
	for v, n := range count {
		lower := cmp.Or(cmp.Compare(v.Generation, most.Generation), cmp.Compare(v.Attempt, most.Attempt)) < 0
		if n > count[most] || n == count[most] && lower {
			most = v
		}
	}
	return most
}

// RanAgain returns what differs in a later upstream: names of jobs, and of
// matrices of which most have run again.
func RanAgain(before, now string) (names []string) {
	was := parse(before)
	for _, p := range parse(now) {
		i := slices.IndexFunc(was, func(old part) bool { return old.need == p.need })
		if i < 0 || was[i].most != p.most {
			names = append(names, p.need)
			continue
		}
		for _, job := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.others(), was[i].others())))) {
			if p.of(job) != was[i].of(job) {
				names = append(names, job)
			}
		}
	}
	return names
}

// Builds reports whether an upstream names this run of a job that need means.
func Builds(upstream string, need Need, job string, v Version) bool {
	return slices.ContainsFunc(parse(upstream), func(p part) bool { return p.need == need.Name && p.of(job) == v.String() })
}

// Names returns the names of the needs in an upstream.
func Names(upstream string) (names []string) {
	for _, p := range parse(upstream) {
		names = append(names, p.need)
	}
	return names
}

// part is what an upstream says about one need.
type part struct {
	need, most string
	version    map[string]string // of jobs that have another one
}

// of returns the version of a job.
func (p part) of(job string) string {
	if v, other := p.version[job]; other {
		return v
	}
	return p.most
}

func (p part) others() []string { return slices.Collect(maps.Keys(p.version)) }

// parse reads what Walk wrote.
func parse(upstream string) (parts []part) {
	for _, line := range strings.Fields(upstream) {
		p := part{version: make(map[string]string)}
		for i, word := range words(line) {
			version, name, _ := strings.Cut(word, ":")
			switch {
			case i == 0:
				p.need, p.most = name, version
			case name != "":
				p.version[name] = version
			}
		}
		if p.need != "" { // people can write into the variable that it is read from
			parts = append(parts, p)
		}
	}
	return parts
}

// words splits a line. A name may contain a plus, as in re=1e+06, but no colon.
func words(line string) (list []string) {
	for piece := range strings.SplitSeq(line, "+") {
		if strings.Contains(piece, ":") || len(list) == 0 {
			list = append(list, piece)
		} else {
			list[len(list)-1] += "+" + piece
		}
	}
	return list
}

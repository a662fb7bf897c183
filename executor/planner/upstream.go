package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Links returns the jobs as far as they build on each other.
func Links(jobs []resolver.Job) []chain.Job {
	list := make([]chain.Job, len(jobs))
	for i, job := range jobs {
		list[i] = chain.Job{Name: job.Name, Rank: job.Rank}
		for _, need := range job.Needs {
			list[i].Needs = append(list[i].Needs, chain.Need{Name: need.Name.V, Jobs: need.Jobs})
		}
	}
	return list
}

func version(k once.Key) chain.Version {
	return chain.Version{Generation: k.Generation, Attempt: k.Attempt}
}

// know adds what the platform shows to what the journal knows, see recall, and returns the
// jobs with the digests that they have on the runs which stand for the jobs they build on:
// those may run on something else than a new run would.
func (o Observation) know(jobs []resolver.Job, snapshot state.Snapshot, options Options) ([]resolver.Job, state.Snapshot, []state.Record) {
	known, records := o.recall(jobs, snapshot)
	for range maxRank(jobs) {
		settled, changed := o.settle(jobs, known, options)
		if !changed {
			break
		}
		jobs = settled
		known, records = o.recall(jobs, snapshot)
	}
	return jobs, known, records
}

// maxRank returns how often a digest can change because another one did; 0 when nothing is
// left open.
func maxRank(jobs []resolver.Job) (most int) {
	if !slices.ContainsFunc(jobs, resolver.Job.Loose) {
		return 0
	}
	for _, job := range jobs {
		most = max(most, job.Rank)
	}
	return most
}

// settle gives each job the digest that it has on the runs of others that are known.
func (o Observation) settle(jobs []resolver.Job, known state.Snapshot, options Options) (settled []resolver.Job, changed bool) {
	settled = slices.Clone(jobs)
	stands := resolver.NewStanding()
	chain.Walk(Links(jobs), func(i int, upstream string) chain.Version {
		if len(jobs[i].Needs) > 0 {
			settled[i] = stands.Under(jobs[i])
			changed = changed || settled[i].Digest != jobs[i].Digest
		}
		t := o.decide(settled[i], known, options, upstream).target()
		stands.Add(jobs[i].Name, t.key.Digest)
		return version(t.key)
	})
	return settled, changed
}

// stale reports whether a run builds on other runs than it should. A draft does not
// count: it is brought up to date before it is submitted.
func (d decision) stale(current state.Run) bool {
	submitted := current.Billed() || current.Stage == state.StageSubmitting && len(d.seen.Statuses[current.ID]) > 0
	return submitted && current.Upstream != d.upstream
}

// unsubmitted reports whether a run is a draft on the platform.
func (d decision) unsubmitted(run state.Run) bool {
	begun := run.Stage == state.StageCreated || run.Stage == state.StageSubmitting
	return begun && len(d.seen.Statuses[run.ID]) == 0 && !d.seen.Gone[run.ID]
}

// unused returns the replacements that another job is still to build on, each with that
// job, by id: the command that asked for them was not finished.
func unused(jobs []resolver.Job, snapshot state.Snapshot, replace []string) map[string]string {
	waiting := make(map[string]string)
	again := replacements(snapshot, replace)
	of := make(map[string][]state.Run) // by need, which many jobs can share
	for i, job := range Links(jobs) {
		for _, need := range job.Needs {
			runs, known := of[need.Name]
			for n := 0; !known && len(again) > 0 && n < len(need.Jobs); n++ {
				runs = append(runs, again[need.Jobs[n]]...)
			}
			of[need.Name] = runs
			for _, run := range runs {
				if waiting[run.ID] == "" && !builtOn(snapshot.Runs[job.Name], need, run) {
					waiting[run.ID] = jobs[i].Name
				}
			}
		}
	}
	return waiting
}

// replacements returns the later attempts of jobs that are to be replaced, by job.
func replacements(snapshot state.Snapshot, replace []string) map[string][]state.Run {
	runs := make(map[string][]state.Run)
	for _, name := range replace {
		for _, run := range snapshot.Runs[name] {
			if run.Attempt > 1 {
				runs[name] = append(runs[name], run)
			}
		}
	}
	return runs
}

// builtOn reports whether a run of a job has ended that was built on a run that it needs.
func builtOn(runs []state.Run, need chain.Need, run state.Run) bool {
	v := chain.Version{Generation: run.Generation, Attempt: run.Attempt}
	return slices.ContainsFunc(runs, func(r state.Run) bool {
		return r.Stage == state.StageFinished && chain.Builds(r.Upstream, need, run.Job, v)
	})
}

func ranAgain(before, now string) string {
	names := chain.RanAgain(before, now)
	switch len(names) {
	case 0:
		return "it was built on other runs"
	case 1:
		return "depends on " + names[0] + ", which has a new run"
	case 2, 3:
		return "depends on " + strings.Join(names, ", ") + ", which have new runs"
	}
	return fmt.Sprintf("depends on %s and %d others, which have new runs", names[0], len(names)-1)
}

// after names the jobs that a step builds on and that have not ended.
func after(step Step, pending gathered[bool]) Step {
	var names []string
	for _, need := range step.Job.Needs {
		if pending.need(need) {
			names = append(names, need.Name.V)
		}
	}
	if (step.Action == Run || step.Action == Resume) && len(names) > 0 {
		step.Reasons = append(step.Reasons, "after "+strings.Join(names, " and "))
	}
	return step
}

// blocked returns a step that builds on a job that did not succeed and will not run
// again. Needless drafts are still deleted.
func (d decision) blocked(step Step, why string) Step {
	if why != "" && step.Spends() {
		step.Action, step.Reasons, step.Changes, step.Stop = Blocked, []string{why}, nil, nil
		step.Surplus = d.surplus(step.Last)
	}
	return step
}

// obstacle returns why jobs that build on the job of a step cannot begin; empty when they
// can.
func obstacle(step Step) string {
	switch {
	case step.Action == Blocked:
		return step.Job.Name + " is blocked"
	case step.Action == Conflict:
		return step.Job.Name + " is in conflict"
	case step.Settled() && step.Last.Verdict != string(verdict.Succeeded):
		return fmt.Sprintf("%s %s as %s", step.Job.Name, step.Last.Verdict, step.Last.ID)
	}
	return ""
}

// gathered is what is known about the jobs so far, and for each need the first thing
// known about one of its jobs. The zero value of T means nothing known.
type gathered[T comparable] struct {
	jobs  map[string]T // by name
	needs map[string]T // by name
}

func gather[T comparable]() gathered[T] { return gathered[T]{make(map[string]T), make(map[string]T)} }

// of returns the first thing known about what a job needs. The jobs of its needs are
// known already; a need that many share is examined once.
func (g gathered[T]) of(job resolver.Job) (first T) {
	var nothing T
	for _, need := range job.Needs {
		if first == nothing {
			first = g.need(need)
		}
	}
	return first
}

func (g gathered[T]) need(n spec.Need) T {
	var nothing T
	what, known := g.needs[n.Name.V]
	for i := 0; !known && what == nothing && i < len(n.Jobs); i++ {
		what = g.jobs[n.Jobs[i]]
	}
	g.needs[n.Name.V] = what
	return what
}

// again reports whether a step runs the content of an earlier run once more.
func (s Step) again() bool { return isRunOf(s.Last, s.Job) }

// explained names the jobs that changed in the reasons of a step that builds on them,
// where the platform does not show what its earlier run was made of.
func explained(step Step, changed gathered[bool]) Step {
	if step.Action != Rerun || step.again() || len(step.Changes) > 0 {
		return step
	}
	var words []string
	for _, need := range step.Job.Needs {
		if changed.need(need) {
			words = append(words, "depends on "+need.Name.V+", which changed")
		}
	}
	if len(words) > 0 {
		step.Reasons = words
	}
	return step
}

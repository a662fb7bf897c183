package review

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Unreviewed is why a collecting apply does not start a job that nobody has reviewed.
const Unreviewed = "not reviewed"

// Collect returns a plan as far as a collecting apply may carry it out: runs are followed,
// judged and fetched, and of the jobs that are to start only those that wait for others,
// and that were reviewed. All others are withheld, also what builds on them. Of a nil
// Review nothing starts. The plan must have been made with planner.Options.Keep.
func Collect(plan planner.Plan, reviewed *Review) planner.Plan {
	c := collection{Review: reviewed, seated: seated(plan), needs: make(map[string]string), withheld: make(map[string]bool)}
	plan.Steps = slices.Clone(plan.Steps)
	jobs := make([]resolver.Job, len(plan.Steps))
	for i := range plan.Steps {
		jobs[i] = plan.Steps[i].Job
	}
	chain.Walk(planner.Links(jobs), func(i int, _ string) chain.Version {
		step := &plan.Steps[i]
		if why := c.keeps(step); why != "" {
			c.withheld[step.Job.Name] = true
			step.Action, step.Reasons = planner.Withheld, append([]string{why}, step.Reasons...)
			step.Stop, step.Hint = nil, ""
		}
		return chain.Version{}
	})
	return plan
}

// collection is one Collect under way.
type collection struct {
	*Review
	seated   map[string]bool   // jobs that may have to wait for a seat
	needs    map[string]string // by need: the first of its jobs that is withheld
	withheld map[string]bool
}

// seated are the jobs that limits.maxRunning lets wait for others.
func seated(plan planner.Plan) map[string]bool {
	names := make(map[string]bool)
	for _, bound := range plan.Bounds {
		for _, job := range bound.Jobs {
			names[job.Name] = true
		}
	}
	return names
}

// keeps returns why a step that is to start is withheld; empty for all others.
func (c collection) keeps(step *planner.Step) string {
	if !starts(step) {
		return ""
	}
	wanted := *step
	if !wanted.Spends() {
		wanted.Action = planner.Run // when nothing would be in its way
	}
	if c.Review == nil || c.Step(wanted) != nil {
		return Unreviewed
	}
	if len(step.Job.Needs) == 0 && !c.seated[step.Job.Name] {
		return "it waits for no other job: apply without --collect starts it"
	}
	for _, need := range step.Job.Needs {
		if name := c.held(need); name != "" {
			return fmt.Sprintf("it waits for %s, which is not started", name)
		}
	}
	return ""
}

// starts reports whether a step is about a run that is not there: it submits, or would but
// for a rule or another run of the job. A run that was deleted is none of that.
func starts(step *planner.Step) bool {
	switch step.Action {
	case planner.Run, planner.Rerun, planner.Resume, planner.Refused:
		return true
	case planner.Conflict:
		return step.ID != step.Last.ID || step.Key.String() != step.Last.Key
	case planner.Unchanged, planner.Fetch, planner.Judge, planner.Running, planner.Blocked, planner.Withheld:
	}
	return false
}

// held returns a job of a need that is withheld. A need that many share is looked at once:
// all of its jobs come before those that need it.
func (c collection) held(need spec.Need) string {
	first, known := c.needs[need.Name.V]
	for i := 0; !known && first == "" && i < len(need.Jobs); i++ {
		if c.withheld[need.Jobs[i]] {
			first = need.Jobs[i]
		}
	}
	c.needs[need.Name.V] = first
	return first
}

package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// IdleExcludes returns warnings about exclude patterns that leave out none of the results
// that a plan takes from other jobs, as far as those have run. It sends GETs only, and
// only for a job that excludes something and is to start.
func IdleExcludes(ctx context.Context, p outputs.Lister, plan planner.Plan) (warnings []Event) {
	listing := &outputs.Listing{Platform: p}
	runs := make(map[string]string) // of jobs that succeeded, by name
	for _, step := range plan.Steps {
		if step.Settled() && step.Last.Verdict == string(verdict.Succeeded) {
			runs[step.Job.Name] = step.ID
		}
	}
	for _, step := range plan.Spending() {
		for _, from := range step.Job.From {
			if !slices.ContainsFunc(from.Jobs, func(job string) bool { return runs[job] == "" }) {
				warnings = append(warnings, idleExcludes(ctx, listing, step.Job.Name, from, func(job string) string { return runs[job] })...)
			}
		}
	}
	return warnings
}

// idleExcludes looks at what one entry takes. Results that cannot be listed are no reason
// to stop: the step that takes the files reports them.
func idleExcludes(ctx context.Context, listing *outputs.Listing, job string, from resolver.From, run func(job string) string) (warnings []Event) {
	var runs []string
	for _, name := range from.Jobs {
		runs = append(runs, run(name))
	}
	idle, err := listing.Idle(ctx, runs, from.Include, from.Exclude)
	if err != nil {
		return nil
	}
	for _, pattern := range idle {
		message := fmt.Sprintf("exclude %q leaves out no result of %s", pattern, from.Name)
		warnings = append(warnings, Event{Type: EventWarning, Job: job, Message: message})
	}
	return warnings
}

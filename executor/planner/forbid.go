package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// forbidden reports whether the manifest forbids paying for a step.
func (d decision) forbidden(step Step) (diag.Diagnostic, bool) {
	if id := d.earlier(step); d.job.Protected.V && id != "" {
		return guard.Protection(d.job, fmt.Sprintf("run %s must stay its only one: %s", id, strings.Join(step.Reasons, ", "))), true
	}
	if refusal, off := guard.Storage(step.Job); off {
		return refusal, true
	}
	return guard.Cost(step.Job)
}

// earlier returns another run of the job, whatever its content, that was submitted or
// may have been.
func (d decision) earlier(step Step) string {
	for _, run := range slices.Backward(d.runs) {
		draft := run.Stage == state.StageCreating || run.Stage == state.StageCreated && len(d.seen.Statuses[run.ID]) == 0
		if !draft && run.ID != step.ID {
			return run.ID
		}
	}
	for _, f := range d.seen.Protected {
		if f.Key.Name == d.job.Name && f.Submitted() && f.ID != step.ID {
			return f.ID
		}
	}
	return ""
}

// unadoptable returns what a plan would pay for although its manifest adopts a job: that
// one is gone, or was never submitted.
func (o Observation) unadoptable(plan Plan, account string) (problems diag.List) {
	for _, step := range plan.Steps {
		a, read := o.Adopted[step.Job.Name]
		if !read || !step.Spends() {
			continue
		}
		if d, refused := a.Refusal(step.Job, account); refused {
			problems = append(problems, d)
		}
	}
	return problems
}

func refuse(wanted Step, refusal diag.Diagnostic) Step {
	wanted.Action, wanted.Refusal, wanted.Hint = Refused, refusal, refusal.Hint
	wanted.Reasons = []string{refusal.Message}
	return wanted
}

// Refusals returns what the manifest forbids of the plan.
func (p Plan) Refusals() diag.List {
	var list diag.List
	for _, s := range p.Steps {
		if s.Action == Refused && !slices.Contains(list, s.Refusal) { // points share their storage
			list = append(list, s.Refusal)
		}
	}
	return list
}

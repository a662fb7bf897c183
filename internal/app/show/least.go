package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Limits tell how long that many requests take at the least. Nil means that there are none.
type Limits struct {
	Submits   func(n int) time.Duration
	Downloads func(files int) time.Duration
}

// leastTime tells what the platform's limits alone take: hours, for a large sweep. How
// many results there will be nobody knows, but that each job has one.
func (s Style) leastTime(plan planner.Plan) (text string) {
	submits, fetched := len(plan.Spending()), 0
	for _, step := range plan.Steps {
		if fetches(step) {
			fetched++
		}
	}
	if least := s.Limits.Submits; least != nil && least(submits) > patience.LongWait {
		text += fmt.Sprintf(" %s take at least %s, by the platform's limits.", humanize.Plural(submits, "submit"), humanize.Duration(least(submits)))
	}
	if least := s.Limits.Downloads; least != nil && least(fetched) > patience.LongWait {
		text += fmt.Sprintf(" Results of %s take at least %s.", humanize.Plural(fetched, "job"), humanize.Duration(least(fetched)))
	}
	return text
}

// fetches reports whether results of a job are downloaded, if it succeeds.
func fetches(step planner.Step) bool {
	switch step.Action {
	case planner.Run, planner.Rerun, planner.Resume, planner.Running, planner.Fetch:
		return results.Wanted(step.Job, verdict.Succeeded) && len(results.Of(step.Job).Include) > 0
	case planner.Judge, planner.Unchanged, planner.Blocked, planner.Conflict, planner.Refused, planner.Withheld:
	}
	return false
}

// bounds tells how many of the new runs are active at once.
func (s Style) bounds(w io.Writer, plan planner.Plan) {
	for _, line := range bounded(plan) {
		fmt.Fprintln(w, s.paint(faint, "  "+diag.Line(line)))
	}
}

// bounded are the bounds of jobs that are to run, each in words.
func bounded(plan planner.Plan) (lines []string) {
	starts := make(map[string]bool)
	for _, step := range plan.Spending() {
		starts[step.Job.Name] = true
	}
	for _, bound := range plan.Bounds {
		n := 0
		for _, job := range bound.Jobs {
			if starts[job.Name] {
				n++
			}
		}
		if n > 0 {
			lines = append(lines, fmt.Sprintf("at most %d at a time: %s", bound.Most, familiesOf(bound)))
		}
	}
	return lines
}

// maxFamilies is how many jobs and matrices a line names.
const maxFamilies = 4

// familiesOf names the jobs of a bound, a matrix as a whole.
func familiesOf(bound planner.Bound) string {
	var names []string
	for _, job := range bound.Jobs {
		family, _, _ := strings.Cut(job.Name, "/")
		if len(names) == 0 || names[len(names)-1] != family {
			names = append(names, family)
		}
	}
	if others := len(names) - maxFamilies; others > 0 {
		return strings.Join(names[:maxFamilies], ", ") + " and " + humanize.Plural(others, "other")
	}
	return strings.Join(names, ", ")
}

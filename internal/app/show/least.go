package show

import (
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
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

// fetches tells that results of a job are downloaded, if it succeeds.
func fetches(step planner.Step) bool {
	switch step.Action {
	case planner.Run, planner.Rerun, planner.Resume, planner.Running, planner.Fetch:
		return results.Wanted(step.Job, verdict.Succeeded) && len(results.Of(step.Job).Include) > 0
	case planner.Judge, planner.Unchanged, planner.Blocked, planner.Conflict, planner.Refused:
	}
	return false
}

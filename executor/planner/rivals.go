package planner

import (
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// active are the runs of the job that may be under way, other than the step's own:
// those that the journal knows, and of this content those on the platform.
func (d decision) active(step Step) []Rival {
	var rivals []Rival
	known := map[string]bool{step.ID: true}
	for _, run := range d.runs {
		if !known[run.ID] && d.activeRun(run) {
			rivals = append(rivals, Rival{run.ID, run.Key})
		}
		known[run.ID] = true
	}
	for _, f := range d.seen.ofJob(d.job.Name) {
		if !known[f.ID] && f.Active() {
			rivals = append(rivals, Rival{f.ID, f.Key.String()})
		}
	}
	return rivals
}

// activeRun tells that a run may be under way on the platform. Only a draft
// without any status is known not to be; a run that was submitted, or was about
// to be a moment ago, may not show its first status yet.
func (d decision) activeRun(run state.Run) bool {
	if run.Stage == state.StageCreating || run.Stage == state.StageFinished || d.seen.Gone[run.ID] {
		return false
	}
	history := d.seen.Statuses[run.ID]
	if len(history) == 0 {
		recent := run.Stage == state.StageSubmitting && d.seen.Now.Sub(run.SubmittingAt) < once.SettleTime
		return run.Stage == state.StageSubmitted || recent
	}
	_, done := verdict.Judge(history)
	return !done
}

// conflict refuses to start a run while another of the same job is under way:
// both would be billed.
func conflict(wanted Step, rival Rival) Step {
	wanted.Action, wanted.ID = Conflict, rival.ID
	wanted.Reasons = []string{fmt.Sprintf("it changed while run %s is still active", rival.ID)}
	wanted.Advice = "wait for it to end and apply again; or --replace-running stops it first"
	return wanted
}

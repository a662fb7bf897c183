package show_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// polar is a sweep of 60 points: 10 ran, one of them failed, one is refused, the others
// run again because their commands changed; and a job beside it.
func polar() planner.Plan {
	plan := planner.Plan{Steps: []planner.Step{{Job: resolver.Job{Name: "mesh"}, Action: planner.Run, Reasons: []string{"new"}}}}
	for i := range 60 {
		step := planner.Step{
			Job:    resolver.Job{Name: fmt.Sprintf("airfoil/aoa=%d", i), Notes: []string{"walltime 90m is sent as 2 hours"}},
			Action: planner.Rerun, ID: fmt.Sprintf("Id%d", i), Reasons: []string{"command changed"},
			Changes: []planner.Change{{Field: "command", Old: "a", New: "b", Diff: []string{"- ./a", fmt.Sprintf("+ ./b --aoa %d", i)}}},
		}
		switch {
		case i == 3:
			step.Action, step.Last, step.Changes = planner.Unchanged, state.Run{ID: step.ID, Verdict: "failed"}, nil
			step.Reasons, step.Hint = []string{"failed as Id3"}, "rescale-apply -f job.yaml --replace airfoil/aoa=3=Id3 runs it again"
		case i < 10:
			step.Action, step.Last, step.Changes = planner.Unchanged, state.Run{ID: step.ID, Verdict: "succeeded"}, nil
			step.Reasons = []string{"succeeded as " + step.ID}
		case i == 59:
			step.Action, step.Changes, step.Reasons = planner.Refused, nil, []string{"a run can cost 9.00 USD, and limits.maxCost is 1.00 USD"}
		default:
			step.Job.Estimate = resolver.Estimate{Bounded: true, CoreHours: 36, Rate: 0.16, Cost: 5.76}
		}
		step.Job.Tiles = make([]resolver.Tile, 1)
		plan.Steps = append(plan.Steps, step)
	}
	plan.Steps[0].Job.Tiles = make([]resolver.Tile, 1)
	plan.Steps[0].Job.Estimate = resolver.Estimate{Bounded: true, CoreHours: 1, Rate: 0.16, Cost: 0.16}
	return plan
}

const polarSummary = "Plan: 1 to run, 49 to rerun, 1 refused, 10 unchanged (1 of them did not succeed). At most 1765 core-h, 282.40 USD (licenses excluded).\n"

// TestPlanFoldsASweep: what is spent is that of all points, and what a person must look at
// has its own line.
func TestPlanFoldsASweep(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	show.Style{}.Plan(&text, polar())
	want := `  mesh             run         new
  airfoil          unchanged   9 of 60 points, succeeded
  airfoil/aoa=3    unchanged   failed as Id3
  airfoil          rerun       49 of 60 points, command changed
  airfoil/aoa=59   refused     a run can cost 9.00 USD, and limits.maxCost is 1.00 USD
  airfoil/aoa=10: command
    - ./a
    + ./b --aoa 10
  airfoil: and 48 other changes; --full shows them
  note: airfoil/aoa=10 and 48 other jobs: walltime 90m is sent as 2 hours
  hint: airfoil/aoa=3: rescale-apply -f job.yaml --replace airfoil/aoa=3=Id3 runs it again
` + polarSummary
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
}

// TestPlanInFull has a line for each point, also in JSON, which always has.
func TestPlanInFull(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	show.Style{Full: true}.Plan(&text, polar())
	if got := text.String(); strings.Contains(got, "points") || strings.Contains(got, "--full") || !strings.Contains(got, "airfoil/aoa=42") || !strings.HasSuffix(got, polarSummary) {
		t.Errorf("%s", got)
	}
	if n := strings.Count(text.String(), "+ ./b --aoa"); n != 49 {
		t.Errorf("%d commands", n)
	}
	var object bytes.Buffer
	if err := show.WritePlan(&object, polar()); err != nil {
		t.Fatal(err)
	}
	var plan show.PlanJSON
	if err := json.Unmarshal(object.Bytes(), &plan); err != nil || len(plan.Jobs) != 61 || plan.Spends != 50 {
		t.Errorf("%d jobs, %v", len(plan.Jobs), err)
	}
}

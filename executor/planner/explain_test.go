package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// A run that was read back from the platform has no parts. What it was made of is not
// guessed: nothing is called added.
func TestChangeSinceARunWithoutParts(t *testing.T) {
	t.Parallel()
	was, now := plantest.Job("command=sha256:a"), plantest.Job("command=sha256:b")
	second := func(j resolver.Job) resolver.Job {
		j.Rerun.Generation = spec.Value[int]{V: 2}
		return j
	}
	bumped := planner.Change{Field: "rerun.generation", Old: "1", New: "2"}
	const unknown = "it changed since run Old; what that was made of is not recorded"
	for name, tc := range map[string]struct {
		job     resolver.Job
		reasons []string
		changes []planner.Change
	}{
		"other content":                    {now, []string{unknown}, nil},
		"same content, another generation": {second(was), []string{"rerun.generation 1 → 2"}, []planner.Change{bumped}},
		"other content and generation":     {second(now), []string{unknown, "rerun.generation 1 → 2"}, []planner.Change{bumped}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := plantest.Ended(plantest.Run(was, "", "Old"), verdict.Succeeded)
			old.Parts = nil
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {old}}}
			step := planner.New([]resolver.Job{tc.job}, snapshot, planner.Observation{}, planner.Options{}).Steps[0]
			if step.Action != planner.Rerun {
				t.Errorf("action %s", step.Action)
			}
			if diff := cmp.Diff(tc.reasons, step.Reasons); diff != "" {
				t.Errorf("reasons (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.changes, step.Changes); diff != "" {
				t.Errorf("changes (-want +got)\n%s", diff)
			}
		})
	}
}

package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// TestPlanOfAChain decides about the wing when the mesh is in its second generation.
func TestPlanOfAChain(t *testing.T) {
	t.Parallel()
	const success = "Completed successfully"
	first, wing := plantest.Pair(1)
	mesh, _ := plantest.Pair(2)
	meshed := func(v verdict.Verdict) []state.Run {
		second := plantest.Run(mesh, "", "Mesh2")
		second.Generation = 2
		return []state.Run{plantest.Ended(plantest.Run(first, "", "Mesh1"), verdict.Succeeded), plantest.Ended(second, v)}
	}
	type decided struct {
		Action  planner.Action
		Attempt int
		ID      string
		Reasons []string
	}
	for name, tc := range map[string]struct {
		mesh []state.Run
		wing []state.Run
		seen planner.Observation
		want decided
	}{
		"built on this mesh": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("2.1:mesh", plantest.Ended(plantest.Run(wing, "", "W"), verdict.Succeeded))},
			want: decided{planner.Unchanged, 1, "W", []string{"succeeded as W"}},
		},
		"built on the mesh before": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Ended(plantest.Run(wing, "", "W"), verdict.Succeeded))},
			want: decided{planner.Rerun, 2, "", []string{"depends on mesh, which has a new run"}},
		},
		"built on this mesh, then on another one": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{
				plantest.On("2.1:mesh", plantest.Ended(plantest.Run(wing, "", "W1"), verdict.Succeeded)),
				plantest.On("1.1:mesh", plantest.Again(plantest.Ended(plantest.Run(wing, "", "W2"), verdict.Succeeded))),
			},
			want: decided{planner.Unchanged, 1, "W1", []string{"succeeded as W1"}},
		},
		"two runs on other meshes": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{
				plantest.On("1.1:mesh", plantest.Ended(plantest.Run(wing, "", "W1"), verdict.Succeeded)),
				plantest.On("1.2:mesh", plantest.Again(plantest.Ended(plantest.Run(wing, "", "W2"), verdict.Succeeded))),
			},
			want: decided{planner.Rerun, 3, "", []string{"depends on mesh, which has a new run"}},
		},
		"a draft is brought up to date": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Run(wing, state.StageCreated, "W"))},
			want: decided{planner.Resume, 1, "W", []string{"draft W is not submitted yet"}},
		},
		"still running on the mesh before": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Run(wing, state.StageSubmitted, "W"))},
			seen: planner.Observation{Statuses: map[string][]rescale.Status{"W": plantest.History("Executing", "")}},
			want: decided{planner.Conflict, 2, "W", []string{"it changed while run W is still active"}},
		},
		"the mesh will run": {
			mesh: meshed(verdict.Succeeded)[:1],
			want: decided{planner.Run, 1, "", []string{"new", "after mesh"}},
		},
		"the mesh failed": {
			mesh: meshed(verdict.Failed),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Ended(plantest.Run(wing, "", "W"), verdict.Succeeded))},
			want: decided{planner.Blocked, 2, "", []string{"mesh failed as Mesh2"}},
		},
		"the mesh failed after the wing was built on it": {
			mesh: meshed(verdict.Failed),
			wing: []state.Run{plantest.On("2.1:mesh", plantest.Ended(plantest.Run(wing, "", "W"), verdict.Succeeded))},
			want: decided{planner.Unchanged, 1, "W", []string{"succeeded as W"}},
		},
		"on the platform on this mesh": {
			mesh: meshed(verdict.Succeeded),
			seen: planner.Observation{Found: []once.Found{
				plantest.SeenOn("2.1:mesh", "W1", wing, 1, "Completed", success), plantest.SeenOn("1.2:mesh", "W2", wing, 2, "Completed", success),
			}},
			want: decided{planner.Unchanged, 1, "W1", []string{"succeeded as W1"}},
		},
		"a create on the mesh before, and a run on this mesh elsewhere": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Again(plantest.Run(wing, state.StageCreating, "")))},
			seen: planner.Observation{Found: []once.Found{plantest.SeenOn("2.1:mesh", "W1", wing, 1, "Completed", success)}},
			want: decided{planner.Unchanged, 1, "W1", []string{"succeeded as W1"}},
		},
		"a draft on the mesh before, and a run on this mesh elsewhere": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Again(plantest.Run(wing, state.StageCreated, "W2")))},
			seen: planner.Observation{Found: []once.Found{
				plantest.SeenOn("2.1:mesh", "W1", wing, 1, "Completed", success), plantest.SeenOn("1.1:mesh", "W2", wing, 2),
			}},
			want: decided{planner.Unchanged, 1, "W1", []string{"succeeded as W1"}},
		},
		"a draft on the mesh before, and no other run": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Again(plantest.Run(wing, state.StageCreated, "W2")))},
			seen: planner.Observation{Found: []once.Found{plantest.SeenOn("1.1:mesh", "W2", wing, 2)}},
			want: decided{planner.Resume, 2, "W2", []string{"draft W2 is not submitted yet"}},
		},
		"on the platform on the mesh before, and a draft that follows": {
			mesh: meshed(verdict.Succeeded),
			seen: planner.Observation{Found: []once.Found{
				plantest.SeenOn("1.1:mesh", "W1", wing, 1, "Completed", success), plantest.SeenOn("2.1:mesh", "W2", wing, 2),
			}},
			want: decided{planner.Rerun, 2, "", []string{"depends on mesh, which has a new run"}},
		},
		"on the platform on other meshes": {
			mesh: meshed(verdict.Succeeded),
			seen: planner.Observation{Found: []once.Found{
				plantest.SeenOn("1.1:mesh", "W1", wing, 1, "Completed", success), plantest.SeenOn("1.2:mesh", "W2", wing, 2, "Completed", success),
			}},
			want: decided{planner.Rerun, 3, "", []string{"depends on mesh, which has a new run"}},
		},
		"on the platform on this mesh, in the journal on another": {
			mesh: meshed(verdict.Succeeded),
			wing: []state.Run{plantest.On("1.1:mesh", plantest.Again(plantest.Ended(plantest.Run(wing, "", "W2"), verdict.Succeeded)))},
			seen: planner.Observation{Found: []once.Found{
				plantest.SeenOn("2.1:mesh", "W1", wing, 1, "Completed", success), plantest.SeenOn("1.1:mesh", "W2", wing, 2, "Completed", success),
			}},
			want: decided{planner.Unchanged, 1, "W1", []string{"succeeded as W1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"mesh": tc.mesh, "wing": tc.wing}}
			plan := planner.New([]resolver.Job{wing, mesh}, snapshot, tc.seen, planner.Options{})
			step := plan.Steps[0]
			got := decided{step.Action, step.Key.Attempt, step.ID, step.Reasons}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if step.Upstream != "2.1:mesh" {
				t.Errorf("upstream %q", step.Upstream)
			}
		})
	}
}

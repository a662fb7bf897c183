package planner_test

import (
	"slices"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// TestPlanOfInputs separates what is uploaded from what is there, each content once.
func TestPlanOfInputs(t *testing.T) {
	t.Parallel()
	in := files.Input{Name: "deck.k", Path: "/case/deck.k", SHA512: "abc", Size: 4}
	known := state.Snapshot{Files: map[string][]state.File{"abc": {{Name: "deck.k", SHA512: "abc", ID: "K"}}}}
	for name, tc := range map[string]struct {
		snapshot state.Snapshot
		stock    inputs.Stock
		uploads  int
		reused   []string
	}{
		"never seen":                           {uploads: 1},
		"known, not looked for":                {snapshot: known},
		"known and there":                      {snapshot: known, stock: inputs.Stock{inputs.Of(in): "K"}},
		"known and gone":                       {snapshot: known, stock: inputs.Stock{inputs.Of(in): ""}, uploads: 1},
		"known and gone, another one is there": {snapshot: known, stock: inputs.Stock{inputs.Of(in): "F"}, reused: []string{"F"}},
		"found":                                {stock: inputs.Stock{inputs.Of(in): "F"}, reused: []string{"F"}},
		"not found":                            {stock: inputs.Stock{inputs.Of(in): ""}, uploads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wing, tail := plantest.Job("command=wing"), plantest.Job("command=tail")
			tail.Name = "tail"
			wing.Inputs = []files.Input{in, {ID: "there", Name: "mesh.msh"}}
			tail.Inputs = []files.Input{in}
			plan := planner.New([]resolver.Job{wing, tail}, tc.snapshot, planner.Observation{Stock: tc.stock}, planner.Options{})
			var reused []string
			for _, r := range plan.Reused {
				reused = append(reused, r.ID)
			}
			if len(plan.Uploads) != tc.uploads || !slices.Equal(reused, tc.reused) {
				t.Errorf("uploads %+v, reused %v", plan.Uploads, reused)
			}
		})
	}
}

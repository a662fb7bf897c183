package planner_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// on is a job for one core type in one version, which are all that it leaves open.
func on(coreType, version string) resolver.Job {
	j := plantest.Job("version="+version, "coreType="+coreType)
	j.Tiles[0].Version, j.Tiles[0].CoreType = version, coreType
	return j
}

// choosing is a job that leaves its core type and its version open, and would take this one, in version 2.
func choosing(coreType string) resolver.Job {
	j := on(coreType, "2")
	t := &j.Tiles[0]
	t.Open, t.Versions = true, []string{"2", "1"}
	for _, code := range []string{"emerald", "granite"} {
		t.Types = append(t.Types, resolver.Alternative{Code: code, Estimate: resolver.Estimate{Bounded: true, Rate: 1}})
	}
	return j
}

// TestARunOnAnAlternativeIsThisRun: what a new run would take does not matter to a job
// that has its run.
func TestARunOnAnAlternativeIsThisRun(t *testing.T) {
	t.Parallel()
	run := func(coreType, version string, v verdict.Verdict, attempt int, at time.Duration) state.Run {
		r := plantest.Run(on(coreType, version), state.StageSubmitted, coreType+version)
		if v != "" {
			r = plantest.Ended(r, v)
		}
		if attempt == 2 {
			r = plantest.Again(r)
			r.ID += "again"
		}
		r.Inserted = plantest.Noon().Add(at)
		return r
	}
	retried := func(j resolver.Job) resolver.Job {
		j.Rerun.OnFailure.V = spec.Always
		return j
	}
	type result struct {
		Action   planner.Action
		ID       string
		CoreType string
		Version  string
		Attempt  int
	}
	for name, tc := range map[string]struct {
		job  resolver.Job
		runs []state.Run
		want result
	}{
		"none":                      {choosing("granite"), nil, result{planner.Run, "", "granite", "2", 1}},
		"it has its run":            {choosing("granite"), []state.Run{run("emerald", "2", verdict.Succeeded, 1, 0)}, result{planner.Unchanged, "emerald2", "emerald", "2", 1}},
		"in an older version":       {choosing("granite"), []state.Run{run("emerald", "1", verdict.Succeeded, 1, 0)}, result{planner.Unchanged, "emerald1", "emerald", "1", 1}},
		"in a version that is gone": {choosing("granite"), []state.Run{run("emerald", "0", verdict.Succeeded, 1, 0)}, result{planner.Unchanged, "emerald0", "emerald", "0", 1}},
		"on another core type":      {choosing("granite"), []state.Run{run("zinc", "2", verdict.Succeeded, 1, 0)}, result{planner.Rerun, "", "granite", "2", 1}},
		"it runs":                   {choosing("granite"), []state.Run{run("emerald", "1", "", 1, 0)}, result{planner.Running, "emerald1", "emerald", "1", 1}},
		"it failed, and stays":      {choosing("granite"), []state.Run{run("emerald", "1", verdict.Failed, 1, 0)}, result{planner.Unchanged, "emerald1", "emerald", "1", 1}},
		"it failed, and is retried as a new run would be": {
			retried(choosing("granite")), []state.Run{run("emerald", "1", verdict.Failed, 1, 0)}, result{planner.Rerun, "", "granite", "2", 2},
		},
		"the retry is there": {
			retried(choosing("granite")),
			[]state.Run{run("emerald", "1", verdict.Failed, 1, 0), run("granite", "2", verdict.Succeeded, 2, time.Hour)},
			result{planner.Unchanged, "granite2again", "granite", "2", 2},
		},
		"the retry failed, too": {
			retried(choosing("emerald")),
			[]state.Run{run("emerald", "1", verdict.Failed, 1, 0), run("granite", "2", verdict.Failed, 2, time.Hour)},
			result{planner.Rerun, "", "emerald", "2", 3},
		},
		"a replacement failed": {
			choosing("emerald"),
			[]state.Run{run("emerald", "1", verdict.Succeeded, 1, 0), run("granite", "2", verdict.Failed, 2, time.Hour)},
			result{planner.Unchanged, "granite2again", "granite", "2", 2},
		},
		"before the list was one, another core type failed": {
			retried(choosing("granite")),
			[]state.Run{run("emerald", "2", verdict.Succeeded, 1, 0), run("granite", "2", verdict.Failed, 1, time.Hour)},
			result{planner.Unchanged, "emerald2", "emerald", "2", 1},
		},
		"a create that came to nothing, beside the run of another runner": {
			choosing("granite"),
			[]state.Run{run("emerald", "2", verdict.Succeeded, 1, 0), plantest.Run(on("granite", "2"), state.StageCreating, "")},
			result{planner.Unchanged, "emerald2", "emerald", "2", 1},
		},
		"a draft that was made for another choice": {
			choosing("granite"),
			[]state.Run{plantest.Run(on("emerald", "1"), state.StageCreated, "draft")},
			result{planner.Resume, "draft", "emerald", "1", 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			step := planner.New([]resolver.Job{tc.job}, snapshot, planner.Observation{Now: plantest.Noon()}, planner.Options{}).Steps[0]
			tile := step.Job.Tiles[0]
			if diff := cmp.Diff(tc.want, result{step.Action, step.ID, tile.CoreType, tile.Version, step.Key.Attempt}); diff != "" {
				t.Errorf("step (-want +got)\n%s\nbecause %q", diff, step.Reasons)
			}
			if step.Key.Digest != step.Job.Digest || step.Job.Digest != on(tile.CoreType, tile.Version).Digest {
				t.Errorf("key of %s, job of %s", step.Key.Digest, step.Job.Digest)
			}
			if newer := len(step.Job.Newer) > 0; newer != (tile.Version != "2") {
				t.Errorf("newer: %q", step.Job.Newer)
			}
		})
	}
}

// TestADraftThatBecameTooDear is given up for what a new run takes.
func TestADraftThatBecameTooDear(t *testing.T) {
	t.Parallel()
	job := choosing("granite")
	job.Limits.MaxCost = spec.Value[float64]{V: 5}
	job.Limits.MaxCost.Pos.Line = 1
	job.Estimate = resolver.Estimate{Bounded: true, Rate: 1, Cost: 1}
	job.Tiles[0].Estimate = job.Estimate
	job.Tiles[0].Types[0].Estimate = resolver.Estimate{Bounded: true, Rate: 9, Cost: 9}
	job.Tiles[0].Types[1].Estimate = job.Estimate
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Run(on("emerald", "2"), state.StageCreated, "draft")}}}
	step := planner.New([]resolver.Job{job}, snapshot, planner.Observation{Now: plantest.Noon()}, planner.Options{}).Steps[0]
	if step.Action != planner.Run || step.Job.Tiles[0].CoreType != "granite" || step.Key.Digest != job.Digest {
		t.Errorf("%s on %s because %q", step.Action, step.Job.Tiles[0].CoreType, step.Reasons)
	}
}

// TestWhoBuildsOnAChoice builds on the content of the run that is there.
func TestWhoBuildsOnAChoice(t *testing.T) {
	t.Parallel()
	mesh, wing := plantest.Pair(1)
	chosen := choosing("granite")
	mesh.Tiles, mesh.Parts, mesh.Digest = chosen.Tiles, chosen.Parts, chosen.Digest
	under := func(digest string) resolver.Job {
		j := wing
		j.Parts = append(slices.Clone(wing.Parts), resolver.Part{Field: "upstream mesh", Value: "sha256:" + digest})
		j.Digest = resolver.DigestOf(j.Parts)
		return j
	}
	ranOn := on("emerald", "1")
	ranOn.Name = "mesh"
	meshRun := plantest.Ended(plantest.Run(ranOn, state.StageSubmitted, "M"), verdict.Succeeded)
	wingRun := plantest.On("1.1:mesh", plantest.Ended(plantest.Run(under(ranOn.Digest), state.StageSubmitted, "W"), verdict.Succeeded))
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"mesh": {meshRun}, "wing": {wingRun}}}
	jobs := []resolver.Job{mesh, under(mesh.Digest)}
	plan := planner.New(jobs, snapshot, planner.Observation{Now: plantest.Noon()}, planner.Options{})
	for _, step := range plan.Steps {
		if step.Action != planner.Unchanged {
			t.Errorf("%s: %s because %q", step.Job.Name, step.Action, step.Reasons)
		}
	}
	again := planner.New(jobs, snapshot, planner.Observation{Now: plantest.Noon()}, planner.Options{Replace: []string{"mesh"}})
	want := []string{under(mesh.Digest).Digest, mesh.Digest}
	if diff := cmp.Diff(want, []string{again.Steps[1].Job.Digest, again.Steps[0].Job.Digest}); diff != "" {
		t.Errorf("digests when the mesh is made again (-want +got)\n%s", diff)
	}
}

package executor_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// TestARunIsRecordedOnWhatItBuildsOn: another runner, which wants the wing on another
// mesh, brings our draft up to date before we submit it.
func TestARunIsRecordedOnWhatItBuildsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		mesh.Request, wing.Request = plain("mesh").Request, plain("wing").Request
		wing.Inputs = nil
		p, m := newFake(), new(memory)
		p.after = func(call string) {
			if call == "create" && len(p.jobs) == 2 {
				p.jobs[1].Tiles[0].EnvVars[once.UpstreamVariable] = "1.2:mesh"
			}
		}
		o := apply(t.Context(), t, p, m, mesh, wing).Outcomes[1]
		var other *once.OtherRunsError
		if !errors.As(o.Err, &other) || other.Built != "1.2:mesh" || other.Wanted != "1.1:mesh" || o.ID != "B" {
			t.Errorf("outcome %+v", o)
		}
		if last := m.records[len(m.records)-1]; last.Kind != state.KindSubmitted || last.Upstream != "1.2:mesh" {
			t.Errorf("last record %+v", last)
		}
	})
}

// TestWhatRunsAlreadyWaitsForNobody: the wing was submitted before what success of the
// mesh means has changed. It is no less there because the mesh does not pass now.
func TestWhatRunsAlreadyWaitsForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		meshKey := once.Key{Digest: mesh.Digest, Name: mesh.Name, Generation: 1, Attempt: 1}
		p, m := newFake(), new(memory)
		seen := planner.Observation{Found: []once.Found{
			{ID: "M", Key: meshKey, History: plantest.History("Completed", "A run failed")},
			plantest.SeenOn("1.1:mesh", "W", wing, 1, "Completed", "Completed successfully"),
		}}
		for _, f := range seen.Found {
			p.history[f.ID] = f.History
			p.jobs = append(p.jobs, rescale.Job{ID: f.ID, Owner: owner, Tiles: []rescale.Tile{{EnvVars: map[string]string{once.UpstreamVariable: f.Upstream}}}})
		}
		plan := planner.New([]resolver.Job{mesh, wing}, state.Snapshot{}, seen, planner.Options{})
		report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if o := report.Outcomes[1]; o.ID != "W" || o.Verdict != verdict.Succeeded || o.Blocked != "" || o.Err != nil {
			t.Errorf("outcome %+v", o)
		}
	})
}

// TestAWaitingJobThatFailsDoesNotHoldUpTheOthers: the tail, which waits for the same
// mesh, must not wait for a draft of the wing.
func TestAWaitingJobThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		tail := wing
		tail.Name, tail.Inputs = "tail", nil
		mesh.Request, wing.Request, tail.Request = plain("mesh").Request, plain("wing").Request, plain("tail").Request
		wing.Inputs = []files.Input{{Name: "deck.k", Path: "/does/not/exist", SHA512: "a", Size: 1}}
		p, m := newFake(), new(memory)
		begun := time.Now()
		report := apply(t.Context(), t, p, m, mesh, wing, tail)
		if report.Outcomes[1].Err == nil || report.Outcomes[2].Verdict != verdict.Succeeded {
			t.Errorf("outcomes %+v", report.Outcomes)
		}
		if waited := time.Since(begun); waited > 20*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestAReplacementIsNotReplacedBeforeItIsBuiltOn: the same command after a crash
// between the two jobs of a chain must not buy a third run of the first.
func TestAReplacementIsNotReplacedBeforeItIsBuiltOn(t *testing.T) {
	t.Parallel()
	mesh, wing := plantest.Pair(1)
	meshes := []state.Run{plantest.Ended(plantest.Run(mesh, "", "M1"), verdict.Succeeded), plantest.Ended(plantest.Again(plantest.Run(mesh, "", "M2")), verdict.Succeeded)}
	first := plantest.On("1.1:mesh", plantest.Ended(plantest.Run(wing, "", "W1"), verdict.Succeeded))
	second := plantest.On("1.2:mesh", plantest.Again(plantest.Run(wing, state.StageSubmitted, "W2")))
	for name, tc := range map[string]struct {
		jobs   []resolver.Job
		wings  []state.Run
		rivals planner.Rivalry
		want   planner.Action
	}{
		"the wing is still to come":   {[]resolver.Job{mesh, wing}, []state.Run{first}, "", planner.Unchanged},
		"the wing never ran":          {[]resolver.Job{mesh, wing}, nil, "", planner.Unchanged},
		"the wing runs on it":         {[]resolver.Job{mesh, wing}, []state.Run{first, second}, "", planner.Unchanged},
		"which is to be stopped":      {[]resolver.Job{mesh, wing}, []state.Run{first, second}, planner.StopRivals, planner.Rerun},
		"the wing has run on it":      {[]resolver.Job{mesh, wing}, []state.Run{first, plantest.Ended(second, verdict.Failed)}, "", planner.Rerun},
		"without the wing (--target)": {[]resolver.Job{mesh}, []state.Run{first}, "", planner.Rerun},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake()
			p.history["W2"] = plantest.History("Executing", "")
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"mesh": meshes, "wing": tc.wings}}
			options := planner.Options{Replace: []string{"mesh"}, Rivals: tc.rivals}
			resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: tc.jobs}
			seen, err := planner.Observe(t.Context(), p, resolved, snapshot, options)
			if err != nil {
				t.Fatal(err)
			}
			if step := planner.New(tc.jobs, snapshot, seen, options).Steps[0]; step.Action != tc.want {
				t.Errorf("%s: %q", step.Action, step.Reasons)
			}
		})
	}
}

// TestNothingIsSentWithoutAPermit: whatever a plan has become since somebody looked at
// it. What it builds on was permitted, and runs.
func TestNothingIsSentWithoutAPermit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		mesh.Request, wing.Request, wing.Inputs = plain("mesh").Request, plain("wing").Request, nil
		other := plain("other")
		p, m, refused := newFake(), new(memory), errors.New("not reviewed")
		plan := planner.New([]resolver.Job{mesh, wing, other}, state.Snapshot{}, planner.Observation{}, planner.Options{})
		plan.Steps[2].Stop = []planner.Rival{{ID: "Old"}}
		run := &executor.Executor{Platform: p, Journal: m, Owner: owner, Permit: func(s planner.Step) error {
			if s.Job.Name == "mesh" {
				return nil
			}
			return refused
		}}
		report, err := run.Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if o := report.Outcomes; o[0].Verdict != verdict.Succeeded || !errors.Is(o[1].Err, refused) || !errors.Is(o[2].Err, refused) {
			t.Errorf("outcomes %+v", o)
		}
		if p.count("create") != 1 || p.count("submit") != 1 || p.countPrefix("stop ") != 0 {
			t.Errorf("calls %v", p.calls)
		}
	})
}

// TestWhatIsWithheldIsNotStarted, nor what waits for it.
func TestWhatIsWithheldIsNotStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		p, m := newFake(), new(memory)
		plan := planner.New([]resolver.Job{mesh, wing}, state.Snapshot{}, planner.Observation{}, planner.Options{})
		plan.Steps[0].Action, plan.Steps[0].Reasons = planner.Withheld, []string{"not reviewed"}
		report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner, NoWait: true}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if o := report.Outcomes; o[0].Withheld != "not reviewed" || o[1].Blocked != "mesh is not started" || len(p.calls)+len(m.records) > 0 {
			t.Errorf("outcomes %+v, calls %v", o, p.calls)
		}
	})
}

// TestKeysAreFinalWhenAPlanIsMade, also those of jobs that wait for a run that is repeated:
// what a person has seen in a plan is what is submitted.
func TestKeysAreFinalWhenAPlanIsMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		mesh.Request, wing.Request, wing.Inputs = plain("mesh").Request, plain("wing").Request, nil
		p, m := newFake(), new(memory)
		m.snapshot = state.Snapshot{Runs: map[string][]state.Run{
			"mesh": {plantest.Ended(plantest.Run(mesh, "", "M"), verdict.Succeeded)},
			"wing": {plantest.Ended(plantest.On("1.1:mesh", plantest.Run(wing, "", "W")), verdict.Succeeded)},
		}}
		plan := planner.New([]resolver.Job{mesh, wing}, m.snapshot, planner.Observation{}, planner.Options{Replace: []string{"mesh"}})
		if _, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		var planned, submitted []string
		for _, step := range plan.Steps {
			planned = append(planned, step.Key.String())
		}
		for _, job := range p.jobs {
			submitted = append(submitted, job.Tiles[0].EnvVars[once.KeyVariable])
		}
		if diff := cmp.Diff(planned, submitted); diff != "" || plan.Steps[1].Key.Attempt != 2 {
			t.Errorf("wing in attempt %d (-planned +submitted)\n%s", plan.Steps[1].Key.Attempt, diff)
		}
	})
}

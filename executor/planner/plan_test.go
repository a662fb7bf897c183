package planner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

func again2(k once.Key) once.Key {
	k.Attempt = 2
	return k
}

func TestPlan(t *testing.T) {
	t.Parallel()
	was := plantest.Job("coresPerSlot=2", "command=sha256:aaaaaaaaaa", "env A=sha256:1", "input deck.k=sha512:3f2a91caaa")
	now := plantest.Job("coresPerSlot=4", "command=sha256:bbbbbbbbbb", "input deck.k=sha512:77b0e4dff", "input mesh.msh=sha512:c")
	key := once.Key{Digest: now.Digest, Name: "wing", Generation: 1, Attempt: 1}
	executing := map[string][]rescale.Status{"Old": {{Status: "Executing"}}}
	completed := map[string][]rescale.Status{"Old": {{Status: "Completed", Reason: "Completed successfully"}}}
	for name, tc := range map[string]struct {
		runs    []state.Run
		seen    planner.Observation
		replace []string
		action  planner.Action
		attempt int
		id      string
		reasons []string
	}{
		"new": {nil, planner.Observation{}, nil, planner.Run, 1, "", []string{"new"}},
		"settled": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Succeeded)},
			planner.Observation{},
			nil,
			planner.Unchanged, 1, "Abc",
			[]string{"succeeded as Abc"},
		},
		"failed is not run again": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Failed)},
			planner.Observation{},
			nil,
			planner.Unchanged, 1, "Abc",
			[]string{"failed as Abc", "because"},
		},
		"replaced": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Failed)},
			planner.Observation{},
			[]string{"wing"},
			planner.Rerun, 2, "",
			[]string{"replaced on request"},
		},
		"replaced while active": {
			[]state.Run{plantest.Run(now, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			[]string{"wing"},
			planner.Running, 1, "Old",
			[]string{"Old is Executing"},
		},
		"a replacement that is under way is gone on with": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Failed), plantest.Again(plantest.Run(now, state.StageSubmitted, "Old"))},
			planner.Observation{Statuses: executing},
			[]string{"wing"},
			planner.Running, 2, "Old",
			[]string{"Old is Executing"},
		},
		"a replacement whose create is unresolved is looked for": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Failed), plantest.Again(plantest.Run(now, state.StageCreating, ""))},
			planner.Observation{Found: []once.Found{{ID: "Drf", Key: again2(key)}}},
			[]string{"wing"},
			planner.Resume, 2, "Drf",
			[]string{"draft Drf is not submitted yet"},
		},
		"another machine made the replacement": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Failed)},
			planner.Observation{Found: []once.Found{{ID: "Sub", Key: again2(key), History: plantest.History("Executing", "")}}},
			[]string{"wing"},
			planner.Running, 2, "Sub",
			[]string{"Sub is Executing"},
		},
		"replaced, state lost, the run is over": {
			nil,
			planner.Observation{Found: []once.Found{{ID: "Sub", Key: key, History: plantest.History("Completed", "A run failed")}}},
			[]string{"wing"},
			planner.Rerun, 2, "",
			[]string{"replaced on request"},
		},
		"a submitted run outweighs a draft of a later attempt": {
			nil,
			planner.Observation{Found: []once.Found{
				{ID: "Drf", Key: again2(key)}, {ID: "Sub", Key: key, History: plantest.History("Executing", "")},
			}},
			nil,
			planner.Running, 1, "Sub",
			[]string{"Sub is Executing"},
		},
		"back to a draft while the other content runs": {
			[]state.Run{plantest.Run(now, state.StageCreated, "Drf"), plantest.Run(was, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			nil,
			planner.Conflict, 1, "Old",
			[]string{"it changed while run Old is still active"},
		},
		"a draft that somebody submitted, and the content changed": {
			[]state.Run{plantest.Run(was, state.StageCreated, "Old")},
			planner.Observation{Statuses: executing},
			nil,
			planner.Conflict, 1, "Old",
			[]string{"it changed while run Old is still active"},
		},
		"submitted, no status yet, and the content changed": {
			[]state.Run{plantest.Run(was, state.StageSubmitted, "Old")},
			planner.Observation{},
			nil,
			planner.Conflict, 1, "Old",
			[]string{"it changed while run Old is still active"},
		},
		"a draft deleted on the platform is made again": {
			[]state.Run{plantest.Run(now, state.StageCreated, "Old")},
			planner.Observation{Gone: map[string]bool{"Old": true}},
			nil,
			planner.Run, 1, "",
			[]string{"draft Old was deleted on the platform"},
		},
		"results missing": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Succeeded)},
			planner.Observation{Missing: map[string][]string{"wing": {"a.csv", "b.csv"}}},
			nil,
			planner.Fetch, 1, "Abc",
			[]string{"succeeded as Abc", "2 result files are missing or changed here"},
		},
		"changed": {
			[]state.Run{plantest.Ended(plantest.Run(was, "", "Old"), verdict.Succeeded)},
			planner.Observation{},
			nil,
			planner.Rerun, 1, "",
			[]string{
				"coresPerSlot 2 → 4", "command changed", "input deck.k changed (3f2a91c → 77b0e4d, 12 KB)",
				"input mesh.msh added", "env A removed",
			},
		},
		"changed and back": {
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Succeeded), plantest.Ended(plantest.Run(was, "", "Old"), verdict.Succeeded)},
			planner.Observation{},
			nil, planner.Unchanged, 1, "Abc",
			[]string{"succeeded as Abc"},
		},
		"changed while active": {
			[]state.Run{plantest.Run(was, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			nil,
			planner.Conflict, 1, "Old",
			[]string{"it changed while run Old is still active"},
		},
		"changed, the old run ended meanwhile": {
			[]state.Run{plantest.Run(was, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: completed},
			nil,
			planner.Rerun, 1, "",
			[]string{
				"coresPerSlot 2 → 4", "command changed", "input deck.k changed (3f2a91c → 77b0e4d, 12 KB)",
				"input mesh.msh added", "env A removed",
			},
		},
		"submitted": {
			[]state.Run{plantest.Run(now, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			nil,
			planner.Running, 1, "Old",
			[]string{"Old is Executing"},
		},
		"created": {
			[]state.Run{plantest.Run(now, state.StageCreated, "Old")},
			planner.Observation{},
			nil,
			planner.Resume, 1, "Old",
			[]string{"draft Old is not submitted yet"},
		},
		"deleted on the platform": {
			[]state.Run{plantest.Run(now, state.StageSubmitted, "Old")},
			planner.Observation{Gone: map[string]bool{"Old": true}},
			nil,
			planner.Conflict, 1, "Old",
			[]string{"job Old was deleted on the platform"},
		},
		"deleted on the platform, replaced": {
			[]state.Run{plantest.Run(now, state.StageSubmitted, "Old")},
			planner.Observation{Gone: map[string]bool{"Old": true}},
			[]string{"wing"},
			planner.Rerun, 2, "",
			[]string{"replaced on request"},
		},
		"creating, nothing there": {
			[]state.Run{plantest.Run(now, state.StageCreating, "")},
			planner.Observation{},
			nil,
			planner.Run, 1, "",
			[]string{"an earlier create left nothing on the platform"},
		},
		"creating, draft there": {
			[]state.Run{plantest.Run(now, state.StageCreating, "")},
			planner.Observation{Found: []once.Found{{ID: "Drf", Key: key}}},
			nil,
			planner.Resume, 1, "Drf",
			[]string{"draft Drf is not submitted yet"},
		},
		"state lost, submitted run wins over older draft": {
			nil,
			planner.Observation{Found: []once.Found{
				{ID: "Drf", Key: key, Inserted: plantest.Noon()}, {ID: "Sub", Key: key, History: plantest.History("Executing", ""), Inserted: plantest.Noon().Add(1)},
			}},
			nil,
			planner.Running, 1, "Sub",
			[]string{"Sub is Executing"},
		},
		"state lost, oldest draft wins": {
			nil,
			planner.Observation{Found: []once.Found{
				{ID: "Bbb", Key: key, Inserted: plantest.Noon()}, {ID: "Aaa", Key: key, Inserted: plantest.Noon()}, {ID: "Zzz", Key: key, Inserted: plantest.Noon().Add(-1)},
			}},
			nil,
			planner.Resume, 1, "Zzz",
			[]string{"draft Zzz is not submitted yet"},
		},
		"state lost, newest attempt wins": {
			nil,
			planner.Observation{Found: []once.Found{
				{ID: "One", Key: key, History: plantest.History("Executing", "")},
				{ID: "Two", Key: once.Key{Digest: key.Digest, Name: "wing", Generation: 1, Attempt: 2}, History: plantest.History("Executing", "")},
			}},
			nil,
			planner.Running, 2, "Two",
			[]string{"Two is Executing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			plan := planner.New([]resolver.Job{now}, snapshot, tc.seen, planner.Options{Replace: tc.replace})
			step := plan.Steps[0]
			type decided struct {
				Action  planner.Action
				Attempt int
				ID      string
				Reasons []string
			}
			want := decided{tc.action, tc.attempt, tc.id, tc.reasons}
			got := decided{step.Action, step.Key.Attempt, step.ID, step.Reasons}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// A draft that is there is brought up to date, inputs included.
			if spends := step.Spends(); spends != (len(plan.Uploads) == 1) {
				t.Errorf("spends = %v, but %d uploads", spends, len(plan.Uploads))
			}
			if plan.Pending() == (len(step.Surplus) == 0 && (tc.action == planner.Unchanged || tc.action == planner.Running)) {
				t.Errorf("Pending() = %v for %s", plan.Pending(), tc.action)
			}
		})
	}
}

// TestASubmitAMomentAgoMayHaveArrived: its first status may be late. Later, an
// empty history proves that it never did.
func TestASubmitAMomentAgoMayHaveArrived(t *testing.T) {
	t.Parallel()
	was, now := plantest.Job("a=1"), plantest.Job("a=2")
	old := plantest.Run(was, state.StageSubmitting, "Old")
	old.SubmittingAt = plantest.Noon()
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {old}}}
	for after, want := range map[time.Duration]planner.Action{10 * time.Second: planner.Conflict, time.Hour: planner.Rerun} {
		seen := planner.Observation{Now: plantest.Noon().Add(after)}
		if got := planner.New([]resolver.Job{now}, snapshot, seen, planner.Options{}).Steps[0].Action; got != want {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
}

// TestAReplacementWithoutItsResultsIsNotReplaced: the same command after a crash
// in the download must not buy a third run.
func TestAReplacementWithoutItsResultsIsNotReplaced(t *testing.T) {
	t.Parallel()
	now := plantest.Job("a=1")
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {
		plantest.Ended(plantest.Run(now, "", "Abc"), verdict.Succeeded), plantest.Ended(plantest.Again(plantest.Run(now, "", "Def")), verdict.Succeeded),
	}}}
	seen := planner.Observation{Missing: map[string][]string{"wing": {"results"}}}
	step := planner.New([]resolver.Job{now}, snapshot, seen, planner.Options{Replace: []string{"wing"}}).Steps[0]
	if step.Action != planner.Fetch || step.ID != "Def" {
		t.Errorf("%+v", step)
	}
}

// TestADeletedDraftMayHaveARunElsewhere: another machine may have made and
// submitted one of its own.
func TestADeletedDraftMayHaveARunElsewhere(t *testing.T) {
	t.Parallel()
	now := plantest.Job("a=1")
	key := once.Key{Digest: now.Digest, Name: "wing", Generation: 1, Attempt: 1}
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Run(now, state.StageCreated, "Old")}}}
	seen := planner.Observation{
		Gone:  map[string]bool{"Old": true},
		Found: []once.Found{{ID: "Sub", Key: key, History: plantest.History("Executing", "")}},
	}
	step := planner.New([]resolver.Job{now}, snapshot, seen, planner.Options{}).Steps[0]
	if step.Action != planner.Running || step.ID != "Sub" || step.Spends() {
		t.Errorf("%+v", step)
	}
}

func TestPlanUploadsEachContentOnce(t *testing.T) {
	t.Parallel()
	first, second := plantest.Job("a=1"), plantest.Job("a=2")
	second.Name = "tail"
	stored := files.Input{Name: "mesh", Path: "/tmp/mesh", SHA512: "ee", Size: 1}
	first.Inputs = append(first.Inputs, stored)
	snapshot := state.Snapshot{Files: map[string][]state.File{"ee": {{Name: "mesh", SHA512: "ee", ID: "f"}}}}
	plan := planner.New([]resolver.Job{first, second}, snapshot, planner.Observation{}, planner.Options{})
	if diff := cmp.Diff(first.Inputs[:1], plan.Uploads); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

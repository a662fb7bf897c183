package executor_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

var keyPlace = diag.Position{File: "job.yaml", Line: 9, Col: 12}

func guarded(j resolver.Job) resolver.Job {
	j.Protected = spec.Value[bool]{V: true, Pos: keyPlace}
	return j
}

func TestProtected(t *testing.T) {
	t.Parallel()
	now := guarded(plantest.Job("a=2"))
	retried := now
	retried.Rerun.OnFailure.V = spec.Always
	next := now
	next.Rerun.Generation.V = 2
	key := once.Key{Digest: now.Digest, Name: "wing", Generation: 1, Attempt: 1}
	older := once.Key{Digest: plantest.Job("a=1").Digest, Name: "wing", Generation: 1, Attempt: 1}
	replace := planner.Options{Replace: []string{"wing"}}
	executing := map[string][]rescale.Status{"Old": {{Status: "Executing"}}}
	for name, tc := range map[string]struct {
		job     resolver.Job
		runs    []state.Run
		seen    planner.Observation
		options planner.Options
		action  planner.Action
		words   string // of the refusal
	}{
		"the first run":               {now, nil, planner.Observation{}, planner.Options{}, planner.Run, ""},
		"the first run, on request":   {now, nil, planner.Observation{}, replace, planner.Run, ""},
		"its draft":                   {now, []state.Run{plantest.Run(now, state.StageCreated, "Drf")}, planner.Observation{}, planner.Options{}, planner.Resume, ""},
		"a submit that was cut short": {now, []state.Run{plantest.Run(now, state.StageSubmitting, "Drf")}, planner.Observation{}, planner.Options{}, planner.Resume, ""},
		"after a draft of an older content": {
			now, []state.Run{plantest.Run(plantest.Job("a=1"), state.StageCreated, "Drf")}, planner.Observation{}, planner.Options{}, planner.Rerun, "",
		},
		"unchanged":      {now, []state.Run{plantest.Ended(plantest.Run(now, "", "Old"), verdict.Succeeded)}, planner.Observation{}, planner.Options{}, planner.Unchanged, ""},
		"under way":      {now, []state.Run{plantest.Run(now, state.StageSubmitted, "Old")}, planner.Observation{Statuses: executing}, planner.Options{}, planner.Running, ""},
		"failed":         {now, []state.Run{plantest.Ended(plantest.Run(now, "", "Old"), verdict.Failed)}, planner.Observation{}, planner.Options{}, planner.Unchanged, ""},
		"failed, always": {retried, []state.Run{plantest.Ended(plantest.Run(now, "", "Old"), verdict.Failed)}, planner.Observation{}, planner.Options{}, planner.Unchanged, ""},
		"--replace": {
			now,
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Old"), verdict.Failed)},
			planner.Observation{},
			replace,
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: replaced on request`,
		},
		"another content": {
			now,
			[]state.Run{plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), verdict.Succeeded)},
			planner.Observation{},
			planner.Options{},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: a 1 → 2`,
		},
		"another generation": {
			next,
			[]state.Run{plantest.Ended(plantest.Run(now, "", "Old"), verdict.Succeeded)},
			planner.Observation{},
			planner.Options{},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: rerun.generation 1 → 2`,
		},
		"another content while it runs": {
			now,
			[]state.Run{plantest.Run(plantest.Job("a=1"), state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			planner.Options{},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: a 1 → 2`,
		},
		"--replace-running": {
			now,
			[]state.Run{plantest.Run(plantest.Job("a=1"), state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			planner.Options{Rivals: planner.StopRivals},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: a 1 → 2`,
		},
		"--replace --replace-running": {
			now,
			[]state.Run{plantest.Run(now, state.StageSubmitted, "Old")},
			planner.Observation{Statuses: executing},
			planner.Options{Rivals: planner.StopRivals, Replace: []string{"wing"}},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: replaced on request`,
		},
		"a submitted draft of an older content": {
			now,
			[]state.Run{plantest.Run(plantest.Job("a=1"), state.StageCreated, "Old")},
			planner.Observation{Statuses: executing},
			planner.Options{},
			planner.Refused, `job "wing" is protected, and run Old must stay its only one: a 1 → 2`,
		},
		"found again when the state is lost": {
			now, nil, planner.Observation{Found: []once.Found{{ID: "Fnd", Key: key, History: plantest.History("Executing", "")}}}, planner.Options{}, planner.Running, "",
		},
		"another content when the state is lost": {
			now, nil,
			planner.Observation{Protected: []once.Found{{ID: "Fnd", Key: older, History: plantest.History("Completed", "")}}},
			planner.Options{},
			planner.Refused, `job "wing" is protected, and run Fnd must stay its only one: new`,
		},
		"only a draft when the state is lost": {
			now, nil, planner.Observation{Protected: []once.Found{{ID: "Fnd", Key: older}}}, planner.Options{}, planner.Run, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			plan := planner.New([]resolver.Job{tc.job}, snapshot, tc.seen, tc.options)
			step := plan.Steps[0]
			if step.Action != tc.action || step.Refusal.Message != tc.words {
				t.Errorf("step %s %q, refused as %q", step.Action, step.Reasons, step.Refusal.Message)
			}
			if tc.action != planner.Refused {
				return
			}
			if step.Refusal.Pos != keyPlace || len(plan.Spending()) > 0 || len(plan.Uploads) > 0 {
				t.Errorf("plan %+v", plan)
			}
			// Nothing at all is done: a platform that does nothing would panic.
			_, err := (&executor.Executor{Platform: newFake(), Journal: new(memory)}).Apply(t.Context(), plan)
			if refused := new(guard.Error); !errors.As(err, &refused) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A protected job that would be submitted is looked for in any content; whoever is not
// protected is not worth reading the whole job list.
func TestProtectedJobsAreLookedForInAnyContent(t *testing.T) {
	t.Parallel()
	now, older := once.Key{Digest: plantest.Job("a=2").Digest, Name: "wing", Generation: 1, Attempt: 1}, once.Key{Digest: plantest.Job("a=1").Digest, Name: "wing", Generation: 1, Attempt: 1}
	on := func(id string, key once.Key) rescale.Job {
		return rescale.Job{
			ID: id, Name: "wing " + key.Marker(""), Owner: owner, DateInserted: noon,
			Tiles: []rescale.Tile{{EnvVars: map[string]string{once.KeyVariable: key.String()}}},
		}
	}
	for name, tc := range map[string]struct {
		job    resolver.Job
		runs   []state.Run
		drafts []rescale.Job
		action planner.Action
		looks  int
	}{
		"protected":                         {guarded(plantest.Job("a=2")), nil, nil, planner.Refused, 1},
		"protected, a draft in the state":   {guarded(plantest.Job("a=2")), []state.Run{plantest.Run(plantest.Job("a=2"), state.StageCreated, "Drf")}, nil, planner.Refused, 1},
		"protected, a draft and no state":   {guarded(plantest.Job("a=2")), nil, []rescale.Job{on("Drf", now)}, planner.Refused, 1},
		"not protected":                     {plantest.Job("a=2"), nil, nil, planner.Rerun, 1},
		"not protected, a draft, no state":  {plantest.Job("a=2"), nil, []rescale.Job{on("Drf", now)}, planner.Resume, 1},
		"not protected, a draft in a state": {plantest.Job("a=2"), []state.Run{plantest.Run(plantest.Job("a=2"), state.StageCreated, "Drf")}, nil, planner.Resume, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake()
			p.jobs = append(tc.drafts, on("Old", older))
			p.history["Old"] = plantest.History("Completed", "Completed successfully")
			resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{tc.job}}
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			seen, err := planner.Observe(t.Context(), p, resolved, snapshot, planner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			step := planner.New(resolved.Jobs, snapshot, seen, planner.Options{}).Steps[0]
			if step.Action != tc.action || p.count("list") != tc.looks {
				t.Errorf("%s after %d looks", step.Action, p.count("list"))
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	limited := func(most float64, e resolver.Estimate) resolver.Job {
		j := plantest.Job("a=1")
		j.Tiles[0].CoreType, j.Estimate = "emerald", e
		j.Limits.MaxCost = spec.Value[float64]{V: most, Pos: keyPlace}
		return j
	}
	known := resolver.Estimate{Bounded: true, CoreHours: 100, Rate: 0.1, Cost: 10}
	draft := []state.Run{plantest.Run(plantest.Job("a=1"), state.StageCreated, "Drf")}
	over := []state.Run{plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), verdict.Succeeded)}
	free := limited(0, resolver.Estimate{})
	free.Limits = spec.Limits{}
	for name, tc := range map[string]struct {
		job    resolver.Job
		runs   []state.Run
		action planner.Action
		want   diag.Diagnostic
	}{
		"no limit":  {free, nil, planner.Run, diag.Diagnostic{}},
		"as much":   {limited(10, known), nil, planner.Run, diag.Diagnostic{}},
		"it is run": {limited(1, known), over, planner.Unchanged, diag.Diagnostic{}},
		"more": {limited(9.99, known), nil, planner.Refused, diag.Diagnostic{
			Pos: keyPlace, Rule: diag.OverLimit, Message: `a run of job "wing" can cost 10.00 USD, and limits.maxCost is 9.99 USD`,
			Hint: "shorten hardware.walltime, take fewer cores or a cheaper core type, or raise limits.maxCost",
		}},
		"more, as a draft": {limited(9.99, known), draft, planner.Refused, diag.Diagnostic{
			Pos: keyPlace, Rule: diag.OverLimit, Message: `a run of job "wing" can cost 10.00 USD, and limits.maxCost is 9.99 USD`,
			Hint: "shorten hardware.walltime, take fewer cores or a cheaper core type, or raise limits.maxCost",
		}},
		"no walltime": {limited(10, resolver.Estimate{Rate: 0.1}), nil, planner.Refused, diag.Diagnostic{
			Pos: keyPlace, Rule: diag.OverLimit, Message: `what a run of job "wing" can cost is not known: it has no walltime; limits.maxCost is 10.00 USD`,
			Hint: "give the job a walltime under hardware, such as walltime: 8h",
		}},
		"an economy run that starts again": {limited(10, resolver.Estimate{Bounded: true, PerAttempt: true, CoreHours: 1, Rate: 1, Cost: 1}), nil, planner.Refused, diag.Diagnostic{
			Pos: keyPlace, Rule: diag.OverLimit, Message: `what a run of job "wing" can cost is not known: priority economy starts an interrupted run again, and bills it again; limits.maxCost is 10.00 USD`,
			Hint: "say how often at most, as limits: {restarts: 1}; or take priority: on-demand",
		}},
		"as much, by sums that are not exact": {limited(0.3, resolver.Estimate{Bounded: true, CoreHours: 3, Rate: 0.1, Cost: 3 * 0.1}), nil, planner.Run, diag.Diagnostic{}},
		"no price": {limited(10, resolver.Estimate{Bounded: true, CoreHours: 1}), nil, planner.Refused, diag.Diagnostic{
			Pos: keyPlace, Rule: diag.OverLimit, Message: `what a run of job "wing" can cost is not known: the platform names no price for core type emerald; limits.maxCost is 10.00 USD`,
			Hint: "choose a core type with a price, or leave out the limit",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			step := planner.New([]resolver.Job{tc.job}, snapshot, planner.Observation{}, planner.Options{}).Steps[0]
			if diff := cmp.Diff(tc.want, step.Refusal); step.Action != tc.action || diff != "" {
				t.Errorf("%s (-want +got)\n%s", step.Action, diff)
			}
		})
	}
}

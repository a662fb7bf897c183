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
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// rerunning is a job that asks for a generation and for what follows a failure.
func rerunning(generation int, policy spec.OnFailure) resolver.Job {
	j := plantest.Job("a=1")
	j.Rerun.Generation.V, j.Rerun.OnFailure.V = generation, policy
	return j
}

// retrying is a job whose failures are followed by at most so many attempts.
func retrying(most int) resolver.Job {
	j := rerunning(1, spec.Always)
	j.Rerun.AtMost = spec.Value[int]{V: most, Pos: diag.Position{Line: 1}}
	return j
}

func of(generation, attempt int) once.Key {
	return once.Key{Digest: plantest.Job("a=1").Digest, Name: "wing", Generation: generation, Attempt: attempt}
}

func TestRerun(t *testing.T) {
	t.Parallel()
	failed := plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), verdict.Failed)
	succeeded := plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), verdict.Succeeded)
	submitted := plantest.Run(plantest.Job("a=1"), state.StageSubmitted, "Old")
	executing := map[string][]rescale.Status{"Old": {{Status: "Executing"}}}
	foundFailed := once.Found{ID: "Fnd", Key: of(1, 1), History: plantest.History("Completed", "A run failed", "Executing", "")}
	for name, tc := range map[string]struct {
		job     resolver.Job
		runs    []state.Run
		seen    planner.Observation
		options planner.Options
		action  planner.Action
		key     once.Key
		stop    []planner.Rival
		reasons []string
	}{
		"a higher generation runs again": {
			rerunning(2, spec.Never),
			[]state.Run{succeeded},
			planner.Observation{},
			planner.Options{},
			planner.Rerun, of(2, 1), nil,
			[]string{"rerun.generation 1 → 2"},
		},
		"back to a generation that ran": {
			rerunning(1, spec.Never),
			[]state.Run{succeeded, {
				Job: "wing", Key: of(2, 1).String(), Digest: plantest.Job("a=1").Digest, Generation: 2, Attempt: 1, Stage: state.StageFinished, ID: "New", Verdict: "failed",
			}},
			planner.Observation{},
			planner.Options{},
			planner.Unchanged, of(1, 1), nil,
			[]string{"succeeded as Old"},
		},
		"the generation is found when the state is lost": {
			rerunning(2, spec.Never),
			nil,
			planner.Observation{Found: []once.Found{foundFailed, {ID: "Two", Key: of(2, 1), History: plantest.History("Executing", "")}}},
			planner.Options{},
			planner.Running, of(2, 1), nil,
			[]string{"Two is Executing"},
		},
		"an earlier generation that runs is in the way": {
			rerunning(2, spec.Never),
			[]state.Run{submitted},
			planner.Observation{Statuses: executing},
			planner.Options{},
			planner.Conflict, of(2, 1), nil,
			[]string{"it changed while run Old is still active"},
		},
		"an earlier generation that runs is found when the state is lost": {
			rerunning(2, spec.Never),
			nil,
			planner.Observation{Found: []once.Found{{ID: "Fnd", Key: of(1, 1), History: plantest.History("Executing", "")}}},
			planner.Options{},
			planner.Conflict, of(2, 1), nil,
			[]string{"it changed while run Fnd is still active, submitted 2026-03-02 12:00 UTC"},
		},
		"what is in the way can be stopped": {
			rerunning(2, spec.Never),
			[]state.Run{submitted},
			planner.Observation{Statuses: executing},
			planner.Options{Rivals: planner.StopRivals},
			planner.Rerun, of(2, 1),
			[]planner.Rival{{ID: "Old", Key: of(1, 1).String()}},
			[]string{"rerun.generation 1 → 2", "run Old is stopped first"},
		},
		"replaced although it runs": {
			rerunning(1, spec.Never),
			[]state.Run{submitted},
			planner.Observation{Statuses: executing},
			planner.Options{Rivals: planner.StopRivals, Replace: []string{"wing"}},
			planner.Rerun, of(1, 2),
			[]planner.Rival{{ID: "Old", Key: of(1, 1).String()}},
			[]string{"replaced on request", "run Old is stopped first"},
		},
		"to stop rivals is no wish to replace": {
			rerunning(1, spec.Never),
			[]state.Run{submitted},
			planner.Observation{Statuses: executing},
			planner.Options{Rivals: planner.StopRivals},
			planner.Running, of(1, 1), nil,
			[]string{"Old is Executing"},
		},
		"a failure stays": {
			rerunning(1, spec.Never),
			[]state.Run{failed},
			planner.Observation{},
			planner.Options{},
			planner.Unchanged, of(1, 1), nil,
			[]string{"failed as Old", "because"},
		},
		"a failure is followed by the next attempt": {
			rerunning(1, spec.Always),
			[]state.Run{failed},
			planner.Observation{},
			planner.Options{},
			planner.Rerun, of(1, 2), nil,
			[]string{"failed as Old, and rerun.onFailure is always"},
		},
		"attempts have a bound": {
			retrying(1),
			[]state.Run{failed},
			planner.Observation{},
			planner.Options{},
			planner.Rerun, of(1, 2), nil,
			[]string{"failed as Old, and rerun.onFailure is always"},
		},
		"at the bound a failure stays": {
			retrying(1),
			[]state.Run{failed, plantest.Again(failed)},
			planner.Observation{},
			planner.Options{},
			planner.Unchanged, of(1, 2), nil,
			[]string{"failed as Old", "because", "rerun.atMost is 1, and this is attempt 2"},
		},
		"attempts of other machines count, and those that were deleted": {
			retrying(2),
			[]state.Run{failed},
			planner.Observation{Found: []once.Found{{ID: "Thr", Key: of(1, 3), History: foundFailed.History}}},
			planner.Options{},
			planner.Unchanged, of(1, 3), nil,
			[]string{"failed as Thr", "A run failed", "rerun.atMost is 2, and this is attempt 3"},
		},
		"a person may pass the bound": {
			retrying(1),
			[]state.Run{failed, plantest.Again(failed)},
			planner.Observation{},
			planner.Options{Failed: true},
			planner.Rerun, of(1, 3), nil,
			[]string{"replaced on request"},
		},
		"a failure stays where no attempt is wanted": {
			rerunning(1, spec.Always),
			[]state.Run{failed},
			planner.Observation{},
			planner.Options{Keep: true},
			planner.Unchanged, of(1, 1), nil,
			[]string{"failed as Old", "because"},
		},
		"the next attempt is found when another machine made it": {
			rerunning(1, spec.Always),
			[]state.Run{failed},
			planner.Observation{Found: []once.Found{{ID: "Two", Key: of(1, 2), History: plantest.History("Executing", "")}}},
			planner.Options{},
			planner.Running, of(1, 2), nil,
			[]string{"Two is Executing"},
		},
		"a failure that only the platform remembers is followed, too": {
			rerunning(1, spec.Always),
			nil,
			planner.Observation{Found: []once.Found{foundFailed}},
			planner.Options{},
			planner.Rerun, of(1, 2), nil,
			[]string{"failed as Fnd, and rerun.onFailure is always"},
		},
		"a failure that only the platform remembers, and another runner's draft of the next attempt": {
			rerunning(1, spec.Always),
			nil,
			planner.Observation{Found: []once.Found{foundFailed, {ID: "Two", Key: of(1, 2)}}},
			planner.Options{},
			planner.Rerun, of(1, 2), nil,
			[]string{"failed as Fnd, and rerun.onFailure is always"},
		},
		"success is not": {
			rerunning(1, spec.Always),
			[]state.Run{succeeded},
			planner.Observation{},
			planner.Options{},
			planner.Unchanged, of(1, 1), nil,
			[]string{"succeeded as Old"},
		},
		"nor is what a person stopped": {
			rerunning(1, spec.Always),
			[]state.Run{plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), verdict.Stopped)},
			planner.Observation{},
			planner.Options{},
			planner.Unchanged, of(1, 1), nil,
			[]string{"stopped as Old", "because"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.runs}}
			step := planner.New([]resolver.Job{tc.job}, snapshot, tc.seen, tc.options).Steps[0]
			type decided struct {
				Action  planner.Action
				Key     once.Key
				Stop    []planner.Rival
				Reasons []string
			}
			want := decided{tc.action, tc.key, tc.stop, tc.reasons}
			if diff := cmp.Diff(want, decided{step.Action, step.Key, step.Stop, step.Reasons}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestARunThatItsWalltimeEnded runs again when the manifest gives it more: its times
// tell, as no text does.
func TestARunThatItsWalltimeEnded(t *testing.T) {
	t.Parallel()
	wants := func(hours int) resolver.Job {
		j := plantest.Job("a=1")
		j.Tiles[0].Walltime = hours
		return j
	}
	kept := func(v verdict.Verdict, took time.Duration) planned {
		run := plantest.Ended(plantest.Run(plantest.Job("a=1"), "", "Old"), v)
		run.Started, run.Ended = plantest.Noon(), plantest.Noon().Add(took)
		return planned{runs: []state.Run{run}}
	}
	lost := planned{seen: planner.Observation{Found: []once.Found{{ID: "Old", Key: of(1, 1), History: []rescale.Status{
		{Status: "Completed", Date: plantest.Noon().Add(8 * time.Hour)}, {Status: "Executing", Date: plantest.Noon()},
	}}}}}
	guarded := wants(12)
	guarded.Protected.V = true
	const again = "failed as Old at the end of its walltime, hardware.walltime 8 h → 12 h"
	for name, tc := range map[string]struct {
		job    resolver.Job
		past   planned
		action planner.Action
		reason string
	}{
		"more hours":                       {wants(12), kept(verdict.Failed, 8*time.Hour), planner.Rerun, again},
		"more hours, with the state lost":  {wants(12), lost, planner.Rerun, again},
		"the same hours":                   {wants(8), kept(verdict.Failed, 8*time.Hour), planner.Unchanged, "failed as Old"},
		"fewer hours":                      {wants(4), kept(verdict.Failed, 8*time.Hour), planner.Unchanged, "failed as Old"},
		"no walltime, which is not higher": {wants(0), kept(verdict.Failed, 8*time.Hour), planner.Unchanged, "failed as Old"},
		"the same hours, state lost":       {wants(8), lost, planner.Unchanged, "failed as Old"},
		"it failed before":                 {wants(12), kept(verdict.Failed, time.Hour), planner.Unchanged, "failed as Old"},
		"it succeeded in the last minute":  {wants(12), kept(verdict.Succeeded, 8*time.Hour), planner.Unchanged, "succeeded as Old"},
		"a person stopped it at that time": {wants(12), kept(verdict.Stopped, 8*time.Hour), planner.Unchanged, "stopped as Old"},
		"it is protected":                  {guarded, kept(verdict.Failed, 8*time.Hour), planner.Refused, `job "wing" is protected, and run Old must stay its only one: ` + again},
		"it is protected, state lost":      {guarded, lost, planner.Refused, `job "wing" is protected, and run Old must stay its only one: ` + again},
		"its checks failed at the same time": {
			wants(12), kept(verdict.SuccessCheckFailed, 8*time.Hour), planner.Rerun, "success-check-failed" + again[len("failed"):],
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.past.seen.Walltimes = map[string]int{"Old": 8}
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": tc.past.runs}}
			step := planner.New([]resolver.Job{tc.job}, snapshot, tc.past.seen, planner.Options{}).Steps[0]
			if step.Action != tc.action || step.Reasons[0] != tc.reason {
				t.Errorf("%s: %q, want %s: %q", step.Action, step.Reasons, tc.action, tc.reason)
			}
			if tc.action == planner.Rerun && step.Key != of(1, 2) {
				t.Errorf("key %s", step.Key)
			}
		})
	}
}

// planned is what a plan knows of earlier runs.
type planned struct {
	runs []state.Run
	seen planner.Observation
}

// replaceRunning applies generation 2 while generation 1 runs as Old.
func replaceRunning(t *testing.T, p *fake, m *memory) executor.Outcome {
	t.Helper()
	j := rerunning(2, spec.Never)
	j.Inputs, j.Request = nil, plain("wing").Request
	m.snapshot = state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Run(plantest.Job("a=1"), state.StageSubmitted, "Old")}}}
	p.history["Old"] = plantest.History("Executing", "", "Pending", "")
	seen := planner.Observation{Statuses: map[string][]rescale.Status{"Old": p.history["Old"]}}
	plan := planner.New([]resolver.Job{j}, m.snapshot, seen, planner.Options{Rivals: planner.StopRivals})
	report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return report.Outcomes[0]
}

// TestTheOldRunEndsBeforeTheNewOneBegins, however the platform shows its end.
func TestTheOldRunEndsBeforeTheNewOneBegins(t *testing.T) {
	t.Parallel()
	for name, onStop := range map[string]func(*fake){
		"it tells": func(f *fake) {
			f.history["Old"] = plantest.History("Completed", "", "Stopping", "User Terminated", "Executing", "")
		},
		"only its cluster ends": func(f *fake) {
			f.history["Old"], f.clusters["Old"] = plantest.History("Pending", ""), plantest.History("Stopped", "")
		},
		"it had no cluster yet": func(f *fake) { f.history["Old"] = plantest.History("Pending", "") },
		"it was deleted":        func(f *fake) { f.gone = map[string]bool{"Old": true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				p.after = func(call string) {
					if call == "stop Old" {
						onStop(p)
					}
				}
				if o := replaceRunning(t, p, m); o.Verdict != verdict.Succeeded || o.ID != "A" && o.ID != "B" {
					t.Errorf("outcome %+v", o)
				}
				if diff := cmp.Diff("status submitted finished creating created submitting submitted status finished", m.kinds()); diff != "" {
					t.Errorf("journal (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestARunThatDoesNotStopKeepsTheNewOneFromBeginning: both would be paid.
func TestARunThatDoesNotStopKeepsTheNewOneFromBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.stopErr = errLost
		begun := time.Now()
		if o := replaceRunning(t, p, m); !errors.Is(o.Err, errLost) || p.count("create") != 0 || m.kinds() != "status" {
			t.Errorf("outcome %+v, %v, journal %q", o, p.calls, m.kinds())
		}
		if time.Since(begun) > time.Minute {
			t.Errorf("waited %v", time.Since(begun))
		}
	})
}

// TestTheHintCountsAsThePlanDoes: the newest attempt counts, though the run that the hint is
// about is an older one, which builds on the wanted runs.
func TestTheHintCountsAsThePlanDoes(t *testing.T) {
	t.Parallel()
	job := retrying(1)
	failed := plantest.Ended(plantest.Run(job, "", "Old"), verdict.Failed)
	elsewhere := plantest.Again(failed)
	elsewhere.Upstream = "other"
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {failed, elsewhere}}}
	step := planner.New([]resolver.Job{job}, snapshot, planner.Observation{}, planner.Options{}).Steps[0]
	if step.Action != planner.Unchanged || step.Key.Attempt != 1 || step.Attempts != 2 {
		t.Fatalf("%s, attempt %d of %d", step.Action, step.Key.Attempt, step.Attempts)
	}
	const want = "rerun.atMost is 1, and this is attempt 2; --replace wing=Old runs it again unchanged; download --all fetches its files"
	for _, hint := range []string{step.Hint, planner.FailedHint("", step, "Old", verdict.Failed)} {
		if hint != want {
			t.Errorf("%s", hint)
		}
	}
}

package executor_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// resume plans and applies a job whose journal has a draft of it.
func resume(t *testing.T, p *fake, m *memory, draft string) executor.Outcome {
	t.Helper()
	j := plain("wing")
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Run(j, state.StageCreated, draft)}}}
	seen, err := planner.Observe(t.Context(), p, resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}, snapshot, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := planner.New([]resolver.Job{j}, snapshot, seen, planner.Options{})
	report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return report.Outcomes[0]
}

// TestADraftIsSubmittedAsTheManifestSaysNow: walltime, priority and project are
// not in the digest, so an old draft may say something else.
func TestADraftIsSubmittedAsTheManifestSaysNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.jobs = []rescale.Job{keyed("A", plain("wing"), noon)}
		if o := resume(t, p, m, "A"); o.Verdict != verdict.Succeeded {
			t.Fatalf("outcome %+v", o)
		}
		if diff := cmp.Diff([]string{"statuses", "list", "statuses", "statuses", "update", "submit"}, p.calls[:6]); diff != "" {
			t.Errorf("calls (-want +got)\n%s", diff)
		}
		if len(p.updates) != 1 || p.updates[0].JobAnalyses[0].Command != "wing" {
			t.Errorf("updates %+v", p.updates)
		}
	})
}

// TestADraftThatSomebodySubmittedIsNotSubmittedAgain, for the platform has
// announced to refuse that.
func TestADraftThatSomebodySubmittedIsNotSubmittedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.jobs = []rescale.Job{{ID: "A", Owner: owner}}
		p.history["A"] = plantest.History("Completed", "Completed successfully", "Executing", "")
		if o := resume(t, p, m, "A"); o.Verdict != verdict.Succeeded || p.count("submit") != 0 || p.count("update") != 0 {
			t.Errorf("outcome %+v, %d submits, %d updates", o, p.count("submit"), p.count("update"))
		}
	})
}

// TestARunThatIsDeletedMeanwhileIsNotMadeAnew: a person deletes it after the plan has
// seen it run. It was paid for, and nobody has asked for another.
func TestARunThatIsDeletedMeanwhileIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		j := plain("wing")
		submitting := plantest.Run(j, state.StageSubmitting, "A")
		m.snapshot = state.Snapshot{Runs: map[string][]state.Run{"wing": {submitting}}}
		seen := planner.Observation{Statuses: map[string][]rescale.Status{"A": plantest.History("Executing", "")}}
		plan := planner.New([]resolver.Job{j}, m.snapshot, seen, planner.Options{})
		p.gone = map[string]bool{"A": true}
		report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if report.Outcomes[0].Verdict != verdict.Stopped || p.count("create") != 0 || p.count("submit") != 0 {
			t.Errorf("outcome %+v, %v", report.Outcomes[0], p.calls)
		}
	})
}

// TestAGoneDraftIsLookedForUnderItsKey: an old journal says that it was about to be
// submitted. Another runner can have run the same key, and only if none has does nobody
// know whether it was billed.
func TestAGoneDraftIsLookedForUnderItsKey(t *testing.T) {
	t.Parallel()
	j := plain("wing")
	for name, tc := range map[string]struct {
		jobs   []rescale.Job
		action planner.Action
		id     string
	}{
		"another runner's run": {[]rescale.Job{keyed("B", j, noon)}, planner.Running, "B"},
		"none":                 {nil, planner.Conflict, "A"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake()
			p.jobs, p.gone = tc.jobs, map[string]bool{"A": true}
			p.history["B"] = plantest.History("Executing", "")
			snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Run(j, state.StageSubmitting, "A")}}}
			resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}
			seen, err := planner.Observe(t.Context(), p, resolved, snapshot, planner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			step := planner.New(resolved.Jobs, snapshot, seen, planner.Options{}).Steps[0]
			if step.Action != tc.action || step.ID != tc.id {
				t.Errorf("%s %s %v, want %s %s", step.Action, step.ID, step.Reasons, tc.action, tc.id)
			}
		})
	}
}

// TestARefusedRepeatIsASubmit: a 400 for a job that is on is no failure.
func TestARefusedRepeatIsASubmit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.submitErr = &rescale.Error{Status: http.StatusBadRequest, Detail: "already submitted"}
		if o := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]; o.Verdict != verdict.Succeeded {
			t.Errorf("outcome %+v", o)
		}
	})
}

// TestThrottledCallsAreRepeated: a 429 certainly had no effect.
func TestThrottledCallsAreRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.createErr, p.loseEffect = &rescale.Error{Status: http.StatusTooManyRequests}, true
		p.after = func(string) {
			if len(p.calls) == 3 {
				p.createErr = nil
			}
		}
		if o := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]; o.Verdict != verdict.Succeeded || p.count("create") != 4 {
			t.Errorf("outcome %+v, %d creates", o, p.count("create"))
		}
	})
}

// TestAListingThatNeverStandsStillStartsNothing: the job may be in it, unseen.
func TestAListingThatNeverStandsStillStartsNothing(t *testing.T) {
	t.Parallel()
	p := newFake()
	p.unstable = true
	jobs := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{plain("wing")}}
	_, err := planner.Observe(t.Context(), p, jobs, state.Snapshot{New: true}, planner.Options{})
	var unstable *once.UnstableError
	if !errors.As(err, &unstable) || unstable.Name != "wing" || p.count("list") != 3 {
		t.Errorf("error %v after %d listings", err, p.count("list"))
	}
}

// TestManyActiveRunsCostOneListing: a plan of a running sweep must not ask for
// each run.
func TestManyActiveRunsCostOneListing(t *testing.T) {
	t.Parallel()
	p := newFake()
	snapshot := state.Snapshot{Runs: make(map[string][]state.Run)}
	var jobs []resolver.Job
	for i := range 100 {
		j := plain(fmt.Sprintf("wing-%d", i))
		id := fmt.Sprintf("Job%d", i)
		snapshot.Runs[j.Name] = []state.Run{plantest.Run(j, state.StageSubmitted, id)}
		jobs = append(jobs, j)
		p.jobs = append(p.jobs, rescale.Job{ID: id, Owner: owner})
		p.history[id] = plantest.History("Executing", "")
	}
	p.history["Job7"] = plantest.History("Completed", "Completed successfully")
	seen, err := planner.Active(t.Context(), p, jobs, snapshot)
	if err != nil || p.count("list") != 1 || p.count("statuses") != 1 {
		t.Errorf("%v, %d listings, %d histories", err, p.count("list"), p.count("statuses"))
	}
	if len(seen.Statuses) != 100 || seen.Statuses["Job7"][0].Status != "Completed" || seen.Statuses["Job8"][0].Status != "Executing" {
		t.Errorf("%d runs: %v", len(seen.Statuses), seen.Statuses["Job7"])
	}
}

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// talking is a platform on which every run succeeds and leaves what it printed.
type talking struct {
	*fake
	says  string
	empty int // looks at which nothing is listed yet
	looks int
}

func (p *talking) JobFiles(ctx context.Context, _, search string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if search == "" {
		p.looks++
	}
	if p.looks <= p.empty {
		return nil, nil
	}
	return []rescale.File{{ID: "log", Name: "process_output.log", RelativePath: "process_output.log", Size: int64(len(p.says)), Complete: true}}, nil
}

func (p *talking) Download(ctx context.Context, _ string, _ rescale.Span) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(p.says)), ctx.Err()
}

// wanting is a job whose log must contain some words.
func wanting(words ...string) resolver.Job {
	j := plain("wing")
	log := spec.LogCheck{File: spec.Value[string]{V: spec.ProcessOutput}}
	for _, w := range words {
		log.Contains = append(log.Contains, spec.Value[string]{V: w})
	}
	if len(words) > 0 {
		j.Success.Logs = []spec.LogCheck{log}
	}
	return j
}

// An output list that stays empty for a while is waited for; one that stays so for
// long leaves the run unjudged, and the next apply judges it.
func TestSuccessIsNotGuessed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		says    string
		empty   int
		verdict verdict.Verdict
		kinds   string
	}{
		"said":              {"the End", 0, verdict.Succeeded, "creating created submitting submitted status finished"},
		"said, listed late": {"the End", 20, verdict.Succeeded, "creating created submitting submitted status finished"},
		"not said":          {"the Enc", 0, verdict.SuccessCheckFailed, "creating created submitting submitted status finished"},
		"never listed":      {"the End", 1000, "", "creating created submitting submitted status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := &talking{fake: newFake(), says: tc.says, empty: tc.empty}, new(memory)
				o := apply(t.Context(), t, p, m, wanting("End")).Outcomes[0]
				if o.Verdict != tc.verdict || m.kinds() != tc.kinds {
					t.Errorf("outcome %+v, records %s", o, m.kinds())
				}
				var unknown *success.UnknownError
				if errors.As(o.Err, &unknown) != (tc.verdict == "") {
					t.Errorf("error %v", o.Err)
				}
				if tc.verdict == "" {
					return
				}
				last := m.records[len(m.records)-1]
				if last.Verdict != string(tc.verdict) || last.Checks != success.Of(wanting("End").Success).String() {
					t.Errorf("recorded %+v", last)
				}
			})
		})
	}
}

// TestJudgedAfterACrash: whatever was lost between the end of a run and its check,
// the next apply judges the run and starts nothing.
func TestJudgedAfterACrash(t *testing.T) {
	t.Parallel()
	j := wanting("End")
	for name, snapshot := range map[string]state.Snapshot{
		"the state kept": {Runs: map[string][]state.Run{"wing": {plantest.Run(j, state.StageSubmitted, "A")}}},
		"the state lost": {New: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := &talking{fake: newFake(), says: "nothing"}, &memory{snapshot: snapshot}
				key := once.Key{Digest: j.Digest, Name: "wing", Generation: 1, Attempt: 1}
				p.jobs = []rescale.Job{{
					ID: "A", Name: "wing" + " " + key.Marker(""), Owner: owner, DateInserted: noon,
					Tiles: []rescale.Tile{{EnvVars: map[string]string{once.KeyVariable: key.String()}}},
				}}
				p.history["A"] = plantest.History("Completed", "Completed successfully", "Executing", "")
				resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}
				seen, err := planner.Observe(t.Context(), p, resolved, snapshot, planner.Options{})
				if err != nil {
					t.Fatal(err)
				}
				plan := planner.New(resolved.Jobs, snapshot, seen, planner.Options{})
				report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
				if err != nil {
					t.Fatal(err)
				}
				o := report.Outcomes[0]
				if o.Verdict != verdict.SuccessCheckFailed || o.Reason != `log process_output.log lacks "End"` || p.count("create")+p.count("submit") > 0 {
					t.Errorf("outcome %+v, calls %q", o, p.calls)
				}
			})
		})
	}
}

// TestChangedChecks: what success means is not in the digest, so that a run which is
// over is judged again, and not run again.
func TestChangedChecks(t *testing.T) {
	t.Parallel()
	judged := func(v verdict.Verdict, words ...string) state.Run {
		r := plantest.Ended(plantest.Run(plain("wing"), "", "A"), v)
		r.Checks = success.Of(wanting(words...).Success).String()
		return r
	}
	always := func(j resolver.Job) resolver.Job {
		j.Rerun.OnFailure.V = spec.Always
		return j
	}
	for name, tc := range map[string]struct {
		job     resolver.Job
		run     state.Run
		options planner.Options
		action  planner.Action
		reason  string
		verdict verdict.Verdict
	}{
		"the same checks":           {wanting("End"), judged(verdict.Succeeded, "End"), planner.Options{}, planner.Unchanged, "succeeded as A", verdict.Succeeded},
		"the same, failed":          {wanting("End"), judged(verdict.SuccessCheckFailed, "End"), planner.Options{}, planner.Unchanged, "success-check-failed as A", verdict.SuccessCheckFailed},
		"new checks":                {wanting("End"), judged(verdict.Succeeded), planner.Options{}, planner.Judge, "success of A is not checked yet", verdict.Succeeded},
		"harder ones":               {wanting("End", "Fin"), judged(verdict.Succeeded, "End"), planner.Options{}, planner.Judge, "success changed since A was judged", verdict.SuccessCheckFailed},
		"easier ones":               {wanting("End"), judged(verdict.SuccessCheckFailed, "End", "Fin"), planner.Options{}, planner.Judge, "success changed since A was judged", verdict.Succeeded},
		"none any more":             {wanting(), judged(verdict.SuccessCheckFailed, "Fin"), planner.Options{}, planner.Judge, "success changed since A was judged", verdict.Succeeded},
		"none after a success":      {wanting(), judged(verdict.Succeeded, "End"), planner.Options{}, planner.Unchanged, "succeeded as A", verdict.Succeeded},
		"a failure of the platform": {wanting("End"), judged(verdict.Failed), planner.Options{}, planner.Unchanged, "failed as A", verdict.Failed},
		"judged before it is run again": {
			always(wanting("End")), judged(verdict.SuccessCheckFailed, "Fin"), planner.Options{}, planner.Judge, "success changed since A was judged", verdict.Succeeded,
		},
		"run again when it fails as before": {
			always(wanting("Fin")), judged(verdict.SuccessCheckFailed, "Fin"),
			planner.Options{},
			planner.Rerun,
			"success-check-failed as A, and rerun.onFailure is always", verdict.SuccessCheckFailed,
		},
		"replaced on request": {
			wanting("End"), judged(verdict.SuccessCheckFailed, "Fin"), planner.Options{Replace: []string{"wing"}}, planner.Rerun, "replaced on request", verdict.Succeeded,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {tc.run}}}
				p, m := &talking{fake: newFake(), says: "the End"}, &memory{snapshot: snapshot}
				p.jobs = []rescale.Job{{ID: "A", Owner: owner, DateInserted: noon.Add(-time.Hour)}}
				p.history["A"] = plantest.History("Completed", "Completed successfully", "Executing", "")
				plan := planner.New([]resolver.Job{tc.job}, snapshot, planner.Observation{Since: noon}, tc.options)
				step := plan.Steps[0]
				if step.Action != tc.action || step.Reasons[0] != tc.reason {
					t.Errorf("step %s %q", step.Action, step.Reasons)
				}
				report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
				if err != nil {
					t.Fatal(err)
				}
				o := report.Outcomes[0]
				if o.Verdict != tc.verdict || o.Err != nil {
					t.Errorf("outcome %+v", o)
				}
				if starts := p.count("submit"); starts > 0 != (tc.action == planner.Rerun) {
					t.Errorf("%d submits", starts)
				}
				if tc.action != planner.Judge {
					return
				}
				want := state.Record{
					Kind: state.KindFinished, Job: "wing", Key: tc.run.Key, ID: "A", Verdict: string(tc.verdict), Reason: o.Reason,
					Checks: success.Of(tc.job.Success).String(),
				}
				if diff := cmp.Diff(want, m.records[0]); diff != "" {
					t.Errorf("record (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A run that was deleted on the platform cannot be judged again.
func TestJudgedWhenItIsGone(t *testing.T) {
	t.Parallel()
	snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {plantest.Ended(plantest.Run(plain("wing"), "", "A"), verdict.Succeeded)}}}
	p, m := &talking{fake: newFake()}, &memory{snapshot: snapshot}
	p.gone = map[string]bool{"A": true}
	plan := planner.New([]resolver.Job{wanting("End")}, snapshot, planner.Observation{}, planner.Options{})
	report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner}).Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if o := report.Outcomes[0]; !patience.NotFound(o.Err) || o.Verdict != "" || !strings.HasPrefix(o.Hint, "--replace wing") || len(m.records) > 0 {
		t.Errorf("outcome %+v, records %s", o, m.kinds())
	}
}

// TestAWaitForOutputsHoldsNobodyUp: the outputs of many runs come late at once, and only
// one may be looked at at a time.
func TestAWaitForOutputsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const runs = 50
		p, m := &talking{fake: newFake(), says: "the Enc", empty: 10 * runs}, new(memory)
		var jobs []resolver.Job
		for n := range runs {
			j := wanting("End")
			j.Name = fmt.Sprintf("wing%d", n)
			jobs = append(jobs, j)
		}
		start := time.Now()
		plan := planner.New(jobs, state.Snapshot{}, planner.Observation{Since: noon}, planner.Options{})
		report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner, Parallel: 1}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range report.Outcomes {
			if o.Verdict != verdict.SuccessCheckFailed {
				t.Fatalf("outcome %+v", o)
			}
		}
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// TestAttemptAfterAFailedCheckWithTheStateLost: the platform calls the run a success, so
// only its outputs show whether the manifest wants another attempt.
func TestAttemptAfterAFailedCheckWithTheStateLost(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		says   string
		empty  int
		policy spec.OnFailure
		action planner.Action
		looks  int
	}{
		"it failed":             {"the Enc", 0, spec.Always, planner.Rerun, 1},
		"it succeeded":          {"the End", 0, spec.Always, planner.Unchanged, 1},
		"nobody can know":       {"the Enc", 1000, spec.Always, planner.Judge, 3},
		"nothing depends on it": {"the Enc", 0, spec.Never, planner.Judge, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := wanting("End")
				j.Rerun.OnFailure.V = tc.policy
				key := once.Key{Digest: j.Digest, Name: "wing", Generation: 1, Attempt: 1}
				p := &talking{fake: newFake(), says: tc.says, empty: tc.empty}
				p.jobs = []rescale.Job{{
					ID: "A", Name: "wing " + key.Marker(""), Owner: owner, DateInserted: noon,
					Tiles: []rescale.Tile{{EnvVars: map[string]string{once.KeyVariable: key.String()}}},
				}}
				p.history["A"] = plantest.History("Completed", "Completed successfully", "Executing", "")
				resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}
				seen, err := planner.Observe(t.Context(), p, resolved, state.Snapshot{New: true}, planner.Options{})
				if err != nil {
					t.Fatal(err)
				}
				step := planner.New(resolved.Jobs, state.Snapshot{}, seen, planner.Options{}).Steps[0]
				if step.Action != tc.action || p.looks != tc.looks {
					t.Errorf("%s %q after %d looks", step.Action, step.Reasons, p.looks)
				}
			})
		})
	}
}

// TestAFailedCheckIsLookedAtOnceMoreBeforeItIsPaidFor: the outputs came into the list
// after the run had been judged by those that were there.
func TestAFailedCheckIsLookedAtOnceMoreBeforeItIsPaidFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		says   string
		empty  int
		policy spec.OnFailure
		action planner.Action
		looks  int
	}{
		"it passes now":         {"the End", 0, spec.Always, planner.Judge, 1},
		"it fails as before":    {"the Enc", 0, spec.Always, planner.Rerun, 1},
		"its outputs are gone":  {"the End", 1000, spec.Always, planner.Rerun, 3},
		"nothing depends on it": {"the End", 0, spec.Never, planner.Unchanged, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := wanting("End")
				j.Rerun.OnFailure.V = tc.policy
				failed := plantest.Ended(plantest.Run(j, "", "A"), verdict.SuccessCheckFailed)
				failed.Checks = success.Of(j.Success).String()
				snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {failed}}}
				p := &talking{fake: newFake(), says: tc.says, empty: tc.empty}
				resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}
				seen, err := planner.Observe(t.Context(), p, resolved, snapshot, planner.Options{})
				if err != nil {
					t.Fatal(err)
				}
				step := planner.New(resolved.Jobs, snapshot, seen, planner.Options{}).Steps[0]
				if step.Action != tc.action || p.looks != tc.looks {
					t.Errorf("%s %q after %d looks", step.Action, step.Reasons, p.looks)
				}
			})
		})
	}
}

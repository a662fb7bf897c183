package success_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestEachRunOfASweepMustPass: the platform lists outputs, so a run that left none shows
// in no list.
func TestEachRunOfASweepMustPass(t *testing.T) {
	t.Parallel()
	csv := success.Checks{Files: []string{"*.csv"}, Runs: []string{"x=1", "x=2", "x=3"}}
	logged := success.Checks{Logs: []success.Log{{File: log, Lacks: []string{"FATAL"}}}, Runs: csv.Runs}
	many := success.Checks{Files: []string{"*.csv"}, Runs: make([]string, 15)}
	var lacking []string
	for i := range 10 {
		lacking = append(lacking, fmt.Sprintf(`run %d of 15 (): no output file matches "*.csv"`, i+2))
	}
	for name, tc := range map[string]struct {
		left   []string
		checks success.Checks
		want   []string
		run    string
	}{
		"all pass":             {[]string{"run1:" + log, "", "run1:a.csv", "", "run2:" + log, "", "run2:a.csv", "", "run3:" + log, "", "run3:a.csv", ""}, csv, nil, ""},
		"one lacks a file":     {[]string{"run1:" + log, "", "run1:a.csv", "", "run2:" + log, "", "run3:" + log, "", "run3:a.csv", ""}, csv, []string{`run 2 of 3 (x=2): no output file matches "*.csv"`}, "run2"},
		"one left nothing":     {[]string{"run1:" + log, "", "run1:a.csv", "", "run2:" + log, "", "run2:a.csv", ""}, csv, []string{`run 3 of 3 (x=3): no output file matches "*.csv"`}, "run3"},
		"one has no log":       {[]string{"run1:" + log, "", "run3:" + log, ""}, logged, []string{"run 2 of 3 (x=2): log process_output.log is not among the outputs"}, "run2"},
		"the log of one tells": {[]string{"run1:" + log, "", "run2:" + log, "", "run3:" + log, "FATAL"}, logged, []string{`run 3 of 3 (x=3): log process_output.log contains "FATAL"`}, "run3"},
		"most fail":            {[]string{"run1:" + log, "", "run1:a.csv", ""}, many, append(lacking, "and 4 more"), "run2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := success.Examiner{Platform: left(tc.left...)}
				failed, err := e.Examine(t.Context(), "J", tc.checks)
				if diff := cmp.Diff(tc.want, failed); diff != "" || err != nil {
					t.Errorf("%v (-want +got)\n%s", err, diff)
				}
				j, err := e.Judge(t.Context(), "J", verdict.Judgement{Verdict: verdict.Succeeded}, tc.checks)
				if j.Run != tc.run || err != nil {
					t.Errorf("judged %+v, %v", j, err)
				}
			})
		})
	}
}

// TestWhichRunsOfASweepFailed: that does not change the verdict, which the platform has
// given, and never keeps it from being told.
func TestWhichRunsOfASweepFailed(t *testing.T) {
	t.Parallel()
	failed := verdict.Judgement{Verdict: verdict.Failed, Reason: "A run failed"}
	checks := success.Of(spec.Success{Files: []spec.Value[string]{{V: "*.csv"}}, Runs: []string{"x=1", "x=2"}})
	whole := []string{"run1:" + log, "", "run1:a.csv", "", "run2:" + log, ""}
	for name, tc := range map[string]struct {
		left   []string
		judged verdict.Judgement
		checks success.Checks
		want   verdict.Judgement
	}{
		"one":              {whole, failed, checks, verdict.Judgement{Verdict: verdict.Failed, Run: "run2", Reason: `A run failed; run 2 of 2 (x=2): no output file matches "*.csv"`}},
		"nobody knows":     {nil, failed, checks, failed},
		"no checks":        {whole, failed, success.Checks{Runs: checks.Runs}, failed},
		"no sweep":         {whole, failed, success.Checks{Files: checks.Files}, failed},
		"one that stopped": {whole, verdict.Judgement{Verdict: verdict.Stopped}, checks, verdict.Judgement{Verdict: verdict.Stopped}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := success.Examiner{Platform: left(tc.left...)}.Which(t.Context(), "J", tc.judged, tc.checks)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

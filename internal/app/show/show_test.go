package show_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Sums of prices are not exact, and programs compare them.
func TestMoneyInJSONIsRounded(t *testing.T) {
	t.Parallel()
	job := resolver.Job{Name: "wing", Tiles: make([]resolver.Tile, 1), Estimate: resolver.Estimate{Bounded: true, CoreHours: 3, Rate: 0.1, Cost: 0.1 + 0.2}}
	plan := planner.Plan{Steps: []planner.Step{{Job: job, Action: planner.Run}, {Job: job, Action: planner.Run}}}
	var planned, event bytes.Buffer
	if err := show.WritePlan(&planned, plan); err != nil {
		t.Fatal(err)
	}
	if strings.Count(planned.String(), `"maxCost": 0.3`+"\n") != 2 || !strings.Contains(planned.String(), `"maxCost": 0.6`+"\n") {
		t.Errorf("%s", planned.String())
	}
	outcome := executor.Outcome{Job: "wing", ID: "AbC", Verdict: verdict.Succeeded, Cost: 0.1 + 0.2}
	if err := show.EventLine(&event, executor.Event{Type: executor.EventResult, Outcome: &outcome}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(event.String(), `"cost":0.3,`) && !strings.Contains(event.String(), `"cost":0.3}`) {
		t.Errorf("%s", event.String())
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	ended := executor.Outcome{Job: "wing", ID: "AbC", Started: noon, Ended: noon.Add(90 * time.Minute), CoreHours: 27, Cost: 4.32}
	with := func(change func(*executor.Outcome)) executor.Outcome {
		o := ended
		change(&o)
		return o
	}
	for name, tc := range map[string]struct {
		outcome executor.Outcome
		want    string
	}{
		"succeeded": {
			with(func(o *executor.Outcome) {
				o.Verdict, o.To = verdict.Succeeded, "/home/ada/results"
				o.Files = []state.Output{{Path: "a.csv", Size: 1_200_000}}
			}),
			"✓ wing   AbC   succeeded in 1h30m   27 core-h   4.32 USD   results/ (1 file, 1.2 MB)\n",
		},
		"failed": {
			with(func(o *executor.Outcome) {
				o.Verdict, o.Reason, o.Hint = verdict.Failed, "A run failed", "do this"
				o.Log = []string{"one\n", "\x1b[31mtwo\x07\n"}
			}),
			"✗ wing   AbC   failed after 1h30m: A run failed   27 core-h   4.32 USD\n" +
				"  last lines of process_output.log:\n  | one\n  | [31mtwo\n  hint: do this\n",
		},
		"failed earlier": {
			executor.Outcome{Job: "wing", ID: "AbC", Verdict: verdict.Failed, Reason: "A run failed", Unchanged: true},
			"✗ wing   AbC   failed earlier: A run failed; not run again\n",
		},
		"still well": {executor.Outcome{Job: "wing", ID: "AbC", Verdict: verdict.Succeeded, Unchanged: true}, ""},
		"submitted":  {executor.Outcome{Job: "wing", ID: "AbC"}, "… wing   AbC   submitted\n"},
		"running":    {executor.Outcome{Job: "wing", ID: "AbC", Status: "Executing"}, "… wing   AbC   still Executing\n"},
		"broken off": {
			executor.Outcome{Job: "wing", Err: errors.New("the disk is full")},
			"… wing   not finished: the disk is full\n",
		},
		"succeeded, but not all results came": {
			with(func(o *executor.Outcome) { o.Verdict, o.Err = verdict.Succeeded, errors.New("the disk is full") }),
			"✗ wing   AbC   succeeded in 1h30m   27 core-h   4.32 USD   its results are not all here: the disk is full\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			show.Style{Dir: "/home/ada"}.Outcome(&out, tc.outcome)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A sweep says once what holds for all of its points.
func TestNotesOfASweepAreToldOnce(t *testing.T) {
	t.Parallel()
	var plan planner.Plan
	for _, name := range []string{"wing/a=1", "wing/a=2", "tail", "wing/a=3"} {
		job := resolver.Job{Name: name, Notes: []string{"sent as 2 h"}}
		if name == "tail" {
			job.Notes = append(job.Notes, "the newest")
		}
		plan.Steps = append(plan.Steps, planner.Step{Job: job, Action: planner.Run, Reasons: []string{"new"}})
	}
	var text strings.Builder
	show.Style{}.Plan(&text, plan)
	want := "  note: wing/a=1 and 3 other jobs: sent as 2 h\n  note: tail: the newest\n"
	if !strings.Contains(text.String(), want) || strings.Count(text.String(), "note:") != 2 {
		t.Errorf("%s", text.String())
	}
}

// What the platform says of a run cannot drive the terminal of who plans.
func TestPlanIsHarmless(t *testing.T) {
	t.Parallel()
	job := resolver.Job{Name: "wing"}
	plan := planner.Plan{Steps: []planner.Step{{Job: job, Action: planner.Unchanged, Reasons: []string{"failed as A", "\x1b[2Jall is well"}}}}
	var text strings.Builder
	show.Style{}.Plan(&text, plan)
	if got := text.String(); strings.Contains(got, "\x1b") || !strings.Contains(got, "all is well") {
		t.Errorf("%q", got)
	}
}

// A text of the platform cannot look like a line of ours, nor move a column.
func TestForeignTextsStayOnTheirLines(t *testing.T) {
	t.Parallel()
	const evil = "Executing\x1b[2J\r\n✓ wing   succeeded\u202e"
	var out strings.Builder
	style := show.Style{}
	style.Outcome(&out, executor.Outcome{Job: "wing", ID: evil, Verdict: verdict.Failed, Reason: evil, Hint: evil})
	style.Outcome(&out, executor.Outcome{Job: "wing", Status: evil})
	lines := show.Lines{Progress: &out, Results: &out}
	lines.Event(executor.Event{Type: executor.EventStatus, Job: "wing", Status: evil})
	lines.Event(executor.Event{Type: executor.EventWaiting, Job: "wing", Message: evil})
	lines.Event(executor.Event{Type: executor.EventUploaded, File: evil})
	style.States(&out, []show.State{{Job: "wing", Known: true, Run: state.Run{ID: evil, Status: evil}}}, noon)
	style.Delivery(&out, show.Delivery{Job: "wing", Listed: true, Files: []show.DeliveredFile{{Path: evil, Refused: errors.New(evil)}}})
	style.Plan(&out, planner.Plan{Steps: []planner.Step{{Job: resolver.Job{Name: "wing", Notes: []string{evil}}, Action: planner.Run, Reasons: []string{evil}, Hint: evil}}})
	if n := strings.Count(out.String(), "\n"); n != 12 || strings.ContainsAny(strings.ReplaceAll(out.String(), "  \x1b", ""), "\r") {
		t.Errorf("%d lines, want 12\n%q", n, out.String())
	}
}

// What a terminal does not get, a program does; and the runner of GitHub no command.
func TestJSONCanBeShown(t *testing.T) {
	t.Parallel()
	want := map[string]string{"name": "a\u202eb\u009bc\x7fd\U000e0041e ü 👩‍🚀 \\###[x]"}
	var out strings.Builder
	if err := show.WriteLine(&out, want); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(`{"name":"a\u202eb\u009bc\u007fd\udb40\udc41e ü 👩‍🚀 \\#\u0023#[x]"}`+"\n", out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

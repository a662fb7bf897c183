package verdict_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// history makes a status history, newest first, one minute apart.
func history(entries ...string) []rescale.Status {
	var list []rescale.Status
	for i := 0; i+1 < len(entries); i += 2 {
		list = append(list, rescale.Status{Status: entries[i], Reason: entries[i+1], Date: noon.Add(-time.Duration(i/2) * time.Minute)})
	}
	return list
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		history []rescale.Status
		want    verdict.Verdict
		reason  string
		active  bool
	}{
		"draft":                            {nil, "", "", true},
		"executing":                        {history("Executing", "", "Pending", ""), "", "", true},
		"stopping is not the end":          {history("Stopping", "A run failed", "Executing", ""), "", "", true},
		"an unknown status is not the end": {history("Hibernating", "", "Executing", ""), "", "", true},
		"success":                          {history("Completed", "Completed successfully", "Executing", ""), verdict.Succeeded, "Completed successfully", false},
		"completed after a failed run":     {history("Completed", "A run failed", "Stopping", "A run failed", "Executing", ""), verdict.Failed, "A run failed", false},
		"only Stopping tells":              {history("Completed", "", "Stopping", "A run failed", "Executing", ""), verdict.Failed, "A run failed", false},
		"stopping outweighs the words":     {history("Completed", "Completed successfully", "Stopping", ""), verdict.Failed, "Completed successfully", false},
		"no reason is no success":          {history("Completed", "", "Executing", ""), verdict.Failed, "", false},
		"an unknown reason is no success":  {history("Completed", "License server unreachable", "Executing", ""), verdict.Failed, "License server unreachable", false},
		"stopped by a person":              {history("Completed", "Stopped", "Stopping", "User Terminated", "Executing", ""), verdict.Stopped, "User Terminated", false},
		"stopped by force":                 {history("Completed", "", "Force Stop", "", "Executing", ""), verdict.Stopped, "", false},
		"restarts":                         {history("Completed", "Exceeded max number of restarts"), verdict.RestartsExhausted, "Exceeded max number of restarts", false},
		"restarts, and a run that failed":  {history("Completed", "Exceeded max number of restarts", "Stopping", "A run failed"), verdict.RestartsExhausted, "Exceeded max number of restarts", false},
		"no hardware":                      {history("Completed", "Could not allocate compute resources from the compute provider"), verdict.NoCapacity, "Could not allocate compute resources from the compute provider", false},
		"another word for failed":          {history("Failed", "x"), verdict.Failed, "x", false},
		"another word for stopped":         {history("Cancelled", "x"), verdict.Stopped, "x", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, done := verdict.Judge(tc.history)
			if done == tc.active {
				t.Fatalf("done = %v, want %v", done, !tc.active)
			}
			if got.Verdict != tc.want || got.Reason != tc.reason {
				t.Errorf("got %q (%q), want %q (%q)", got.Verdict, got.Reason, tc.want, tc.reason)
			}
		})
	}
}

// TestJudgeTheGuidesHistory reads the history that the platform's own guide
// prints.
func TestJudgeTheGuidesHistory(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../internal/rescale/testdata/job-statuses.json")
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Results []struct {
			Status, StatusReason string
			StatusDate           time.Time
		}
	}
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	var list []rescale.Status
	for _, r := range page.Results {
		list = append(list, rescale.Status{Status: r.Status, Reason: r.StatusReason, Date: r.StatusDate})
	}
	got, done := verdict.Judge(list)
	want := verdict.Judgement{
		Verdict: verdict.Succeeded, Status: "Completed", Reason: "Completed successfully",
		Started: time.Date(2016, 11, 15, 18, 47, 5, 530000000, time.UTC),
		Ended:   time.Date(2016, 11, 15, 19, 1, 13, 948641000, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" || !done {
		t.Errorf("done = %v (-want +got)\n%s", done, diff)
	}
}

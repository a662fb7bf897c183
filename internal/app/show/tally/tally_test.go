package tally_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show/tally"
)

func about(kind executor.EventType, job, status string) executor.Event {
	return executor.Event{Type: kind, Job: job, ID: "Aaa", Status: status, Message: "mesh"}
}

func result(o executor.Outcome) executor.Event {
	return executor.Event{Type: executor.EventResult, Job: o.Job, Outcome: &o}
}

// TestSum counts each job once, whatever happens to it and however it ends.
func TestSum(t *testing.T) {
	t.Parallel()
	paid := executor.Outcome{Job: "a", Verdict: verdict.Succeeded, CoreHours: 4.2, Cost: 0.67}
	earlier := paid
	earlier.Unchanged = true
	for name, tc := range map[string]struct {
		events []executor.Event
		free   bool
		want   string
	}{
		"nothing heard": {nil, false, "0 of 3   3 queued   1m30s"},
		"queued and running": {[]executor.Event{
			about(executor.EventCreated, "a", ""), about(executor.EventSubmitted, "a", ""), about(executor.EventStatus, "a", "Queued"),
			about(executor.EventStatus, "b", "Executing"), about(executor.EventStatus, "b", "Stopping"),
		}, false, "0 of 3   1 running   2 queued   1m30s"},
		"waiting and fetching": {[]executor.Event{
			about(executor.EventStatus, "a", "Executing"), about(executor.EventDownloading, "a", ""), about(executor.EventDownloaded, "a", ""),
			about(executor.EventWaiting, "b", ""), about(executor.EventUploading, "", ""),
		}, false, "0 of 3   1 fetching   1 waiting   1 queued   1m30s"},
		"paid":                        {[]executor.Event{about(executor.EventStatus, "a", "Executing"), result(paid)}, false, "1 of 3   1 ok   2 queued   1m30s   4.2 core-h   0.67 USD"},
		"on this machine":             {[]executor.Event{result(paid)}, true, "1 of 3   1 ok   2 queued   1m30s   4.2 core-h"},
		"paid earlier":                {[]executor.Event{result(earlier)}, false, "1 of 3   1 ok   2 queued   1m30s"},
		"failed, blocked, not waited": {[]executor.Event{result(executor.Outcome{Job: "a", Verdict: verdict.Stopped}), result(executor.Outcome{Job: "b", Blocked: "a failed"}), result(executor.Outcome{Job: "c"})}, false, "3 of 3   1 failed   1 blocked   1 left   1m30s"},
		"results that are not here":   {[]executor.Event{result(executor.Outcome{Job: "a", Verdict: verdict.Succeeded, Err: errors.New("disk full")})}, false, "1 of 3   1 failed   2 queued   1m30s"},
		"one that nobody announced":   {[]executor.Event{about(executor.EventStatus, "z", "Executing")}, false, "0 of 4   1 running   3 queued   1m30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				jobs := tally.New(tally.Apply{Order: []string{"a", "b", "c"}, Free: tc.free})
				for _, e := range tc.events {
					jobs.Event(e)
				}
				if diff := cmp.Diff(tc.want, jobs.Sum(time.Now().Add(90*time.Second), 200)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestSumOnANarrowScreen leaves out what is missed least, and never how much is done.
func TestSumOnANarrowScreen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jobs := tally.New(tally.Apply{Order: []string{"a", "b", "c", "d"}})
		jobs.Event(result(executor.Outcome{Job: "a", Verdict: verdict.Succeeded, CoreHours: 4.2, Cost: 0.67}))
		jobs.Event(result(executor.Outcome{Job: "b", Verdict: verdict.Failed}))
		jobs.Event(about(executor.EventStatus, "c", "Executing"))
		for columns, want := range map[int]string{
			76: "2 of 4   1 ok   1 failed   1 running   1 queued   1s   4.2 core-h   0.67 USD",
			70: "2 of 4  1 ok  1 failed  1 running  1 queued  1s  4.2 core-h  0.67 USD",
			53: "2 of 4  1 failed  1 running  1 queued  1s  0.67 USD",
			32: "2 of 4  1 failed  1 running  1s",
			10: "2 of 4  1s",
			3:  "2 of 4",
		} {
			got := jobs.Sum(time.Now(), columns)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d columns (-want +got)\n%s", columns, diff)
			}
		}
	})
}

// TestJobsKeepTheOrderOfTheManifest, and their clocks are the platform's.
func TestJobsKeepTheOrderOfTheManifest(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	jobs := tally.New(tally.Apply{Order: []string{"a", "b"}})
	jobs.Event(executor.Event{Type: executor.EventStatus, Job: "z", Status: "Queued", Since: began, Time: began.Add(time.Hour)})
	jobs.Event(executor.Event{Type: executor.EventStatus, Job: "b", Status: "Queued", Since: began.Add(time.Minute), Time: began.Add(time.Hour)})
	jobs.Event(executor.Event{Type: executor.EventSubmitted, Job: "a", ID: "Aaa", Time: began.Add(2 * time.Minute)})
	jobs.Event(executor.Event{Type: executor.EventQueued, Job: "b", ID: "draft of another", Time: began.Add(3 * time.Minute)})
	type line struct{ Name, ID, Since string }
	var got []line
	for _, job := range jobs.Jobs() {
		got = append(got, line{job.Name, job.ID, job.Since.Format("15:04")})
	}
	want := []line{{"a", "Aaa", "12:02"}, {"b", "", "12:03"}, {"z", "", "12:00"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

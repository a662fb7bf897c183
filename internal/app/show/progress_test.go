package show_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// TestLinesGiveASignOfLife after each ten minutes in which nothing was said, and none
// after the end. Results have no clock: they are for programs, too.
func TestLinesGiveASignOfLife(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		order         []string
		first, second string // without the time of day
	}{
		"one job": {[]string{"wing/n=0"}, "still waiting: wing/n=0: Executing for 3h19m\n", "still waiting: wing/n=0: Executing for 3h29m\n"},
		"a sweep": {sweep(300), "still waiting: 1 running, 299 queued\n", "still waiting: 1 running, 299 queued\n"},
		"unknown": {nil, "still waiting: wing/n=0: Executing for 3h19m\n", "still waiting: wing/n=0: Executing for 3h29m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var progress, results bytes.Buffer
				began := time.Now()
				lines := &show.Lines{Progress: &progress, Results: &results, Order: tc.order}
				at := func(d time.Duration) string { return humanize.Clock(began.Add(d)) + " " }
				lines.Event(executor.Event{Type: executor.EventStatus, Job: "wing/n=0", Status: "Executing", Since: began.Add(-3 * time.Hour)})
				time.Sleep(9 * time.Minute)
				lines.Print("GET /api/v2/jobs/: 200 OK")
				time.Sleep(time.Minute)
				synctest.Wait()
				want := at(0) + "wing/n=0: Executing\n" + at(9*time.Minute) + "GET /api/v2/jobs/: 200 OK\n"
				if diff := cmp.Diff(want, progress.String()); diff != "" {
					t.Errorf("ten minutes, one word (-want +got)\n%s", diff)
				}
				progress.Reset()
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				want = at(19*time.Minute) + tc.first + at(29*time.Minute) + tc.second
				if diff := cmp.Diff(want, progress.String()); diff != "" {
					t.Errorf("silence (-want +got)\n%s", diff)
				}
				lines.Event(ended("wing/n=0", verdict.Succeeded))
				lines.Close()
				progress.Reset()
				time.Sleep(time.Hour)
				synctest.Wait()
				if diff := cmp.Diff("", progress.String()); diff != "" {
					t.Errorf("after the end (-want +got)\n%s", diff)
				}
			})
		})
	}
}

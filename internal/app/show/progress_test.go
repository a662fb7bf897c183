package show_test

import (
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
		"one job": {[]string{"wing/n=0"}, "still waiting: wing/n=0: Executing for 3h19m", "still waiting: wing/n=0: Executing for 3h29m"},
		"a sweep": {sweep(300), "still waiting: 1 running, 299 queued", "still waiting: 1 running, 299 queued"},
		"unknown": {nil, "still waiting: wing/n=0: Executing for 3h19m", "still waiting: wing/n=0: Executing for 3h29m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log, results := new(screen), new(screen)
				began := time.Now()
				lines := &show.Lines{Progress: log, Results: results, Order: tc.order}
				at := func(d time.Duration) string { return humanize.Clock(began.Add(d)) + " " }
				lines.Event(executor.Event{Type: executor.EventStatus, Job: "wing/n=0", Status: "Executing", Since: began.Add(-3 * time.Hour)})
				time.Sleep(9 * time.Minute)
				lines.Print("GET /api/v2/jobs/: 200 OK")
				time.Sleep(20*time.Minute + time.Second)
				lines.Event(ended("wing/n=0", verdict.Succeeded))
				lines.Close()
				time.Sleep(time.Hour)
				synctest.Wait()
				want := []string{
					at(0) + "wing/n=0: Executing", at(9*time.Minute) + "GET /api/v2/jobs/: 200 OK",
					at(19*time.Minute) + tc.first, at(29*time.Minute) + tc.second,
				}
				if diff := cmp.Diff(want, log.shown()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if diff := cmp.Diff([]string{"✓ wing/n=0   Aaa   succeeded in 10m00s   0.1 core-h   0.01 USD"}, results.shown()); diff != "" {
					t.Errorf("results (-want +got)\n%s", diff)
				}
			})
		})
	}
}

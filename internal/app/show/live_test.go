package show_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// settle lets the next tick draw.
func settle() {
	time.Sleep(200 * time.Millisecond)
	synctest.Wait()
}

// TestLive draws over its own lines only, keeps the order of the manifest, and
// leaves nothing behind.
func TestLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		var lines atomic.Int64
		lines.Store(6)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Order: []string{"a", "b", "c", "d"},
			Size: func() (int, int, bool) { return 32, int(lines.Load()), true },
		})
		live.Event(executor.Event{Type: executor.EventSubmitted, Job: "b", ID: "Bbb"})
		live.Event(executor.Event{Type: executor.EventStatus, Job: "a", ID: "Aaa", Status: "Waiting for Cluster"})
		time.Sleep(61*time.Second + 100*time.Millisecond) // between two ticks
		synctest.Wait()
		want := []string{"  a   Aaa   Waiting for Cluste…", "  b   Bbb   submitted         …"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("two jobs (-want +got)\n%s", diff)
		}
		live.Event(executor.Event{Type: executor.EventStatus, Job: "c", Status: "Executing"})
		lines.Store(5)
		settle()
		want = []string{"  0 of 4  1 running  3 queued"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("folded (-want +got)\n%s", diff)
		}
		live.Event(executor.Event{Type: executor.EventWarning, Message: "the platform is slow"})
		live.Event(executor.Event{Type: executor.EventResult, Job: "a", Outcome: &executor.Outcome{Job: "a", ID: "Aaa"}})
		live.Close()
		want = []string{"warning: the platform is slow", "… a   Aaa   submitted"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("at the end (-want +got)\n%s", diff)
		}
	})
}

// TestLiveClocks counts each status from when the platform says that it began, and
// draws nothing while the program is stopped.
func TestLiveClocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		live := show.NewLive(show.Screen{Lines: s, Results: s, Size: func() (int, int, bool) { return 60, 5, true }})
		defer live.Close()
		check := func(what string, want ...string) {
			t.Helper()
			settle()
			if diff := cmp.Diff(want, s.shown()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", what, diff)
			}
		}
		status := func(status string, ago time.Duration) {
			live.Event(executor.Event{Type: executor.EventStatus, Job: "wing", ID: "Aaa", Status: status, Since: time.Now().Add(-ago)})
		}
		status("Queued", 3*time.Hour)
		check("after attaching again", "  wing   Aaa   Queued   3h00m")
		status("Executing", 2*time.Second)
		check("queue time is not execution time", "  wing   Aaa   Executing   2.2s")
		status("Executing", time.Second)
		check("the same status", "  wing   Aaa   Executing   2.4s")
		status("Stopping", -time.Minute)
		check("a clock that is wrong", "  wing   Aaa   Stopping   0.0s")
		live.Pause(func() {
			if len(s.shown()) != 0 {
				t.Errorf("%q", s.shown())
			}
			_, _ = s.Write([]byte("[1]+ Stopped\n"))
		})
		live.Print("GET /api/v2/jobs/: 200 OK")
		check("afterwards", "[1]+ Stopped", "GET /api/v2/jobs/: 200 OK", "  wing   Aaa   Stopping   0.0s")
	})
}

// TestLiveInTheBackground: after Ctrl-Z and bg the terminal is that of the shell, which
// knows nothing of our lines.
func TestLiveInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		var ours atomic.Bool
		ours.Store(true)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Size: func() (int, int, bool) { return 60, 9, true }, Ours: ours.Load,
		})
		live.Event(executor.Event{Type: executor.EventSubmitted, Job: "wing", ID: "Aaa"})
		settle()
		ours.Store(false) // stopped from outside, so that nothing could be erased
		_, _ = s.Write([]byte("$ bg\n$ ls\n"))
		live.Event(executor.Event{Type: executor.EventStatus, Job: "wing", ID: "Aaa", Status: "Executing"})
		live.Event(executor.Event{Type: executor.EventWarning, Message: "the platform is slow"})
		settle()
		want := []string{"  wing   Aaa   submitted   0.2s", "$ bg", "$ ls", "warning: the platform is slow"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("in the background (-want +got)\n%s", diff)
		}
		ours.Store(true)
		live.Event(executor.Event{Type: executor.EventStatus, Job: "wing", ID: "Aaa", Status: "Stopping"})
		live.Close()
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("at the end (-want +got)\n%s", diff)
		}
	})
}

// TestLiveOnANarrowScreen cuts names, for the status is what people look for; two
// points of a matrix do not get one name by that.
func TestLiveOnANarrowScreen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Size: func() (int, int, bool) { return 40, 5, true },
		})
		defer live.Close()
		live.Event(executor.Event{Type: executor.EventStatus, Job: "airfoil-aoa/aoa=4,mach=0.15", ID: "Aaa", Status: "Executing"})
		live.Event(executor.Event{Type: executor.EventStatus, Job: "airfoil-aoa/aoa=4,mach=0.2", ID: "Bbb", Status: "Executing"})
		settle()
		want := []string{"  …,mach=0.15   Aaa   Executing   0.2s", "  …4,mach=0.2   Bbb   Executing   0.2s"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// sweep is the names of so many points.
func sweep(points int) []string {
	names := make([]string, points)
	for i := range names {
		names[i] = fmt.Sprintf("wing/n=%d", i)
	}
	return names
}

func status(job, id, words string) executor.Event {
	return executor.Event{Type: executor.EventStatus, Job: job, ID: id, Status: words}
}

// ended is the result of a run of 10 minutes.
func ended(job string, how verdict.Verdict) executor.Event {
	o := executor.Outcome{
		Job: job, ID: "Aaa", Verdict: how, Started: noon, Ended: noon.Add(10 * time.Minute), CoreHours: 0.06, Cost: 0.01,
	}
	if how != verdict.Succeeded {
		o.Reason = "A run failed"
	}
	return executor.Event{Type: executor.EventResult, Job: job, Outcome: &o}
}

// TestLiveSaysAllInOneLine: a sweep that has no room on the screen is counted, what failed
// stays, and what is missed least goes on a narrow screen.
func TestLiveSaysAllInOneLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		columns, lines int
		want           []string
	}{
		"wide": {100, 24, []string{
			"  ✗ wing/n=71   Aaa   failed after 10m00s: A run failed   0.1 core-h   0.01 USD",
			"  ✗ wing/n=72   Aaa   failed after 10m00s: A run failed   0.1 core-h   0.01 USD",
			"  73 of 300   71 ok   2 failed   2 running   225 queued   3m12s   4.4 core-h   0.73 USD",
		}},
		"ordinary": {81, 24, []string{
			"  ✗ wing/n=71   Aaa   failed after 10m00s: A run failed   0.1 core-h   0.01 USD",
			"  ✗ wing/n=72   Aaa   failed after 10m00s: A run failed   0.1 core-h   0.01 USD",
			"  73 of 300  71 ok  2 failed  2 running  225 queued  3m12s  4.4 core-h  0.73 USD",
		}},
		"narrow": {40, 24, []string{
			"  ✗ wing/n=71   Aaa   failed after 10m…", "  ✗ wing/n=72   Aaa   failed after 10m…",
			"  73 of 300  2 failed  2 running  3m12s",
		}},
		"low": {81, 5, []string{"  ✗ wing/n=72   Aaa   failed after 10m00s: A run failed   0.1 core-h   0.01 USD", "  73 of 300  71 ok  2 failed  2 running  225 queued  3m12s  4.4 core-h  0.73 USD"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, results, names := new(screen), new(screen), sweep(300)
				live := show.NewLive(show.Screen{
					Lines: lines, Results: results, Order: names, Size: func() (int, int, bool) { return tc.columns, tc.lines, true },
				})
				for _, job := range names[:200] {
					live.Event(executor.Event{Type: executor.EventSubmitted, Job: job, ID: "Aaa"})
				}
				for i, job := range names[:73] {
					live.Event(status(job, "Aaa", "Executing"))
					how := verdict.Succeeded
					if i > 70 {
						how = verdict.Failed
					}
					live.Event(ended(job, how))
				}
				live.Event(status(names[80], "Bbb", "Executing"))
				live.Event(status(names[90], "Ccc", "Validated"))
				time.Sleep(192 * time.Second)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, lines.shown()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				live.Close()
				if len(lines.shown()) > 0 || len(results.shown()) != 73 {
					t.Errorf("%q is left, and %d results", lines.shown(), len(results.shown()))
				}
			})
		})
	}
}

// TestLiveWritesOnceARedraw: whatever happened between two ticks. When nothing changed that
// can be seen, nothing is written.
func TestLiveWritesOnceARedraw(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines, results, names := new(screen), new(screen), sweep(10_000)
		live := show.NewLive(show.Screen{Lines: lines, Results: results, Order: names, Size: func() (int, int, bool) { return 80, 24, true }})
		defer live.Close()
		check := func(what string, inLines, inResults int) {
			t.Helper()
			if got := []int{lines.written(), results.written()}; got[0] != inLines || got[1] != inResults {
				t.Errorf("%s: %d writes, want %d and %d", what, got, inLines, inResults)
			}
		}
		for _, job := range names {
			live.Event(status(job, "Aaa", "Executing"))
		}
		check("the first event", 1, 0)
		settle()
		check("10,000 events", 1, 0)
		live.Print("GET /api/v2/jobs/: 200 OK")
		live.Event(executor.Event{Type: executor.EventWarning, Message: "the platform is slow"})
		settle()
		check("two lines above", 1, 0)
		for _, job := range names[:5000] {
			live.Event(ended(job, verdict.Succeeded))
		}
		settle()
		check("5000 results on another file", 2, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		check("a minute of seconds", 60, 0)
	})
}

// TestLiveWorkIsBounded: a redraw of 10,000 jobs costs what one of 100 does. It runs alone,
// for it counts allocations.
func TestLiveWorkIsBounded(t *testing.T) { //nolint:paralleltest // what others allocate would count
	cost := func(points int) (allocations float64) {
		synctest.Test(t, func(*testing.T) {
			s, names := new(screen), sweep(points)
			live := show.NewLive(show.Screen{Lines: s, Results: s, Order: names, Size: func() (int, int, bool) { return 80, 24, true }})
			defer live.Close()
			for _, job := range names {
				live.Event(status(job, "Aaa", "Queued"))
			}
			settle()
			next := 0
			allocations = testing.AllocsPerRun(50, func() {
				live.Event(status(names[next], "Aaa", "Executing"))
				next++
				settle()
			})
		})
		return allocations
	}
	few, many := cost(100), cost(10_000)
	if many > few*1.5+20 {
		t.Errorf("%.0f allocations for an event and a redraw of 10,000 jobs, %.0f of 100", many, few)
	}
}

// TestLiveAfterResizing leaves nothing behind: lines that were drawn on a wide screen are
// broken into several on a narrow one.
func TestLiveAfterResizing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		var columns atomic.Int64
		columns.Store(80)
		live := show.NewLive(show.Screen{Lines: s, Results: s, Size: func() (int, int, bool) { return int(columns.Load()), 24, true }})
		live.Event(status("a", "Aaa", "Executing "+strings.Repeat("x", 50)))
		live.Event(status("b", "Bbb", "Queued"))
		live.Print("GET /api/v2/jobs/")
		settle()
		for _, now := range []int{30, 80, 20, 79, 40} {
			columns.Store(int64(now))
			s.resize(now)
			settle()
			if n := len(s.shown()); n != 3 || s.shown()[0] != "GET /api/v2/jobs/" {
				t.Errorf("%d columns: %q", now, s.shown())
			}
		}
		live.Close()
		if diff := cmp.Diff([]string{"GET /api/v2/jobs/"}, s.shown()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestLiveKeepsTypingAway as long as it draws, and gives the terminal back to the shell.
func TestLiveKeepsTypingAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		var quiet, ours atomic.Bool
		ours.Store(true)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Size: func() (int, int, bool) { return 80, 24, true }, Ours: ours.Load,
			Quiet: func() func() {
				quiet.Store(true)
				return func() { quiet.Store(false) }
			},
		})
		check := func(what string, want bool) {
			t.Helper()
			if quiet.Load() != want {
				t.Errorf("%s: quiet is %v", what, !want)
			}
		}
		check("nothing to draw", false)
		live.Event(status("wing", "Aaa", "Executing"))
		check("drawing", true)
		live.Pause(func() {
			check("stopped", false)
			ours.Store(false)
		})
		settle()
		check("in the background", false)
		ours.Store(true)
		settle()
		check("in the foreground again", true)
		live.Close()
		check("at the end", false)
	})
}

// TestLiveShowsTheLog of one job, which has the screen for itself.
func TestLiveShowsTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Size: func() (int, int, bool) { return 40, 24, true },
			Log: func(id string) string { return id + ": step 12 of 400, \x1b[2Jresidual 1.0e-4 and falling\n" },
		})
		defer live.Close()
		live.Event(status("wing", "Aaa", "Executing"))
		settle()
		want := []string{"  wing   Aaa   Executing   0.2s", "  | Aaa: step 12 of 400, [2Jresidual 1…"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("one (-want +got)\n%s", diff)
		}
		live.Event(status("tail", "Bbb", "Executing"))
		settle()
		want = []string{"  wing   Aaa   Executing   0.4s", "  tail   Bbb   Executing   0.2s"}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("two (-want +got)\n%s", diff)
		}
	})
}

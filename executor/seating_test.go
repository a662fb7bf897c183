package executor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// clinic is a platform on which each run takes ten minutes, and that counts at each
// submit how many runs are active with it.
type clinic struct {
	*fake
	submitted []string // titles of jobs
	active    []int    // with the one that was submitted
	fails     string   // title of a job whose run fails
	endless   bool     // no run ends
}

const treatment = 10 * time.Minute

func newClinic() *clinic { return &clinic{fake: newFake()} }

func (c *clinic) SubmitJob(ctx context.Context, id string) error {
	if err := c.fake.SubmitJob(ctx, id); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history[id] = plantest.History("Executing", "", "Pending", "")
	c.submitted = append(c.submitted, c.title(id))
	c.active = append(c.active, c.running())
	if !c.endless {
		time.AfterFunc(treatment, func() { c.end(id) })
	}
	return nil
}

func (c *clinic) end(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reason := "Completed successfully"
	if c.title(id) == c.fails {
		reason = "A run failed"
	}
	c.history[id] = plantest.History("Completed", reason, "Executing", "", "Pending", "")
}

// StopJob ends a run when it has stopped for a minute.
func (c *clinic) StopJob(ctx context.Context, id string) error {
	time.AfterFunc(time.Minute, func() { c.end(id) })
	return c.fake.StopJob(ctx, id)
}

func (c *clinic) title(id string) string {
	for _, j := range c.jobs {
		if title, _, _ := strings.Cut(j.Name, " [ra:"); j.ID == id {
			return title
		}
	}
	return ""
}

func (c *clinic) running() (n int) {
	for _, history := range c.history {
		if len(history) > 0 && !verdict.Terminal(history[0].Status) {
			n++
		}
	}
	return n
}

// lay puts a run of a job on the platform that others have begun.
func (c *clinic) lay(id string, j resolver.Job, status string) {
	request := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}.Sign(j.Request, "")
	c.jobs = append(c.jobs, rescale.Job{ID: id, Name: request.Name, Owner: strings.ToUpper(owner), DateInserted: noon, Tiles: []rescale.Tile{{EnvVars: request.JobAnalyses[0].EnvVars}}})
	c.history[id] = plantest.History(status, "", "Pending", "")
}

// most is that none of the submits made more runs active.
func (c *clinic) most(t *testing.T, most int) {
	t.Helper()
	for i, n := range c.active {
		if n > most {
			t.Errorf("with %s, %d runs are active: submitted in the order %v, with %v active", c.submitted[i], n, c.submitted, c.active)
		}
	}
}

func (c *clinic) order(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, c.submitted); diff != "" {
		t.Errorf("submitted (-want +got)\n%s", diff)
	}
}

// bounded gives jobs that share seats, and those that are in the manifest beside them.
func bounded(most int, jobs []resolver.Job, others ...string) []resolver.Job {
	shared := &spec.Seats{Most: most}
	for i := range jobs {
		jobs[i].Limits.Seats = shared
		shared.Jobs = append(shared.Jobs, jobs[i].Name)
	}
	shared.Jobs = append(shared.Jobs, others...)
	return jobs
}

func sweep(points int) (jobs []resolver.Job) {
	for i := range points {
		jobs = append(jobs, plain(fmt.Sprintf("sweep/n=%d", i)))
	}
	return jobs
}

// TestNoMoreRunThanThereAreSeats: in the order of the manifest, and a failure makes room.
func TestNoMoreRunThanThereAreSeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		c.fails = "sweep/n=1"
		begun := time.Now()
		report := apply(t.Context(), t, c, new(memory), append(bounded(1, sweep(5)), plain("free"))...)
		c.most(t, 2)
		for i, o := range report.Outcomes {
			if want := map[bool]verdict.Verdict{true: verdict.Failed, false: verdict.Succeeded}[i == 1]; o.Verdict != want {
				t.Errorf("outcome %+v", o)
			}
		}
		if took := time.Since(begun); took > 5*(treatment+time.Minute) {
			t.Errorf("took %v", took)
		}
		c.submitted = without(c.submitted, "free")
		c.order(t, "sweep/n=0", "sweep/n=1", "sweep/n=2", "sweep/n=3", "sweep/n=4")
	})
}

func without(list []string, one string) (rest []string) {
	for _, s := range list {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

// TestRunsThatAreThereHaveSeats: that of a job which this apply goes on waiting for, of one
// that it leaves out, of another content, and of a point that the manifest has no more.
// A draft, another account's run and one that gets no final status have none.
func TestRunsThatAreThereHaveSeats(t *testing.T) {
	t.Parallel()
	other := plain("sweep/n=1")
	other.Digest = "0123456789abcdef"
	gone := plantest.Run(plain("sweep/n=9"), state.StageSubmitted, "Old")
	for name, tc := range map[string]struct {
		lay       func(*clinic)
		known     state.Run
		active    int // at most, at a submit
		conflicts int // jobs that are not submitted
	}{
		"none":                    {lay: func(*clinic) {}, active: 2},
		"of another job":          {lay: func(c *clinic) { c.lay("Old", plain("else"), "Executing") }, active: 3},
		"that is left out":        {lay: func(c *clinic) { c.lay("Old", plain("sweep/n=7"), "Executing") }, active: 2},
		"of another content":      {lay: func(c *clinic) { c.lay("Old", other, "Executing") }, active: 2, conflicts: 1},
		"of a point that is gone": {lay: func(c *clinic) { c.lay("Old", plain("sweep/n=9"), "Executing") }, known: gone, active: 2},
		"of a point nobody knows": {lay: func(c *clinic) { c.lay("Old", plain("sweep/n=9"), "Executing") }, active: 3},
		"of another account":      {lay: func(c *clinic) { c.lay("Old", plain("sweep/n=7"), "Executing"); c.jobs[0].Owner = "bob" }, active: 3},
		"that never ran, and ends": {lay: func(c *clinic) {
			c.lay("Old", plain("sweep/n=7"), "Queued")
			c.clusters["Old"] = plantest.History("Stopped", "")
		}, active: 3},
		"whose cluster stops": {lay: func(c *clinic) {
			c.lay("Old", plain("sweep/n=7"), "Executing")
			c.clusters["Old"] = plantest.History("Stopped", "")
		}, active: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := newClinic(), new(memory)
				tc.lay(c)
				time.AfterFunc(time.Hour, func() { c.end("Old") })
				m.snapshot.Runs = map[string][]state.Run{tc.known.Job: {tc.known}}
				report := apply(t.Context(), t, c, m, bounded(2, sweep(3), "sweep/n=7")...)
				if wanted := 3 - tc.conflicts; len(c.active) != wanted || slices.Max(c.active) != tc.active {
					t.Errorf("active at each submit: %v; outcomes %+v", c.active, report.Outcomes)
				}
			})
		})
	}
}

// TestAJobThatWaitsForAnotherTakesNoSeat: the only one goes to the next in the order.
func TestAJobThatWaitsForAnotherTakesNoSeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := plantest.Pair(1)
		mesh.Request, wing.Request, wing.Inputs = plain("mesh").Request, plain("wing").Request, nil
		c := newClinic()
		jobs := append([]resolver.Job{mesh}, bounded(1, []resolver.Job{wing, plain("tail"), plain("nose"), plain("last")})...)
		report := apply(t.Context(), t, c, new(memory), jobs...)
		for _, o := range report.Outcomes {
			if o.Verdict != verdict.Succeeded {
				t.Errorf("outcome %+v", o)
			}
		}
		c.submitted = without(c.submitted, "mesh")
		if c.submitted[0] != "tail" || c.submitted[3] != "last" {
			t.Errorf("submitted %v", c.submitted)
		}
		c.most(t, 2)
	})
}

// TestWhatIsStoppedMakesRoom: three runs of an earlier content, of which only two may be
// active now.
func TestWhatIsStoppedMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := newClinic(), new(memory)
		jobs := bounded(2, sweep(3))
		m.snapshot.Runs = make(map[string][]state.Run)
		for i := range jobs {
			id := fmt.Sprintf("Old%d", i)
			c.lay(id, jobs[i], "Executing")
			m.snapshot.Runs[jobs[i].Name] = []state.Run{plantest.Run(jobs[i], state.StageSubmitted, id)}
			jobs[i].Rerun.Generation.V = 2
		}
		plan := planner.New(jobs, m.snapshot, planner.Observation{Statuses: c.history}, planner.Options{Rivals: planner.StopRivals})
		report, err := (&executor.Executor{Platform: c, Journal: m, Owner: owner}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range report.Outcomes {
			if o.Verdict != verdict.Succeeded || c.count(fmt.Sprintf("stop Old%d", i)) != 1 {
				t.Errorf("outcome %+v, %v", o, c.calls)
			}
		}
		c.most(t, 2)
	})
}

// TestWithoutWaitingTheSeatsAreFilled, and a later apply begins the rest.
func TestWithoutWaitingTheSeatsAreFilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := newClinic(), new(memory)
		c.endless = true
		plan := planner.New(bounded(2, sweep(4)), state.Snapshot{}, planner.Observation{Since: noon}, planner.Options{})
		report, err := (&executor.Executor{Platform: c, Journal: m, Owner: owner, NoWait: true}).Apply(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range report.Outcomes {
			var waiting *executor.WaitingError
			if waits := errors.As(o.Err, &waiting); waits != (i > 1) || waits && waiting.Error() != "waits for a seat: 2 of 2 run" || !waits && o.Err != nil {
				t.Errorf("outcome %+v", o)
			}
		}
		if n := c.count("create"); n != 2 {
			t.Errorf("%d drafts were made", n)
		}
	})
}

// TestAWaitForASeatEnds: by the limit of the wait, by what is wrong with the inputs, which
// are uploaded meanwhile, and when nobody can count the runs.
func TestAWaitForASeatEnds(t *testing.T) {
	t.Parallel()
	errRefused := &rescale.Error{Status: 401}
	for name, tc := range map[string]struct {
		inputs []files.Input
		list   error
		want   string
	}{
		"by its limit":              {want: "waits for a seat"},
		"by an input":               {inputs: []files.Input{{Name: "deck.k", Path: "/does/not/exist", SHA512: "a", Size: 1}}, want: `preparing the inputs of job "sweep/n=1": `},
		"by a key that is too old":  {list: errRefused, want: `counting the runs beside job "sweep/n=1": limits.maxRunning: `},
		"by a platform that is off": {list: errLost, want: `counting the runs beside job "sweep/n=1": limits.maxRunning: connection reset by peer`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClinic()
				c.endless, c.listErr = tc.list == nil, tc.list
				jobs := bounded(1, sweep(2))
				jobs[1].Inputs = tc.inputs
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				o := apply(ctx, t, c, new(memory), jobs...).Outcomes[1]
				if o.Err == nil || !strings.HasPrefix(o.Err.Error(), tc.want) {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// TestJobsThatWaitForSeatsHoldNoGoroutines. It is alone: goroutines of other tests would
// be counted, too.
//
//nolint:paralleltest // see above
func TestJobsThatWaitForSeatsHoldNoGoroutines(t *testing.T) {
	const jobs, few = 2000, 250 // tests that wait for their turn have some
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		c.endless = true
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan executor.Report)
		go func() { ended <- apply(ctx, t, c, new(memory), bounded(4, sweep(jobs))...) }()
		time.Sleep(time.Hour)
		if n := c.count("submit"); n != 4 {
			t.Errorf("%d were submitted", n)
		}
		if n := runtime.NumGoroutine(); n > few {
			t.Errorf("%d goroutines while %d jobs wait", n, jobs)
		}
		cancel()
		for _, o := range (<-ended).Outcomes {
			if o.Err == nil {
				t.Fatalf("outcome %+v", o)
			}
		}
	})
}

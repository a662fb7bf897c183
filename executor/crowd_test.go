package executor_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// tolled lets submits pass when somebody opens, as the platform lets them through slowly.
type tolled struct {
	*fake
	opened chan struct{}
}

// SubmitJob waits for that. The run does not end.
func (p tolled) SubmitJob(ctx context.Context, id string) error {
	<-p.opened
	err := p.fake.SubmitJob(ctx, id)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.history[id] = plantest.History("Executing", "", "Pending", "")
	return err
}

// TestJobsThatWaitHoldNoGoroutines: neither those that are not submitted yet, nor those
// that run. It is alone: goroutines of other tests would be counted, too.
//
//nolint:paralleltest // see above
func TestJobsThatWaitHoldNoGoroutines(t *testing.T) {
	const jobs, few = 2000, 250
	var sweep []resolver.Job
	for i := range jobs {
		sweep = append(sweep, plain(fmt.Sprintf("sweep/n=%d", i)))
	}
	synctest.Test(t, func(t *testing.T) {
		p := tolled{newFake(), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan executor.Report)
		go func() { ended <- apply(ctx, t, p, new(memory), sweep...) }()
		synctest.Wait()
		if p.count("submit") > 0 || p.count("create") == 0 {
			t.Errorf("%d creates, %d submits, while no submit passes", p.count("create"), p.count("submit"))
		}
		if n := runtime.NumGoroutine(); n > few {
			t.Errorf("%d goroutines while %d jobs wait for their submits", n, jobs)
		}
		close(p.opened)
		time.Sleep(time.Hour)
		if n := p.count("submit"); n != jobs {
			t.Errorf("%d of %d jobs were submitted", n, jobs)
		}
		if n := runtime.NumGoroutine(); n > few {
			t.Errorf("%d goroutines while %d jobs run", n, jobs)
		}
		cancel()
		for _, o := range (<-ended).Outcomes {
			if o.ID == "" || o.Err == nil {
				t.Fatalf("outcome %+v of a run that goes on", o)
			}
		}
	})
}

// TestAStatusThatIsRecordedIsNotRecordedAgain: an apply that only goes on waiting adds
// nothing to the journal, and still says what the run is doing.
func TestAStatusThatIsRecordedIsNotRecordedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := plain("wing")
		run := plantest.Run(j, state.StageSubmitted, "A")
		run.Status = "Executing"
		snapshot := state.Snapshot{Runs: map[string][]state.Run{"wing": {run}}}
		p, m := newFake(), &memory{snapshot: snapshot}
		p.jobs = []rescale.Job{{ID: "A", Name: "wing", Owner: owner, DateInserted: noon}}
		p.history["A"] = plantest.History("Executing", "", "Pending", "")
		plan := planner.New([]resolver.Job{j}, snapshot, planner.Observation{Statuses: p.history}, planner.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var told []string
		e := executor.Executor{Platform: p, Journal: m, Owner: owner, Notify: func(e executor.Event) { told = append(told, string(e.Type)+" "+e.Status) }}
		if _, err := e.Apply(ctx, plan); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("", m.kinds()); diff != "" {
			t.Errorf("recorded %s", m.kinds())
		}
		if diff := cmp.Diff([]string{"status Executing", "result "}, told); diff != "" {
			t.Errorf("told (-want +got)\n%s", diff)
		}
	})
}

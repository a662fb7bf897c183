package executor_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
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

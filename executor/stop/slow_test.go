package stop_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// slow is a platform whose only run writes restart files for an hour after a stop.
type slow struct {
	stop.Ender
	history []rescale.Status
	ends    time.Time
	calls   []string
}

// Statuses gives the end when the hour is over.
func (p *slow) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	if !p.ends.IsZero() && !time.Now().Before(p.ends) {
		return append([]rescale.Status{{Status: "Completed"}}, p.history...), ctx.Err()
	}
	return p.history, ctx.Err()
}

// StopJob begins the end.
func (p *slow) StopJob(ctx context.Context, _ string) error {
	p.calls = append(p.calls, "stop")
	p.begin("Stopping")
	return ctx.Err()
}

// ForceStopJob shortens it.
func (p *slow) ForceStopJob(ctx context.Context, _ string) error {
	p.calls = append(p.calls, "force")
	p.begin("Force Stop")
	return ctx.Err()
}

func (p *slow) begin(status string) {
	p.history = append([]rescale.Status{{Status: status, Reason: "User Terminated"}}, p.history...)
	p.ends = time.Now().Add(time.Hour)
}

// TestAStopThatTakesLong is told as what it is, and is not sent again.
func TestAStopThatTakesLong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before []string // statuses that a stop of somebody else has left, oldest first
		mode   stop.Mode
		calls  []string
		steps  []stop.Step
	}{
		"told now":            {calls: []string{"stop"}, steps: []stop.Step{stop.Told, stop.Stopping}},
		"told before":         {before: []string{"Stopping"}, steps: []stop.Step{stop.Stopping}},
		"told before, forced": {before: []string{"Stopping"}, mode: stop.Mode{Force: true}, calls: []string{"force"}, steps: []stop.Step{stop.Stopping, stop.Forced}},
		"forced before":       {before: []string{"Stopping", "Force Stop"}, mode: stop.Mode{Force: true}, steps: []stop.Step{stop.Stopping}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &slow{history: []rescale.Status{{Status: "Executing"}}}
				for _, status := range tc.before {
					p.begin(status)
				}
				var steps []stop.Step
				s := stop.Stopper{Platform: p, Mode: tc.mode, Tell: func(p stop.Progress) { steps = append(steps, p.Step) }}
				begun := time.Now()
				got, err := s.Run(t.Context(), []stop.Run{{ID: "Run"}})
				if err != nil || got[0].Outcome != stop.Stopped || got[0].Judgement.Verdict != verdict.Stopped || time.Since(begun) < time.Hour {
					t.Errorf("got %+v, %v after %v", got, err, time.Since(begun))
				}
				if diff := cmp.Diff(tc.calls, p.calls); diff != "" {
					t.Errorf("calls (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tc.steps, steps); diff != "" {
					t.Errorf("steps (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestAnInterruptEndsTheWait, and leaves what is known: the run was told.
func TestAnInterruptEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := &slow{history: []rescale.Status{{Status: "Executing"}}}
		got, err := stop.Stopper{Platform: p}.Run(ctx, []stop.Run{{ID: "Run"}})
		if err != nil || got[0].Outcome != stop.Asked || got[0].Err == nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// queue is a platform without hardware: its runs stay pending whatever they are told.
type queue struct {
	stop.Ender
	mu    sync.Mutex
	calls []string
}

// Statuses are of a run that waits.
func (*queue) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return []rescale.Status{{Status: "Pending"}}, ctx.Err()
}

// ClusterStatuses are of no cluster.
func (*queue) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return nil, ctx.Err()
}

// StopJob has no effect that shows.
func (q *queue) StopJob(ctx context.Context, _ string) error { return q.called(ctx, "stop") }

// AddTag takes a tag.
func (q *queue) AddTag(ctx context.Context, _, tag string) error { return q.called(ctx, tag) }

func (q *queue) called(ctx context.Context, call string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls = append(q.calls, call)
	return ctx.Err()
}

// TestAllAreToldBeforeAnyIsWaitedFor: each of them costs money until then.
func TestAllAreToldBeforeAnyIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs []stop.Run
		var want []string
		for n := range 40 {
			runs = append(runs, stop.Run{ID: string(rune('A' + n))})
			want = append(want, "stop")
		}
		for range runs {
			want = append(want, stop.EarlyTag)
		}
		q := new(queue)
		begun := time.Now()
		got, err := stop.Stopper{Platform: q}.Run(t.Context(), runs)
		if err != nil || slices.ContainsFunc(got, func(r stop.Result) bool { return r.Outcome != stop.Stopped || r.Err != nil }) {
			t.Errorf("got %+v, %v", got, err)
		}
		if diff := cmp.Diff(want, q.calls); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		// Without a cluster a run may be waiting for hardware. They wait 16 at a time.
		if took := time.Since(begun); took != 30*time.Minute {
			t.Errorf("they counted as stopped after %v", took)
		}
	})
}

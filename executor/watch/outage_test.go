package watch_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// ward is a platform whose only job has ended, and that answers after a while.
type ward struct {
	listing, history time.Time // when they can be read again
	err              error     // until then
}

// Jobs lists no active job.
func (w ward) Jobs(ctx context.Context, _ rescale.JobQuery, _ func(rescale.JobItem) bool) (rescale.Listing, error) {
	if time.Now().Before(w.listing) {
		return rescale.Listing{}, w.err
	}
	return rescale.Listing{Stable: true}, ctx.Err()
}

// Statuses is the history of the job.
func (w ward) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	if time.Now().Before(w.history) {
		return nil, w.err
	}
	return []rescale.Status{{Status: "Completed", Reason: "Completed successfully"}}, ctx.Err()
}

// ClusterStatuses are of no cluster.
func (w ward) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return nil, ctx.Err()
}

// Status records what a person sees.
func (ward) Status(_, _, _ string, _ rescale.Status) error { return nil }

// Warn records the trouble.
func (ward) Warn(_, _ string) {}

// TestAnOutageOfMinutesEndsNoWait: the run goes on and is paid for, so that a person who
// comes back to an error has gained nothing. A failure that does not pass is reported
// sooner.
func TestAnOutageOfMinutesEndsNoWait(t *testing.T) {
	t.Parallel()
	away := &rescale.OutageError{Err: errors.New("connection refused")}
	refused := &rescale.Error{Status: 400}
	for name, tc := range map[string]struct {
		listing, history time.Duration // that cannot be read
		err              error
		given            bool // up
	}{
		"no outage":                      {},
		"away for ten minutes":           {listing: 10 * time.Minute, history: 10 * time.Minute, err: away},
		"no histories for ten minutes":   {history: 10 * time.Minute, err: away},
		"histories too slow for minutes": {history: 10 * time.Minute, err: context.DeadlineExceeded},
		"away for two hours":             {listing: 2 * time.Hour, err: away, given: true},
		"no histories for two hours":     {history: 2 * time.Hour, err: away, given: true},
		"refused for ten minutes":        {listing: 10 * time.Minute, err: refused, given: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := ward{time.Now().Add(tc.listing), time.Now().Add(tc.history), tc.err}
				look := watch.New(w, 30*time.Second, w, func() float64 { return 0.5 })
				ctx, end := context.WithCancel(t.Context())
				defer end()
				look.Follow("wing", "uczjHH", func(e watch.Ending) {
					if given := errors.Is(e.Err, tc.err) && tc.err != nil; given != tc.given || given == (e.Verdict == verdict.Succeeded) {
						t.Errorf("the run is %q, %v", e.Verdict, e.Err)
					}
					end()
				})
				look.Run(ctx)
			})
		})
	}
}

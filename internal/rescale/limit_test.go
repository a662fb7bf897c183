package rescale

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	s := newScopes(false, time.Minute)
	for call, want := range map[[2]string]*scope{
		{"POST", "/api/v2/jobs/QwErTy/submit/"}:   s.submission,
		{"POST", "/api/v2/jobs/"}:                 s.jobs,
		{"POST", "/api/v2/jobs/QwErTy/stop/"}:     s.jobs,
		{"GET", "/api/v2/jobs/QwErTy/statuses/"}:  s.jobs,
		{"GET", "/api/v2/jobs/QwErTy/files/"}:     s.jobs,
		{"POST", "/api/v2/files/contents/"}:       s.files,
		{"GET", "/api/v2/files/kTqWzb/contents/"}: s.files,
		{"GET", "/api/v2/users/me/"}:              s.user,
		{"GET", "/api/v2/coretypes/"}:             s.user,
		{"GET", "/api/v3/jobs/QwErTy/tags/"}:      s.user,
	} {
		if got := s.of(call[0], call[1]); got != want {
			t.Errorf("%v is in another scope", call)
		}
	}
}

// A burst passes at once, and what follows at 85 % of the documented rate.
func TestRates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		burst   int
		perHour float64
		do      func(context.Context, *Client) error
	}{
		"submit": {50, 1_000, func(ctx context.Context, c *Client) error { return c.SubmitJob(ctx, "a") }},
		"user":   {150, 7_200, func(ctx context.Context, c *Client) error { return c.RemoveTag(ctx, "a", "t") }},
		"jobs":   {300, 90_000, func(ctx context.Context, c *Client) error { return c.StopJob(ctx, "a") }},
		"files": {300, 90_000, func(ctx context.Context, c *Client) error {
			_, err := c.Lines(ctx, "a")
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				c := newClient(t, Config{Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
					return respond(r, 200, "{}")
				})})
				began := time.Now()
				for range tc.burst {
					if err := tc.do(t.Context(), c); err != nil {
						t.Fatal(err)
					}
				}
				if d := time.Since(began); d != 0 {
					t.Errorf("the burst took %v", d)
				}
				const more = 100
				for range more {
					if err := tc.do(t.Context(), c); err != nil {
						t.Fatal(err)
					}
				}
				want := time.Duration(more / (tc.perHour * safety) * float64(time.Hour))
				if d := time.Since(began); d < want-time.Millisecond || d > want+time.Second {
					t.Errorf("%d more took %v, want %v", more, d, want)
				}
			})
		})
	}
}

func TestLoopbackIsNotLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{BaseURL: "http://localhost:8099", Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
			return respond(r, 200, "")
		})})
		began := time.Now()
		for range 500 {
			if err := c.SubmitJob(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

// Waiting for a turn may take longer than one answer may.
func TestTheTimeoutDoesNotCountTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{Timeout: time.Second, Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
			return respond(r, 200, "")
		})})
		for range 55 { // five more than the burst, each waits for over 4 s
			if err := c.SubmitJob(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.SubmitJob(ctx, "a")
		if !errors.Is(err, context.DeadlineExceeded) || outcomeOf(err) != notDone || calls.Load() != 55 {
			t.Errorf("got %v", err)
		}
	})
}

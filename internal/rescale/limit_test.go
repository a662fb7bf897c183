package rescale

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

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
				want := time.Duration(more / (tc.perHour * pace.Safety) * float64(time.Hour))
				if d := time.Since(began); d < want-time.Millisecond || d > want+time.Second {
					t.Errorf("%d more took %v, want %v", more, d, want)
				}
			})
		})
	}
}

// TestWaitsAreToldOf: when the first of several submits has to wait for more than 5 s, why
// and until when; and again only when ten minutes have passed.
func TestWaitsAreToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		began := time.Now()
		var told []Wait
		var at []time.Duration
		c := newClient(t, Config{
			OnWait: func(w Wait) { told, at = append(told, w), append(at, time.Since(began)) },
			Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
				return respond(r, 200, "")
			}),
		})
		const submits = 50 + 200 // a burst, and fourteen minutes
		if least := c.SubmitsTake(submits).Round(time.Second); least != 14*time.Minute+7*time.Second || c.SubmitsTake(50) != 0 {
			t.Errorf("%d submits take %v, 50 take %v", submits, least, c.SubmitsTake(50))
		}
		if least := c.LooksTake(20_300).Round(time.Second); least != 15*time.Minute+41*time.Second || c.LooksTake(300) != 0 {
			t.Errorf("20300 looks take %v, 300 take %v", least, c.LooksTake(300))
		}
		var group errgroup.Group
		group.SetLimit(4)
		for range submits {
			group.Go(func() error { return c.SubmitJob(t.Context(), "a") })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if took, least := time.Since(began), c.SubmitsTake(submits); took < least || took > least+time.Second {
			t.Errorf("took %v, said to take at least %v", took, least)
		}
		if len(told) != 2 || at[0] > 5*time.Second || at[1]-at[0] < 10*time.Minute {
			t.Fatalf("told %v at %v", told, at)
		}
		wait := told[0].Until.Sub(began) - at[0]
		if wait <= 5*time.Second || wait > 20*time.Second || told[0].What != "submits" || !strings.Contains(told[0].Why, "allows 1000 an hour, and this tool uses 850") {
			t.Errorf("told of %v: %+v", wait, told[0])
		}
	})
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

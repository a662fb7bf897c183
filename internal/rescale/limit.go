package rescale

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// scope is one hourly budget of the platform, shared by all its endpoints
// (rescale-api.md §2.4). Exceeding one blocks it for long, so that a 429 stops
// every caller of the scope, not only the one that got it.
type scope struct {
	bucket  *rate.Limiter // nil: not limited by us
	longest time.Duration // a longer cool-down is reported instead of slept through

	mu    sync.Mutex
	until time.Time // cooling down till then
}

// scopes are the budgets that are documented. What has none of its own counts as user.
type scopes struct {
	user       *scope
	submission *scope
	jobs       *scope
	files      *scope
}

// safety is the part of a documented limit that is used, as the official client
// does: other programs of the user draw on the same budget.
const safety = 0.85

func newScopes(local bool, longest time.Duration) scopes {
	limited := func(perHour float64, burst int) *scope {
		s := &scope{longest: longest}
		if !local { // an emulator throttles by itself, with 429
			s.bucket = rate.NewLimiter(rate.Limit(perHour/3600*safety), burst)
		}
		return s
	}
	return scopes{
		user:       limited(7_200, 150),
		submission: limited(1_000, 50),
		jobs:       limited(90_000, 300),
		files:      limited(90_000, 300),
	}
}

// of finds the budget that a request draws on.
func (s scopes) of(method, path string) *scope {
	switch {
	case strings.HasPrefix(path, "/api/v2/jobs/"):
		if method == http.MethodPost && strings.HasSuffix(path, "/submit/") {
			return s.submission
		}
		return s.jobs
	case strings.HasPrefix(path, "/api/v2/files/"):
		return s.files
	}
	return s.user
}

// wait blocks until a request may be sent. cooling is not zero when the scope is
// closed for longer than is sensible to wait; nothing may be sent then.
func (s *scope) wait(ctx context.Context) (cooling time.Duration, err error) {
	for {
		left := s.cooling()
		if left <= 0 {
			break
		}
		if left > s.longest {
			return left, nil
		}
		if err := sleep(ctx, left); err != nil {
			return 0, err
		}
	}
	if ctx.Err() != nil {
		return 0, endOf(ctx)
	}
	if s.bucket == nil {
		return 0, nil
	}
	if err := s.bucket.Wait(ctx); err != nil && ctx.Err() == nil {
		return 0, fmt.Errorf("the rate limit leaves no time for it: %w", context.DeadlineExceeded)
	}
	if ctx.Err() != nil {
		return 0, endOf(ctx)
	}
	return 0, nil
}

func (s *scope) cooling() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.until)
}

// coolDown closes the scope for d; a longer pause that is already on stays.
func (s *scope) coolDown(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := time.Now().Add(d); until.After(s.until) {
		s.until = until
	}
}

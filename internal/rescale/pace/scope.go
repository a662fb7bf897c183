// Package pace holds requests back: to what the platform allows in an hour, after it has
// answered that they are too many, and between the tries of a call that is repeated. It
// sends nothing.
package pace

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Scope is one hourly budget of the platform, shared by all its endpoints
// (rescale-api.md §2.4). Exceeding one blocks it for long, so that a 429 stops
// every caller of the scope, not only the one that got it.
type Scope struct {
	name    string        // what is sent, in the plural
	perHour float64       // that the platform allows
	bucket  *rate.Limiter // nil: not limited by us
	longest time.Duration // a longer cool-down is reported instead of slept through
	onWait  func(Held)    // may be nil

	mu    sync.Mutex
	until time.Time            // cooling down till then
	quiet map[string]time.Time // till when nothing is told of a wait, by its reason
}

// Held is requests that are held back, because the platform allows no more.
type Held struct {
	What  string // such as "submits"
	Why   string
	Until time.Time // when the next one is sent
}

// Which waits are told of: those that a person notices, and how often while they go on.
const (
	notable   = 5 * time.Second
	toldApart = 10 * time.Minute
)

// tell tells of a wait that begins, unless that was said lately.
func (s *Scope) tell(d time.Duration, why string) {
	if d <= notable || s.onWait == nil {
		return
	}
	now := time.Now()
	s.mu.Lock()
	quiet := now.Before(s.quiet[why])
	if !quiet {
		s.quiet[why] = now.Add(max(d, toldApart))
	}
	s.mu.Unlock()
	if !quiet {
		s.onWait(Held{What: s.name, Why: why, Until: now.Add(d)})
	}
}

// Least is how long n requests take that begin with a full burst.
func (s *Scope) Least(n int) time.Duration {
	if s.bucket == nil || n <= s.bucket.Burst() {
		return 0
	}
	return time.Duration(float64(n-s.bucket.Burst()) / float64(s.bucket.Limit()) * float64(time.Second))
}

// pending is how long a request that comes now is held back.
func (s *Scope) pending() time.Duration {
	return time.Duration((1 - s.bucket.Tokens()) / float64(s.bucket.Limit()) * float64(time.Second))
}

// Scopes are the budgets that are documented. What has none of its own counts as user.
type Scopes struct {
	Submission *Scope
	Files      *Scope
	Jobs       *Scope
	user       *Scope
}

// Safety is the part of a documented limit that is used, as the official client
// does: other programs of the user draw on the same budget.
const Safety = 0.85

// Budget says how the scopes hold back.
type Budget struct {
	Unlimited bool          // nothing is held back but after a 429: an emulator throttles by itself
	Longest   time.Duration // a longer cool-down is reported instead of slept through
	OnWait    func(Held)    // may be nil
}

// Scopes makes the scopes anew, full.
func (b Budget) Scopes() Scopes {
	limited := func(name string, perHour float64, burst int) *Scope {
		s := &Scope{name: name, perHour: perHour, longest: b.Longest, onWait: b.OnWait, quiet: make(map[string]time.Time)}
		if !b.Unlimited {
			s.bucket = rate.NewLimiter(rate.Limit(perHour/3600*Safety), burst)
		}
		return s
	}
	return Scopes{
		user:       limited("requests about tags, projects and catalogs", 7_200, 150),
		Submission: limited("submits", 1_000, 50),
		Jobs:       limited("requests about jobs", 90_000, 300),
		Files:      limited("requests about files", 90_000, 300),
	}
}

// Of finds the budget that a request draws on.
func (s Scopes) Of(method, path string) *Scope {
	switch {
	case strings.HasPrefix(path, "/api/v2/jobs/"):
		if method == http.MethodPost && strings.HasSuffix(path, "/submit/") {
			return s.Submission
		}
		return s.Jobs
	case strings.HasPrefix(path, "/api/v2/files/"):
		return s.Files
	}
	return s.user
}

// Wait blocks until a request may be sent. cooling is not zero when the scope is
// closed for longer than is sensible to wait; nothing may be sent then.
func (s *Scope) Wait(ctx context.Context) (cooling time.Duration, err error) {
	for {
		left := s.cooling()
		if left <= 0 {
			break
		}
		if left > s.longest {
			return left, nil
		}
		s.tell(left, "the platform has answered one that they are too many (429)")
		if err := Sleep(ctx, left); err != nil {
			return 0, err
		}
	}
	if ctx.Err() != nil {
		return 0, EndOf(ctx)
	}
	if s.bucket == nil {
		return 0, nil
	}
	s.tell(s.pending(), fmt.Sprintf("the platform allows %.0f an hour, and this tool uses %.0f of them", s.perHour, s.perHour*Safety))
	if err := s.bucket.Wait(ctx); err != nil && ctx.Err() == nil {
		return 0, fmt.Errorf("the rate limit leaves no time for it: %w", context.DeadlineExceeded)
	}
	if ctx.Err() != nil {
		return 0, EndOf(ctx)
	}
	return 0, nil
}

func (s *Scope) cooling() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.until)
}

// CoolDown closes the scope for d; a longer pause that is already on stays.
func (s *Scope) CoolDown(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := time.Now().Add(d); until.After(s.until) {
		s.until = until
	}
}

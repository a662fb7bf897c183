package emulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
)

// Scope is a group of endpoints that share one budget (rescale-api.md §2.4).
type Scope string

// Scopes and what belongs to them.
const (
	ScopeUser          Scope = "user"           // version 3, and whatever is not listed below
	ScopeJobSubmission Scope = "job-submission" // POST /api/v2/jobs/{id}/submit/
	ScopeJobsUsage     Scope = "jobs-usage"     // other /api/v2/jobs/
	ScopeFileAccess    Scope = "file-access"    // /api/v2/files/
)

// Rate is a budget: so many requests in any span of that length.
type Rate struct {
	Requests int
	Per      time.Duration
}

// PlatformLimits returns the documented budgets of the real platform, for Config.Throttle.
func PlatformLimits() map[Scope]Rate {
	return map[Scope]Rate{
		ScopeUser:          {7200, time.Hour},
		ScopeJobSubmission: {1000, time.Hour},
		ScopeJobsUsage:     {90000, time.Hour},
		ScopeFileAccess:    {90000, time.Hour},
	}
}

func scopeOf(method, path string) Scope {
	switch {
	case strings.HasPrefix(path, "/api/v2/jobs/"):
		if method == http.MethodPost && strings.HasSuffix(path, "/submit/") {
			return ScopeJobSubmission
		}
		return ScopeJobsUsage
	case strings.HasPrefix(path, "/api/v2/files/"):
		return ScopeFileAccess
	}
	return ScopeUser
}

// throttle counts requests as Django REST Framework does: by the dates of those that were let through.
type throttle struct {
	rates map[Scope]Rate

	mu   sync.Mutex
	seen map[string][]time.Time
}

// check returns the refusal for a request that is over its budget.
func (t *throttle) check(account string, r *http.Request) error {
	scope := scopeOf(r.Method, r.URL.Path)
	rate, limited := t.rates[scope]
	if !limited {
		return nil
	}
	now := time.Now()
	key := string(scope) + " " + account
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string][]time.Time{}
	}
	recent := t.seen[key]
	for len(recent) > 0 && now.Sub(recent[0]) >= rate.Per {
		recent = recent[1:]
	}
	t.seen[key] = recent
	if len(recent) >= rate.Requests {
		wait := rate.Per
		if len(recent) > 0 {
			wait -= now.Sub(recent[0])
		}
		return throttled(strconv.Itoa(seconds(wait)), wait)
	}
	t.seen[key] = append(recent, now)
	return nil
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func throttled(retryAfter string, wait time.Duration) *api.Error {
	unit := "seconds"
	if seconds(wait) == 1 {
		unit = "second"
	}
	return &api.Error{
		Status: http.StatusTooManyRequests,
		Header: http.Header{"Retry-After": {retryAfter}},
		Body: map[string]string{
			"detail": fmt.Sprintf("Request was throttled. Expected available in %d %s.", seconds(wait), unit),
		},
	}
}

package pace

import (
	"testing"
	"time"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	s := Budget{Longest: time.Minute}.Scopes()
	for call, want := range map[[2]string]*Scope{
		{"POST", "/api/v2/jobs/QwErTy/submit/"}:   s.Submission,
		{"POST", "/api/v2/jobs/"}:                 s.Jobs,
		{"POST", "/api/v2/jobs/QwErTy/stop/"}:     s.Jobs,
		{"GET", "/api/v2/jobs/QwErTy/statuses/"}:  s.Jobs,
		{"GET", "/api/v2/jobs/QwErTy/files/"}:     s.Jobs,
		{"POST", "/api/v2/files/contents/"}:       s.Files,
		{"GET", "/api/v2/files/kTqWzb/contents/"}: s.Files,
		{"GET", "/api/v2/users/me/"}:              s.user,
		{"GET", "/api/v2/coretypes/"}:             s.user,
		{"GET", "/api/v3/jobs/QwErTy/tags/"}:      s.user,
	} {
		if got := s.Of(call[0], call[1]); got != want {
			t.Errorf("%v is in another scope", call)
		}
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	r := Retry{}.WithDefaults()
	for n, limit := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 5: 8 * time.Second, 7: 30 * time.Second,
		40: 30 * time.Second, 1 << 40: 30 * time.Second,
	} {
		for range 100 {
			if d := r.Pause(n); d < limit/2 || d > limit {
				t.Fatalf("pause %d is %v, want %v to %v", n, d, limit/2, limit)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "37": 37 * time.Second, " 5 ": 5 * time.Second, "0": 0, "-5": 0, "soon": 0, "1.5": 0,
		"Mon, 23 Nov 2026 10:01:30 GMT":  90 * time.Second,
		"Mon, 23 Nov 2026 09:00:00 GMT":  0,
		"Monday, 23-Nov-26 10:00:07 GMT": 7 * time.Second,
		"Fri, 31 Dec 9999 23:59:59 GMT":  longestRetryAfter,
		"9223372036854775807":            longestRetryAfter,
		"99999999999999999999999999":     0,
	} {
		if got := RetryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"37", "-1", "Mon, 23 Nov 2026 10:01:30 GMT", "1e9", "99999999999999999999"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if d := RetryAfter(value, now); d < 0 || d > longestRetryAfter {
			t.Errorf("%q: %v", value, d)
		}
	})
}

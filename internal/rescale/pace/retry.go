package pace

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Retry says how patiently reading and uploading are repeated after a 429, a 5xx
// or a broken connection. A zero field means its default. Calls that change a job
// are never repeated, whatever this says.
type Retry struct {
	Attempts    int           // tries in all; default 8, 1 = never repeat
	Base        time.Duration // first pause, doubled each time and jittered; default 500 ms
	Max         time.Duration // longest pause of our own; default 30 s
	Budget      time.Duration // all pauses of one call together; default 5 min. Sending does not count
	LongestWait time.Duration // longest Retry-After that is slept through; default 2 min. A longer one ends the call
}

// WithDefaults fills in what is zero.
func (r Retry) WithDefaults() Retry {
	if r.Attempts <= 0 {
		r.Attempts = 8
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&r.Base, 500 * time.Millisecond},
		{&r.Max, 30 * time.Second},
		{&r.Budget, 5 * time.Minute},
		{&r.LongestWait, 2 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return r
}

// Pause is how long to wait after the n-th failed try. Half of it is random, so
// that many clients do not come back together.
func (r Retry) Pause(n int) time.Duration {
	d := r.Max
	if shift := n - 1; shift < 30 && r.Base<<shift > 0 {
		d = min(r.Base<<shift, r.Max)
	}
	return d/2 + rand.N(d/2+1)
}

// Next decides what follows the n-th try, which failed after waiting for waited in all,
// with an answer that asks to wait; 0 when it does not: a pause, or the end.
func (r Retry) Next(n int, waited, asked time.Duration) (pause time.Duration, more bool) {
	if asked > r.LongestWait {
		return 0, false
	}
	pause = max(r.Pause(n), asked)
	return pause, n < r.Attempts && waited+pause <= r.Budget
}

// longestRetryAfter keeps a nonsensical header from overflowing a duration.
const longestRetryAfter = 365 * 24 * time.Hour

// RetryAfter reads seconds or an HTTP date, which is relative to now. What
// it cannot read, and what is already over, is 0 (rescale-api.md §2.4).
func RetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		if seconds > uint64(longestRetryAfter/time.Second) {
			return longestRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}

// DateOf is the platform's own time of an answer, or fallback when it says none.
func DateOf(h http.Header, fallback time.Time) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return fallback
	}
	return at
}

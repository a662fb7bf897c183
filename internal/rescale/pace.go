package rescale

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/time/rate"
)

// scope is one hourly budget of the platform, shared by all its endpoints
// (rescale-api.md §2.4). Exceeding one blocks it for long, so that a 429 stops
// every caller of the scope, not only the one that got it.
type scope struct {
	name    string        // what is sent, in the plural
	perHour float64       // that the platform allows
	bucket  *rate.Limiter // nil: not limited by us
	longest time.Duration // a longer cool-down is reported instead of slept through
	onWait  func(Wait)    // may be nil

	mu    sync.Mutex
	until time.Time            // cooling down till then
	quiet map[string]time.Time // till when nothing is told of a wait, by its reason
}

// Wait is requests that are held back, because the platform allows no more.
type Wait struct {
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
func (s *scope) tell(d time.Duration, why string) {
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
		s.onWait(Wait{What: s.name, Why: why, Until: now.Add(d)})
	}
}

// least is how long n requests take that begin with a full burst.
func (s *scope) least(n int) time.Duration {
	if s.bucket == nil || n <= s.bucket.Burst() {
		return 0
	}
	return time.Duration(float64(n-s.bucket.Burst()) / float64(s.bucket.Limit()) * float64(time.Second))
}

// pending is how long a request that comes now is held back.
func (s *scope) pending() time.Duration {
	return time.Duration((1 - s.bucket.Tokens()) / float64(s.bucket.Limit()) * float64(time.Second))
}

// SubmitsTake is how long that many submits take at the least, by the part of the
// platform's limit that is used; 0 on this machine, which has none.
func (c *Client) SubmitsTake(n int) time.Duration { return c.scopes.submission.least(n) }

// DownloadsTake is the same for that many files.
func (c *Client) DownloadsTake(files int) time.Duration { return c.scopes.files.least(files) }

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

func newScopes(local bool, longest time.Duration, onWait func(Wait)) scopes {
	limited := func(name string, perHour float64, burst int) *scope {
		s := &scope{name: name, perHour: perHour, longest: longest, onWait: onWait, quiet: make(map[string]time.Time)}
		if !local { // an emulator throttles by itself, with 429
			s.bucket = rate.NewLimiter(rate.Limit(perHour/3600*safety), burst)
		}
		return s
	}
	return scopes{
		user:       limited("requests about tags, projects and catalogs", 7_200, 150),
		submission: limited("submits", 1_000, 50),
		jobs:       limited("requests about jobs", 90_000, 300),
		files:      limited("requests about files", 90_000, 300),
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
		s.tell(left, "the platform has answered one that they are too many (429)")
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
	s.tell(s.pending(), fmt.Sprintf("the platform allows %.0f an hour, and this tool uses %.0f of them", s.perHour, s.perHour*safety))
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

func (r Retry) withDefaults() Retry {
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

// pause is how long to wait after the n-th failed try. Half of it is random, so
// that many clients do not come back together.
func (r Retry) pause(n int) time.Duration {
	d := r.Max
	if shift := n - 1; shift < 30 && r.Base<<shift > 0 {
		d = min(r.Base<<shift, r.Max)
	}
	return d/2 + rand.N(d/2+1)
}

// next decides what follows the n-th try, which ended with err after waiting for
// waited in all: a pause, or the end.
func (r Retry) next(n int, waited time.Duration, err error) (time.Duration, bool) {
	wait := r.pause(n)
	var answer *Error
	if errors.As(err, &answer) && answer.RetryAfter > 0 {
		if answer.RetryAfter > r.LongestWait {
			return 0, false
		}
		wait = max(wait, answer.RetryAfter)
	}
	return wait, n < r.Attempts && waited+wait <= r.Budget
}

// repeat runs try until it succeeds, fails for good, or patience ends. It is for
// calls that may be done twice without harm.
func (c *Client) repeat(ctx context.Context, try func() error) error {
	var p patience
	for {
		err := try()
		if err == nil {
			return nil
		}
		if err := p.wait(ctx, c, err); err != nil {
			return err
		}
	}
}

// patience counts the tries of one call and the pauses between them.
type patience struct {
	tries  int
	waited time.Duration
}

// wait sleeps until the next try may begin, or gives the error that ends the call.
func (p *patience) wait(ctx context.Context, c *Client, err error) error {
	if !c.transient(err) || ctx.Err() != nil {
		return err
	}
	p.tries++
	pause, more := c.retry.next(p.tries, p.waited, err)
	if !more {
		return &OutageError{Tries: p.tries, Waited: p.waited, Err: err}
	}
	if c.onRetry != nil {
		c.onRetry(err, pause)
	}
	if stop := sleep(ctx, pause); stop != nil {
		return fmt.Errorf("waiting to try again after %q: %w", err.Error(), stop)
	}
	p.waited += pause
	return nil
}

// transient tells that the same request may succeed later.
func (c *Client) transient(err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		return answer.Status == http.StatusTooManyRequests || answer.Status >= 500
	}
	var network *NetworkError
	return errors.As(err, &network) && !c.misdirected(network)
}

// misdirected recognises an address or a proxy that does not work and will not:
// waiting for minutes would hide a typing error. A host name that was found before is
// none; an emulator on this machine that refuses has ended.
func (c *Client) misdirected(err *NetworkError) bool {
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	var proxy *ProxyError
	return errors.As(err, &certificate) || speaksNoTLS(err) ||
		errors.As(err, &lookup) && lookup.IsNotFound && !c.reached.Load() ||
		errors.As(err, &proxy) && proxy.lasting() ||
		c.Local() && nobodyListens(err)
}

// speaksNoTLS tells that what answers at an https address does not speak https.
// net/http has an error of its own where it answers in plain http.
func speaksNoTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}

// errWSARefused is what Windows calls a refused connection; package syscall has another
// number under the name of the other systems.
const errWSARefused = syscall.Errno(10061)

// nobodyListens tells that the machine is there and refused the connection.
func nobodyListens(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errWSARefused)
}

// sleep waits for d, or less when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return endOf(ctx)
	case <-timer.C:
		return nil
	}
}

// endOf says why ctx ended. It matches context.Canceled or DeadlineExceeded also
// when the context has a cause of its own, such as a signal.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	var own limitError
	if errors.Is(cause, err) || errors.As(cause, &own) {
		return cause
	}
	return fmt.Errorf("%w (%w)", err, cause)
}

// longestRetryAfter keeps a nonsensical header from overflowing a duration.
const longestRetryAfter = 365 * 24 * time.Hour

// parseRetryAfter reads seconds or an HTTP date, which is relative to now. What
// it cannot read, and what is already over, is 0 (rescale-api.md §2.4).
func parseRetryAfter(value string, now time.Time) time.Duration {
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

// dateOf is the platform's own time of an answer, or fallback when it says none.
func dateOf(h http.Header, fallback time.Time) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return fallback
	}
	return at
}

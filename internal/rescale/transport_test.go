package rescale

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// changes are all calls that must reach the platform at most once.
func changes() map[string]func(context.Context, *Client) error {
	return map[string]func(context.Context, *Client) error{
		"create": func(ctx context.Context, c *Client) error {
			_, err := c.CreateJob(ctx, JobRequest{Name: "wing"})
			return err
		},
		"submit": func(ctx context.Context, c *Client) error { return c.SubmitJob(ctx, "QwErTy") },
		"stop":   func(ctx context.Context, c *Client) error { return c.StopJob(ctx, "QwErTy") },
		"delete": func(ctx context.Context, c *Client) error { return c.DeleteJob(ctx, "QwErTy") },
		"tag":    func(ctx context.Context, c *Client) error { return c.AddTag(ctx, "QwErTy", "a") },
		"untag":  func(ctx context.Context, c *Client) error { return c.RemoveTag(ctx, "QwErTy", "a") },
	}
}

// outcome is what an error says about a change.
type outcome string

const (
	done    outcome = "done"
	notDone outcome = "not done"
	unknown outcome = "unknown"
)

func outcomeOf(err error) outcome {
	var lost *OutcomeUnknownError
	switch {
	case err == nil:
		return done
	case errors.As(err, &lost):
		return unknown
	}
	return notDone
}

// outcomeCase is an answer to a change and what it says about its outcome.
type outcomeCase struct {
	answer http.HandlerFunc
	want   outcome
	only   string // call; "" means all
	not    string // call that is excepted
}

func outcomeCases() map[string]outcomeCase {
	const html = "<html><head><title>502 Bad Gateway</title></head></html>"
	return map[string]outcomeCase{
		"reset":               {answer: hangUp, want: unknown},
		"timeout":             {answer: stayAway, want: unknown},
		"500":                 {answer: reply(500, ""), want: unknown},
		"502 HTML":            {answer: reply(502, html), want: unknown},
		"503":                 {answer: replyWith("Retry-After", "3600", 503, ""), want: unknown},
		"504 HTML":            {answer: reply(504, html), want: unknown},
		"truncated body":      {answer: breakOff(201, `{"id": "Qw`), want: unknown, only: "create"},
		"cut JSON":            {answer: reply(201, `{"id": "Qw`), want: unknown, only: "create"},
		"empty 201":           {answer: reply(201, ""), want: unknown, only: "create"},
		"no id":               {answer: reply(201, "{}"), want: unknown, only: "create"},
		"other JSON":          {answer: reply(201, "[]"), want: unknown, only: "create"},
		"200 HTML":            {answer: reply(200, html), want: unknown, only: "create"},
		"302":                 {answer: replyWith("Location", "/elsewhere/", 302, ""), want: unknown},
		"303":                 {answer: replyWith("Location", "/elsewhere/", 303, ""), want: unknown},
		"301":                 {answer: replyWith("Location", "/elsewhere/", 301, ""), want: notDone},
		"307":                 {answer: replyWith("Location", "/elsewhere/", 307, ""), want: notDone},
		"308":                 {answer: replyWith("Location", "/elsewhere/", 308, ""), want: notDone},
		"400":                 {answer: reply(400, `{"name": ["no"]}`), want: notDone},
		"401":                 {answer: reply(401, `{"detail": "Invalid token."}`), want: notDone},
		"403":                 {answer: reply(403, ""), want: notDone},
		"404":                 {answer: reply(404, ""), want: notDone, not: "delete untag"},
		"404 on delete":       {answer: reply(404, ""), want: done, only: "delete"},
		"404 on untag":        {answer: reply(404, ""), want: done, only: "untag"},
		"413":                 {answer: reply(413, ""), want: notDone},
		"429":                 {answer: replyWith("Retry-After", "7", 429, ""), want: notDone},
		"200 without a body":  {answer: reply(200, ""), want: done, not: "create"},
		"204":                 {answer: reply(204, ""), want: done, not: "create"},
		"status, then broken": {answer: breakOff(200, "{"), want: done, not: "create"},
		"created":             {answer: reply(201, `{"id": "QwErTy"}`), want: done},
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, tc := range outcomeCases() {
		for call, do := range changes() {
			if tc.only != "" && tc.only != call || strings.Contains(tc.not, call) {
				continue
			}
			t.Run(name+"/"+call, func(t *testing.T) {
				t.Parallel()
				p := newPlatform(t, tc.answer)
				cfg := Config{BaseURL: p.URL, Key: NewSecret(testKey), Retry: fastRetry()}
				if name == "timeout" {
					cfg.Timeout = 20 * time.Millisecond
				}
				err := do(t.Context(), newClient(t, cfg))
				if got := outcomeOf(err); got != tc.want {
					t.Errorf("got %s (%v), want %s", got, err, tc.want)
				}
				if n := len(p.arrivals()); n != 1 {
					t.Errorf("%d requests arrived, want exactly 1", n)
				}
			})
		}
	}
}

func TestChangesThatNeverLeft(t *testing.T) {
	t.Parallel()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	refused := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	})
	lookup := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	})
	for name, tc := range map[string]struct {
		ctx context.Context
		cfg Config
		is  error
	}{
		"closed port":   {t.Context(), Config{BaseURL: "http://" + dead.Addr().String()}, nil},
		"dial":          {t.Context(), Config{Transport: refused}, syscall.ECONNREFUSED},
		"lookup":        {t.Context(), Config{Transport: lookup}, nil},
		"already ended": {over, Config{Transport: lookup}, context.Canceled},
	} {
		for call, do := range changes() {
			t.Run(name+"/"+call, func(t *testing.T) {
				t.Parallel()
				err := do(tc.ctx, newClient(t, tc.cfg))
				if outcomeOf(err) != notDone {
					t.Errorf("got %v", err)
				}
				if tc.is != nil && !errors.Is(err, tc.is) {
					t.Errorf("%v is not %v", err, tc.is)
				}
			})
		}
	}
}

// A transport that cannot say whether it had a connection proves nothing.
func TestSilentTransportLeavesOutcomeUnknown(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})
	_, err := c.CreateJob(t.Context(), JobRequest{Name: "wing"})
	if outcomeOf(err) != unknown || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	want := `creating job "wing": the outcome is unknown: POST /api/v2/jobs/: unexpected EOF`
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// TestInterruptedChangeIsFinished: a call that was let out is not cut off, for
// half a call has no known outcome. One that waits to be let out is.
func TestInterruptedChangeIsFinished(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id": "AbCdEf", "name": "wing"}`)
	})
	c := p.client(t)
	if job, err := c.CreateJob(ctx, JobRequest{Name: "wing"}); err != nil || job.ID != "AbCdEf" {
		t.Errorf("got %+v, %v", job, err)
	}
	if _, err := c.CreateJob(ctx, JobRequest{Name: "wing"}); outcomeOf(err) == unknown || !errors.Is(err, context.Canceled) {
		t.Errorf("after the interrupt: %v", err)
	}
}

// net/http repeats some requests by itself when a kept connection turns out to be
// dead. The server reads each change whole and then hangs up.
func TestReusedConnectionIsNotReplayed(t *testing.T) {
	t.Parallel()
	for call, do := range changes() {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			s := newHangingServer(t)
			c := newClient(t, Config{BaseURL: "http://" + s.addr, Retry: fastRetry()})
			for range 3 {
				if _, err := c.Me(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := do(t.Context(), c); outcomeOf(err) != unknown {
				t.Errorf("got %v, want an unknown outcome", err)
			}
			gets, others, connections := s.counts()
			if gets != 3 || others != 1 || connections != 1 {
				t.Errorf("%d reads and %d changes on %d connections, want 3, 1, 1", gets, others, connections)
			}
		})
	}
}

// hangingServer answers GET and hangs up on everything else after reading it.
type hangingServer struct {
	addr                      string
	mu                        sync.Mutex
	gets, others, connections int
}

func newHangingServer(t *testing.T) *hangingServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &hangingServer{addr: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			s.mu.Unlock()
			wg.Go(func() { s.talk(conn) })
		}
	})
	// Cleanups run in reverse: the client has closed its connections by then.
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { l.Close() })
	return s
}

func (s *hangingServer) talk(conn net.Conn) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		if r.Method == http.MethodGet {
			s.gets++
		} else {
			s.others++
		}
		s.mu.Unlock()
		if r.Method != http.MethodGet {
			return
		}
		const body = `{"email":"ada@example.com"}`
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n"+body)
	}
}

func (s *hangingServer) counts() (gets, others, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets, s.others, s.connections
}

func TestBodylessCallsAreNotChunked(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, ""))
	c := p.client(t)
	if err := errors.Join(c.SubmitJob(t.Context(), "a"), c.StopJob(t.Context(), "a"), c.DeleteJob(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	for _, a := range p.arrivals() {
		if a.Chunked || a.Length != 0 || a.Body != "" {
			t.Errorf("%+v: want an empty body", a)
		}
	}
}

func TestRedirectInsideThePlatformKeepsTheKey(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(
		replyWith("Location", "/api/v2/users/me/?moved=1", 301, ""),
		reply(200, `{"email":"ada@example.com"}`),
	))
	if _, err := p.client(t).Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen := p.arrivals(); len(seen) != 2 || seen[1].Auth == "" || seen[1].Query != "moved=1" {
		t.Errorf("got %+v", seen)
	}
}

func TestRedirectToAStrangerIsNotFollowed(t *testing.T) {
	t.Parallel()
	stranger := newPlatform(t, reply(200, `{"count":0,"next":null,"results":[]}`))
	p := newPlatform(t, replyWith("Location", stranger.URL+"/login?token=hunter22", 302, ""))
	_, err := p.client(t).Jobs(t.Context(), JobQuery{}, func(JobItem) bool { return true })
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != 302 || refused.Hint() == "" {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "hunter22") || !strings.Contains(err.Error(), "/login?[redacted]") {
		t.Errorf("got %v", err)
	}
	if n := len(stranger.arrivals()); n != 0 {
		t.Errorf("%d requests arrived at the stranger", n)
	}
}

func TestDownloadFollowsToStorageWithoutTheKey(t *testing.T) {
	t.Parallel()
	storage := newPlatform(t, reply(200, "content"))
	p := newPlatform(t, replyWith("Location", storage.URL+"/bucket?signature=s", 302, ""))
	body, err := p.client(t).Download(t.Context(), "kTqWzb", Span{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if content, err := io.ReadAll(body); err != nil || string(content) != "content" {
		t.Errorf("got %q, %v", content, err)
	}
	if seen := storage.arrivals(); len(seen) != 1 || seen[0].Auth != "" {
		t.Errorf("got %+v", seen)
	}
}

func TestKeyStaysOnItsOrigin(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"https://eu.rescale.com/x":      true,
		"https://eu.rescale.com:443/x":  true,
		"https://EU.rescale.com/x":      true,
		"http://eu.rescale.com/x":       false,
		"https://eu.rescale.com:8443/x": false,
		"https://sub.eu.rescale.com/x":  false,
		"https://rescale.com/x":         false,
	} {
		var got string
		c := newClient(t, Config{BaseURL: "https://eu.rescale.com", Key: NewSecret(testKey), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Get("Authorization")
			return respond(r, 200, ""), nil
		})})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.content.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if (got != "") != want {
			t.Errorf("%s: key sent: %v, want %v", target, got != "", want)
		}
	}
}

func TestDownloadNeverFallsBackToPlainHTTP(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := respond(r, 302, "")
		resp.Header.Set("Location", "http://storage.example.com/x")
		return resp, nil
	})})
	_, err := c.Download(t.Context(), "kTqWzb", Span{})
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != 302 {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatAreNotRescales(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"login page": {"<!doctype html><title>Sign in</title>", "200 OK: not JSON: an HTML page: Sign in"},
		"text":       {"it works", "200 OK: not JSON: it works"},
		"wrong type": {`{"email": 7}`, "200 OK: not the expected JSON: email is a number"},
		"a list":     {`[1]`, "200 OK: not the expected JSON: an unexpected array"},
		"a number":   {`7`, "200 OK: not the expected JSON: an unexpected number"},
		"nobody":     {`{}`, "an account without e-mail address"},
	} {
		p := newPlatform(t, reply(200, tc.body))
		_, err := p.client(t).Me(t.Context())
		var odd *Error
		if !errors.As(err, &odd) || !strings.Contains(err.Error(), tc.want) || odd.Hint() == "" {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
		if strings.Contains(err.Error(), "rescale.") {
			t.Errorf("%s: %v names a type of this program", name, err)
		}
		if n := len(p.arrivals()); n != 1 {
			t.Errorf("%s: %d requests, want 1", name, n)
		}
	}
}

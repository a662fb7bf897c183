package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

var sweepPoints = flag.Int("sweep.points", 300, "points of the sweep under the platform's limits")

// latency is how long the platform takes to answer.
const latency = 300 * time.Millisecond

// pipes is a listener whose connections are in memory: only then time in a bubble passes.
type pipes struct {
	accept chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), closed: make(chan struct{})} }

// Accept returns the platform's end of the next connection.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr is the address of a pipe.
func (p *pipes) Addr() net.Addr {
	one, other := net.Pipe()
	_, _ = one.Close(), other.Close()
	return one.LocalAddr()
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case p.accept <- theirs:
		return mine, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// overTLS serves a handler at https://example.com, which is no address of this machine, so
// that the client keeps the platform's limits.
func overTLS(t *testing.T, handler http.Handler) *http.Transport {
	t.Helper()
	listener := newPipes()
	server := httptest.NewUnstartedServer(handler)
	if err := server.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	server.Listener, server.EnableHTTP2 = listener, true
	server.StartTLS()
	t.Cleanup(server.Close)
	client, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	client.DialContext = listener.dial
	return client
}

// flow is what a platform was asked for, and when.
type flow struct {
	begun time.Time

	mu       sync.Mutex
	requests int // without those that look how the jobs are
	refused  int
	submits  []time.Duration // since it began
}

func (f *flow) note(h *http.Request, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if status == http.StatusTooManyRequests {
		f.refused++
	}
	polls := h.URL.Query().Get("state") != "" || h.Method == http.MethodGet && strings.HasSuffix(h.URL.Path, "statuses/")
	if !polls {
		f.requests++
	}
	if submits(h) {
		f.submits = append(f.submits, time.Since(f.begun))
	}
}

func submits(h *http.Request) bool {
	return h.Method == http.MethodPost && strings.HasSuffix(h.URL.Path, "/submit/")
}

// through notes what passes a transport, and how slowly a platform far away answers.
func (f *flow) through(next http.RoundTripper) http.RoundTripper {
	return transport(func(h *http.Request) (*http.Response, error) {
		time.Sleep(latency)
		answer, err := next.RoundTrip(h)
		if err == nil {
			f.note(h, answer.StatusCode)
		}
		return answer, err
	})
}

// TestASweepFlowsAtThePlatformsPace: over TLS, with the documented limits, submits begin
// in the first minute and are never kept waiting by anything but the budget that we use of
// them: a burst of 50, then 850 an hour. It takes two requests a job and the lists that elect.
func TestASweepFlowsAtThePlatformsPace(t *testing.T) {
	t.Parallel()
	for name, waits := range map[string]bool{"no-wait": false, "wait": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sweep(t, *sweepPoints, !waits)
			n := *sweepPoints
			perJob := float64(f.requests) / float64(n)
			last := f.submits[len(f.submits)-1]
			t.Logf("%d points: first submit after %v, last after %v, at the least %v; %.3f requests a job", n, f.submits[0], last, floor(n), perJob)
			if len(f.submits) != n || f.submits[0] > time.Minute || last > longest(n) {
				t.Errorf("%d submits from %v to %v, want all of %d within %v", len(f.submits), f.submits[0], last, n, longest(n))
			}
			if perJob > 2.1 || f.refused > 0 {
				t.Errorf("%.3f requests a job, %d refused", perJob, f.refused)
			}
		})
	}
}

// floor is how long that many submits take at the least: a burst, and 85 % of the limit.
func floor(submits int) time.Duration {
	return time.Duration(float64(submits-50) / 850 * float64(time.Hour))
}

// longest is what they may take.
func longest(submits int) time.Duration { return floor(submits) + floor(submits)/50 }

// sweep applies that many points to a platform that runs them at its own pace.
func sweep(t *testing.T, points int, noWait bool) *flow {
	t.Helper()
	f := new(flow)
	synctest.Test(t, func(t *testing.T) {
		server := openWith(t, standstill, emulator.PlatformLimits())
		defer server.Close()
		f.begun = time.Now()
		tls := overTLS(t, server)
		manifest := single + fmt.Sprintf("matrix: {n: {from: 1, to: %d, step: 1}}\n", points)
		r := runner{site: newSite(t, manifest, nil), base: "https://example.com", transport: f.through(tls), noWait: noWait, patience: longest(points)}
		if err := r.apply(t.Context()); noWait && err != nil {
			t.Fatal(err)
		}
		tls.CloseIdleConnections()
		b, err := billOf(server)
		if err = errors.Join(err, b.check(points)); err != nil {
			t.Error(err)
		}
	})
	return f
}

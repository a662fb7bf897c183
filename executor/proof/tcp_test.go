package proof_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// copied is a job whose result is its input.
const copied = `version: 1
name: plate
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [plate.inp]
command: cp plate.inp result.csv
outputs: {download: ["*.csv"]}
`

// newPlate is a machine that has the job.
func newPlate(t *testing.T) site {
	t.Helper()
	return newSite(t, copied, map[string]string{"plate.inp": plate()})
}

// plate is the input: some hundred pieces of what a line carries at once.
func plate() string {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "%d,%d\n", i, i*i)
	}
	return b.String()
}

// remote is a platform that is reached over TCP. It and the line are outside the bubble, in the
// machine's time; the program is inside. Its time stands still while it waits for a connection,
// and passes at once while it pauses.
type remote struct {
	server  *emulator.Server
	web     *httptest.Server
	line    *line
	site    site
	errands errands
}

// newRemote starts a platform that really runs commands, behind a line with trouble.
func newRemote(t *testing.T, s site, trouble func(n int) trouble) remote {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "proof"), Env: []string{"PATH=" + os.Getenv("PATH")},
		Accounts: []emulator.Account{{Key: key, Email: owner}},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(server)
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // broken connections are no news
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return remote{server, web, newLine(t, web.Listener.Addr().String(), trouble), s, newErrands(t)}
}

// errands are things that a bubble wants to be done outside of it.
type errands struct {
	wanted chan func()
	done   chan struct{}
}

func newErrands(t *testing.T) errands {
	t.Helper()
	e := errands{make(chan func()), make(chan struct{})}
	var runs sync.WaitGroup
	runs.Go(func() {
		for run := range e.wanted {
			run()
			e.done <- struct{}{}
		}
	})
	t.Cleanup(func() {
		close(e.wanted)
		runs.Wait()
	})
	return e
}

// do returns when the errand is done.
func (e errands) do(run func()) {
	e.wanted <- run
	<-e.done
}

// runner is one that gets a connection for each request. After a submit it stands still
// until the platform has run the job: else it would look at it for hours of its own time.
func (p remote) runner(t *testing.T) runner {
	t.Helper()
	way, base := p.way()
	way.DisableKeepAlives = true
	settled := transport(func(h *http.Request) (*http.Response, error) {
		answer, err := way.RoundTrip(h)
		if submits(h) {
			p.errands.do(func() { p.settle(t) })
		}
		return answer, err
	})
	return runner{site: p.site, base: base, transport: settled, parallel: 1}
}

// way is the program's own, over the line. A platform that speaks TLS is at https://example.com,
// which is no address of this machine: who refuses a connection here is an emulator that
// has ended, and is not tried again.
func (p remote) way() (way *http.Transport, base string) {
	way = rescale.NewTransport(nil)
	way.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, p.line.at())
	}
	if p.web.TLS == nil {
		return way, "http://localhost"
	}
	roots := x509.NewCertPool()
	roots.AddCert(p.web.Certificate())
	way.TLSClientConfig = &tls.Config{RootCAs: roots}
	return way, "https://example.com"
}

func (p remote) settle(t *testing.T) {
	t.Helper()
	err := p.server.Await(context.Background(), func(jobs []emulator.JobInfo) bool {
		return !slices.ContainsFunc(jobs, func(j emulator.JobInfo) bool { return !j.Draft && j.Status != "Completed" })
	})
	if err != nil {
		t.Error(err)
	}
}

// check returns what is wrong with what an apply left.
func (p remote) check() error {
	b, err := billOf(p.server)
	err = errors.Join(err, b.check(1))
	got, failed := os.ReadFile(filepath.Join(p.site.dir, "results", "plate", "result.csv"))
	if failed == nil && !bytes.Equal(got, []byte(plate())) {
		failed = fmt.Errorf("a result of %d bytes, want %d", len(got), len(plate()))
	}
	return errors.Join(err, failed)
}

// again applies once more, and returns what is wrong if that changes anything.
func (p remote) again(ctx context.Context, r runner) error {
	p.server.ResetRequests()
	err := r.apply(ctx)
	for _, request := range p.server.Requests() {
		if request.Method != http.MethodGet {
			err = errors.Join(err, fmt.Errorf("applying again sends %s %s", request.Method, request.Path))
		}
	}
	return errors.Join(err, p.check())
}

// toxic is one kind of trouble.
type toxic struct {
	trouble
	loses bool // what is sent: only some connections have it
}

// lines has one for each toxic of the library.
func lines() map[string]toxic {
	return map[string]toxic{
		"latency":    {trouble: both(&toxics.LatencyToxic{Latency: 5})},
		"jitter":     {trouble: both(&toxics.LatencyToxic{Latency: 5, Jitter: 5})},
		"bandwidth":  {trouble: both(&toxics.BandwidthToxic{Rate: 1000})},
		"slicer":     {trouble: both(&toxics.SlicerToxic{AverageSize: 64, SizeVariation: 32})},
		"slow close": {trouble: both(&toxics.SlowCloseToxic{Delay: 5})},
		"reset peer": {trouble: trouble{down: []toxics.Toxic{&toxics.ResetToxic{}}, reset: true}, loses: true},
		"limit data": {trouble: onAnswer(&toxics.LimitDataToxic{Bytes: 2000}), loses: true},
		"timeout":    {trouble: both(&toxics.TimeoutToxic{Timeout: 5}), loses: true},
	}
}

// of is the trouble of the n-th connection.
func (tc toxic) of(n int) trouble {
	if tc.loses && n%3 != 1 {
		return trouble{}
	}
	return tc.trouble
}

// TestToxics applies a job over a line with each kind of trouble: with a connection for
// each request, in a bubble, and as the program does it, with connections that are kept.
func TestToxics(t *testing.T) {
	t.Parallel()
	for name, tc := range lines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newRemote(t, newPlate(t), tc.of)
			p.web.Start()
			synctest.Test(t, func(t *testing.T) {
				r := p.runner(t)
				if err := errors.Join(r.apply(t.Context()), p.check(), p.again(t.Context(), r)); err != nil {
					t.Error(err)
				}
			})
			if all, troubled := p.line.counted(); troubled < 3 {
				t.Errorf("%d of %d connections had trouble", troubled, all)
			}
		})
		t.Run(name+", kept", func(t *testing.T) {
			t.Parallel()
			p := newRemote(t, newPlate(t), tc.of)
			p.web.Start()
			if err := errors.Join(alone(t, p.keepAlive), p.check()); err != nil {
				t.Error(err)
			}
			if all, troubled := p.line.counted(); troubled == 0 {
				t.Errorf("none of %d connections had trouble", all)
			}
		})
	}
}

// keepAlive applies as the program does.
func (p remote) keepAlive(ctx context.Context) error {
	way, base := p.way()
	defer way.CloseIdleConnections()
	r := runner{site: p.site, base: base, transport: way, timeout: time.Minute}
	return errors.Join(r.apply(ctx), p.again(ctx, r))
}

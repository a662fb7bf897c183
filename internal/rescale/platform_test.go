package rescale

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "0123456789abcdef0123456789abcdef01234567"

// fastRetry keeps tests from sleeping, with the default number of tries.
func fastRetry() Retry { return Retry{Base: time.Microsecond, Max: 10 * time.Microsecond} }

// arrival is a request as a test server saw it.
type arrival struct {
	Method, Path, Query string
	Auth, Range         string
	Body                string
	Length              int64
	Chunked             bool
}

// platform is a server with a script, which remembers what arrived.
type platform struct {
	*httptest.Server
	mu   sync.Mutex
	seen []arrival
}

func newPlatform(t *testing.T, handler http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.seen = append(p.seen, arrival{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Auth: r.Header.Get("Authorization"), Range: r.Header.Get("Range"),
			Body: string(body), Length: r.ContentLength, Chunked: len(r.TransferEncoding) > 0,
		})
		p.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) arrivals() []arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]arrival(nil), p.seen...)
}

// ranges is what was asked for, one word a request.
func (p *platform) ranges() string {
	var all []string
	for _, a := range p.arrivals() {
		all = append(all, a.Range)
	}
	return strings.Join(all, " ")
}

func (p *platform) client(t *testing.T) *Client {
	t.Helper()
	return newClient(t, Config{BaseURL: p.URL, Key: NewSecret(testKey), Retry: fastRetry()})
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answers gives each of the bodies in turn, the last one for ever.
func answers(steps ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		step := steps[min(next, len(steps)-1)]
		next++
		mu.Unlock()
		step(w, r)
	}
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func replyWith(header, value string, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(header, value)
		reply(status, body)(w, r)
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// breakOff promises more bytes than it sends.
func breakOff(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stayAway answers only when the client has left.
func stayAway(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func fixture(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func decodeJSON(t *testing.T, body string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respond makes an answer for roundTrip.
func respond(r *http.Request, status int, body string) *http.Response {
	rec := httptest.NewRecorder()
	rec.WriteHeader(status)
	_, _ = io.WriteString(rec, body)
	resp := rec.Result()
	resp.Request = r
	return resp
}

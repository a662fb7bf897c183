// Package rescale is a typed client of the Rescale REST API, as far as a job
// runner needs it: who am I, catalogs, files, jobs, statuses, tags.
//
// What it promises:
//   - Reading is repeated after throttling, outages and broken connections, with
//     growing pauses. So is an upload, because a lost one leaves only an unused file.
//   - A call that changes a job (create, submit, stop, delete, tag) is sent at most
//     once. When its answer is lost the error is an [OutcomeUnknownError]; with any
//     other error the platform certainly did not do it.
//   - A listing is whole or it is an error, never silently cut.
//   - The key goes to the configured host only, and is in no error and no print-out.
//
// It refuses to know manifests, job identity, state files, environment variables
// and the local disk: callers give it values and readers.
package rescale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// DefaultBaseURL is the platform that is meant when none is named
// (rescale-api.md §1.1).
const DefaultBaseURL = "https://platform.rescale.com"

// defaultTimeout bounds one try of a call that answers with JSON. Large job
// listings take the platform many seconds (rescale-api.md §2.2).
const defaultTimeout = 60 * time.Second

// Config says which platform to talk to, as whom, and how patiently.
// Its zero value is an anonymous client of DefaultBaseURL.
type Config struct {
	BaseURL   string            // origin only, see New; empty means DefaultBaseURL
	Key       Secret            // API key or session JWT; zero sends no Authorization
	Hide      []Secret          // further secrets that answers may quote; they are in no error either
	UserAgent string            // empty means "rescale-apply"
	Transport http.RoundTripper // nil means a fresh *http.Transport that honours the proxy variables
	Retry     Retry             // zero means the defaults of Retry
	Timeout   time.Duration     // for one try of a JSON call; zero means 60 s. A transfer ends when no byte moves for twice as long
	// OnRetry is told, before a pause, why a request is going to be repeated. Several
	// goroutines may call it at a time. Optional.
	OnRetry func(err error, pause time.Duration)
	// OnWait is told when requests are held back for more than 5 s, because the platform
	// allows no more. Several goroutines may call it at a time. Optional.
	OnWait   func(Wait)
	ReadOnly bool // refuse everything but GET with a *ReadOnlyError
}

// Client talks to one platform with one key. It is safe for concurrent use, and
// all calls through it share its rate limits.
type Client struct {
	base     *url.URL
	key      Secret
	veil     veil
	agent    string
	readOnly bool
	timeout  time.Duration
	retry    Retry
	onRetry  func(error, time.Duration) // may be nil
	scopes   pace.Scopes
	api      *http.Client // follows redirects of GET inside the platform only
	reached  atomic.Bool  // the host has answered at least once
	content  *http.Client // follows a download to a storage host, without the key
}

// Platform is one of the regions that Rescale runs. Accounts and keys live in
// exactly one of them (rescale-api.md §1.1).
type Platform struct {
	Region string
	URL    string
}

// Platforms lists the known regions, the default one first.
func Platforms() []Platform {
	return []Platform{
		{"North America", DefaultBaseURL},
		{"Europe", "https://eu.rescale.com"},
		{"Japan", "https://platform.rescale.jp"},
		{"Korea", "https://kr.rescale.com"},
		{"US ITAR", "https://itar.rescale.com"},
		{"US ITAR FRM", "https://itar.rescale-gov.com"},
	}
}

// New makes a client and contacts nobody. The base URL must be an origin: any
// https host, or plain http on a loopback address; otherwise the error is a
// *HostError. A key that cannot be sent in a header is a *KeyError.
func New(cfg Config) (*Client, error) {
	base, err := parseBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := checkKey(cfg.Key.reveal()); err != nil {
		return nil, err
	}
	c := &Client{
		base:     base,
		key:      cfg.Key,
		veil:     newVeil(cfg.Key, cfg.Hide),
		agent:    cfg.UserAgent,
		readOnly: cfg.ReadOnly,
		timeout:  cfg.Timeout,
		retry:    cfg.Retry.WithDefaults(),
		onRetry:  cfg.OnRetry,
	}
	if c.agent == "" {
		c.agent = "rescale-apply"
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	c.scopes = pace.Budget{Unlimited: c.Local(), Longest: c.retry.LongestWait, OnWait: cfg.OnWait}.Scopes()
	c.api, c.content = c.httpClients(cfg.Transport)
	return c, nil
}

// BaseURL is the origin this client talks to, without a final slash.
func (c *Client) BaseURL() string { return c.base.String() }

// JobURL is the page of a job in the web interface (rescale-api.md §1.1).
func (c *Client) JobURL(id string) string {
	return c.BaseURL() + "/jobs/" + url.PathEscape(id) + "/"
}

// Redact hides the secrets in what a job printed, and changes nothing else.
func (c *Client) Redact(text string) string { return c.veil.hide(text) }

// Close drops idle connections. The client may be used again afterwards.
func (c *Client) Close() { c.api.CloseIdleConnections() }

// Local reports whether the platform is an emulator on this machine.
func (c *Client) Local() bool { return IsLoopback(c.base.Hostname()) }

// Retry says how patiently reading and uploading are repeated.
type Retry = pace.Retry

// Wait is requests that are held back, because the platform allows no more.
type Wait = pace.Held

// SubmitsTake is how long that many submits take at the least, by the part of the
// platform's limit that is used; 0 on this machine, which has none.
func (c *Client) SubmitsTake(n int) time.Duration { return c.scopes.Submission.Least(n) }

// DownloadsTake is the same for that many files.
func (c *Client) DownloadsTake(files int) time.Duration { return c.scopes.Files.Least(files) }

// LooksTake is the same for that many requests about jobs.
func (c *Client) LooksTake(n int) time.Duration { return c.scopes.Jobs.Least(n) }

// HostError says that a base URL is refused, before anything is sent to it.
type HostError struct {
	URL  string // as configured, without passwords and queries
	Why  string
	hint string
}

// Error names the URL and what is wrong with it.
func (e *HostError) Error() string {
	return fmt.Sprintf("using platform address %q: %s", e.URL, e.Why)
}

// Hint says what to write instead.
func (e *HostError) Hint() string { return e.hint }

// KeyError says that a key cannot be sent. It never quotes the key.
type KeyError struct{ Why string }

// Error says what is wrong with the key.
func (e *KeyError) Error() string { return "using the API key: " + e.Why }

// Hint says how to repair the key.
func (e *KeyError) Hint() string {
	return "copy the key again, as one word without blanks, quotes or line breaks"
}

// checkKey refuses what could not be a header value. The shape of keys is not
// checked: the platform may change it (rescale-api.md §1.2).
func checkKey(key string) error {
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return &KeyError{Why: "it holds a blank, a line break or another character that keys do not have"}
		}
	}
	return nil
}

// parseBase applies the host rules: the key must not travel in clear text, and
// an origin with a path or query would end up in every request.
func parseBase(raw string) (*url.URL, error) {
	if raw == "" {
		raw = DefaultBaseURL
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, &HostError{URL: cleanURL(raw), Why: "it is not a URL with a host", hint: baseHint(raw)}
	}
	origin := &url.URL{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Host)}
	why := baseProblem(origin, u)
	if why == "" {
		return origin, nil
	}
	return nil, &HostError{URL: cleanURL(raw), Why: why, hint: originHint(origin)}
}

func baseProblem(origin, u *url.URL) string {
	switch {
	case origin.Scheme != "https" && origin.Scheme != "http":
		return fmt.Sprintf("the scheme %q is not https", u.Scheme)
	case u.User != nil:
		return "it holds a user name or password"
	case u.Path != "" && u.Path != "/":
		return fmt.Sprintf("it has the path %q", u.Path)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "it has a query or a fragment"
	case !validPort(u.Port()):
		return fmt.Sprintf("%q is not a port", u.Port())
	case origin.Scheme == "http" && !IsLoopback(origin.Hostname()):
		return "plain http would send the API key in clear text"
	}
	return ""
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.Atoi(port)
	return err == nil && n > 0 && n < 1<<16
}

// IsLoopback reports whether a host is this machine. It accepts names and literal
// addresses only: nothing is looked up, so no name server can decide where a key goes in
// clear text.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback()
}

// originHint offers the same host in the form that is accepted.
func originHint(origin *url.URL) string {
	if validPort(origin.Port()) && !strings.ContainsAny(origin.Host, " %") {
		if IsLoopback(origin.Hostname()) {
			return "write http://" + origin.Host
		}
		if _, _, err := net.SplitHostPort(origin.Host); err != nil {
			return "write https://" + origin.Host
		}
	}
	return baseHint("")
}

// baseHint offers the known platforms, or the scheme when only that is missing.
func baseHint(raw string) string {
	known := Platforms()
	bare := strings.ToLower(strings.Trim(raw, "/ "))
	urls := make([]string, 0, len(known))
	for _, p := range known {
		urls = append(urls, p.URL)
	}
	if slices.Contains(urls, "https://"+bare) {
		return "write https://" + bare
	}
	return "the platforms are " + strings.Join(urls, ", ")
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
	pause, more := c.retry.Next(p.tries, p.waited, asked(err))
	if !more {
		return &OutageError{Tries: p.tries, Waited: p.waited, Err: err}
	}
	if c.onRetry != nil {
		c.onRetry(err, pause)
	}
	if stop := pace.Sleep(ctx, pause); stop != nil {
		return fmt.Errorf("waiting to try again after %q: %w", err.Error(), stop)
	}
	p.waited += pause
	return nil
}

// asked is how long the platform asks to wait, in the answer that err is; 0 when it does not.
func asked(err error) time.Duration {
	var answer *Error
	if errors.As(err, &answer) {
		return answer.RetryAfter
	}
	return 0
}

// encode writes a body as JSON. Text that is not UTF-8 is an error: the encoder would
// repair it without a word, and the job would get another value.
func encode(v any) ([]byte, error) {
	if path, found := broken(reflect.ValueOf(v)); found {
		return nil, fmt.Errorf("the text in %s is not UTF-8", strings.TrimPrefix(path, "."))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // shell commands are full of <, > and &
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// broken is the path of a text that is not UTF-8.
func broken(v reflect.Value) (path string, found bool) {
	switch v.Kind() { //nolint:exhaustive // the other kinds hold no text
	case reflect.String:
		return "", !utf8.ValidString(v.String())
	case reflect.Interface, reflect.Pointer:
		return broken(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if path, found = broken(v.Index(i)); found {
				return fmt.Sprintf("[%d]%s", i, path), true
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if path, found = broken(v.MapIndex(key)); found || !utf8.ValidString(key.String()) {
				return "." + strings.ToValidUTF8(key.String(), "?") + path, true
			}
		}
	case reflect.Struct:
		for field, member := range v.Fields() {
			if path, found = broken(member); found {
				return "." + field.Name + path, true
			}
		}
	}
	return "", false
}

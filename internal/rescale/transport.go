package rescale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// maxJSON bounds a decoded answer. The largest real ones, pages of the software
// catalog, have a few MB.
const maxJSON = 64 << 20

// request is one call of the API.
type request struct {
	method string
	path   string // escaped, from /api/ on
	query  url.Values
	body   any    // sent as JSON; nil sends none
	act    string // what the caller wants, for an unknown outcome
}

// httpClients makes the two redirect policies over one transport. The key is
// added below them, so that no redirect can carry it to another host.
func (c *Client) httpClients(base http.RoundTripper) (api, content *http.Client) {
	if base == nil {
		base = NewTransport(http.ProxyFromEnvironment)
	}
	keyed := &keyAdder{base: base, origin: c.base, key: c.key}
	api = &http.Client{Transport: keyed, CheckRedirect: c.redirectPolicy(func(to *url.URL) bool {
		return sameOrigin(to, c.base)
	})}
	content = &http.Client{Transport: keyed, CheckRedirect: c.redirectPolicy(func(to *url.URL) bool {
		return sameOrigin(to, c.base) || to.Scheme == "https" || c.Local() && IsLoopback(to.Hostname())
	})}
	return api, content
}

// NewTransport is http.DefaultTransport with limits that fit, through the proxy that is
// told for each request. Idle connections
// are dropped early: a call that changes something is not repeated when the
// platform's side has closed the connection meanwhile, so stale ones hurt.
func NewTransport(proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy: proxy,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			return proxyRefusal(answer.StatusCode)
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return wideConn{conn}, nil
		},
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          32,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       25 * time.Second,
		TLSHandshakeTimeout:   20 * time.Second,
		ExpectContinueTimeout: time.Second,
		// After an upload the platform may store gigabytes before it answers.
		ResponseHeaderTimeout: 5 * time.Minute,
	}
}

// wideConn sends what it reads itself in larger pieces than net/http does. On a
// line without TLS that saves a quarter of an upload's time.
type wideConn struct{ net.Conn }

const sendBuffer = 256 << 10

// ReadFrom is how net/http sends the body of a request.
func (c wideConn) ReadFrom(r io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{c.Conn}, r, make([]byte, sendBuffer))
}

// redirectPolicy follows a GET to where allowed says. Any other redirect comes
// back as the answer and ends as an error: to follow it would change a POST into
// a GET, or read the platform's data from a stranger.
func (c *Client) redirectPolicy(allowed func(*url.URL) bool) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if via[0].Method != http.MethodGet || len(via) >= 10 || !allowed(next.URL) {
			return http.ErrUseLastResponse
		}
		// It may quote the signed URL of a storage host to the next one.
		next.Header.Del("Referer")
		return nil
	}
}

// keyAdder puts the key on requests to the platform's origin, and only there.
// net/http alone would pass it on to subdomains, other ports and plain http.
type keyAdder struct {
	base   http.RoundTripper
	origin *url.URL
	key    Secret
}

// RoundTrip sends r, with the key when r goes to the platform.
func (k *keyAdder) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.key.IsZero() || !sameOrigin(r.URL, k.origin) {
		return k.base.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", k.key.authorization())
	return k.base.RoundTrip(r)
}

// CloseIdleConnections lets http.Client reach the real transport.
func (k *keyAdder) CloseIdleConnections() {
	if t, ok := k.base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// get reads JSON into out, repeating what fails for now.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) (http.Header, error) {
	var header http.Header
	err := c.repeat(ctx, func() (err error) {
		header, err = c.exchange(ctx, request{method: http.MethodGet, path: path, query: query}, out)
		return err
	})
	return header, err
}

// change sends a call that changes something, at most once. It can be cancelled
// while it waits to be sent, not after. Unless the error is an
// *OutcomeUnknownError, a failed call certainly had no effect.
func (c *Client) change(ctx context.Context, r request, out any) error {
	_, err := c.exchange(ctx, r, out)
	if err == nil || !outcomeUnknown(err) {
		return err
	}
	return &OutcomeUnknownError{Act: r.act, Err: err}
}

// outcomeUnknown reports whether a change may have happened in spite of err. A 4xx is
// the platform's refusal, and 301, 307 and 308 mean "ask there instead". After
// the other statuses, an unreadable 2xx included, anything may be.
func outcomeUnknown(err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		switch answer.Status {
		case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			return false
		}
		return answer.Status/100 != 4
	}
	var network *NetworkError
	return errors.As(err, &network) && !network.notSent
}

// exchange sends r once and decodes the answer into out, all within the client's
// timeout. A nil out ignores the body: the status says it all.
func (c *Client) exchange(ctx context.Context, r request, out any) (header http.Header, err error) {
	err = c.converse(ctx, r, func(resp *http.Response) error {
		header = resp.Header
		if out == nil {
			return nil
		}
		return c.decode(r, resp, out)
	})
	return header, err
}

// converse sends r once and lets read have the answer, all within the client's timeout.
func (c *Client) converse(ctx context.Context, r request, read func(*http.Response) error) error {
	if err := c.admit(ctx, r); err != nil {
		return err
	}
	if r.act != "" {
		// A change that was let out is finished: half a call has no known outcome.
		ctx = context.WithoutCancel(ctx)
	}
	try, cancel := context.WithTimeoutCause(ctx, c.timeout, pace.LimitError{Text: fmt.Sprintf("no answer within %v", c.timeout)})
	defer cancel()
	req, err := c.newRequest(try, r)
	if err != nil {
		return err
	}
	resp, err := c.send(c.api, r, req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return read(resp)
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	target := c.BaseURL() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		text, err := encode(r.body)
		if err != nil {
			return nil, fmt.Errorf("encoding the body of %s %s: %w", r.method, r.path, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("building %s %s: %w", r.method, r.path, err)
	}
	// Without GetBody net/http cannot repeat a request by itself once a byte of
	// it was sent. With it, a reused connection that breaks would be enough.
	req.GetBody = nil
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// allow keeps a client that only reads from changing anything.
func (c *Client) allow(r request) error {
	if c.readOnly && r.method != http.MethodGet {
		return &ReadOnlyError{Method: r.method, Path: r.path}
	}
	return nil
}

// admit waits until the rate scope of r lets it pass. Its errors mean that r was not sent.
func (c *Client) admit(ctx context.Context, r request) error {
	if err := c.allow(r); err != nil {
		return err
	}
	cooling, err := c.scopes.Of(r.method, r.path).Wait(ctx)
	if err != nil {
		return fmt.Errorf("waiting to send %s %s: %w", r.method, r.path, err)
	}
	if cooling > 0 {
		return &Error{
			Method: r.method, Path: r.path, Status: http.StatusTooManyRequests, base: c.BaseURL(),
			Detail: "not sent, because an earlier request was told to wait", RetryAfter: cooling,
		}
	}
	return nil
}

// send sends req, which was admitted. Every request of this package goes through
// here. An answer other than 2xx becomes an *Error.
func (c *Client) send(via *http.Client, r request, req *http.Request) (*http.Response, error) {
	if err := c.allow(r); err != nil {
		return nil, err
	}
	var seen connections
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), seen.trace()))
	req.Header.Set("User-Agent", c.agent)
	resp, err := via.Do(req)
	if err != nil {
		failed := c.networkError(req.Context(), r, err)
		failed.notSent = seen.none() || dialFailed(err)
		return nil, failed
	}
	c.reached.Store(true)
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	refused := c.failure(r, resp)
	if refused.Status == http.StatusTooManyRequests {
		c.scopes.Of(r.method, r.path).CoolDown(max(refused.RetryAfter, c.retry.Base))
	}
	return nil, refused
}

// connections watches whether a request ever had a connection. That a dial began
// and no connection came of it is the proof that nothing was sent; a transport
// that reports nothing proves nothing.
type connections struct{ wanted, got atomic.Bool }

func (s *connections) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.got.Store(true) },
	}
}

func (s *connections) none() bool { return s.wanted.Load() && !s.got.Load() }

// dialFailed recognises the errors that come before a connection.
func dialFailed(err error) bool {
	var lookup *net.DNSError
	var op *net.OpError
	return errors.As(err, &lookup) || errors.As(err, &op) && op.Op == "dial"
}

// networkError builds the error for an exchange that broke off. The reason why
// its context ended says more than what the connection felt of it.
func (c *Client) networkError(ctx context.Context, r request, err error) *NetworkError {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // the URL may be a signed one
	}
	if ctx.Err() != nil {
		err = pace.EndOf(ctx)
	}
	return &NetworkError{Method: r.method, Path: r.path, text: tidy(err.Error(), c.veil), cause: err, base: c.base}
}

// decode reads a whole JSON answer. A body that breaks off in the connection is a
// *NetworkError, one that is no such JSON an *Error.
func (c *Client) decode(r request, resp *http.Response, out any) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxJSON+1))
	if err != nil {
		return c.networkError(resp.Request.Context(), r, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err))
	}
	if len(body) > maxJSON {
		return c.unexpected(r, resp.StatusCode, fmt.Sprintf("the answer is longer than %d MiB", maxJSON>>20))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return c.undecodable(r, resp, body, err)
	}
	return nil
}

func (c *Client) undecodable(r request, resp *http.Response, body []byte, err error) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch):
		return c.unexpected(r, resp.StatusCode, "not the expected JSON: "+misfit(mismatch))
	case !errors.As(err, &syntax):
		return c.unexpected(r, resp.StatusCode, "not the expected JSON: "+err.Error())
	case syntax.Offset >= int64(len(body)):
		// It ends in the middle: a broken proxy, so that another try may help.
		return c.networkError(resp.Request.Context(), r, fmt.Errorf("the answer ends after %d bytes: %w", len(body), io.ErrUnexpectedEOF))
	}
	return c.unexpected(r, resp.StatusCode, "not JSON: "+describe(body, c.veil))
}

// misfit tells which value is of another kind than it should be. The library's own
// words would name types of this program, which mean nothing to its users.
func misfit(err *json.UnmarshalTypeError) string {
	if err.Field == "" {
		return "an unexpected " + err.Value
	}
	return err.Field + " is a " + err.Value
}

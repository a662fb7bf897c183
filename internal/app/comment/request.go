package comment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// caller sends requests to one server, and its token to no other.
type caller struct {
	client *http.Client
	base   *url.URL
	header http.Header
	hint   func(*http.Response) string
}

// mostAnswer is how many bytes of an answer are read: 100 comments of 64 KB, escaped.
const mostAnswer = 64 << 20

// caller makes one for the address that a variable names, or else for a known one.
func (p Poster) caller(variable, known string) (*caller, error) {
	text := p.Getenv(variable)
	if text == "" {
		text = known
	}
	base, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "https" && base.Scheme != "http" {
		return nil, options.Usage(variable+" is no address of a server", "it is like "+known)
	}
	if base.Scheme == "http" && !rescale.IsLoopback(base.Hostname()) {
		return nil, options.Usage(variable+" would send the token in clear text", "write https://"+base.Host)
	}
	return &caller{
		base:   base,
		header: http.Header{"User-Agent": {p.Agent}, "Content-Type": {"application/json"}},
		client: &http.Client{Transport: p.Transport, Timeout: patience, CheckRedirect: func(to *http.Request, _ []*http.Request) error {
			return &redirectError{to.URL.Host}
		}},
	}, nil
}

// redirectError is a server that sends us elsewhere: the token is for nobody else, and a
// comment that was sent is not sent again.
type redirectError struct{ host string }

// Error names the host.
func (e *redirectError) Error() string {
	return "the server redirects to " + e.host + ", and no redirect is followed with a token"
}

// at is an address below the base.
func (c *caller) at(query url.Values, path ...string) string {
	whole := c.base.JoinPath(path...)
	whole.RawQuery = query.Encode()
	return whole.String()
}

// request is what is asked for.
type request struct {
	act    string // for an error
	method string
	url    string
	body   any // nil for none
	into   any
}

// do sends a request once. What changes something is not repeated: nobody knows whether
// the first one arrived. It gives the header of the answer.
func (c *caller) do(ctx context.Context, r request) (http.Header, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, &Error{Act: r.act, Cause: err.Error()}
		}
		body = bytes.NewReader(text)
	}
	send, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, &Error{Act: r.act, Cause: "it has no valid address"}
	}
	send.Header = c.header.Clone()
	answer, err := c.client.Do(send)
	if err != nil {
		return nil, c.lost(ctx, r.act, err)
	}
	defer answer.Body.Close()
	text := io.LimitReader(answer.Body, mostAnswer)
	if answer.StatusCode/100 != 2 {
		return answer.Header, c.refusal(r.act, answer, text)
	}
	if err := json.NewDecoder(text).Decode(r.into); err != nil {
		return answer.Header, &Error{Act: r.act, Cause: "the answer is not what was expected: " + err.Error()}
	}
	return answer.Header, nil
}

// lost is a request without an answer.
func (c *caller) lost(ctx context.Context, act string, err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", act, ctx.Err())
	}
	return &Error{Act: act, Cause: err.Error(), Err: err}
}

func (c *caller) refusal(act string, answer *http.Response, text io.Reader) error {
	var said struct {
		Message any `json:"message"`
		Error   any `json:"error"`
	}
	_ = json.NewDecoder(io.LimitReader(text, 1<<16)).Decode(&said) // the status says enough
	out := &Error{Act: act, Status: answer.StatusCode, Cause: http.StatusText(answer.StatusCode), Help: c.hint(answer)}
	for _, words := range []any{said.Message, said.Error} {
		if words != nil {
			out.Cause = diag.Short(diag.Line(fmt.Sprint(words)))
			break
		}
	}
	return out
}

// next is where the following page is, by the header Link; empty for none. It must be on
// the same server.
func (c *caller) next(header http.Header) (string, error) {
	for _, link := range strings.Split(strings.Join(header.Values("Link"), ","), ",") {
		target, parameters, _ := strings.Cut(strings.TrimSpace(link), ">")
		if !strings.Contains(parameters, `rel="next"`) {
			continue
		}
		to, err := url.Parse(strings.TrimPrefix(target, "<"))
		if err != nil || to.Scheme != c.base.Scheme || to.Host != c.base.Host || to.User != nil {
			return "", &Error{Act: "reading the comments", Cause: "the next page is on another server"}
		}
		return to.String(), nil
	}
	return "", nil
}

// Error is a request that the server did not do.
type Error struct {
	Act    string
	Status int // of HTTP; 0 without an answer
	Cause  string
	Help   string
	Err    error // may be nil
}

// Error is the act and the cause.
func (e *Error) Error() string {
	if e.Status == 0 {
		return e.Act + ": " + e.Cause
	}
	return fmt.Sprintf("%s: %d %s", e.Act, e.Status, e.Cause)
}

// Unwrap gives the error below.
func (e *Error) Unwrap() error { return e.Err }

// Hint is what to do.
func (e *Error) Hint() string { return e.Help }

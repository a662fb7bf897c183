package rescale

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// How much of an error body is read, and how much of it is kept for people.
const (
	maxErrorBody = 64 << 10
	maxDetail    = 300
	maxFields    = 50
	maxDepth     = 16 // of nested messages; a create body has 6 levels
)

// FieldError is one thing that the platform refuses in a request.
type FieldError struct {
	Path    string // e.g. jobanalyses[0].hardware.coresPerSlot; "" means the request as a whole
	Message string
}

// Error is an answer of the platform that is not the one asked for: a status
// other than 2xx, or a body that is not what the API promises. Its texts are
// bounded and free of secrets (rescale-api.md §2.5).
type Error struct {
	Method     string
	Path       string // of the request, without query
	Status     int    // HTTP status
	Detail     string // what the platform says about the request as a whole
	Fields     []FieldError
	RetryAfter time.Duration // how long the platform asks to wait; 0 when it does not say
	base       string        // origin of the platform, for Hint
}

// Error gives the request, the status and all reasons in one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Method, e.Path, statusText(e.Status))
	separator := ": "
	if e.Detail != "" {
		b.WriteString(separator + e.Detail)
		separator = "; "
	}
	for _, f := range e.Fields {
		b.WriteString(separator)
		if f.Path != "" {
			b.WriteString(f.Path + ": ")
		}
		b.WriteString(f.Message)
		separator = "; "
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (it asks to wait %v)", e.RetryAfter.Round(time.Second))
	}
	return b.String()
}

// Auth reports whether the key is the problem: missing, wrong, expired, or of a
// deactivated account.
func (e *Error) Auth() bool {
	return e.Status == http.StatusUnauthorized ||
		e.Status == http.StatusForbidden && keyTrouble(e.Detail) != ""
}

// IsAuth reports whether the key is the problem of err, wherever in its chain.
func IsAuth(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Auth()
}

// IsRefusal reports whether the platform answered that it does not do what was asked, as
// for what it does not have or does not allow. A 5xx is no refusal, but trouble.
func IsRefusal(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Status < http.StatusInternalServerError
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("status %d", status)
}

// NetworkError says that no whole answer arrived: the name could not be looked
// up, the connection failed or broke, or the time was up. It matches its cause
// with errors.Is and errors.As, but does not unwrap to it, because the raw text
// may quote secrets.
type NetworkError struct {
	Method  string
	Path    string
	text    string
	cause   error
	notSent bool     // proven: no connection was there to send on
	base    *url.URL // origin of the platform, for Hint
}

// Error gives the request and the cause in one line.
func (e *NetworkError) Error() string {
	return fmt.Sprintf("%s %s: %s", e.Method, e.Path, e.text)
}

// Is matches what the cause matches.
func (e *NetworkError) Is(target error) bool { return errors.Is(e.cause, target) }

// As finds what the cause holds.
func (e *NetworkError) As(target any) bool { return errors.As(e.cause, target) }

// ProxyError says that the proxy of this network refused to connect us with the platform.
type ProxyError struct{ Status int } // HTTP status of the proxy's answer

// proxyRefusal is nil for a status with which a proxy agrees.
func proxyRefusal(status int) error {
	if status/100 == 2 {
		return nil
	}
	return &ProxyError{Status: status}
}

// Error gives the proxy's status.
func (e *ProxyError) Error() string { return "the proxy answers " + statusText(e.Status) }

// lasting reports whether the proxy refuses for a reason that does not pass by itself.
func (e *ProxyError) lasting() bool {
	return e.Status/100 == 4 && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

// OutcomeUnknownError says that a change was sent and its answer was lost: the
// platform may or may not have done it. Nothing was repeated. Test for this type
// before *Error, which it may wrap (rescale-api.md §11).
type OutcomeUnknownError struct {
	Act string // e.g. `creating job "wing-01"`
	Err error
}

// Error names the act and why its outcome is unknown.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%s: the outcome is unknown: %v", e.Act, e.Err)
}

// Unwrap gives the cause.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// OutageError says that a call was given up, because the platform failed again
// and again, or because it asked to wait for longer than is sensible.
type OutageError struct {
	Tries  int
	Waited time.Duration // between the tries
	Err    error         // of the last try: *Error or *NetworkError
}

// Error gives the last failure and what was tried.
func (e *OutageError) Error() string {
	tries := "1 try"
	if e.Tries != 1 {
		tries = fmt.Sprintf("%d tries in %v", e.Tries, e.Waited.Round(time.Millisecond))
	}
	return fmt.Sprintf("%v (gave up after %s)", e.Err, tries)
}

// Unwrap gives the last failure.
func (e *OutageError) Unwrap() error { return e.Err }

// ReadOnlyError says that a client made for reading refused to change something.
// Nothing was sent.
type ReadOnlyError struct {
	Method string
	Path   string
}

// Error names the refused request.
func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("%s %s: refused, this client only reads", e.Method, e.Path)
}

// IncompleteError says that a listing could not be read to its end. No part of
// it is trustworthy: what is missing may be what was looked for.
type IncompleteError struct {
	Path  string
	Pages int // that were read
	Why   string
}

// Error names the listing and why it ended early.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("GET %s: the listing is incomplete after %d pages: %s", e.Path, e.Pages, e.Why)
}

// BadIDError says that an id cannot be one of the platform's, so that no request
// was made with it.
type BadIDError struct{ ID string }

// Error quotes the id.
func (e *BadIDError) Error() string {
	return fmt.Sprintf("%q is not an id of the platform", shorten(e.ID, 40))
}

// Hint says what ids look like.
func (e *BadIDError) Hint() string { return "ids are short words of letters, such as QwErTy" }

// ChangedError says that a file is not as long as was said when its upload began.
type ChangedError struct {
	Name string
	Size int64 // promised, in bytes
	Got  int64 // read before it ended; Size+1 when it goes on
}

// Error reports whether the file shrank or grew.
func (e *ChangedError) Error() string {
	if e.Got > e.Size {
		return fmt.Sprintf("the file grew beyond %d bytes while it was read", e.Size)
	}
	return fmt.Sprintf("the file ended after %d of %d bytes", e.Got, e.Size)
}

// Hint says how to go on.
func (e *ChangedError) Hint() string {
	return "the file changed while it was uploaded; let whatever writes it finish, then run again"
}

// TooLargeError says that the platform refused a file because of its size.
type TooLargeError struct {
	Name string
	Size int64 // bytes
	Err  error // the refusal
}

// Error names the file, its size and the refusal.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("uploading %q, %d bytes: it is too large for the platform: %v", e.Name, e.Size, e.Err)
}

// Unwrap gives the refusal.
func (e *TooLargeError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *TooLargeError) Hint() string { return TooLargeHint }

// failure builds the Error for an answer with an unwanted status. It is the one
// place where a body becomes a message.
func (c *Client) failure(r request, resp *http.Response) *Error {
	// A body that breaks off is as good as the part that arrived.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := &Error{Method: r.method, Path: r.path, Status: resp.StatusCode, base: c.BaseURL()}
	e.RetryAfter = pace.RetryAfter(resp.Header.Get("Retry-After"), pace.DateOf(resp.Header, time.Now()))
	e.Detail, e.Fields = explain(body, c.veil)
	if to := resp.Header.Get("Location"); to != "" && e.Status/100 == 3 {
		e.Detail, e.Fields = "the platform redirects to "+shorten(c.veil.cover(to), maxDetail), nil
	}
	return e
}

// unexpected builds the Error for a 2xx answer whose body is not what was asked for.
func (c *Client) unexpected(r request, status int, why string) *Error {
	return &Error{
		Method: r.method, Path: r.path, Status: status, base: c.BaseURL(),
		Detail: shorten(c.veil.cover(why), maxDetail),
	}
}

// explain reads an error body of any shape: DRF's nested field messages, a
// detail, a bare JSON string, plain text, or the HTML of a gateway.
func explain(body []byte, v veil) (detail string, fields []FieldError) {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return describe(body, v), nil
	}
	if object, ok := value.(map[string]any); ok {
		if text, ok := object["detail"].(string); ok {
			detail = tidy(text, v)
			delete(object, "detail")
		}
	}
	if text, ok := value.(string); ok {
		return tidy(text, v), nil
	}
	w := walker{veil: v}
	w.walk("", value, maxDepth)
	return detail, w.fields
}

// describe tells in few words what a body is that is not JSON.
func describe(body []byte, v veil) string {
	text := strings.TrimSpace(string(body))
	if !strings.HasPrefix(text, "<") {
		return tidy(text, v)
	}
	if m := htmlTitle.FindStringSubmatch(text); m != nil {
		return tidy("an HTML page: "+m[1], v)
	}
	return "an HTML page"
}

var htmlTitle = regexp.MustCompile(`(?is)<(?:title|h1)[^>]*>\s*([^<]+?)\s*<`)

// tidy makes one bounded line of foreign text, without secrets.
func tidy(text string, v veil) string {
	return shorten(strings.Join(strings.Fields(v.cover(text)), " "), maxDetail)
}

// walker flattens nested messages into paths, in a stable order.
type walker struct {
	veil   veil
	fields []FieldError
}

func (w *walker) walk(path string, value any, depth int) {
	if depth == 0 {
		w.add(path, "more deeply nested messages")
		return
	}
	switch v := value.(type) {
	case nil:
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.walk(member(path, name), v[name], depth-1)
		}
	case []any:
		for i, item := range v {
			w.walk(element(path, i, item), item, depth-1)
		}
	case string:
		w.add(path, v)
	default:
		text, err := json.Marshal(v)
		if err == nil {
			w.add(path, string(text))
		}
	}
}

func (w *walker) add(path, message string) {
	if len(w.fields) < maxFields && strings.TrimSpace(message) != "" {
		w.fields = append(w.fields, FieldError{Path: tidy(path, w.veil), Message: tidy(message, w.veil)})
	}
}

// member names a field below path. Messages about an object as a whole come
// under a name of DRF's own, which would tell a user nothing.
func member(path, name string) string {
	switch {
	case name == "non_field_errors":
		return path
	case path == "":
		return name
	}
	return path + "." + name
}

// element names a list member. A plain message in a list is about the list's
// field itself, not about a member.
func element(path string, i int, item any) string {
	switch item.(type) {
	case map[string]any, []any:
		return fmt.Sprintf("%s[%d]", path, i)
	}
	return path
}

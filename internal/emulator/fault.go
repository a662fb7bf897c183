package emulator

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"sync"
	"time"
)

// Action is what a fault does to a request.
type Action string

// Actions. "Effect" is what the request changes on the platform.
const (
	ActionAnswer     Action = "answer"      // Status and Body instead of the effect
	ActionEcho       Action = "echo"        // 400 that quotes the request's body, instead of the effect
	ActionDropBefore Action = "drop-before" // the connection is cut, without the effect
	ActionDropAfter  Action = "drop-after"  // effect, then the connection is cut without an answer
	ActionTruncate   Action = "truncate"    // effect, then half of the answer's body
	ActionHTMLBefore Action = "html-before" // a gateway's error page (Status, default 502) instead of the effect
	ActionHTMLAfter  Action = "html-after"  // effect, then a gateway's error page
	ActionThrottle   Action = "throttle"    // 429 with RetryAfter instead of the effect
	ActionHang       Action = "hang"        // no effect and no answer until the client gives up
	ActionHangAfter  Action = "hang-after"  // effect, then no answer until the client gives up
	ActionRewrite    Action = "rewrite"     // effect, then Rewrite changes the answer's body
)

// Fault makes certain requests go wrong.
type Fault struct {
	Method string // empty: any
	Path   string // pattern of path.Match, such as /api/v2/jobs/*/submit/; empty: any
	After  int    // requests that match and are spared first
	Count  int    // requests that go wrong then; 0 means 1, a negative number all
	Action Action

	Status int    // for answer and html
	Body   string // for answer
	Header http.Header

	RetryAfter     time.Duration // for throttle
	RetryAfterDate bool          // sends it as a date instead of seconds

	Rewrite func(body []byte) []byte // for rewrite
}

func (f *Fault) check() error {
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("adding fault: path %q: %w", f.Path, err)
	}
	switch f.Action {
	case ActionEcho, ActionDropBefore, ActionDropAfter, ActionTruncate, ActionHTMLBefore, ActionHTMLAfter, ActionThrottle, ActionHang, ActionHangAfter:
		return nil
	case ActionAnswer:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("adding fault: answer with status %d", f.Status)
		}
		return nil
	case ActionRewrite:
		if f.Rewrite == nil {
			return fmt.Errorf("adding fault: rewrite without a function")
		}
		return nil
	}
	return fmt.Errorf("adding fault: unknown action %q", f.Action)
}

func (f *Fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	ok, err := path.Match(f.Path, r.URL.Path)
	return f.Path == "" || err == nil && ok
}

// faults are tried in the order in which they were added; the first that is due acts, and all that match count.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// AddFault makes certain requests go wrong from now on.
func (s *Server) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Count == 0 {
		f.Count = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
	return nil
}

// ClearFaults makes all requests go right again.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

func (fs *faults) due(r *http.Request) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var found *Fault
	for _, f := range fs.list {
		switch {
		case !f.matches(r):
		case f.After > 0:
			f.After--
		case found == nil && f.Count != 0:
			found = f
			if f.Count > 0 {
				f.Count--
			}
		}
	}
	return found
}

// instead returns what the client gets in place of the effect, and false if the fault lets the effect happen.
func (f *Fault) instead(s *Server, r *http.Request, body []byte) (reply, bool) {
	switch f.Action {
	case ActionEcho:
		return reply{status: http.StatusBadRequest, header: http.Header{"Content-Type": {"application/json"}}, body: body}, true
	case ActionAnswer:
		header := http.Header{"Content-Type": {"application/json"}}
		for name, values := range f.Header {
			header[http.CanonicalHeaderKey(name)] = values
		}
		return reply{status: f.Status, header: header, body: []byte(f.Body)}, true
	case ActionDropBefore:
		return reply{cut: nothing}, true
	case ActionHTMLBefore:
		return f.page(), true
	case ActionThrottle:
		return render(throttled(f.retryAfter(), f.RetryAfter)), true
	case ActionHang:
		s.hold(r)
		return reply{cut: nothing}, true
	default:
		return reply{}, false
	}
}

// after spoils the answer to an effect that happened.
func (f *Fault) after(s *Server, r *http.Request, answer reply) reply {
	switch f.Action {
	case ActionDropAfter:
		answer.discard()
		return reply{status: answer.status, cut: nothing}
	case ActionHangAfter:
		answer.discard()
		s.hold(r)
		return reply{status: answer.status, cut: nothing}
	case ActionTruncate:
		answer.cut = half
	case ActionHTMLAfter:
		answer.discard()
		return f.page()
	case ActionRewrite:
		answer.body = f.Rewrite(answer.body)
	default:
	}
	return answer
}

func (f *Fault) retryAfter() string {
	if f.RetryAfterDate {
		return time.Now().Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	}
	return strconv.Itoa(seconds(f.RetryAfter))
}

func (f *Fault) page() reply {
	status := f.Status
	if status == 0 {
		status = http.StatusBadGateway
	}
	body := fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body><center><h1>%d %s</h1></center></body>\r\n</html>\r\n",
		status, http.StatusText(status), status, http.StatusText(status))
	return reply{status: status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(body)}
}

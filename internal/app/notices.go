package app

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// notices shows what does not end a command: on stderr, or, while live lines are
// on the screen, above them. Any goroutine may use it.
type notices struct {
	mu sync.Mutex
	showing
}

// showing is where notices go.
type showing struct {
	warn  func(message string)
	print func(line string) // of --verbose
}

func (n *notices) show(message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.warn(message)
}

func (n *notices) line(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.print(line)
}

// through changes how notices are shown.
func (n *notices) through(s showing) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.showing = s
}

// retrying tells that an answer is late. Before live lines are on the screen it
// goes to stderr, then to them.
func (s *session) retrying(err error, pause time.Duration) {
	s.notices.show(fmt.Sprintf("%v; trying again in %s", err, humanize.Duration(pause)))
}

// waiting tells that requests are held back.
func (s *session) waiting(w rescale.Wait) {
	s.notices.line(fmt.Sprintf("%s wait until %s: %s", w.What, humanize.Clock(w.Until), w.Why))
}

// chatty tells every request: method, path, answer, time. Headers and
// bodies stay out of it, and with them every secret.
type chatty struct {
	next http.RoundTripper
	tell func(line string)
}

// RoundTrip passes the request on.
func (c *chatty) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := c.next.RoundTrip(r)
	took := humanize.Duration(time.Since(start))
	if err != nil {
		c.tell(fmt.Sprintf("%s %s: no answer after %s", r.Method, r.URL.Path, took))
		return resp, err
	}
	c.tell(fmt.Sprintf("%s %s: %s in %s", r.Method, r.URL.Path, resp.Status, took))
	return resp, nil
}

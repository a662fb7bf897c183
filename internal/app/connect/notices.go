package connect

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Notices shows what does not end a command: on stderr, or, while live lines are on the
// screen, above them. Any goroutine may use it.
type Notices struct {
	mu   sync.Mutex
	way  Way
	also func(error, time.Duration) // hears of retries; nil for nobody
}

// Way is where notices go.
type Way struct {
	Warn  func(message string)
	Print func(line string) // of --verbose
}

// NewNotices shows notices one way, until Through gives another.
func NewNotices(way Way) *Notices { return &Notices{way: way} }

func (n *Notices) warn(message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.way.Warn(message)
}

func (n *Notices) line(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.way.Print(line)
}

// Also lets hear of every retry, besides the person.
func (n *Notices) Also(hear func(err error, pause time.Duration)) { n.also = hear }

// Through changes how notices are shown.
func (n *Notices) Through(way Way) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.way = way
}

// retrying says that an answer is late.
func (n *Notices) retrying(err error, pause time.Duration) {
	if n.also != nil {
		n.also(err, pause)
	}
	n.warn(fmt.Sprintf("%v; trying again in %s", err, humanize.Duration(pause)))
}

// waiting says that requests are held back.
func (n *Notices) waiting(w rescale.Wait) {
	n.line(fmt.Sprintf("%s wait until %s: %s", w.What, w.Until.Local().Format("15:04:05"), w.Why))
}

// chatty shows every request: method, path, answer, time. Headers and
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

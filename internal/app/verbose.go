package app

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/show/phrase"
)

// chatty tells every request on stderr: method, path, answer, time. Headers and
// bodies stay out of it, and with them every secret.
type chatty struct {
	next http.RoundTripper
	out  io.Writer
}

// RoundTrip passes the request on.
func (c *chatty) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := c.next.RoundTrip(r)
	took := phrase.Duration(time.Since(start))
	if err != nil {
		fmt.Fprintf(c.out, "%s %s: no answer after %s\n", r.Method, r.URL.Path, took)
		return resp, err
	}
	fmt.Fprintf(c.out, "%s %s: %s in %s\n", r.Method, r.URL.Path, resp.Status, took)
	return resp, nil
}

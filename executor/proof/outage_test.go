package proof_test

import (
	"net/http"
	"path"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// outage is how long the platform is away, by the program's clock.
const outage = 10 * time.Minute

// away is a way to a platform that goes away before the at-th request, and comes back.
type away struct {
	remote remote
	next   http.RoundTripper
	at     int
	back   sync.WaitGroup

	mu     sync.Mutex
	count  int
	missed *http.Request // the first one that finds nobody
}

// RoundTrip sends the request, in vain while the platform is away.
func (a *away) RoundTrip(h *http.Request) (*http.Response, error) {
	if a.goes(h) {
		a.remote.errands.do(a.remote.line.cut)
		a.back.Go(func() {
			time.Sleep(outage) // of the bubble's clock
			a.remote.errands.do(a.remote.line.lay)
		})
	}
	return a.next.RoundTrip(h)
}

func (a *away) goes(h *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count++; a.count == a.at {
		a.missed = h
	}
	return a.count == a.at
}

// looks reports whether the program asks what became of a run.
func looks(h *http.Request) bool {
	return h.URL.Query().Get("state") == rescale.StateNotCompleted || path.Base(h.URL.Path) == "statuses"
}

// TestOutages lets the platform be away for ten minutes from the k-th request on, for
// every k. An apply that waits for a run goes on; any other ends well, or in an error of
// the network after which the same command does.
func TestOutages(t *testing.T) {
	t.Parallel()
	waits := 0
	for at := 1; ; at++ {
		p := newRemote(t, newPlate(t), func(int) trouble { return trouble{} })
		p.web.StartTLS()
		gone := &away{remote: p, at: at}
		var err error
		synctest.Test(t, func(t *testing.T) {
			r := p.runner(t)
			gone.next, r.transport = r.transport, gone
			err = r.apply(t.Context())
			gone.back.Wait()
		})
		if gone.missed == nil {
			break
		}
		if looks(gone.missed) {
			waits++
			if err != nil {
				t.Errorf("request %d: an apply that waits for a run ends: %v", at, err)
			}
		}
		if err = p.after(t, err); err != nil {
			t.Errorf("request %d, %s %s: %v", at, gone.missed.Method, gone.missed.URL.Path, err)
		}
	}
	if waits == 0 {
		t.Error("no apply waited for a run: the enumeration is broken")
	}
}

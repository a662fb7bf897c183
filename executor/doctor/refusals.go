package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Refusals counts the requests that were refused for being too many. It is safe for
// concurrent use, and its zero value is ready.
type Refusals struct {
	mu     sync.Mutex
	count  int
	silent int           // of those, without a time to wait
	asked  time.Duration // the longest wait that was asked for
}

// Retry takes what the client repeats: it fits rescale.Config.OnRetry.
func (r *Refusals) Retry(err error, _ time.Duration) {
	var refused *rescale.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	r.asked = max(r.asked, refused.RetryAfter)
	if refused.RetryAfter == 0 {
		r.silent++
	}
}

// finding judges refusals that came by themselves; none is provoked.
func (r *Refusals) finding() (finding, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.count == 0:
		return unclear("none came")
	case r.silent > 0:
		return harmless(fmt.Sprintf("%d, of which %d without a time to wait", r.count, r.silent), "the pauses grow by themselves")
	}
	return fine(fmt.Sprintf("%d; the longest wait asked for was %v", r.count, r.asked))
}

// change makes a change, again after each 429, and counts those.
func (v *visit) change(ctx context.Context, call func() error) error {
	return patience.Throttled(ctx, func() error {
		err := call()
		v.Refusals.Retry(err, 0)
		return err
	})
}

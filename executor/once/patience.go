package once

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// settlePauses are the pauses before looks at the platform after a lost answer.
var settlePauses = []time.Duration{0, time.Second, 4 * time.Second}

// maxThrottled is how often one call may be refused for being too many.
const maxThrottled = 10

// Patiently repeats a call that was refused with 429: it certainly had no
// effect, and the client holds the next one back for as long as it should.
func Patiently(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		var refused *rescale.Error
		if outcomeUnknown(err) || !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests || n == maxThrottled {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// Settle repeats a change that does no harm when it is done twice, until its
// outcome is known.
func Settle(ctx context.Context, call func() error) (err error) {
	for _, pause := range settlePauses {
		if err := Sleep(ctx, pause); err != nil {
			return err
		}
		if err = Patiently(ctx, call); !outcomeUnknown(err) {
			return err
		}
	}
	return err
}

// Sleep waits for d, or less when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Package patience waits and tries again where that is safe, and sorts the platform's
// answers by what they allow next. It knows no job.
package patience

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// LongWait is the shortest wait that is shown to people.
const LongWait = 5 * time.Second

// SettleTime is how long after a submit its first status may be missing.
const SettleTime = time.Minute

// SettlePauses returns the pauses before looks at the platform after a lost answer.
func SettlePauses() []time.Duration { return []time.Duration{0, time.Second, 4 * time.Second} }

// maxThrottled is how often one call may be throttled before it gives up.
const maxThrottled = 10

// Throttled repeats a call that was refused with 429: it certainly had no
// effect, and the client holds the next one back for as long as it should.
func Throttled(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		var refused *rescale.Error
		if OutcomeUnknown(err) || !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests || n == maxThrottled {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// Settle repeats a harmless change until its outcome is known.
func Settle(ctx context.Context, call func() error) (err error) {
	for _, pause := range SettlePauses() {
		if err := Sleep(ctx, pause); err != nil {
			return err
		}
		if err = Throttled(ctx, call); !OutcomeUnknown(err) {
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

// Within runs f while holding a place of the semaphore.
func Within(ctx context.Context, places *semaphore.Weighted, f func() error) error {
	if err := places.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	defer places.Release(1)
	return f()
}

// NotFound reports whether the platform lacks what was asked for.
func NotFound(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// OutcomeUnknown reports whether it is unknown if a change had its effect.
func OutcomeUnknown(err error) bool {
	var unknown *rescale.OutcomeUnknownError
	return errors.As(err, &unknown)
}

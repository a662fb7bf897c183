package pace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sleep waits for d, or less when ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return EndOf(ctx)
	case <-timer.C:
		return nil
	}
}

// EndOf says why ctx ended. It matches context.Canceled or DeadlineExceeded also
// when the context has a cause of its own, such as a signal.
func EndOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	var own LimitError
	if errors.Is(cause, err) || errors.As(cause, &own) {
		return cause
	}
	return fmt.Errorf("%w (%w)", err, cause)
}

// LimitError ends an exchange that takes too long. It is no
// context.DeadlineExceeded, which would look as if the caller's own time was up.
type LimitError struct{ Text string }

// Error says which limit it was.
func (e LimitError) Error() string { return e.Text }

// Timeout makes it a timeout for those who ask for net.Error's method.
func (LimitError) Timeout() bool { return true }

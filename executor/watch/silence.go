package watch

import (
	"context"
	"errors"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// How long looks in a row may fail, each after the client's own retries, before waiting
// is given up. The jobs run on, and are paid for: who comes back to an error after an
// outage of the platform has gained nothing by it. What is no outage does not pass.
const (
	maxFailedLooks = 10
	maxOutage      = time.Hour
)

// silence is looks in a row that failed.
type silence struct {
	looks int
	since time.Time
}

// exceeds counts one more, which failed with err, and reports whether that is one too
// many.
func (s *silence) exceeds(err error) (over bool) {
	if s.looks++; s.looks == 1 {
		s.since = time.Now()
	}
	return s.looks >= maxFailedLooks && !(away(err) && time.Since(s.since) < maxOutage)
}

// away reports whether the platform does not answer for now.
func away(err error) bool {
	var outage *rescale.OutageError
	return errors.As(err, &outage) || errors.Is(err, context.DeadlineExceeded)
}

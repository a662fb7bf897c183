package watch

import (
	"context"
	"errors"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// How long looks in a row may fail, each after the client's own retries, before the
// wait ends. The jobs keep running and are billed: after an outage of the platform, a
// person gains nothing from an error. A failure that is no outage does not pass.
const (
	maxFailedLooks = 10
	maxOutage      = time.Hour
)

// silence counts the looks in a row that failed.
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

// away reports whether the platform does not answer at present.
func away(err error) bool {
	var outage *rescale.OutageError
	return errors.As(err, &outage) || errors.Is(err, context.DeadlineExceeded)
}

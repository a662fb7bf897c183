package patience

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

// Silence is looks in a row that failed; the zero value is none.
type Silence struct {
	Looks int
	since time.Time
}

// Exceeds counts one more, which failed with err: over means that it is one too many.
func (s *Silence) Exceeds(err error) (over bool) {
	if s.Looks++; s.Looks == 1 {
		s.since = time.Now()
	}
	return s.Looks >= maxFailedLooks && !(away(err) && time.Since(s.since) < maxOutage)
}

// away reports whether the platform does not answer at present.
func away(err error) bool {
	var outage *rescale.OutageError
	return errors.As(err, &outage) || errors.Is(err, context.DeadlineExceeded)
}

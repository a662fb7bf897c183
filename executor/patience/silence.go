package patience

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

// away tells that the platform does not answer for now.
func away(err error) bool {
	var outage *rescale.OutageError
	return errors.As(err, &outage) || errors.Is(err, context.DeadlineExceeded)
}

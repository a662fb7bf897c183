package sim_test

import (
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// journal is the real one, of which each write takes a moment of its own. Without that
// all who waited for one upload would write at one instant, and whose write a broken disk
// refuses, and who begins a request before the apply is cancelled, would be up to the
// scheduler of goroutines.
type journal struct {
	*state.Journal
	apply *apply
}

// Append waits and writes. A status is written right after the look that showed it, which
// had its own moment, and under a lock.
func (j journal) Append(records ...state.Record) error {
	if len(records) > 0 && records[0].Kind != state.KindStatus {
		r := records[0]
		time.Sleep(j.apply.moment("moment of " + string(r.Kind) + " " + r.Job + r.ID + r.File.SHA512))
	}
	return j.Journal.Append(records...)
}

// moment is below a millisecond, and no two are the same.
func (a *apply) moment(name string) time.Duration {
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	a.counts[name]++
	return time.Duration(a.luck.of(name, a.counts[name]).share() * float64(time.Millisecond))
}

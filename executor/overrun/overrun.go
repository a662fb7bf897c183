// Package overrun finds the runs that their walltime ended. No text of the platform for
// that is known (rescale-api.md §8.2), so the times of a run decide. It knows neither
// manifests nor plans, and sends GETs only.
package overrun

import (
	"context"
	"maps"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Run is a run that did not succeed, with the times when its command began and ended.
type Run struct {
	ID             string
	Started, Ended time.Time
}

// Of returns a run that failed by itself; false for any other, and for one that a person
// or the lack of hardware ended.
func Of(run state.Run) (Run, bool) {
	v := verdict.Verdict(run.Verdict)
	failed := v == verdict.Failed || v == verdict.SuccessCheckFailed
	return Run{run.ID, run.Started, run.Ended}, failed && !run.Started.IsZero()
}

// earlier is how much less than its walltime a run can have executed when it ends: the
// machines begin to count when they start. For a short walltime it is a tenth.
const earlier = 10 * time.Minute

// CutOff reports whether a run reached the end of its walltime, in hours.
func (r Run) CutOff(walltime int) bool {
	limit := time.Duration(walltime) * time.Hour
	return limit > 0 && r.Ended.Sub(r.Started) >= limit-min(earlier, limit/10)
}

// Reader reads what a job was sent with.
type Reader interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
}

// Walltimes reads how many hours runs were allowed, for those that can have reached
// them: no walltime is shorter than one hour. It leaves out a job that is gone, and one
// without a walltime.
func Walltimes(ctx context.Context, p Reader, runs []Run) (map[string]int, error) {
	var ids []string
	for _, run := range runs {
		if run.CutOff(1) {
			ids = append(ids, run.ID)
		}
	}
	hours, err := patience.Each(ctx, ids, patience.NotFound, func(ctx context.Context, id string) (int, error) {
		job, err := p.Job(ctx, id)
		return walltime(job), err
	})
	maps.DeleteFunc(hours, func(_ string, allowed int) bool { return allowed <= 0 })
	return hours, err
}

// walltime returns that of all tiles, which run one after the other; 0 when one has
// none.
func walltime(job rescale.Job) int {
	hours := make([]int, len(job.Tiles))
	for i, tile := range job.Tiles {
		hours[i] = tile.Walltime
	}
	return Together(hours)
}

// Together adds up the walltimes of tiles; 0 when one has none.
func Together(hours []int) int {
	sum := 0
	for _, h := range hours {
		if h == 0 {
			return 0
		}
		sum += h
	}
	return sum
}

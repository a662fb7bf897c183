package resolver

import (
	"cmp"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Estimate is the most that one run can use: the cores of each tile for its whole
// walltime, without licenses. Without a walltime there is no upper bound, and Bounded
// is false.
//
// An interrupted economy run starts again and is billed again, at the on-demand price
// if somebody raises its priority. Where limits.restarts bounds the restarts, CoreHours
// and Cost cover all starts at the higher price; else they cover one start, and
// PerAttempt is true: they are no bound.
type Estimate struct {
	Bounded    bool
	PerAttempt bool
	CoreHours  float64
	Rate       float64 // USD per core-hour of the dearest tile by its priority, 0 when the platform names no price
	Cost       float64 // USD
}

// Sum adds up estimates: of the tiles of a job, or of several jobs.
func Sum(list []Estimate) Estimate {
	sum := Estimate{Bounded: true}
	priced := true
	for _, e := range list {
		sum.Bounded, sum.PerAttempt = sum.Bounded && e.Bounded, sum.PerAttempt || e.PerAttempt
		sum.CoreHours, sum.Cost = sum.CoreHours+e.CoreHours, sum.Cost+e.Cost
		sum.Rate, priced = max(sum.Rate, e.Rate), priced && e.Rate > 0
	}
	if !priced {
		sum.Rate = 0 // nobody knows what they cost
	}
	return sum
}

// Limit returns what is certainly not exceeded; unknown where an amount has no bound.
func (e Estimate) Limit() (coreHours, usd *float64) {
	if !e.Bounded || e.PerAttempt {
		return nil, nil
	}
	if e.Rate > 0 || e.CoreHours == 0 {
		usd = &e.Cost
	}
	return &e.CoreHours, usd
}

// Attempt is what one attempt of a run of the job can take: one of several where the
// platform starts it again.
func (j Job) Attempt() Estimate {
	e := j.Estimate
	if restarts := j.Limits.Restarts; j.Priority == spec.Economy && restarts.Written() {
		starts := float64(1 + restarts.V)
		e.CoreHours, e.Cost = e.CoreHours/starts, e.Cost/starts
	}
	e.PerAttempt = false
	return e
}

func (c *catalog) estimate(tile Tile, t *rescale.CoreType, job spec.Job) Estimate {
	if t == nil {
		return Estimate{}
	}
	e := Estimate{Bounded: tile.Walltime > 0, Rate: c.rate(t, job.Priority.V)}
	price, starts := e.Rate, 1
	if restarts := job.Limits.Restarts; job.Priority.V == spec.Economy {
		e.PerAttempt = !restarts.Written()
		if !e.PerAttempt {
			price, starts = max(e.Rate, c.rate(t, spec.OnDemand)), 1+restarts.V
		}
	}
	e.CoreHours = float64(tile.Cores) * float64(tile.Slots) * float64(tile.Walltime) * float64(starts)
	e.Cost = e.CoreHours * price
	return e
}

// rate is the price of a core-hour. When no plan fits, the dearest counts: an estimate
// is a limit.
func (c *catalog) rate(t *rescale.CoreType, priority spec.Priority) float64 {
	if price, listed := priceOf(t, c.prices, priority); listed {
		return price
	}
	var dearest float64
	for _, p := range c.prices {
		if p.CoreType == t.Code && p.Active {
			dearest = max(dearest, p.Amount)
		}
	}
	return dearest
}

// Price is what the platform asks for a core-hour, in USD; 0 when it does not say. The
// list of prices counts where the core type names none itself.
func Price(t rescale.CoreType, list []rescale.Price, priority spec.Priority) float64 {
	price, _ := priceOf(&t, list, priority)
	return price
}

// priceOf is the core type's own price, else that of the price list, where the plan type
// of economy ends in "on-demand" (rescale-api.md §5). Listed is false when no plan fits.
func priceOf(t *rescale.CoreType, list []rescale.Price, priority spec.Priority) (price float64, listed bool) {
	economy := priority == spec.Economy
	own := t.Price
	if economy {
		own = t.LowPriorityPrice
	}
	if own > 0 {
		return own, true
	}
	for _, p := range list {
		if p.CoreType == t.Code && p.Active && strings.HasSuffix(p.PlanType, "on-demand") == economy {
			return p.Amount, true
		}
	}
	return 0, false
}

// cmpPrice orders an unknown price (0) last.
func cmpPrice(a, b float64) int {
	if (a == 0) != (b == 0) {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

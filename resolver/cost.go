package resolver

import (
	"cmp"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Estimate is the most that one run can take: the cores of each tile for its whole
// walltime. Licenses are not in it. Without a walltime there is no upper bound, and
// Bounded is false.
type Estimate struct {
	Bounded   bool
	CoreHours float64
	Rate      float64 // USD per core-hour of the dearest tile, 0 when the platform names no price
	Cost      float64 // USD
}

// and adds the estimate of another tile, the n-th of the job.
func (e Estimate) and(other Estimate, n int) Estimate {
	if n == 1 {
		return other
	}
	sum := Estimate{
		Bounded: e.Bounded && other.Bounded, CoreHours: e.CoreHours + other.CoreHours,
		Rate: max(e.Rate, other.Rate), Cost: e.Cost + other.Cost,
	}
	if e.Rate == 0 || other.Rate == 0 {
		sum.Rate = 0 // nobody knows what the job costs
	}
	return sum
}

func (c *catalog) estimate(tile Tile, t *rescale.CoreType, priority spec.Priority) Estimate {
	if t == nil {
		return Estimate{}
	}
	e := Estimate{Bounded: tile.Walltime > 0, Rate: c.rate(t, priority)}
	e.CoreHours = float64(tile.Cores * tile.Slots * tile.Walltime)
	e.Cost = e.CoreHours * e.Rate
	return e
}

// rate is the price of a core-hour: the core type's own, else the price list's,
// where the plan type of economy ends in "on-demand" (rescale-api.md §5). When
// no plan fits, the dearest counts: an estimate is a limit.
func (c *catalog) rate(t *rescale.CoreType, priority spec.Priority) float64 {
	economy := priority == spec.Economy
	own := t.Price
	if economy {
		own = t.LowPriorityPrice
	}
	if own > 0 {
		return own
	}
	var dearest float64
	for _, p := range c.prices {
		if p.CoreType != t.Code || !p.Active {
			continue
		}
		if strings.HasSuffix(p.PlanType, "on-demand") == economy {
			return p.Amount
		}
		dearest = max(dearest, p.Amount)
	}
	return dearest
}

// cmpPrice puts an unknown price (0) last.
func cmpPrice(a, b float64) int {
	if (a == 0) != (b == 0) {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

package resolver

import (
	"cmp"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Estimate is the most that one run can take: its cores for its whole walltime.
// Licenses are not in it. Without a walltime there is no upper bound, and
// Bounded is false.
type Estimate struct {
	Bounded   bool
	CoreHours float64
	Rate      float64 // USD per core-hour, 0 when the platform names no price
	Cost      float64 // USD
}

func (c *catalog) estimate(job Job, t *rescale.CoreType, priority spec.Priority) Estimate {
	if t == nil {
		return Estimate{}
	}
	e := Estimate{Bounded: job.Walltime > 0, Rate: c.rate(t, priority)}
	e.CoreHours = float64(job.Cores * job.Slots * job.Walltime)
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

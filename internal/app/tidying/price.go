package tidying

import (
	"context"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/tidy"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
)

// rates are what core types cost, in USD per core-hour. One without a price is not there.
type rates struct{ normal, economy map[string]float64 }

// priced reads the rates where a run may have to be paid again. A platform that does not
// say leaves the cores and the time to judge by.
func (t Tidying) priced(ctx context.Context, decisions []tidy.Decision) rates {
	r := rates{make(map[string]float64), make(map[string]float64)}
	for _, d := range decisions {
		if !t.paid(d) {
			continue
		}
		types, _ := catalog.Hardware(ctx, t.From.Platform)
		for _, c := range types {
			if c.Price != nil {
				r.normal[c.Code] = *c.Price
			}
			if c.EconomyPrice != nil {
				r.economy[c.Code] = *c.EconomyPrice
			}
		}
		break
	}
	return r
}

// paid is true of a run that is deleted although the next apply may have to pay it again.
func (t Tidying) paid(d tidy.Decision) bool {
	return d.Keep == "" && t.Rules.Forget && d.Job.Submitted() && !t.Free
}

// cost is what a rerun costs in USD, by how long the run took, or else may take; 0 when
// that is not known.
func (r rates) cost(p tidy.Price) float64 {
	rate := r.normal[p.CoreType]
	if p.Economy {
		rate = r.economy[p.CoreType]
	}
	return rate * float64(p.Cores) * span(p).Hours()
}

// cent is the least amount that is shown, in USD.
const cent = 0.01

func span(p tidy.Price) time.Duration {
	if p.Ran > 0 {
		return p.Ran
	}
	return time.Duration(p.Walltime) * time.Hour
}

// again is what a rerun takes.
func (r rates) again(p tidy.Price) string {
	text := humanize.Plural(p.Cores, "core")
	about := "about "
	switch {
	case p.Ran > 0:
		text += ", it took " + humanize.Duration(p.Ran)
	case p.Walltime > 0:
		text += ", at most " + humanize.Plural(p.Walltime, "hour")
		about = "at most "
	}
	switch cost := r.cost(p); {
	case cost >= cent:
		text += fmt.Sprintf(", %s%s (licenses excluded)", about, humanize.Money(cost))
	case cost > 0:
		text += fmt.Sprintf(", less than %s (licenses excluded)", humanize.Money(cent))
	}
	return text
}

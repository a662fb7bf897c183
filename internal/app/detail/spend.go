package detail

import (
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// takeTiles takes the software and hardware of a job with the prices of its priority, and
// adds up what one attempt can take at most.
func (d *Detail) takeTiles(job rescale.Job, types []catalog.CoreType) {
	var limits []resolver.Estimate
	for _, t := range job.Tiles {
		tile := Tile{Analysis: t.AnalysisCode, Version: t.VersionCode, CoreType: t.CoreType, Cores: t.CoresPerSlot, Slots: max(1, t.Slots), Walltime: t.Walltime}
		if i := slices.IndexFunc(types, func(c catalog.CoreType) bool { return c.Code == t.CoreType }); i >= 0 {
			price := types[i].Price
			if d.Economy {
				price = types[i].EconomyPrice
			}
			if tile.CoreName = types[i].Name; price != nil {
				tile.Rate = *price
			}
		}
		limits = append(limits, tile.limit(d.Economy))
		d.Tiles = append(d.Tiles, tile)
	}
	d.Limit = resolver.Sum(limits)
}

// limit is what one attempt of a tile can take. The job does not say how often the
// platform starts economy again.
func (t Tile) limit(economy bool) resolver.Estimate {
	hours := float64(t.Cores) * float64(t.Slots) * float64(t.Walltime)
	return resolver.Estimate{Bounded: t.Walltime > 0, PerAttempt: economy, CoreHours: hours, Rate: t.Rate, Cost: hours * t.Rate}
}

// spend works out what the job has taken, as apply does: the most cores that it has at a
// time, at the dearest price, from Executing to the end (rescale-api.md §8.2).
func (d *Detail) spend(history []rescale.Status, now time.Time) {
	d.Started = began(history)
	ended := d.Judged.Ended
	if d.Judged.Verdict == "" {
		ended, d.Used.Open = now, !d.Started.IsZero()
	}
	if d.Started.IsZero() || ended.Before(d.Started) {
		return
	}
	cores := 0
	for _, t := range d.Tiles {
		cores = max(cores, t.Cores*t.Slots)
	}
	d.Used.CoreHours = float64(cores) * ended.Sub(d.Started).Hours()
	if d.Limit.Rate > 0 {
		cost := d.Used.CoreHours * d.Limit.Rate
		d.Used.Cost = &cost
	}
}

// began is when the command of a job first ran; zero when it has not.
func began(history []rescale.Status) time.Time {
	for _, status := range slices.Backward(history) {
		if status.Status == verdict.Executing {
			return status.Date
		}
	}
	return time.Time{}
}

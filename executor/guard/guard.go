// Package guard decides what a manifest forbids: a run that can cost more than its limit,
// and another run of a protected job. When in doubt a guard refuses. The package is pure,
// and knows neither the platform nor a journal.
package guard

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Error is what was refused, with the place of the key that forbids it.
type Error struct{ Refusals diag.List }

// Error returns the first refusal and how many more there are.
func (e *Error) Error() string { return e.Refusals.Error() }

// Cost refuses a run of a job that can cost more than limits.maxCost.
func Cost(job resolver.Job) (refusal diag.Diagnostic, refused bool) {
	limit := job.Limits.MaxCost
	if !limit.Written() {
		return diag.Diagnostic{}, false
	}
	refusal = diag.Diagnostic{Pos: limit.Pos, Rule: diag.OverLimit}
	why, hint := Unknown(job)
	switch {
	case why != "":
		refusal.Message = fmt.Sprintf("what a run of job %q can cost is not known: %s; limits.maxCost is %s", job.Name, why, USD(limit.V))
		refusal.Hint = hint
	case Exceeds(job.Estimate.Cost, limit.V):
		refusal.Message = fmt.Sprintf("a run of job %q can cost %s, and limits.maxCost is %s", job.Name, AtMost(job.Estimate.Cost), USD(limit.V))
		refusal.Hint = "shorten hardware.walltime, take fewer cores or a cheaper core type, or raise limits.maxCost"
	default:
		return diag.Diagnostic{}, false
	}
	if pos, reasons := job.Misfits(); len(reasons) > 0 && job.Estimate.Bounded && !job.Estimate.PerAttempt {
		refusal.Pos, refusal.Message = pos, fmt.Sprintf("no core type of the list of job %q fits: %s", job.Name, strings.Join(reasons, "; "))
	}
	return refusal, true
}

// Storage refuses a run of a job whose high-performance storage is not started: it would
// be billed, and find nothing there.
func Storage(job resolver.Job) (refusal diag.Diagnostic, refused bool) {
	for _, device := range job.Storage {
		if device.Started() {
			continue
		}
		return diag.Diagnostic{
			Pos: device.Pos, Rule: diag.StorageOff, Message: fmt.Sprintf("storage %s is not started: %s", device.ID, Status(device.Status)),
			Hint: "start it on the platform, wait until it shows Started, and apply again; or leave out storage:",
		}, true
	}
	return diag.Diagnostic{}, false
}

// Status says what storage is that jobs cannot use.
func Status(status string) string {
	if status == "" {
		return "it never was"
	}
	return "it is " + status
}

// Exceeds compares amounts of USD to the millionth, because sums of prices are not exact.
func Exceeds(cost, limit float64) bool { return cost > limit+1e-6 }

// Unknown says why the cost of a job has no upper bound, and what to write so that it has
// one; both are empty when it has one.
func Unknown(job resolver.Job) (why, hint string) {
	switch {
	case !job.Estimate.Bounded:
		return "it has no walltime", "give the job a walltime under hardware, such as walltime: 8h"
	case job.Estimate.PerAttempt:
		return "priority economy starts an interrupted run again, and bills it again", "say how often at most, as limits: {restarts: 1}; or take priority: on-demand"
	case job.Estimate.Rate == 0:
		return "the platform names no price for core type " + unpriced(job), "choose a core type with a price, or leave out the limit"
	}
	return "", ""
}

// unpriced returns the first core type of a job that has no price.
func unpriced(job resolver.Job) string {
	i := slices.IndexFunc(job.Tiles, func(t resolver.Tile) bool { return t.Rate == 0 })
	return job.Tiles[max(0, i)].CoreType
}

// USD writes an amount in cents, and an amount below a cent exactly: rounded to 0.00 it
// would read as another limit.
func USD(amount float64) string {
	if amount > 0 && amount < 0.01 {
		return strconv.FormatFloat(amount, 'g', 3, 64) + " USD"
	}
	return fmt.Sprintf("%.2f USD", amount)
}

// AtMost writes a bound: a part of a cent counts as a whole one.
func AtMost(amount float64) string {
	if amount < 0.01 {
		return USD(amount)
	}
	return USD(Up(amount, 100))
}

// Up rounds an amount up to a part of a USD. Sums of prices are not exact: an amount that
// exceeds the part by less than a millionth of it counts as the part.
func Up(amount, parts float64) float64 { return max(0, math.Ceil(amount*parts-1e-6)) / parts }

// Protection refuses what would stop, repeat or forget the run of a protected job.
func Protection(job resolver.Job, what string) diag.Diagnostic {
	return Protected(job.Name, job.Protected.Pos, what)
}

// Protected is Protection for a job that is not resolved.
func Protected(name string, key diag.Position, what string) diag.Diagnostic {
	return diag.Diagnostic{
		Pos: key, Rule: diag.Protected, Message: fmt.Sprintf("job %q is protected, and %s", name, what),
		Hint: "to do it anyway, write protected: false first",
	}
}

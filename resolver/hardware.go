package resolver

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// hardware finds the core type, or those of a list, and checks everything that depends on
// it.
func (r *tiling) hardware(version *rescale.Version) {
	if len(r.spec.Hardware.Alternatives.List) > 0 {
		r.alternatives(version)
		r.walltime(nil)
		return
	}
	wanted := r.spec.Hardware.CoreType
	t, ok := findCoreType(r.cat.coreTypes, wanted.V)
	if !ok {
		rule, since := r.lost(wanted.V, diag.UnknownCoreType)
		r.problems.Add(wanted.Pos, rule, r.coreTypeHint(wanted.V), "the platform has no core type %q%s", wanted.V, since)
		r.walltime(nil)
		return
	}
	r.coreType, r.tile.CoreType = t, t.Code
	if t.Code != wanted.V {
		r.notes = append(r.notes, fmt.Sprintf("core type %s is %s", wanted.V, t.Code))
	}
	if t.Deprecated || !t.Active {
		rule, since := r.lost(t.Code, diag.RetiredCoreType)
		r.problems.Add(wanted.Pos, rule, r.otherCoreTypes(version), "core type %s is retired: the platform takes no new jobs for it%s", t.Code, since)
	}
	if !allows(version, t) {
		r.problems.Add(wanted.Pos, diag.CoreTypeNotAllowed, r.otherCoreTypes(version),
			"%s %s does not run on core type %s", r.tile.Analysis, version.VersionCode, t.Code)
	}
	r.cores(t)
	r.walltime(t)
}

// cores accepts a size that the core type lists, and multiples of the largest for
// several nodes (rescale-api.md §5).
func (r *tiling) cores(t *rescale.CoreType) {
	wanted := r.spec.Hardware.CoresPerSlot
	if offers(t, wanted.V) {
		return
	}
	r.problems.Add(wanted.Pos, diag.CoresNotOffered, coresHint(t.Cores, slices.Max(t.Cores))+"; rescale-apply catalog coretypes lists the sizes of all",
		"core type %s has no size of %d cores", t.Code, wanted.V)
}

func offers(t *rescale.CoreType, size int) bool {
	if len(t.Cores) == 0 || slices.Contains(t.Cores, size) {
		return true
	}
	largest := slices.Max(t.Cores)
	return size > largest && size%largest == 0
}

func coresHint(cores []int, largest int) string {
	sizes := make([]string, len(cores))
	for i, n := range slices.Sorted(slices.Values(cores)) {
		sizes[i] = strconv.Itoa(n)
	}
	return fmt.Sprintf("allowed: %s, and multiples of %d for several nodes", strings.Join(sizes, ", "), largest)
}

// walltime turns the duration into whole hours, rounded up: the platform takes
// nothing finer (rescale-api.md §6.2).
func (r *tiling) walltime(t *rescale.CoreType) {
	wanted := r.spec.Hardware.Walltime
	if !wanted.Written() {
		if t != nil && t.WalltimeRequired {
			r.problems.Add(r.spec.Hardware.CoreType.Pos, diag.WalltimeRequired, "add walltime: 8h under hardware:",
				"core type %s needs a walltime", t.Code)
		}
		r.notes = append(r.notes, Endless)
		return
	}
	r.tile.Walltime = int(math.Ceil(wanted.V.Hours()))
	if wanted.V%time.Hour != 0 {
		r.notes = append(r.notes, fmt.Sprintf("walltime is sent as %d h: the platform counts whole hours", r.tile.Walltime))
	}
	if limit := r.cat.user.MaxJobHours; limit > 0 && r.tile.Walltime > limit {
		r.problems.Add(wanted.Pos, diag.WalltimeTooLong, fmt.Sprintf("use walltime: %dh or less, or ask your administrator to raise the limit", limit),
			"walltime of %d h is above this account's limit of %d h", r.tile.Walltime, limit)
	}
}

// Endless is what a plan says about a job without a walltime. The platform sets none by
// itself (rescale-api.md §14, A1).
const Endless = "without hardware.walltime a run that hangs ends only by hand"

// findCoreType finds a core type by its code, else by its display name in any case.
func findCoreType(all []rescale.CoreType, wanted string) (*rescale.CoreType, bool) {
	for i := range all {
		if all[i].Code == wanted {
			return &all[i], true
		}
	}
	for i := range all {
		if strings.EqualFold(all[i].Name, wanted) {
			return &all[i], true
		}
	}
	return nil, false
}

// coreTypeHint looks among codes and display names, because both are accepted.
func (r *tiling) coreTypeHint(wanted string) string {
	var codes, names []string
	for _, t := range r.cat.coreTypes {
		if t.Deprecated || !t.Active {
			continue
		}
		codes = append(codes, t.Code)
		names = append(names, t.Code)
		if !strings.EqualFold(t.Name, t.Code) {
			names = append(names, t.Name)
		}
	}
	if len(codes) == 0 {
		return "this account may use no core type; ask your organization's administrator"
	}
	const all = "rescale-apply catalog coretypes lists all"
	if hint := diag.DidYouMean(wanted, names); hint != "" {
		return following(hint, all)
	}
	shown := codes[:min(5, len(codes))]
	if rest := len(codes) - len(shown); rest > 0 {
		shown = append(slices.Clip(shown), fmt.Sprintf("and %d more", rest))
	}
	return "the platform has " + strings.Join(shown, ", ") + "; " + all
}

// otherCoreTypes names alternatives, cheapest first.
func (r *tiling) otherCoreTypes(version *rescale.Version) string {
	var usable []rescale.CoreType
	for _, t := range r.cat.coreTypes {
		if allows(version, &t) && !t.Deprecated && t.Active {
			usable = append(usable, t)
		}
	}
	if len(usable) == 0 {
		return ""
	}
	slices.SortStableFunc(usable, func(a, b rescale.CoreType) int { return cmpPrice(a.Price, b.Price) })
	var names []string
	for _, t := range usable[:min(5, len(usable))] {
		names = append(names, t.Code)
	}
	return "use " + strings.Join(names, ", ") + more(len(usable)-len(names))
}

// following puts where to look something up behind a hint, which may be empty or a
// question.
func following(hint, lookUp string) string {
	switch {
	case hint == "":
		return lookUp
	case strings.HasSuffix(hint, "?"):
		return hint + " " + lookUp
	}
	return hint + "; " + lookUp
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" or one of %d more", n)
}

// sweeping says how the runs of a sweep share a job. The platform ends a cluster after the
// walltime, whatever runs on it (rescale-api.md §14, A1), so the estimate of a sweep is
// that of any other job.
func sweeping(job Job) (notes []string) {
	if job.Sweep == nil {
		return nil
	}
	runs, slots := len(job.Sweep.Rows), 1
	bounded := true
	for _, t := range job.Tiles {
		slots, bounded = max(slots, t.Slots), bounded && t.Walltime > 0
	}
	note := fmt.Sprintf("one job with %d runs, %d at a time", runs, min(runs, slots))
	if bounded {
		note += "; the walltime is that of all of them together"
	}
	return []string{note}
}

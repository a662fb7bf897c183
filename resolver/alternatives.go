package resolver

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Alternative is one of several core types that a tile may run on.
type Alternative struct {
	Code     string
	Unfit    string   // why no new run can take it, whatever it costs; empty when one can
	Estimate Estimate // of the tile on it

	coreType *rescale.CoreType // nil when the platform has none of that name
}

// alternatives judges each core type of a list as it would be judged alone. One that does
// not fit is no problem as long as another one does.
func (r *tiling) alternatives(version *rescale.Version) {
	list := r.spec.Hardware.Alternatives
	var reasons []string
	for _, wanted := range list.List {
		t, why := r.suits(wanted.V, version)
		a := Alternative{Code: wanted.V, Unfit: why, coreType: t}
		if t != nil {
			a.Code = t.Code
		}
		if slices.ContainsFunc(r.tile.Types, func(b Alternative) bool { return a.Code == b.Code }) {
			continue // once by its code and once by its name
		}
		r.tile.Types, reasons = append(r.tile.Types, a), append(reasons, why)
	}
	r.tile.TypesPos = list.Pos
	if !slices.Contains(reasons, "") {
		r.problems.Add(list.Pos, diag.CoreTypeNotAllowed, r.otherCoreTypes(version), "no core type of the list fits: %s", strings.Join(reasons, "; "))
	}
}

// suits finds a core type, and says why no new run can take it; empty when one can.
func (r *tiling) suits(wanted string, version *rescale.Version) (t *rescale.CoreType, why string) {
	t, found := findCoreType(r.cat.coreTypes, wanted)
	size := r.spec.Hardware.CoresPerSlot.V
	switch {
	case !found:
		why = fmt.Sprintf("the platform has no core type %q", wanted)
		if hint := diag.DidYouMean(wanted, r.usable()); strings.HasSuffix(hint, "?") {
			why += "; " + hint
		}
		return nil, why
	case t.Deprecated || !t.Active:
		return t, t.Code + " is retired"
	case !allows(version, t):
		return t, fmt.Sprintf("%s is not allowed by %s %s", t.Code, r.tile.Analysis, version.VersionCode)
	case !offers(t, size):
		return t, fmt.Sprintf("%s has no size of %d cores", t.Code, size)
	case r.elsewhere(t):
		return t, fmt.Sprintf("cluster %s does not have %s", r.resolution.spec.ClusterID.V, t.Code)
	case t.WalltimeRequired && !r.spec.Hardware.Walltime.Written():
		return t, t.Code + " needs a walltime"
	}
	return t, ""
}

// elsewhere reports whether the cluster that a job names is of another core type.
func (r *tiling) elsewhere(t *rescale.CoreType) bool {
	c := r.cat.clusters[r.resolution.spec.ClusterID.V]
	return c.CoreType != "" && c.CoreType != t.Code
}

func allows(version *rescale.Version, t *rescale.CoreType) bool {
	return version == nil || len(version.AllowedCoreTypes) == 0 || slices.Contains(version.AllowedCoreTypes, t.Code)
}

// usable are the codes and names of the core types that take new jobs.
func (r *tiling) usable() (words []string) {
	for _, t := range r.cat.coreTypes {
		if !t.Deprecated && t.Active {
			words = append(words, t.Code)
			if t.Name != "" {
				words = append(words, t.Name)
			}
		}
	}
	return words
}

// choose takes for each tile the first of its core types that fits, so that all together
// stay within the limit. Where nothing does, it takes the first that a run can have at
// all: a job that has its run needs no new one, and guards refuse a new one.
func choose(tiles []*tiling, limit spec.Value[float64]) {
	plain := make([]Tile, len(tiles))
	for i, t := range tiles {
		for k := range t.tile.Types {
			a := &t.tile.Types[k]
			a.Estimate = t.cat.estimate(t.tile, a.coreType, t.resolution.spec)
		}
		t.tile.Estimate = t.cat.estimate(t.tile, t.coreType, t.resolution.spec)
		plain[i] = t.tile
	}
	var chosen []Tile
	for picked := range picks(plain) {
		if slices.ContainsFunc(picked, Tile.unfit) {
			continue
		}
		if fits := within(picked, limit); chosen == nil || fits {
			chosen = slices.Clone(picked)
			if fits {
				break
			}
		}
	}
	for i, t := range tiles {
		if len(t.tile.Types) > 0 && chosen != nil {
			t.takes(chosen, i, limit)
		}
	}
}

// takes notes the choice for a tile, and why the core types before it are passed over.
func (r *tiling) takes(chosen []Tile, i int, limit spec.Value[float64]) {
	r.tile = chosen[i]
	var codes, passed []string
	for _, a := range r.tile.Types {
		codes = append(codes, a.Code)
	}
	for _, a := range r.tile.Types {
		if a.Code == r.tile.CoreType {
			r.coreType = a.coreType
			break
		}
		passed = append(passed, reason(chosen, i, a, limit))
	}
	why := "the first of " + strings.Join(codes, ", ")
	if len(passed) > 0 {
		why = strings.Join(passed, "; ")
	}
	r.tile.why = "core type " + r.tile.CoreType + ": " + why
	r.notes = append(r.notes, r.tile.why)
}

// reason says why a core type of a tile does not fit.
func reason(tiles []Tile, i int, a Alternative, limit spec.Value[float64]) string {
	if a.Unfit != "" {
		return a.Unfit
	}
	if a.Estimate.Rate == 0 {
		return "the platform names no price for " + a.Code
	}
	other := slices.Clone(tiles)
	other[i].Estimate = a.Estimate
	cost := math.Ceil(Sum(estimatesOf(other)).Cost*100-1e-6) / 100
	return fmt.Sprintf("on %s a run can cost %.2f USD, and limits.maxCost is %.2f USD", a.Code, cost, limit.V)
}

// Misfits says of each core type of the first list of a job why a new run cannot take it;
// nil for a job without one.
func (j Job) Misfits() (pos diag.Position, reasons []string) {
	for i, t := range j.Tiles {
		for _, a := range t.Types {
			reasons = append(reasons, reason(j.Tiles, i, a, j.Limits.MaxCost))
		}
		if reasons != nil {
			return t.TypesPos, reasons
		}
	}
	return diag.Position{}, nil
}

// within reports whether tiles stay within a limit of their cost. What has no bound
// whatever it runs on is for guards to refuse.
func within(tiles []Tile, limit spec.Value[float64]) bool {
	e := Sum(estimatesOf(tiles))
	return !limit.Written() || !e.Bounded || e.PerAttempt || e.Rate > 0 && e.Cost <= limit.V+1e-6
}

func estimatesOf(tiles []Tile) (list []Estimate) {
	for _, t := range tiles {
		list = append(list, t.Estimate)
	}
	return list
}

// Unfit reports whether the catalog does not let a new run have the job's core types.
func (j Job) Unfit() bool { return slices.ContainsFunc(j.Tiles, Tile.unfit) }

// unfit reports whether no new run can take the tile's core type.
func (t Tile) unfit() bool {
	return slices.ContainsFunc(t.Types, func(a Alternative) bool { return a.Code == t.CoreType && a.Unfit != "" })
}

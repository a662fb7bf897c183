// Package offer chooses from the platform's catalogs where a person has not: a usable
// version of a software, and the hardware that costs least. It asks nobody.
package offer

import (
	"cmp"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Analysis is the first of the codes that the catalog has with a version that can be
// used.
func Analysis(all []rescale.Analysis, codes ...string) (rescale.Analysis, bool) {
	for _, code := range codes {
		for _, a := range all {
			if _, usable := Newest(a); usable && a.Code == code {
				return a, true
			}
		}
	}
	return rescale.Analysis{}, false
}

// Newest is the newest version that needs no grant first.
func Newest(a rescale.Analysis) (rescale.Version, bool) {
	for _, v := range a.Versions {
		if !v.MustBeRequested {
			return v, true
		}
	}
	return rescale.Version{}, false
}

// CoreTypes are those that run the version now, the cheapest first. Where nothing says
// the price, or a grant is needed first, a type comes after the others.
func CoreTypes(v rescale.Version, all []rescale.CoreType) []rescale.CoreType {
	var usable []rescale.CoreType
	for _, t := range all {
		allowed := len(v.AllowedCoreTypes) == 0 || slices.Contains(v.AllowedCoreTypes, t.Code)
		if allowed && t.Active && !t.Deprecated && len(t.Cores) > 0 {
			usable = append(usable, t)
		}
	}
	slices.SortStableFunc(usable, func(a, b rescale.CoreType) int {
		return cmp.Or(last(a.MustBeRequested, b.MustBeRequested), last(a.Price == 0, b.Price == 0), cmp.Compare(a.Price, b.Price))
	})
	return usable
}

// last puts what holds behind what does not.
func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

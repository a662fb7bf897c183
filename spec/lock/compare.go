package lock

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Change is one difference between an entry and what the catalog gives now.
type Change struct {
	Code    string        // of the analysis or the core type
	Pos     diag.Position // of the value in the text of the lock; zero where it has none
	Message string        // the fact: no final period
}

// Changes compares an analysis with what the catalog gives for it now.
func (a Analysis) Changes(now Analysis) []Change {
	if a.Version == now.Version {
		return nil
	}
	return []Change{{a.Code, a.Pos, fmt.Sprintf("%s was %s on %s and is %s now", a.key(), a.Version, a.Since, now.Version)}}
}

// Changes compares a core type with what the catalog says of it now. What the catalog does
// not say now has not changed: prices can be hidden from an account.
func (t CoreType) Changes(now CoreType) []Change {
	var list []Change
	add := func(pos diag.Position, format string, args ...any) {
		list = append(list, Change{t.Code, pos, fmt.Sprintf(format, args...)})
	}
	if len(now.Cores) > 0 && !slices.Equal(t.Cores, now.Cores) {
		add(t.At.Cores, "sizes of %s changed from %s to %s cores since %s", t.Code, sizesOrNone(t.Cores), sizes(now.Cores), t.Since)
	}
	if now.Memory > 0 && t.Memory != now.Memory {
		add(t.At.Memory, "memory of %s changed from %d to %d MB per core since %s", t.Code, t.Memory, now.Memory, t.Since)
	}
	for _, price := range []struct {
		name     string
		was, now float64
		pos      diag.Position
	}{{"price", t.OnDemand, now.OnDemand, t.At.OnDemand}, {"economy price", t.Economy, now.Economy, t.At.Economy}} {
		switch {
		case price.now == 0 || price.was == price.now:
		case price.was == 0:
			add(price.pos, "%s of %s is %s USD per core-hour, and was unknown on %s", price.name, t.Code, amount(price.now), t.Since)
		default:
			add(price.pos, "%s of %s %s from %s to %s USD per core-hour since %s",
				price.name, t.Code, direction(price.was, price.now), amount(price.was), amount(price.now), t.Since)
		}
	}
	return list
}

func sizesOrNone(cores []int) string {
	if len(cores) == 0 {
		return "unknown"
	}
	return sizes(cores)
}

func direction(was, now float64) string {
	if now > was {
		return "rose"
	}
	return "fell"
}

// Missing is the change of a lock that has no entry of a version.
func Missing(code, wanted string) Change {
	return Change{Code: code, Message: fmt.Sprintf("%s is not in %s", key{analysis, code, wanted}, Name)}
}

// MissingCoreType is Missing for a core type.
func MissingCoreType(code string) Change {
	return Change{Code: code, Message: fmt.Sprintf("%s is not in %s", key{coreType, code, ""}, Name)}
}

// Unused is an entry that stays, although no manifest that is given uses it.
func Unused(code, wanted string) Change {
	return Change{Code: code, Message: fmt.Sprintf("%s: none of these manifests uses it", key{analysis, code, wanted})}
}

// UnusedCoreType is Unused for a core type.
func UnusedCoreType(code string) Change {
	return Change{Code: code, Message: fmt.Sprintf("%s: none of these manifests uses it", key{coreType, code, ""})}
}

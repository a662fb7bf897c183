package lock

import (
	"fmt"
	"slices"
)

// Merge says how a lock takes what a catalog gives.
type Merge struct {
	Fresh *Lock // what the catalog gives to manifests now

	// Add and Change choose the codes of which missing entries are added and present
	// ones changed.
	Add, Change func(code string) bool

	Unused Entries
}

// Entries says what becomes of entries that the catalog was not asked for.
type Entries int

// Entries of manifests that are not given stay; where all manifests are given, nothing
// uses them.
const (
	Keep Entries = iota
	Drop
)

// Into merges into a lock, which may be nil, and returns the new one with what changed,
// analyses first, in the order of the entries. The lock itself stays as it is. An entry
// whose values stay keeps its day.
func (m Merge) Into(old *Lock) (*Lock, []Change) {
	if old == nil {
		old = New(nil, nil)
	}
	var changes []Change
	analyses := combine(m, old.Analyses, m.Fresh.Analyses, &changes)
	types := combine(m, old.CoreTypes, m.Fresh.CoreTypes, &changes)
	merged := New(analyses, types)
	merged.Path = old.Path
	return merged, changes
}

// keyed is an entry of either kind.
type keyed[E any] interface {
	key() key
	Changes(now E) []Change
	over(old E) E
}

func combine[E keyed[E]](m Merge, old, fresh []E, changes *[]Change) []E {
	now := make(map[key]E, len(fresh))
	for _, e := range fresh {
		now[e.key()] = e
	}
	var list []E
	for _, e := range old {
		k := e.key()
		next, used := now[k]
		delete(now, k)
		switch found := e.Changes(next); {
		case !used && m.Unused == Drop:
			*changes = append(*changes, Change{Code: k.code, Message: fmt.Sprintf("%s: dropped, no manifest uses it", k)})
		case used && m.Change(k.code) && len(found) > 0:
			*changes = append(*changes, found...)
			list = append(list, next.over(e))
		default:
			list = append(list, e)
		}
	}
	for _, e := range fresh {
		if _, missing := now[e.key()]; missing && m.Add(e.key().code) {
			*changes = append(*changes, Change{Code: e.key().code, Message: fmt.Sprintf("%s: added%s", e.key(), e.key().is(e))})
			list = append(list, e)
		}
	}
	return list
}

// is says which version an added entry stands for.
func (k key) is(entry any) string {
	if a, ok := entry.(Analysis); ok && a.Version != k.wanted {
		return " as " + a.Version
	}
	return ""
}

func (a Analysis) over(Analysis) Analysis { return a }

// over keeps what the catalog does not say any more.
func (t CoreType) over(old CoreType) CoreType {
	if len(t.Cores) == 0 {
		t.Cores = slices.Clone(old.Cores)
	}
	if t.Memory == 0 {
		t.Memory = old.Memory
	}
	if t.OnDemand == 0 {
		t.OnDemand = old.OnDemand
	}
	if t.Economy == 0 {
		t.Economy = old.Economy
	}
	return t
}

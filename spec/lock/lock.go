// Package lock is the form of rescale.lock.yaml, which keeps what the platform's catalog
// gave to manifests: versions, sizes and prices. It reads and writes the text and compares
// entries. It is pure: where a lock lies, and what the catalog gives now, others know.
package lock

import (
	"cmp"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Name is the file of a lock, beside manifests or in a folder above them.
const Name = "rescale.lock.yaml"

// Lock holds entries by their keys, each key once: see [New] and [Read].
type Lock struct {
	Path      string      // where it was read, as people should see it; empty: nowhere yet
	Analyses  []Analysis  // by code, then by Wanted
	CoreTypes []CoreType  // by code
	places    map[key]int // in Analyses and CoreTypes
}

// Analysis is what an analysis and a version of it stood for.
type Analysis struct {
	Code    string
	Wanted  string // the version as manifests name it; empty means the newest
	Version string // version code
	Since   string // the day on which the catalog gave it, as 2026-11-01

	Pos diag.Position // of Version in the text; zero when it comes from a catalog
}

// CoreType is what the catalog said of a core type.
type CoreType struct {
	Code     string
	Cores    []int   // sizes of its machines, ascending
	Memory   int     // MB per core; 0 means unknown
	OnDemand float64 // USD per core-hour; 0 means unknown
	Economy  float64 // USD per core-hour; 0 means unknown
	Since    string  // as in Analysis

	At Places // zero when it comes from a catalog
}

// Places are where a text names the values of a core type, or the entry where it does not.
type Places struct{ Code, Cores, Memory, OnDemand, Economy diag.Position }

// kind tells the keys of analyses from those of core types.
type kind int

const (
	analysis kind = iota
	coreType
)

type key struct {
	kind         kind
	code, wanted string
}

func (a Analysis) key() key { return key{analysis, a.Code, a.Wanted} }
func (t CoreType) key() key { return key{coreType, t.Code, ""} }

// New makes a lock of entries in any order. The first of several with one key counts.
func New(analyses []Analysis, types []CoreType) *Lock {
	l := &Lock{places: make(map[key]int)}
	l.Analyses = unique(analyses, Analysis.key)
	l.CoreTypes = unique(types, CoreType.key)
	for i, a := range l.Analyses {
		l.places[a.key()] = i
	}
	for i, t := range l.CoreTypes {
		l.places[t.key()] = i
	}
	return l
}

func unique[E any](entries []E, of func(E) key) []E {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b E) int {
		x, y := of(a), of(b)
		return cmp.Or(cmp.Compare(x.code, y.code), cmp.Compare(x.wanted, y.wanted))
	})
	return slices.CompactFunc(sorted, func(a, b E) bool { return of(a) == of(b) })
}

// Analysis finds the entry of an analysis as a manifest wants it.
func (l *Lock) Analysis(code, wanted string) (Analysis, bool) {
	i, ok := l.places[key{analysis, code, wanted}]
	if !ok {
		return Analysis{}, false
	}
	return l.Analyses[i], true
}

// CoreType finds the entry of a core type.
func (l *Lock) CoreType(code string) (CoreType, bool) {
	i, ok := l.places[key{coreType, code, ""}]
	if !ok {
		return CoreType{}, false
	}
	return l.CoreTypes[i], true
}

// Codes are all codes of the lock, sorted.
func (l *Lock) Codes() []string {
	var codes []string
	for _, a := range l.Analyses {
		codes = append(codes, a.Code)
	}
	for _, t := range l.CoreTypes {
		codes = append(codes, t.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

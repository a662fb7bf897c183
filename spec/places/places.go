// Package places turns what a pattern finds on the disk into the points of a matrix. It
// reads no disk: whoever loads manifests does, through a Finder.
package places

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
)

// Kind is what a pattern is for, as a manifest names it.
type Kind string

// The kinds.
const (
	Folders Kind = "folders"
	Files   Kind = "files"
)

// Query is a pattern of a manifest.
type Query struct {
	Dir     string // of the manifest
	Pattern string // with slashes, relative to Dir or absolute
	Kind    Kind
	Own     []string // paths on this machine of the manifest's own texts, which are no points
}

// Place is a folder or a file that a pattern means.
type Place struct {
	Path  string // with slashes, relative to the folder of the manifest
	Begin string // the part of it in front of the pattern's first wildcard; "." for none
}

// Finder returns what a pattern means, in any order. When that is nothing the error is a
// *[NoneError].
type Finder func(q Query) ([]Place, error)

// NoneError reports a pattern that finds nothing.
type NoneError struct {
	Query  Query
	Reason string // why what is there does not count; empty when nothing is there
	Advice string
}

// Error names the pattern.
func (e *NoneError) Error() string {
	text := fmt.Sprintf("no %s matches %q", strings.TrimSuffix(string(e.Query.Kind), "s"), diag.Short(e.Query.Pattern))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Hint says what to write instead.
func (e *NoneError) Hint() string { return e.Advice }

// Axis returns the points of a parameter, in the order in which people count: Run_2 is
// before Run_10. What cannot be the name of a point is reported at the pattern.
func Axis(param matrix.Param, found []Place, list *diag.List) (axis matrix.Axis) {
	found = slices.SortedFunc(slices.Values(found), func(a, b Place) int { return Natural(a.Path, b.Path) })
	first := make(map[string]string, len(found))
	for _, place := range found {
		p := param
		p.Path = &matrix.Path{Begin: place.Begin}
		p.Value = expr.Value{V: place.Path, Pos: param.Value.Pos}
		label := p.Path.Label(place.Path)
		other, taken := first[label]
		first[label] = place.Path
		switch {
		case !utf8.ValidString(place.Path):
			list.Add(p.Value.Pos, diag.UnreadableInput, "rename it, or write a pattern that does not match it", "the name %q is not UTF-8", diag.Short(place.Path))
		case strings.Contains(place.Path, `\`):
			list.Add(p.Value.Pos, diag.UnreadableInput, "rename it, or write a pattern that does not match it", "the name %q has a backslash, which stands between folders elsewhere", diag.Short(place.Path))
		case taken:
			list.Add(p.Value.Pos, diag.DuplicatePoint, "rename one of the two, or write a pattern that does not match it", "%q and %q would be one point %s=%s", diag.Short(other), diag.Short(place.Path), p.Name, label)
		default:
			axis = append(axis, matrix.Point{p})
		}
	}
	return axis
}

// digits divides a name into what people compare as numbers and what they read.
var digits = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// Natural compares paths, folder by folder, so that numbers in names count as numbers.
// Two paths are equal only when they are the same.
func Natural(a, b string) int {
	one, other := strings.Split(a, "/"), strings.Split(b, "/")
	return cmp.Or(slices.CompareFunc(one, other, natural), cmp.Compare(a, b))
}

func natural(a, b string) int {
	return slices.CompareFunc(digits.FindAllString(a, -1), digits.FindAllString(b, -1), func(a, b string) int {
		if !numeric(a) || !numeric(b) {
			return cmp.Compare(a, b)
		}
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

func numeric(s string) bool { return s[0] >= '0' && s[0] <= '9' }

// Begin returns the part of a found path in front of the part that matched a wildcard.
func Begin(whole, below string) string {
	return path.Clean(strings.TrimSuffix(whole, below))
}

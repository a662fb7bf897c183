package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/unicode/norm"
)

// Nearest returns up to three known names that look most like name, best first, and
// none when nothing is near enough to be what was meant.
func Nearest(name string, known []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	wanted := strings.ToLower(name)
	limit := max(2, len(wanted)/3)
	if len(wanted) <= 3 {
		limit = 1 // two changes make any short name of any other
	}
	var near []candidate
	for _, k := range known {
		lower := strings.ToLower(k)
		d := levenshtein.ComputeDistance(wanted, lower)
		if len(wanted) >= 3 && (strings.Contains(lower, wanted) || strings.Contains(wanted, lower) && len(lower) >= 3) {
			d = min(d, limit)
		}
		if d <= limit {
			near = append(near, candidate{k, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range near[:min(3, len(near))] {
		// A name that fits much worse than the best only distracts.
		if c.distance <= near[0].distance+1 {
			names = append(names, c.name)
		}
	}
	return slices.Compact(names)
}

// maxListed is how many known names a hint lists when none is near.
const maxListed = 19

// DidYouMean returns the hint for an unknown name: the nearest names, or, when few are
// known, all of them. It is empty when there is nothing useful to say.
func DidYouMean(name string, known []string) string {
	if twin := twin(name, known); twin != "" {
		return twin
	}
	if near := Nearest(name, known); len(near) > 0 {
		return "did you mean " + orList(near) + "?"
	}
	if len(known) > 0 && len(known) <= maxListed {
		sorted := slices.Sorted(slices.Values(known))
		return "known: " + strings.Join(sorted, ", ")
	}
	return ""
}

// twin finds a name that looks the same and is spelled with other characters, as ö can
// be one or two: copying what is shown would not help. The quoted form can be typed,
// and YAML reads it.
func twin(name string, known []string) string {
	for _, k := range known {
		if k != name && norm.NFC.String(k) == norm.NFC.String(name) {
			return "it is there under a name that looks the same and has other Unicode characters; write " + strconv.QuoteToASCII(k)
		}
	}
	return ""
}

func orList(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return fmt.Sprintf("%s or %s", strings.Join(names[:last], ", "), names[last])
}

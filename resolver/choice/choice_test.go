package choice_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/resolver/choice"
)

// TestCombinations: all of them, each once, in the order of the lists.
func TestCombinations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lists [][]string
		want  string
	}{
		"none":  {nil, ""},
		"one":   {[][]string{{"a", "b"}}, "a b"},
		"two":   {[][]string{{"a", "b"}, {"1", "2"}}, "a1 a2 b1 b2"},
		"three": {[][]string{{"a"}, {"1", "2"}, {"x"}}, "a1x a2x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for taken := range choice.Combinations(tc.lists) {
				got = append(got, strings.Join(taken, ""))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("combinations (-want +got)\n%s", diff)
			}
		})
	}
	for taken := range choice.Combinations([][]int{{1, 2}, {3, 4}}) {
		if !slices.Equal(taken, []int{1, 3}) {
			t.Errorf("the first is %v", taken)
		}
		break // leaves the rest alone
	}
}

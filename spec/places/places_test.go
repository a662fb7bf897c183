package places_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

func TestAxis(t *testing.T) {
	t.Parallel()
	at := diag.Position{File: "m", Line: 1, Col: 1}
	for name, tc := range map[string]struct {
		found []places.Place
		want  []string
	}{
		"as people count": {
			found: []places.Place{{Path: "Run_10", Begin: "."}, {Path: "Run_2", Begin: "."}, {Path: "Run_1", Begin: "."}},
			want:  []string{"case=Run_1", "case=Run_2", "case=Run_10"},
		},
		"below where the pattern begins": {
			found: []places.Place{{Path: "../cases/a/Run 1", Begin: "../cases"}, {Path: "../cases/Run_1", Begin: "../cases"}},
			want:  []string{"case=Run_1", "case=a%2FRun%201"},
		},
		"an umlaut in two ways": {
			found: []places.Place{{Path: "gru\u0308n", Begin: "."}, {Path: "grün", Begin: "."}},
			want:  []string{"\"gru\u0308n\" and \"grün\" would be one point case=grün"},
		},
		"one way of an umlaut": {found: []places.Place{{Path: "gru\u0308n", Begin: "."}}, want: []string{"case=grün"}},
		"no text":              {found: []places.Place{{Path: "a\xff", Begin: "."}}, want: []string{`the name "a\xff" is not UTF-8`}},
		"a backslash":          {found: []places.Place{{Path: `a\b`, Begin: "."}}, want: []string{`the name "a\\b" has a backslash, which stands between folders elsewhere`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list diag.List
			var got []string
			for _, p := range places.Axis(matrix.Param{Name: "case", Value: expr.Value{Pos: at}}, tc.found, &list) {
				got = append(got, p.Name())
			}
			for _, d := range list {
				got = append(got, d.Message)
				if d.Pos != at || d.Hint == "" {
					t.Errorf("%s stands at %s, hint %q", d.Message, d.Pos, d.Hint)
				}
			}
			if len(list) > 0 {
				got = got[len(got)-len(list):]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNatural(t *testing.T) {
	t.Parallel()
	want := []string{"2/z", "10", "Run", "Run_01", "Run_1", "Run_1/a", "Run_2", "Run_2b", "Run_10", "a", "ä"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, places.Natural)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// FuzzAxis: whatever names a disk has, points have names of their own, or there is a
// problem; and the order is one.
func FuzzAxis(f *testing.F) {
	f.Add("Run_1", "Run_2", "cases")
	f.Add("a\xff", `a\b`, "")
	f.Add("u\u0308", "ü", ".")
	f.Fuzz(func(t *testing.T, a, b, begin string) {
		if places.Natural(a, b) != -places.Natural(b, a) || places.Natural(a, b) == 0 && a != b {
			t.Errorf("%q and %q have no order", a, b)
		}
		if a == b || a == "" || b == "" {
			return
		}
		var list diag.List
		axis := places.Axis(matrix.Param{Name: "p", Value: expr.Value{Pos: diag.Position{Line: 1}}}, []places.Place{{Path: a, Begin: begin}, {Path: b, Begin: begin}}, &list)
		if len(list) == 0 && (len(axis) != 2 || axis[0].Name() == axis[1].Name() && len(a) < 50) {
			t.Errorf("%q and %q are points %v", a, b, axis)
		}
		for _, p := range axis {
			if strings.ContainsAny(p.Name(), "/\\\n") {
				t.Errorf("%q is no name", p.Name())
			}
		}
	})
}

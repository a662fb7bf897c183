package matrix_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
)

// axis is a list of values, the place of each of which is its number.
func axis(name string, values ...any) matrix.Axis {
	var axis matrix.Axis
	for i, v := range values {
		if n, ok := v.(int); ok {
			v = json.Number(fmt.Sprint(n))
		}
		axis = append(axis, matrix.Point{{Name: name, Value: expr.Of(v, diag.Position{File: name, Line: 1, Col: i + 1})}})
	}
	return axis
}

func entry(values ...any) matrix.Entry {
	e := matrix.Entry{Pos: diag.Position{File: "entry", Line: 1, Col: 1}}
	for i := 0; i < len(values); i += 2 {
		e.Params = append(e.Params, axis(values[i].(string), values[i+1])[0][0])
	}
	return e
}

func TestPoints(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		matrix matrix.Matrix
		want   []string
	}{
		"one list":      {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1, 2)}}, []string{"a=1", "a=2"}},
		"product":       {matrix.Matrix{Axes: []matrix.Axis{axis("b", 1, 2), axis("a", "x", true)}}, []string{"b=1,a=x", "b=1,a=true", "b=2,a=x", "b=2,a=true"}},
		"exclude":       {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1, 2), axis("b", 1, 2)}, Exclude: []matrix.Entry{entry("a", 1), entry("b", 2, "a", 2)}}, []string{"a=2,b=1"}},
		"include":       {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1), axis("b", 2)}, Include: []matrix.Entry{entry("b", 9, "a", 8)}}, []string{"a=1,b=2", "a=8,b=9"}},
		"only included": {matrix.Matrix{Include: []matrix.Entry{entry("b", 1, "a", 2), entry("a", 3, "b", 4)}}, []string{"b=1,a=2", "b=4,a=3"}},
		"put back":      {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1, 2)}, Exclude: []matrix.Entry{entry("a", 1)}, Include: []matrix.Entry{entry("a", 1)}}, []string{"a=2", "a=1"}},
		"all excluded":  {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1)}, Exclude: []matrix.Entry{entry("a", 1)}}, []string{"the matrix has no point"}},
		"twice":         {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1, "1")}}, []string{"point a=1 is already there, first at a:1:1"}},
		"parameter":     {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1), axis("a", 2)}}, []string{"parameter a is there twice, first at :0:0"}},
		"lacking":       {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1), axis("b", 1)}, Include: []matrix.Entry{entry("b", 5)}}, []string{"the point has no value for a"}},
		"no such point": {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1)}, Exclude: []matrix.Entry{entry("a", 3)}}, []string{"no point has a=3"}},
		"no such name":  {matrix.Matrix{Axes: []matrix.Axis{axis("a", 1)}, Exclude: []matrix.Entry{entry("z", 3)}}, []string{`the matrix has no parameter "z"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list diag.List
			var got []string
			for _, p := range tc.matrix.Points(&list) {
				got = append(got, p.Name())
			}
			if len(list) > 0 {
				got = nil
			}
			for _, d := range list {
				got = append(got, d.Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"fine": "fine", "very coarse": "very%20coarse", "decks/a.k": "decks%2Fa.k", "a,b=c": "a%2Cb%3Dc", "50%": "50%25", "-1.5e+3_x": "-1.5e+3_x",
		"grün 翼": "grün%20翼", "": "", ".": "%2E", "..": ".%2E", "a.": "a%2E", "C:\\x": "C%3A%5Cx", "a\nb": "a%0Ab", `"<|>?*`: "%22%3C%7C%3E%3F%2A",
		"[x]~": "%5Bx%5D%7E",
	} {
		if got := axis("a", value)[0].Name(); got != "a="+want {
			t.Errorf("%q is named %s, want a=%s", value, got, want)
		}
	}
}

// A design of experiments can have dozens of columns. Their names stay short and
// still tell all points apart.
func TestLongNames(t *testing.T) {
	t.Parallel()
	long := func(last int) matrix.Point {
		var p matrix.Point
		for i := range 40 {
			p = append(p, axis(fmt.Sprintf("x%d", i), i)[0]...)
		}
		return append(p, axis("last", last)[0]...)
	}
	one, other := long(1).Name(), long(2).Name()
	if one == other || len(one) > 120 || !strings.HasPrefix(one, "x0=0,x1=1,") || one != long(1).Name() {
		t.Errorf("names %s and %s", one, other)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		span matrix.Span
		want string
	}{
		"step":            {matrix.Span{From: "0", To: "10", Step: "2.5"}, "0 2.5 5 7.5 10"},
		"tenths":          {matrix.Span{From: "0.1", To: "0.8", Step: "0.1"}, "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8"},
		"passed by":       {matrix.Span{From: "0", To: "10", Step: "3"}, "0 3 6 9"},
		"falling":         {matrix.Span{From: "1", To: "-1", Step: "-0.50"}, "1 0.5 0 -0.5 -1"},
		"one":             {matrix.Span{From: "5", To: "5", Step: "1"}, "5"},
		"small":           {matrix.Span{From: "1e-9", To: "3e-9", Step: "1e-9"}, "1e-9 2e-9 3e-9"},
		"large":           {matrix.Span{From: "1e6", To: "3e6", Step: "1e6"}, "1000000 2000000 3000000"},
		"count":           {matrix.Span{From: "0", To: "1", Count: 5}, "0 0.25 0.5 0.75 1"},
		"thirds":          {matrix.Span{From: "0", To: "1", Count: 4}, "0 0.333333333333 0.666666666667 1"},
		"falling count":   {matrix.Span{From: "0.3", To: "0.1", Count: 3}, "0.3 0.2 0.1"},
		"ends stay exact": {matrix.Span{From: "0.12345678901234567", To: "1", Count: 2}, "0.12345678901234567 1"},
		"zero":            {matrix.Span{From: "0", To: "1", Step: "0.0"}, "the step is zero"},
		"away":            {matrix.Span{From: "0", To: "1", Step: "-1"}, "the step leads away from the last value"},
		"many":            {matrix.Span{From: "0", To: "1", Step: "1e-300"}, "the range has more than 100000 values"},
		"nothing between": {matrix.Span{From: "2", To: "2.0", Count: 3}, "the first and the last value are the same"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			numbers, problem, hint := tc.span.Numbers()
			var words []string
			for _, n := range numbers {
				words = append(words, n.String())
			}
			got := strings.Join(words, " ")
			if problem != "" {
				got = problem
			}
			if got != tc.want || (problem == "") != (hint == "") {
				t.Errorf("got %s, hint %q; want %s", got, hint, tc.want)
			}
		})
	}
}

func TestTooManyPoints(t *testing.T) {
	t.Parallel()
	var values []any
	for i := range 1000 {
		values = append(values, i)
	}
	var axes []matrix.Axis
	for i := range 20 {
		axes = append(axes, axis(fmt.Sprintf("p%d", i), values...))
	}
	var list diag.List
	if points := (matrix.Matrix{Axes: axes}).Points(&list); points != nil || len(list) != 1 || list[0].Rule != diag.BadMatrix {
		t.Errorf("%d points, %v", len(points), list)
	}
}

// TestDecimalCommas: as text they would reach awk and bash, which compute with what
// stands before the comma.
func TestDecimalCommas(t *testing.T) {
	t.Parallel()
	number := []matrix.Column{{Name: "aoa", Type: matrix.Number}}
	text := []matrix.Column{{Name: "aoa", Type: matrix.Text}}
	const looks = " looks like a number, and a number has a point and no separators of thousands"
	for name, tc := range map[string]struct {
		csv   string
		types []matrix.Column
		want  string // values, or a problem
		hint  string
	}{
		"semicolons, undeclared": {"aoa;v\n1,5;2\n", nil, `"1,5"` + looks, "types: {aoa: number}} to read it as 1.5, or types: {aoa: text}"},
		"tabs, undeclared":       {"aoa\tv\n-,5\t2\n", nil, `"-,5"` + looks, "types: {aoa: number}} to read it as -.5"},
		"after a whole number":   {"aoa;v\n1;2\n1,5;2\n", nil, `"1,5"` + looks, "types: {aoa: number}}"},
		"after a text":           {"aoa;v\nx;2\n1,5e3;2\n", nil, `"1,5e3"` + looks, "types: {aoa: text}"},
		"declared as number":     {"aoa;v\n1,5;2\n-0,25;2\n3;2\n1,5e3;2\n2.5;2\n", number, "1.5 -0.25 3 1500 2.5", ""},
		"declared as text":       {"aoa;v\n1,5;2\n1.234,5;2\n", text, "1,5 1.234,5", ""},
		"quoted, commas":         {"aoa,v\n\"1,5\",2\n", nil, `"1,5"` + looks, "write 1.5, or types: {aoa: text}"},
		"quoted, commas, number": {"aoa,v\n\"1,5\",2\n", number, `"1,5"` + looks, "write 1.5, or types: {aoa: text}"},
		"thousands":              {"aoa;v\n1.234,5;2\n", nil, `"1.234,5"` + looks, "write it without separators of thousands"},
		"thousands, number":      {"aoa;v\n1.234,5;2\n", number, `"1.234,5"` + looks, "write it without separators of thousands"},
		"thousands of millions":  {"aoa;v\n1.234.567;2\n", nil, `"1.234.567"` + looks, "write it without separators of thousands"},
		"thousands by blanks":    {"aoa;v\n12\u00a0345;2\n", nil, `"12\u00a0345"` + looks, "write it without separators of thousands"},
		"thousands, Swiss":       {"aoa;v\n1'234.5;2\n", nil, `"1'234.5"` + looks, "write it without separators of thousands"},
		"thousands beside commas": {
			"aoa;v\n1,5;2\n1.234;2\n", number, `"1.234" can be 1.234 or 1234: other numbers of the table have decimal commas`, "write 1,234 or 1234, or types: {aoa: text}",
		},
		"thousands in another column": {
			"aoa;v\n1,5;12.000\n", number, `"12.000" can be 12.000 or 12000: other numbers of the table have decimal commas`, "write 12,000 or 12000, or types: {v: text}",
		},
		"tabs, one digit group": {
			"aoa\tv\n1,250\t2\n12,500\t2\n", number, `"1,250" can be 1.250 or 1250: no cell of the column shows which`, "write 1.250 or 1250, or types: {aoa: text}",
		},
		"tabs, another cell tells": {"aoa\tv\n1,250\t2\n0,125\t2\n", number, "1.25 0.125", ""},
		"semicolons tell":          {"aoa;v\n1,250;2\n", number, "1.25", ""},
		"names are no numbers":     {"aoa;v\na,5;2\n1,2,3;2\n1,x;2\n", nil, "a,5 1,2,3 1,x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			axis, list := matrix.Table{Source: diag.Source{Name: "t.csv", Text: []byte(tc.csv)}, Types: tc.types}.Axis()
			var values []string
			for _, p := range axis {
				values = append(values, p[0].Value.Text())
			}
			got, hint := strings.Join(values, " "), ""
			if len(list) > 0 {
				got, hint = list[0].Message, list[0].Hint
			}
			if got != tc.want || !strings.Contains(hint, tc.hint) {
				t.Errorf("got %s, hint %q; want %s, %q", got, hint, tc.want, tc.hint)
			}
		})
	}
}

// FuzzTable: no text makes Axis panic; problems are inside it; points have a value of
// the type of their column for every column, and can be told apart once Points has said
// nothing.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{"a,b\n1,x\n2,y\n", "a;b\n\"x;y\";2\n", "\ufeffa\tb\r\n1\t2\r\n", "#c\na\n\n1\n", "a,a\n1\n", "a\n\"x", "ä\n1", "a\n1\nx\ntrue"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		source := diag.Source{Name: "t.csv", Text: text}
		axis, list := matrix.Table{Source: source}.Axis()
		lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
		for _, d := range list {
			if d.Pos.Line < 1 || d.Pos.Line > len(lines) || d.Pos.Col < 1 || d.Pos.Col > utf8.RuneCountInString(lines[d.Pos.Line-1])+1 || d.Hint == "" {
				t.Errorf("%s is outside of the text, or has no hint", d)
			}
		}
		if len(list) > 0 {
			return
		}
		seen := make(map[string]bool)
		for _, p := range (matrix.Matrix{Axes: []matrix.Axis{axis}}).Points(&list) {
			if len(p) != len(axis[0]) || seen[p.Name()] && len(list) == 0 {
				t.Errorf("point %s", p.Name())
			}
			seen[p.Name()] = true
			for i, param := range p {
				if param.Value.Text() == "" || fmt.Sprintf("%T", param.Value.V) != fmt.Sprintf("%T", axis[0][i].Value.V) {
					t.Errorf("%s has the value %#v", param.Name, param.Value.V)
				}
			}
		}
	})
}

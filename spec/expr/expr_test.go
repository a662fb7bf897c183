package expr_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

func scope() expr.Scope {
	return expr.Scope{
		"vars":   {"mach": {V: json.Number("0.15"), Pos: diag.Position{Line: 7}}, "mesh": {V: "fine"}, "braces": {V: "${{ vars.mesh }}"}},
		"matrix": {"on": {V: true}},
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"":                                  "",
		"plain $HOME ${HOME} {{ x }} }}":    "plain $HOME ${HOME} {{ x }} }}",
		"${{ vars.mach }}":                  json.Number("0.15"),
		"${{vars.mach}}":                    json.Number("0.15"),
		"${{\n  matrix.on\t}}":              true,
		" ${{ vars.mach }}":                 " 0.15",
		"a${{ vars.mesh }}b${{matrix.on}}c": "afinebtruec",
		"$${{ vars.mesh }}":                 "${{ vars.mesh }}",
		"$$${{ a":                           "$${{ a",
		"$${{ ${{ vars.mesh }} }}":          "${{ fine }}",
		"ü${{ vars.mesh }}":                 "üfine",
		"${{ vars.braces }}":                "${{ vars.mesh }}", // what is put in is not read again
		"${{ vars.mesh }}}":                 "fine}",
	} {
		template, mistakes := expr.Parse(text)
		if len(mistakes) > 0 {
			t.Errorf("%q: %v", text, mistakes)
			continue
		}
		if diff := cmp.Diff(want, template.Fill(scope()).V); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

// Only a text that is nothing but a reference comes from where its value stands.
func TestFillPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"${{ vars.mach }}": 7, "${{ vars.mach }} ": 0, "x": 0} {
		template, _ := expr.Parse(text)
		if got := template.Fill(scope()).Pos.Line; got != want {
			t.Errorf("%q comes from line %d, want %d", text, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"${{":                         {"0+3 ${{ is not closed"},
		"ü ${{ vars.x":                {"2+3 ${{ is not closed"},
		"${{ ${{ vars.x }}":           {"0+3 ${{ is not closed"},
		"a ${{ }} b":                  {"2+6 ${{ }} names nothing"},
		"${{ vars }}":                 {`4+4 "vars" is not the name of a value`},
		"${{ vars.a.b }}":             {`4+8 "vars.a.b" is not the name of a value`},
		"${{ vars.a }} ${{ 1 }}":      {`18+1 "1" is not the name of a value`},
		"${{ vars.x + 1 }} ${{ ü.ü}}": {`4+10 "vars.x + 1" is not the name of a value`, `22+3 "ü.ü" is not the name of a value`},
		"${{ vars. x }}":              {`4+7 "vars. x" is not the name of a value`},
	} {
		_, mistakes := expr.Parse(text)
		var got []string
		for _, m := range mistakes {
			got = append(got, fmt.Sprintf("%d+%d %s", m.Offset, m.Width, m.Message))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	template, _ := expr.Parse("ü ${{ vars.mesh }} and ${{ matrix.off }}")
	var got []string
	for _, r := range template.References() {
		got = append(got, fmt.Sprintf("%s %d+%d", r, r.Offset, r.Width()))
	}
	if diff := cmp.Diff([]string{"vars.mesh 6+9", "matrix.off 27+10"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r := template.References(); !scope().Knows(r[0]) || scope().Knows(r[1]) {
		t.Error("known names are confused")
	}
	names := scope().Names()
	slices.Sort(names)
	if diff := cmp.Diff([]string{"matrix.on", "vars.braces", "vars.mach", "vars.mesh"}, names); diff != "" {
		t.Errorf("names (-want +got)\n%s", diff)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0", "+5": "5", "5.": "5", ".5": "0.5", "-.50": "-0.5", "2.50": "2.5", "100": "100", "1e2": "100",
		"1E+2": "100", "1.5e1": "15", "15e-1": "1.5", "1e-3": "0.001", "0.000001": "0.000001", "0.0000001": "1e-7", "1.25e-9": "1.25e-9",
		"1e20": "100000000000000000000", "1e21": "1e21", "12e21": "1.2e22", "12345678901234567890": "12345678901234567890",
		"0.1000000000000000055511151231257827": "0.1000000000000000055511151231257827",
	} {
		got, ok := expr.Number(text)
		if !ok || got.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".", "1e", "e5", "0x1", "1_0", "007", "1,5", "Inf", "NaN", "1e999", "1e-999", "--1", "1-2", " 1", "½"} {
		if got, ok := expr.Number(text); ok {
			t.Errorf("%q is read as the number %s", text, got)
		}
	}
}

// FuzzParse: no text makes Parse panic; mistakes and references are inside it; a text
// without ${{ is itself, and what escapes make is not read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a", "${{", "${{ vars.x }}", "$${{ x", "$$${{ vars.x }}", "${{ ${{ vars.x }} }}", "ü${{ ü }}", "${{}}${{ a.b }}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		template, mistakes := expr.Parse(text)
		length := utf8.RuneCountInString(text)
		for _, m := range mistakes {
			if m.Message == "" || m.Hint == "" || m.Width < 1 || m.Offset < 0 || m.Offset+m.Width > length {
				t.Errorf("mistake outside of %q: %+v", text, m)
			}
		}
		values := make(expr.Scope)
		for _, r := range template.References() {
			if runes := []rune(text); string(runes[r.Offset:r.Offset+r.Width()]) != r.String() {
				t.Errorf("%s is not at %d in %q", r, r.Offset, text)
			}
			values[r.Space] = map[string]expr.Value{r.Name: {V: "x"}}
		}
		filled := template.Fill(values).Text()
		if !expr.Holds(text) && (filled != text || len(mistakes) > 0) {
			t.Errorf("%q became %q, mistakes %v", text, filled, mistakes)
		}
	})
}

// FuzzNumber: a number in its canonical form has the same value, and is its own
// canonical form.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1.50", "1e300", "123e-7", ".5", "5.", "0.1", "1e21", "9e20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		canonical, ok := expr.Number(text)
		if !ok {
			return
		}
		if expr.Rational(json.Number(text)).Cmp(expr.Rational(canonical)) != 0 {
			t.Errorf("%s became %s", text, canonical)
		}
		if again := expr.Canonical(canonical); again != canonical {
			t.Errorf("%s became %s, and that %s", text, canonical, again)
		}
		if !json.Valid([]byte(canonical)) {
			t.Errorf("%s became %s, which is no JSON", text, canonical)
		}
	})
}

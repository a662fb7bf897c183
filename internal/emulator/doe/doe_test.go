package doe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator/doe"
)

// The first three rows of each are the platform's own examples; the others are what Java prints.
func TestNumberFormats(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]string{
		"0":           {"0.9": "1", "1.49": "1", "-55.123": "-55", "9810": "9810", "0.5": "0", "1.5": "2", "-0.4": "-0"},
		"0.0":         {"0.9": "0.9", "1.49": "1.5", "-55.123": "-55.1", "9810": "9810.0", "1e3": "1000.0"},
		"0.00##":      {"0.9": "0.90", "1.49": "1.49", "-55.123": "-55.123", "9810": "9810.00", "0.123456": "0.1235"},
		"0.00":        {"5": "5.00", "2.675": "2.67", "0.125": "0.12"},
		"#.##":        {"0.5": "0.5", "0": "0", "12.345": "12.35"},
		"#.00":        {"0.5": ".50", "12": "12.00"},
		".###":        {"0.5": ".5", "0": ".0"},
		"#":           {"0": "0", "7.5": "8"},
		"000":         {"7": "007", "1234": "1234"},
		"000.0":       {"-7": "-007.0"},
		"#,##0.##":    {"1234567.891": "1,234,567.89", "12": "12"},
		"0%":          {"0.25": "25%"},
		"0E0":         {"0.9": "9E-1", "1.49": "1E0", "-55.123": "-6E1", "9810": "1E4", "0": "0E0"},
		"00E00":       {"0.9": "90E-02", "1.49": "15E-01", "-55.123": "-55E00", "9810": "98E02"},
		"0.0##E0":     {"0.9": "9.0E-1", "1.49": "1.49E0", "-55.123": "-5.512E1", "9810": "9.81E3"},
		"0.000E00":    {"1": "1.000E00", "123456": "1.235E05"},
		"##0.##E0":    {"12345": "12.3E3", "0.00012": "120E-6"},
		"##0.#####E0": {"12345": "12.345E3", "123456": "123.456E3"},
	}
	for pattern, cases := range tests {
		template, err := doe.Parse(`${x?string("` + pattern + `")}`)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		for value, want := range cases {
			if got, err := template.Render(map[string]string{"x": value}); err != nil || got != want {
				t.Errorf("%s of %s: %q, want %q (%v)", pattern, value, got, want, err)
			}
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	values := map[string]string{"description": "case 1a", "v": "2.20", "z_1": "3.4", "big": "12345.6789"}
	tests := map[string]struct{ template, want string }{
		"the platform's example": {"# ${description}\nvel: ${v}\nz: ${z_1}\n", "# case 1a\nvel: 2.20\nz: 3.4\n"},
		"blanks and quotes":      {`${ v ? string ( '0.0' ) }`, "2.2"},
		"twice in a line":        {`(${v?string("0.00")} ${z_1?string("0.00")} 0)`, "(2.20 3.40 0)"},
		"what is no placeholder": {"$v $(v) {v} \\ $ { } $$", "$v $(v) {v} \\ $ { } $$"},
		"a comment":              {"a<#-- ${nope} <#if> -->b", "ab"},
		"a brace in quotes":      {`${nope!"}"}`, "}"},
		"a text in quotes":       {`${"$"}{HOME} ${'#'}{a} ${r"${x}"}`, "${HOME} #{a} ${x}"},
		"a fallback":             {`${nope!"7"}${nope!}${nope!3}${v!"7"}`, "732.20"},
		"other built-ins":        {`${description?upper_case} ${v?c} ${big?number} ${v?string}`, "CASE 1A 2.2 12,345.679 2.20"},
	}
	for name, tc := range tests {
		template, err := doe.Parse(tc.template)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := template.Render(values)
		if err != nil || got != tc.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, tc.want, err)
		}
	}
}

func TestWhatIsNotRenderedIsRefused(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"a\n<#if x>":               `line 2: "<#i": only ${...} placeholders and comments are rendered`,
		"a\n\n</@m>":               `line 3: "</@m": only ${...} placeholders and comments are rendered`,
		"#{x}":                     `line 1: "#{": only ${...} placeholders and comments are rendered`,
		"${x + 1}":                 `line 1: ${x + 1}: "+ 1" is not rendered here`,
		"${x?eval}":                `line 1: ${x?eval}: ?eval is not rendered here`,
		`${x?replace("a")}`:        `line 1: ${x?replace("a")}: ?replace(...) is not rendered here`,
		`${x?string("yyyy")}`:      `line 1: ${x?string("yyyy")}: the number format "yyyy" is not known here`,
		"${}":                      "line 1: ${}: no name of a variable",
		"${x":                      "line 1: a placeholder has no end",
		"<#-- x":                   "line 1: a comment has no end",
		"${a}<#-- \n -->\n${b.c}x": `line 3: ${b.c}: ".c" is not rendered here`,
	} {
		_, err := doe.Parse(template)
		var refused *doe.SyntaxError
		if !errors.As(err, &refused) || err.Error() != want {
			t.Errorf("%q: %v, want %s", template, err, want)
		}
	}
}

func TestRenderFails(t *testing.T) {
	t.Parallel()
	template, err := doe.Parse("\n${VAR}")
	if err != nil {
		t.Fatal(err)
	}
	_, err = template.Render(nil)
	if diff := cmp.Diff(&doe.UndefinedError{Line: 2, Name: "VAR"}, err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	template, err = doe.Parse(`${x?string("0")}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = template.Render(map[string]string{"x": "steel"}); err == nil || err.Error() != `line 1: "x": "steel" is no number` {
		t.Errorf("%v", err)
	}
}

func TestReadTable(t *testing.T) {
	t.Parallel()
	want := doe.Table{Names: []string{"description", "v"}, Rows: [][]string{{"case 1a", "2.20"}, {"case, 1b", "2.3"}}}
	for name, text := range map[string]string{
		"plain":                  "description,v\ncase 1a,2.20\n\"case, 1b\",2.3\n",
		"blanks, marks and ends": "\ufeffdescription , v\r\n\r\ncase 1a, 2.20 \r\n\"case, 1b\", 2.3",
	} {
		got, err := doe.ReadTable(strings.NewReader(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, err)
		}
	}
	for text, want := range map[string]string{
		"":           "it is empty",
		"a,b\n":      "it has names, but no row of values",
		"a,a\n1,2\n": `two columns are named "a"`,
		"a,\n1,2\n":  "column 2 has no name",
		"a,b\n1\n":   "record on line 2: wrong number of fields",
	} {
		if _, err := doe.ReadTable(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

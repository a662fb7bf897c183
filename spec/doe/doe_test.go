package doe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/doe"
)

func source(name, text string) diag.Source { return diag.Source{Name: name, Text: []byte(text)} }

// said returns findings as PLACE: message, one each line.
func said(list diag.List) (lines []string) {
	for _, d := range list {
		lines = append(lines, fmt.Sprintf("%s: %s", d.Pos, d.Message))
	}
	return lines
}

func TestReadTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text     string
		labels   []string
		warnings []string
	}{
		"the platform's example": {"x_velocity,y_velocity\n5,2\n5,3\n", []string{"x_velocity=5,y_velocity=2", "x_velocity=5,y_velocity=3"}, nil},
		"blanks and line ends":   {"a , b\r\n 1,2 \r\n", []string{"a=1,b=2"}, nil},
		"cells in quotes":        {"a,b\n\"1,5\",\"x\ny\"\n", []string{"a=1,5,b=x\ny"}, nil},
		"no line end":            {"a\n1", []string{"a=1"}, nil},
		"empty lines at the end": {"a\n1\n\n\n", []string{"a=1"}, nil},
		"a run twice":            {"x,y\n5,2\n5,3\n5,2\n", []string{"x=5,y=2", "x=5,y=3", "x=5,y=2"}, []string{"p.csv:4:1: run 3 is the same as run 1"}},
		"no value":               {"x,y\n5,\n5,\n6,1\n", []string{"x=5,y=", "x=5,y=", "x=6,y=1"}, []string{"p.csv:2:3: parameter y has no value here", "p.csv:3:1: run 2 is the same as run 1"}},
		"byte order mark": {"\ufeffx\n1\n", []string{"x=1"}, []string{
			`p.csv:1:1: the table begins with a byte order mark, which the platform may take for a part of the name "x"`,
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, list := doe.ReadTable(source("p.csv", tc.text))
			if len(list) > 0 {
				t.Fatalf("problems: %v", list)
			}
			if diff := cmp.Diff(tc.labels, table.Labels()); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.warnings, said(table.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCheck is about templates that the platform can fill in, and the names that they
// use; testdata/manifest has those that it cannot.
func TestCheck(t *testing.T) {
	t.Parallel()
	table, list := doe.ReadTable(source("p.csv", "x,y,name\n1.5,-2e3,steel\n2,.5,wood\n"))
	if len(list) > 0 {
		t.Fatal(list)
	}
	tests := map[string]struct {
		text   string
		unused []string
	}{
		"formats":              {`${x?string("0.00##")} ${ y ? string('0E0') } ${name}`, nil},
		"a calculation":        {`${x * y + 1} ${(x+y)?string("0.0")} ${name?upper_case?trim}`, nil},
		"no placeholders":      {"$x $(y) {name} $ { } $$", []string{"x", "y", "name"}},
		"a default":            {`${z!"7"} ${z!} ${z!x} ${z?default("a")} ${(z)!"b"}`, []string{"y", "name"}},
		"texts in quotes":      {`${"$"}{HOME} ${r"${HOME}"} ${"}"} ${x}`, []string{"y", "name"}},
		"a comment":            {"<#-- ${z} -->${x}", []string{"y", "name"}},
		"left alone":           {"<#noparse>${z} ${{ a }}</#noparse>${x}", []string{"y", "name"}},
		"conditions":           {`<#if x gt 1 && name == "steel">a<#elseif y lte 2>b</#if>`, nil},
		"names of its own":     {"<#assign z = x?number * 2><#list 1..3 as i>${z} ${i}</#list>", []string{"x", "y", "name"}},
		"members of a name":    {"${x.z} ${x?z}", []string{"y", "name"}},
		"what is no directive": {"#include <stdio.h> <a> a<b #define", []string{"x", "y", "name"}},
		"the old form":         {"#{x; m1M2}", []string{"y", "name"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			used := make(map[string]bool)
			if list := table.Check(source("t", tc.text), used); len(list) > 0 {
				t.Errorf("problems: %s", strings.Join(said(list), "\n"))
			}
			var unused []string
			for _, d := range table.Unused(used) {
				unused = append(unused, strings.TrimPrefix(d.Message, "no template uses parameter "))
			}
			if diff := cmp.Diff(tc.unused, unused); diff != "" {
				t.Errorf("unused (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		"x,y\n1,2\n", "x\n\n1\n", "\"a\nb\",c\n1,2\n", "\ufeffx;y\n1;2", "${x?string(\"0.0\")}", "<#if x><#-- ${", "${{ a }}#{x}", "${\"}\\\"\"}", "</#noparse>${r'x'}",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, csv, template string) {
		table, list := doe.ReadTable(source("p.csv", csv))
		if (table == nil) != (len(list) > 0) {
			t.Fatalf("a table %v, and %d problems", table != nil, len(list))
		}
		if table == nil {
			table, _ = doe.ReadTable(source("p.csv", "x,y\n1,a\n"))
		}
		lines := strings.Count(template, "\n") + 1
		for _, d := range table.Check(source("t", template), make(map[string]bool)) {
			if d.Pos.Line < 1 || d.Pos.Line > lines || d.Pos.Col < 1 || d.Hint == "" {
				t.Errorf("%s: %s (%s)", d.Pos, d.Message, d.Hint)
			}
		}
	})
}

func TestPlaceProblem(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]bool{
		"U": true, "case/0/U": true, "a.b/c d": true, "..a": true, "a..": true, "~": false,
		"": false, "/": false, "/U": false, "..": false, "../U": false, "a/../U": false, "a/..": false, "./U": false, "a//U": false, "a/": false,
		`a\U`: false, `C:\U`: false, "C:/U": false, "~/U": false, ".": false,
	} {
		why, instead := doe.PlaceProblem(to)
		if (why == "") != want {
			t.Errorf("%q: %q", to, why)
		}
		if again, _ := doe.PlaceProblem(instead); instead != "" && again != "" {
			t.Errorf("%q: %q is proposed, %s", to, instead, again)
		}
	}
}

package yamlsrc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

func source(text string) diag.Source { return diag.Source{Name: "f", Text: []byte(text)} }

// one parses a text that has exactly one document and no problem.
func one(t *testing.T, text string) *yamlsrc.Document {
	t.Helper()
	docs, list := yamlsrc.Parse(source(text))
	if len(docs) != 1 || len(list) != 0 {
		t.Fatalf("%d documents, problems: %v", len(docs), list)
	}
	return docs[0]
}

func TestScalars(t *testing.T) {
	t.Parallel()
	n := func(s string) json.Number { return json.Number(s) }
	for text, want := range map[string]any{
		// numbers, as JSON writes them
		"18": n("18"), "-3": n("-3"), "+5": n("5"), "0": n("0"), "1.5": n("1.5"), "9.10": n("9.10"),
		".5": n("0.5"), "-.5": n("-0.5"), "1.": n("1"), "1e3": n("1e3"), "2E-3": n("2E-3"), "1.e2": n("1e2"),
		// numbers and dates of YAML 1.1 only, and what no float64 holds
		"0777": "0777", "08": "08", "0o17": "0o17", "0x1F": "0x1F", "0b11": "0b11", "1_000": "1_000",
		"1:30": "1:30", ".inf": ".inf", "-.Inf": "-.Inf", ".nan": ".nan", "2024-01-01": "2024-01-01",
		"2024-01-01T10:00:00Z": "2024-01-01T10:00:00Z", "1e999": "1e999", "1e-999999999": "1e-999999999",
		strings.Repeat("9", 200): strings.Repeat("9", 200), "1e": "1e", ".": ".",
		// null and bool, only as YAML 1.2 writes them
		"~": nil, "null": nil, "Null": nil, "true": true, "True": true, "FALSE": false,
		"yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y",
		// texts
		"v2312": "v2312", `"18"`: "18", "'true'": "true", `""`: "", "!!str 18": "18", "!!int 18": n("18"), "=": "=",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			doc := one(t, "k: "+text+"\n")
			if diff := cmp.Diff(map[string]any{"k": want}, doc.Value); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	doc := one(t, "x: &x True\na: 9.10\nb: \"9.10\"\nc: [2024-01-01, *x]\nd: {e/f: 1e3}\n")
	for pointer, want := range map[string]string{
		"/a": "9.10", "/b": "9.10", "/c/0": "2024-01-01", "/c/1": "True", "/d/e~1f": "1e3", "/d": "", "/nope": "", "/c/9": "", "": "",
	} {
		if got := doc.Text(pointer); got != want {
			t.Errorf("Text(%q) = %q, want %q", pointer, got, want)
		}
	}
}

func TestStructures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want string // as JSON
	}{
		"alias":                   {"a: &x [1, {b: 2}]\nc: *x\n", `{"a":[1,{"b":2}],"c":[1,{"b":2}]}`},
		"alias as key":            {"a: &x name\n*x : 2\n", `{"a":"name","name":2}`},
		"anchor set again":        {"a: &x 1\nb: &x 2\nc: *x\n", `{"a":1,"b":2,"c":2}`},
		"merge":                   {"a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", `{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}`},
		"merge after the key":     {"d: {c: 3, <<: {b: 1, c: 2}}\n", `{"d":{"b":1,"c":3}}`},
		"merge several":           {"d: {<<: [{a: 1}, {a: 2, b: 3}]}\n", `{"d":{"a":1,"b":3}}`},
		"merge nothing":           {"d: {<<: [], a: 1}\n", `{"d":{"a":1}}`},
		"quoted merge key":        {"d: {\"<<\": 1}\n", `{"d":{"\u003c\u003c":1}}`},
		"empty values":            {"a:\nb: []\nc: {}\nd: ''\n", `{"a":null,"b":[],"c":{},"d":""}`},
		"block texts":             {"a: |\n  x\n   y\nb: >-\n  x\n  y\n", `{"a":"x\n y\n","b":"x y"}`},
		"CR LF":                   {"a: |\r\n  x\r\n  y\r\nb: 1\r\n", `{"a":"x\ny\n","b":1}`},
		"byte order mark":         {"\ufeffa: 1\n", `{"a":1}`},
		"a text alone":            {"hello\n", `"hello"`},
		"keys with slash, tilde":  {"a/b: 1\nc~d: 2\n", `{"a/b":1,"c~d":2}`},
		"explicit key":            {"? a\n: b\n", `{"a":"b"}`},
		"yes as key":              {"yes: 1\non: 2\n", `{"on":2,"yes":1}`},
		"date as key":             {"2024-01-01: 1\n", `{"2024-01-01":1}`},
		"version directive":       {"%YAML 1.1\n---\na: 1\n", `{"a":1}`},
		"document of one dash":    {"- a\n-\n", `["a",null]`},
		"second document is void": {"a: 1\n---\n---\n# c\n", `{"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(one(t, tc.text).Value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string // position, message and rule
	}{
		"duplicate key":         {"a: 1\nb: 2\na: 3\n", []string{`f:3:1: key "a" is already there, first at line 1 [duplicate-key]`}},
		"duplicate three times": {"a: 1\na: 2\na: 3\n", []string{`f:2:1: key "a" is already there, first at line 1 [duplicate-key]`, `f:3:1: key "a" is already there, first at line 1 [duplicate-key]`}},
		"duplicate inside":      {"a: {b: 1, 'b': 2}\n", []string{`f:1:11: key "b" is already there, first at line 1 [duplicate-key]`}},
		"number as key":         {"1: a\n", []string{"f:1:1: key 1 is not a text [key-not-text]"}},
		"null as key":           {"~: a\n", []string{"f:1:1: key ~ is not a text [key-not-text]"}},
		"list as key":           {"? [a]\n: b\n", []string{"f:1:3: a list or mapping cannot be a key [key-not-text]"}},
		"braces":                {"a: {{ x }}\n", []string{"f:1:4: a list or mapping cannot be a key [key-not-text]"}},
		"cycle":                 {"a: &x [*x]\n", []string{"f:1:8: alias *x stands inside the value that it repeats [alias-budget]"}},
		"cycle by merge":        {"a: &x\n  <<: *x\n", []string{"f:2:7: alias *x stands inside the value that it repeats [alias-budget]"}},
		"merge a text":          {"a: {<<: b}\n", []string{"f:1:5: <<: wants a mapping to merge [yaml-syntax]"}},
		"alias of other text":   {"a: &x 1\n---\nb: *x\n", []string{"f:3:4: anchor &x belongs to another document [yaml-syntax]"}},
		"own tag":               {"a: !b c\n", []string{"f:1:4: YAML tag !b has no meaning here [yaml-syntax]"}},
		"binary tag":            {"a: !!binary aGVsbG8=\n", []string{"f:1:4: YAML tag !!binary has no meaning here [yaml-syntax]"}},
		"wrong number tag":      {"a: !!int x\n", []string{"f:1:4: YAML tag !!int has no meaning here [yaml-syntax]"}},
		"only white space":      {" \n\t\n", []string{"f:2:1: a tab is used to indent this line [yaml-syntax]"}},
		"only a mark":           {"\ufeff", []string{"f:1:1: the text holds no job [empty-file]"}},
		"nothing":               {"", []string{"f:1:1: the text holds no job [empty-file]"}},
		"null":                  {"null\n", []string{"f:1:1: the text holds no job [empty-file]"}},
		"NUL":                   {"a: 1\x00b\n", []string{"f:1:5: this is a binary file, not a text [not-text]"}},
		"invalid UTF-8":         {"ü: x\xff\n", []string{"f:1:5: byte 0xFF is not UTF-8 [not-text]"}},
		"surrogate":             {"a: \xed\xa0\x80\n", []string{"f:1:4: byte 0xED is not UTF-8 [not-text]"}},
		"control character":     {"a:\n  b\x07\n", []string{"f:2:4: control character U+0007 [not-text]"}},
		"delete character":      {"a\x7f: 1\n", []string{"f:1:2: control character U+007F [not-text]"}},
		"UTF-16":                {"\xff\xfea\x00", []string{"f:1:1: the text is encoded as UTF-16, not as UTF-8 [not-text]"}},
		"UTF-32":                {"\x00\x00\xfe\xff\x00\x00\x00a", []string{"f:1:1: the text is encoded as UTF-32, not as UTF-8 [not-text]"}},
		"several documents":     {"a: 'x\n---\nb: 1\nb: 2\n---\nc: [\n", []string{"f:1:4: the quote ' is not closed [yaml-syntax]", `f:4:1: key "b" is already there, first at line 3 [duplicate-key]`, "f:6:4: [ is not closed [yaml-syntax]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, list := yamlsrc.Parse(source(tc.text))
			var got []string
			for _, d := range list {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// The sound documents of a text are given even when others are broken.
func TestDocumentsAroundABrokenOne(t *testing.T) {
	t.Parallel()
	docs, list := yamlsrc.Parse(source("a: 1\n---\nb: [\n---\nc: 3\n"))
	if len(list) != 1 || len(docs) != 2 {
		t.Fatalf("%d documents, problems %v", len(docs), list)
	}
	if got, want := docs[1].At("/c"), (diag.Position{File: "f", Line: 5, Col: 4, Width: 1}); got != want {
		t.Errorf("place in the last document: %+v, want %+v", got, want)
	}
}

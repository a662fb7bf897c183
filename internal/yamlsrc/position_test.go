package yamlsrc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// place writes a position as line:col+width.
func place(p diag.Position) string { return fmt.Sprintf("%d:%d+%d", p.Line, p.Col, p.Width) }

func TestAt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, pointer string
		at, key       string
	}{
		"plain":                    {"a: 18", "/a", "1:4+2", "1:1+1"},
		"plain with spaces":        {"a: b c  # d\n", "/a", "1:4+3", "1:1+1"},
		"plain on two lines":       {"a: b\n  c\n", "/a", "1:4+1", "1:1+1"},
		"double quotes":            {`a: "b \" c"`, "/a", "1:4+8", "1:1+1"},
		"single quotes":            {"a: 'b''c'", "/a", "1:4+6", "1:1+1"},
		"quotes on two lines":      {"a: \"b\n  c\"", "/a", "1:4+2", "1:1+1"},
		"quoted key":               {`"a b": c`, "/a b", "1:8+1", "1:1+5"},
		"umlaut":                   {"größe: über", "/größe", "1:8+4", "1:1+5"},
		"CJK":                      {"名前: 翼の流れ", "/名前", "1:5+4", "1:1+2"},
		"emoji":                    {"😀: \"🛩\"", "/😀", "1:4+3", "1:1+1"},
		"combining mark":           {"e\u0301: x", "/e\u0301", "1:5+1", "1:1+2"},
		"tab before the value":     {"a:\tb", "/a", "1:4+1", "1:1+1"},
		"tabs in brackets":         {"{\n\t\"a\":\t\"b\"\n}", "/a", "2:7+3", "2:2+3"},
		"flow list item":           {"a: [b, ü, c]", "/a/2", "1:11+1", "1:11+1"},
		"flow list":                {"a: [b]", "/a", "1:4+1", "1:1+1"},
		"flow mapping":             {"a: {b: c}", "/a", "1:4+1", "1:1+1"},
		"block list":               {"a:\n  - b\n", "/a", "2:3+1", "1:1+1"},
		"block list, not indented": {"a:\n- b\n", "/a", "2:1+1", "1:1+1"},
		"block list item":          {"a:\n  - bc\n", "/a/0", "2:5+2", "2:5+2"},
		"empty list item":          {"a:\n  - b\n  -\n  - c\n", "/a/1", "3:3+1", "3:3+1"},
		"empty item with comment":  {"a:\n  - # c\n", "/a/0", "2:3+1", "2:3+1"},
		"block mapping":            {"a:\n  bc: d\n", "/a", "2:3+2", "1:1+1"},
		"mapping in a list":        {"- bc: d\n  e: f\n", "/0", "1:3+2", "1:3+2"},
		"empty value":              {"ab:\nc: d\n", "/ab", "1:1+2", "1:1+2"},
		"empty flow value":         {"{ab: , c: d}", "/ab", "1:2+2", "1:2+2"},
		"null":                     {"a: ~", "/a", "1:4+1", "1:1+1"},
		"literal text":             {"a: |-\n  b\n", "/a", "1:4+2", "1:1+1"},
		"folded text":              {"a: > # c\n  b\n", "/a", "1:4+1", "1:1+1"},
		"anchor":                   {"a: &x b\n", "/a", "1:7+1", "1:1+1"},
		"anchor, then list":        {"a: &x\n  - b\n", "/a", "1:4+1", "1:1+1"},
		"tag and anchor":           {"a: !!str &x b\n", "/a", "1:13+1", "1:1+1"},
		"alias":                    {"a: &x b\nc: *x\n", "/c", "2:4+2", "2:1+1"},
		"inside of an alias":       {"a: &x {b: c}\nd: *x\n", "/d/b", "1:11+1", "1:8+1"},
		"merged":                   {"a: {<<: {b: c}}\n", "/a/b", "1:13+1", "1:10+1"},
		"the document":             {"# x\nab: c\n", "", "2:1+2", "2:1+2"},
		"absent member":            {"a: {b: c}\n", "/a/x", "1:4+1", "1:4+1"},
		"absent below a text":      {"a: bc\n", "/a/x/y", "1:4+2", "1:4+2"},
		"index too large":          {"a: [b]\n", "/a/7", "1:4+1", "1:4+1"},
		"escaped pointer":          {"a/b~c: d\n", "/a~1b~0c", "1:8+1", "1:1+5"},
		"index as a name":          {"{\"0\": x}", "/0", "1:7+1", "1:2+3"},
		"CR LF":                    {"a: 1\r\nbc: 2\r\n", "/bc", "2:5+1", "2:1+2"},
		"lone CR":                  {"a: 1\rbc: 2\r", "/bc", "2:5+1", "2:1+2"},
		"byte order mark":          {"\ufeffab: c\n", "/ab", "1:5+1", "1:1+2"},
		"YAML line break":          {"a: 1\u2028bc: 2\n", "/bc", "1:10+1", "1:6+2"},
		"next line character":      {"a: 1\u0085bc: 2\nd: 3\n", "/d", "2:4+1", "2:1+1"},
		"second document":          {"---\n---\nab: c\n", "/ab", "3:5+1", "3:1+2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := one(t, tc.text)
			if got := place(doc.At(tc.pointer)); got != tc.at {
				t.Errorf("At(%q) = %s, want %s", tc.pointer, got, tc.at)
			}
			if got := place(doc.KeyAt(tc.pointer)); got != tc.key {
				t.Errorf("KeyAt(%q) = %s, want %s", tc.pointer, got, tc.key)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	doc := one(t, "z: 1\na: {y: 1, <<: {q: 1, y: 2}, b: 3}\nm: [1]\n")
	for pointer, want := range map[string][]string{
		"": {"z", "a", "m"}, "/a": {"y", "q", "b"}, "/m": nil, "/z": nil, "/nope": nil,
	} {
		if diff := cmp.Diff(want, doc.Keys(pointer)); diff != "" {
			t.Errorf("Keys(%q) (-want +got):\n%s", pointer, diff)
		}
	}
}

// TestInside looks for a mark in texts of all styles.
func TestInside(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":                   "a: b ${{ c\n",
		"plain, wide":             "a: größe 翼 😀 ${{ c\n",
		"double quotes":           `a: "b ${{ c"`,
		"escapes":                 `a: "\u00fc \U0001F600 \x41 \n \" \\ ${{ c"`,
		"single quotes":           "a: 'it''s ${{ c'\n",
		"quotes on lines":         "a: \"b\n   c\n\n   ${{ d\"\n",
		"escaped line break":      "a: \"b \\\n   ${{ d\"\n",
		"plain on lines":          "a: b\n   c\n   ${{ d\n",
		"literal":                 "a: |\n  b\n  c ${{ d\n",
		"literal, first line":     "a: |\n  ${{ d\n",
		"literal, blank lines":    "a: |\n\n  b\n\n\n  ${{ d\n",
		"literal, deep":           "a:\n  b:\n    - |2\n        c\n       ${{ d\n",
		"literal, CR LF":          "a: |-\r\n  b\r\n  ü ${{ d\r\n",
		"literal, header comment": "a: |- # comment\n  b\n  ${{ d\n",
		"folded":                  "a: >\n  b\n  c\n\n  d ${{ e\n",
		"folded, deep lines":      "a: >\n  b\n    c\n  d ${{ e\n",
		"anchor and tag":          "a: !!str &x |\n  b ${{ c\n",
		"flow":                    "a: [x, \"y ${{ c\"]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := one(t, text)
			pointer := map[string]string{"literal, deep": "/a/b/0", "flow": "/a/1"}[name]
			if pointer == "" {
				pointer = "/a"
			}
			before, _, found := strings.Cut(doc.Text(pointer), "${{")
			if !found {
				t.Fatalf("no mark in %q", doc.Text(pointer))
			}
			if got, want := doc.Inside(pointer, len([]rune(before))), mark(text); place(got) != place(want) {
				t.Errorf("got %s, want %s", place(got), place(want))
			}
		})
	}
}

// mark is the place of the mark in a text whose lines end in LF.
func mark(text string) diag.Position {
	before, _, _ := strings.Cut(text, "${{")
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return diag.Position{Line: strings.Count(before, "\n") + 1, Col: len([]rune(line)) + 1, Width: 1}
}

func TestInsideOutOfReach(t *testing.T) {
	t.Parallel()
	doc := one(t, "a: bc\nd: [e]\nf:\n")
	for _, tc := range []struct {
		pointer string
		offset  int
	}{{"/a", 2}, {"/a", -1}, {"/d", 0}, {"/f", 0}, {"/nope", 0}, {"", 0}} {
		if got, want := doc.Inside(tc.pointer, tc.offset), doc.At(tc.pointer); got != want {
			t.Errorf("Inside(%q, %d) = %+v, want At: %+v", tc.pointer, tc.offset, got, want)
		}
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want bool
	}{
		"plain on two lines":         {"a: b\n  c\n", true},
		"plain below the key":        {"a:\n  b\n  c\n", true},
		"plain with a line between":  {"a: b\n\n  c\n", true},
		"Windows line ends":          {"a: b\r\n  c\r\n", true},
		"double quotes on two lines": {"a: \"b\n  c\"\n", true},
		"single quotes on two lines": {"a: 'b\n  c'\n", true},
		"an alias of two lines":      {"x: &x b\n  c\na: *x\n", true},
		"one line":                   {"a: b c\n", false},
		"one line below the key":     {"a:\n  b c # d\n\ne: f\n", false},
		"an escaped line break":      {"a: \"b\\\n  c\"\n", false},
		"line breaks as escapes":     {`a: "b\nc"`, false},
		"literal":                    {"a: |\n  b\n  c\n", false},
		"folded":                     {"a: >-\n  b\n  c\n", false},
		"a list":                     {"a:\n  - b\n  - c\n", false},
		"nothing":                    {"b: c\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, list := yamlsrc.Parse(source(tc.text))
			if len(list) > 0 {
				t.Fatal(list)
			}
			if got := docs[0].Joined("/a"); got != tc.want {
				t.Errorf("Joined(/a) = %v, want %v", got, tc.want)
			}
		})
	}
}

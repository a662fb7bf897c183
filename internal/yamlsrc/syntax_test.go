package yamlsrc_test

import (
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// TestMistakes pins which character is blamed, and why, for what people really
// get wrong. The words of the YAML library appear only where nothing better is
// known.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want, hint string }{
		// indentation
		{"a:\n\tb: 1\n", "2:1 a tab is used to indent this line", "indent with spaces"},
		{"a:\n  b: x\n\tc: 1\n", "3:1 a tab is used to indent this line", ""},
		{"a: |\n\techo\n", "2:1 a tab is used to indent this line", ""},
		{"a: 1\n  b: 2\nc: 3\n", "2:3 this line is indented deeper than line 1, which has a value already", "same column as line 1"},
		{"a:\n  b: 1\n   c: 2\n", "3:4 this line is indented deeper than line 2, which has a value already", ""},
		{"a:\n    b: 1\n  c: 2\n", "3:3 this line starts in column 3, line 2 in column 5", "same column"},
		{" a: 1\nb: 2\n", "2:1 this line starts in column 1, line 1 in column 2", ""},
		{"a:\n  - b: 1\n   c: 2\n", "3:4 this line starts in column 4, the key on line 2 in column 5", ""},
		{"a: |\n  b\n c\nd: 1\n", "3:2 this line starts in column 2, line 2 in column 3", ""},
		{"a: |\nb c\nd: 1\n", "2:1 the text under | is not indented", "indent the text"},
		{"a: |2-\nb c\nd: 1\n", "2:1 the text under |2- is not indented", ""},
		// references
		{"a: {b: ${{ vars.c }}}\n", "1:8 inside brackets a reference needs quotes", `put it in quotes: "${{ vars.c }}"`},
		{"a: [b, x-${{ vars.c }}.k, d]\n", "1:8 inside brackets a reference needs quotes", `put it in quotes: "x-${{ vars.c }}.k"`},
		{"a: {\n  b: ${{ vars.c }}\n}\n", "2:6 inside brackets a reference needs quotes", `"${{ vars.c }}"`},
		{"a: [\"${{ vars.c }}\", ${{ vars.d }}]\n", "1:22 inside brackets a reference needs quotes", `"${{ vars.d }}"`},
		{"a: [\"${{ vars.c }}\", b}\n", "1:23 } matches no opening bracket", ""},
		// lists
		{"a:\n  - b\n  c: d\n", "3:3 a key stands among list items", "start every item of the list with a dash"},
		{"a:\n  - b: 1\n  c: 2\n", "3:3 a key stands among list items", "start it in column 5 if it belongs to line 2"},
		{"a:\n  b: c\n  - d\n", "3:3 a list item stands among keys", ""},
		{"a:\n  - b\n  -c\n  - d\n", "3:3 a space is missing after the dash", "write - c"},
		{"a: - b\n", "1:4 a list cannot start on the line of its key", ""},
		// colons
		{"a: 1\nname:x\nb: 2\n", "2:5 a space is missing after the colon", "write name: x"},
		{"a:\n  b:x\n  c: 1\n", "2:4 a space is missing after the colon", ""},
		{"a: echo b: c\n", "1:10 a second colon on the line looks like another key", `put it in quotes: "echo b: c"`},
		{"ü: 日本: c\n", "1:6 a second colon on the line looks like another key", ""},
		{"a: echo \"b\" c: d\n", "1:14 a second colon on the line looks like another key", `'echo "b" c: d'`},
		{"a: {b: c: d}\n", "1:9 a second colon looks like another key", ""},
		{"a: 1\nb\nc: 2\n", "2:1 there is no colon after the key", ""},
		{"a: 1\nb\n", "2:1 there is no colon after the key", ""},
		{"a:\n  : b\n", "2:3 the key before the colon is missing", ""},
		// quotes
		{"a: 1\nb: \"c\nd: e\n", `2:4 the quote " is not closed`, `add " at the end`},
		{"a: \"c\n", `1:4 the quote " is not closed`, ""},
		{"a: 'c\nb: d\n", "1:4 the quote ' is not closed", ""},
		{"a: \"b\nc: \"d\"\n", `1:4 the quote " is not closed`, ""},
		{"ü: \"größe\nb: c\n", `1:4 the quote " is not closed`, ""},
		{"--- 'a\n---\nb: 1\n", "1:5 the quote ' is not closed", ""},
		{"a: \"b\" c\n", "1:8 text after the closing quote", ""},
		{"a: 'b'c'\n", "1:7 text after the closing quote", ""},
		{"a: \"C:\\dir\"\n", `1:7 \d is not an escape that YAML knows`, `write \\`},
		{"a: \"b\n  \\q\"\n", `2:3 \q is not an escape that YAML knows`, ""},
		{"a: \"\\x4\"\n", `1:5 \x is not an escape that YAML knows`, ""},
		// brackets
		{"a: [b, c\nd: e\n", "1:4 [ is not closed", "add ]"},
		{"a: 1\nb: {c: d\ne: f\n", "2:4 { is not closed", "add }"},
		{"a: [\n---\nb: 1\n", "1:4 [ is not closed", ""},
		{"a: [b]]\n", "1:7 ] matches no opening bracket", ""},
		{"a: [b}\n", "1:6 } matches no opening bracket", ""},
		{"a: {\n  b: c\n  d: e\n}\n", "2:6 a comma is missing at the end of this line", ""},
		{"a: [\n  ü,\n  \"日本\"\n  c\n]\n", "3:6 a comma is missing at the end of this line", ""},
		{"a: ls b[1]; echo }: c\n", "1:19 a second colon on the line looks like another key", ""},
		{"a: {\n  b: c d: e }\n", "2:9 a second colon looks like another key", ""},
		{"a: [\"b\" \"c\"]\n", "1:9 a comma is missing before this", ""},
		{"{\"a\": 1 \"b\": 2}\n", "1:9 a comma is missing before this", ""},
		{"{a: 1 b: 2}\n", "1:8 a second colon looks like another key", "comma"},
		{"a: , b\n", "1:4 a comma without an item before it", ""},
		{"{\n  \"a\": 1,,\n}\n", "2:10 a comma without an item before it", ""},
		// characters with a meaning
		{"a: *.inp\n", "1:4 a value that starts with * is an alias in YAML", `"*.inp"`},
		{"a: [b, **/*.csv, c]\n", "1:8 a value that starts with * is an alias in YAML", `"**/*.csv"`},
		{"a:\n  - *\n", "2:5 a value that starts with * is an alias in YAML", ""},
		{"a: && b\n", "1:4 a value that starts with & is an anchor in YAML", `"&& b"`},
		{"a: *b\n", "1:4 there is no anchor &b above this alias", ""},
		{"a: @b\n", "1:4 a value cannot start with @", `"@b"`},
		{"a: `b`\n", "1:4 a value cannot start with `", ""},
		{"a: %b\n", "1:4 a value cannot start with %", ""},
		{"a: | b\n", "1:4 text cannot follow | on the same line", ""},
		{"a: > b # c\n", "1:4 text cannot follow > on the same line", ""},
		// the rest, in the words of the library
		{"%FOO\n---\na: 1\n", "1:1 the YAML cannot be read from here on: found unknown directive name", ""},
		{"a: b\n...\nc: d\n... x\n", "3:1 the YAML cannot be read from here on: did not find expected <document start>", ""},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			_, list := yamlsrc.Parse(source(tc.text))
			if len(list) == 0 || list[0].Rule != diag.YAMLSyntax {
				t.Fatalf("problems: %v", list)
			}
			if got := strings.TrimPrefix(strings.Replace(list[0].String(), ": ", " ", 1), "f:"); got != tc.want+" [yaml-syntax]" {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if !strings.Contains(list[0].Hint, tc.hint) {
				t.Errorf("hint %q lacks %q", list[0].Hint, tc.hint)
			}
		})
	}
}

// A mistake far from the start of a long text is still found at its line.
func TestMistakeInALongText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("- {a: b}\n", 9000) + "- \"x\n" + strings.Repeat("- {a: b}\n", 9000)
	_, list := yamlsrc.Parse(source(text))
	if len(list) != 1 || list[0].Pos.Line != 9001 || list[0].Pos.Col != 3 {
		t.Errorf("problems: %v", list)
	}
}

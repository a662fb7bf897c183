package diag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// The column of the caret is the point of these tests: lines are compared as a
// terminal would show them.
func TestPrint(t *testing.T) {
	t.Parallel()
	long := "key: " + strings.Repeat("a", 300) + "X" + strings.Repeat("b", 300)
	wide := "key: " + strings.Repeat("漢", 200) + "X" + strings.Repeat("字", 200)
	for name, tc := range map[string]struct {
		text  string
		pos   diag.Position
		lines []string // the source line and the caret line, without the gutter
	}{
		"ascii":                 {"name: Foo", at(1, 7, 3), []string{"name: Foo", "      ^~~"}},
		"width unknown":         {"name: Foo", at(1, 7, 0), []string{"name: Foo", "      ^"}},
		"tab before":            {"\tname:\tFoo", at(1, 8, 3), []string{"\tname:\tFoo", "\t     \t^~~"}},
		"umlaut before":         {"größe: x", at(1, 8, 1), []string{"größe: x", "       ^"}},
		"umlaut in token":       {"größe: x", at(1, 1, 5), []string{"größe: x", "^~~~~"}},
		"CJK before":            {"名前: x", at(1, 5, 1), []string{"名前: x", "      ^"}},
		"CJK in token":          {"a: 漢字", at(1, 4, 2), []string{"a: 漢字", "   ^~~~"}},
		"emoji before":          {"😀: x", at(1, 4, 1), []string{"😀: x", "    ^"}},
		"combining mark":        {"e\u0301: x", at(1, 5, 1), []string{"e\u0301: x", "   ^"}},
		"second line":           {"a: 1\nb: 2\n", at(2, 4, 1), []string{"b: 2", "   ^"}},
		"CR LF":                 {"a: 1\r\nb: 2\r\n", at(2, 4, 1), []string{"b: 2", "   ^"}},
		"lone CR":               {"a: 1\rb: 2\r", at(2, 4, 1), []string{"b: 2", "   ^"}},
		"byte order mark":       {"\ufeffa: 1", at(1, 4, 1), []string{"a: 1", "   ^"}},
		"last line, no newline": {"a: 1\nb: 22", at(2, 4, 2), []string{"b: 22", "   ^~"}},
		"control characters":    {"a: x \x1b[31m\x00", at(1, 6, 1), []string{"a: x ·[31m·", "     ^"}},
		"direction override":    {"a: \u202ex", at(1, 5, 1), []string{"a: ·x", "    ^"}},
		"invalid UTF-8":         {"a: \xff x", at(1, 4, 1), []string{"a: \ufffd x", "   ^"}},
		"binary line":           {"PK\x03\x04\x00\x00", at(1, 3, 1), nil},
		"col beyond the line":   {"abc", at(1, 99, 5), []string{"abc", "   ^"}},
		"width beyond the line": {"abc", at(1, 2, 99), []string{"abc", " ^~"}},
		"line beyond the text":  {"abc", at(7, 1, 1), nil},
		"line 0":                {"abc", diag.Position{File: "f", Col: 3}, nil},
		"blank line":            {"a\n \nb", at(2, 1, 1), nil},
		"empty text":            {"", at(1, 1, 1), nil},
		"other file":            {"abc", diag.Position{File: "g", Line: 1, Col: 1}, nil},
		"long line, start":      {long, at(1, 1, 3), []string{long[:160] + "…", "^~~"}},
		"long line, middle":     {long, at(1, 306, 1), []string{"…" + long[265:425] + "…", strings.Repeat(" ", 41) + "^"}},
		"long line, end":        {long, at(1, 606, 1), []string{"…" + long[565:], strings.Repeat(" ", 41) + "^"}},
		"long wide line":        {wide, at(1, 206, 1), []string{"…" + strings.Repeat("漢", 20) + "X" + strings.Repeat("字", 59) + "…", strings.Repeat(" ", 41) + "^"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			var list diag.List
			list.Add(tc.pos, diag.BadValue, "", "wrong")
			diag.Printer{Sources: []diag.Source{{Name: "f", Text: []byte(tc.text)}}}.Print(&out, list)
			if diff := cmp.Diff(tc.lines, snippet(out.String())); diff != "" {
				t.Errorf("snippet (-want +got):\n%s\n%s", diff, out.String())
			}
		})
	}
}

func at(line, col, width int) diag.Position {
	return diag.Position{File: "f", Line: line, Col: col, Width: width}
}

// snippet returns the source and caret lines of one printed problem.
func snippet(out string) []string {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) < 4 {
		return nil
	}
	var parts []string
	for _, line := range lines[2:4] {
		_, part, _ := strings.Cut(line, "| ")
		parts = append(parts, part)
	}
	return parts
}

func TestPrintWhole(t *testing.T) {
	t.Parallel()
	sources := []diag.Source{{Name: "-", Text: []byte("a: 1\nb: 2")}}
	list := diag.List{
		{Pos: diag.Position{File: "-", Line: 2, Col: 1, Width: 1}, Rule: diag.UnknownKey, Message: `unknown key "b"`, Hint: "did you mean a?"},
		{Rule: diag.EmptyFile, Message: "no file was given"},
	}
	for name, tc := range map[string]struct {
		color bool
		want  string
	}{
		"plain": {false, "<stdin>:2:1: unknown key \"b\" [unknown-key]\n  |\n2 | b: 2\n  | ^\nhint: did you mean a?\nno file was given [empty-file]\n"},
		"color": {
			true,
			"\x1b[1m<stdin>:2:1\x1b[0m: unknown key \"b\" \x1b[2m[unknown-key]\x1b[0m\n  |\n2 | b: 2\n  | \x1b[31m^\x1b[0m\n" +
				"\x1b[36mhint:\x1b[0m did you mean a?\nno file was given [empty-file]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			diag.Printer{Sources: sources, Color: tc.color}.Print(&out, list)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
		})
	}
}

// A text can have tens of thousands of problems on one line; printing them must
// not read the line again for each.
func TestPrintManyOnOneLine(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a", 1<<20))
	var list diag.List
	for i := range 20_000 {
		list.Add(at(1, i+1, 1), diag.BadValue, "", "wrong")
	}
	var out strings.Builder
	diag.Printer{Sources: []diag.Source{{Name: "f", Text: text}}}.Print(&out, list)
	if n := strings.Count(out.String(), "^"); n != len(list) {
		t.Errorf("%d carets for %d problems", n, len(list))
	}
}

package planner

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCommandDiff(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for name, tc := range map[string]struct {
		old, now string
		want     []string
	}{
		"nothing":            {"run\n", "run\n", nil},
		"one line":           {"run", "run -v", []string{"- run", "+ run -v"}},
		"in the middle":      {"a\nb\nc\n", "a\nB\nc\n", []string{"  …", "- b", "+ B", "  …"}},
		"first":              {"a\nb\n", "A\nb\n", []string{"- a", "+ A", "  …"}},
		"added":              {"a\nc\n", "a\nb\nc\n", []string{"  …", "+ b", "  …"}},
		"removed":            {"a\nb\nc", "a\nb", []string{"  …", "- c"}},
		"repeated":           {"a\na\n", "a\na\na\n", []string{"  …", "+ a", "  …"}},
		"all of it":          {"a\nb\nc\nd", "A\nB\nC\nD", []string{"- a", "- b", "- … 2 more lines", "+ A", "+ B", "+ … 2 more lines"}},
		"many for one":       {"a\nb\nc\nd\ne\nf\ng", "A", []string{"- a", "- b", "- c", "- d", "- … 3 more lines", "+ A"}},
		"one for many":       {"same\na", "same\nA\nB\nC\nD\nE", []string{"  …", "- a", "+ A", "+ B", "+ C", "+ … 2 more lines"}},
		"between":            {"s\na\nb\nc\ne", "s\nA\nB\nC\nD\ne", []string{"  …", "- a", "- … 2 more lines", "+ A", "+ … 3 more lines", "  …"}},
		"end of lines":       {"a\r\nb", "a\nb", []string{`- a\r`, "+ a", "  …"}},
		"last line's end":    {"a\n", "a", []string{"  …", "- "}},
		"orders, directions": {"a\x1b[31m\tb", "a\u202eb\x00", []string{`- a\x1b[31m\tb`, `+ a\u202eb\x00`}},
		"long": {long + "1" + long, long + "2" + long, []string{
			"- …" + strings.Repeat("x", 24) + "1" + strings.Repeat("x", 47) + "…", "+ …" + strings.Repeat("x", 24) + "2" + strings.Repeat("x", 47) + "…",
		}},
		"long at its end": {long, long + "!", []string{"- …" + strings.Repeat("x", 24), "+ …" + strings.Repeat("x", 24) + "!"}},
		"long from its begin": {"a" + long, "b" + long, []string{
			"- a" + strings.Repeat("x", 72) + "…", "+ b" + strings.Repeat("x", 72) + "…",
		}},
		"characters, not bytes": {strings.Repeat("ä", 74), strings.Repeat("ö", 75), []string{
			"- " + strings.Repeat("ä", 74), "+ " + strings.Repeat("ö", 73) + "…",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, commandDiff(tc.old, tc.now)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzCommandDiff is about what holds for any two commands.
func FuzzCommandDiff(f *testing.F) {
	f.Add("a\nb", "a\nc")
	f.Add("", "\n\n\n")
	f.Add("\x1b\xff", strings.Repeat("ä\n", 20))
	f.Fuzz(func(t *testing.T, old, now string) {
		lines := commandDiff(old, now)
		if (len(lines) == 0) != (old == now) || len(lines) > diffLines {
			t.Errorf("%d lines", len(lines))
		}
		for _, line := range lines {
			if utf8.RuneCountInString(line) > diffWidth || strings.ContainsAny(line, "\x1b\n\r") {
				t.Errorf("line %q", line)
			}
		}
	})
}

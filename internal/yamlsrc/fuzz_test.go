package yamlsrc_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// FuzzParse: no text makes Parse panic, and every place that it gives is one
// that an editor can go to.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"ok/*.yaml", "bad/*/*.yaml"} {
		files, err := filepath.Glob("../../testdata/manifest/" + pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, text := range []string{"a: &x [*x]", "a\u2028b: c", "\r\r\n", "? [\n: ]", "a: |2\n   b\n  c", "- - - ?\n", "<<: [*a]", "\u0085: '\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, list := yamlsrc.Parse(diag.Source{Name: "f", Text: text})
		lines := editorLines(text)
		for _, d := range list {
			checkPlace(t, lines, d.Pos)
			if d.Message == "" || d.Rule == "" {
				t.Errorf("a problem without words: %+v", d)
			}
		}
		for _, doc := range docs {
			checkValue(t, doc, lines, doc.Value, "")
		}
	})
}

// editorLines splits a text as editors do.
func editorLines(text []byte) []string {
	s := strings.TrimPrefix(string(text), "\ufeff")
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n")
}

func checkPlace(t *testing.T, lines []string, p diag.Position) {
	t.Helper()
	if p.File != "f" || p.Line < 1 || p.Line > len(lines) {
		t.Fatalf("line outside of the text of %d lines: %+v", len(lines), p)
	}
	if width := utf8.RuneCountInString(lines[p.Line-1]); p.Col < 1 || p.Col > width+1 || p.Width < 0 || p.Col+p.Width > width+2 {
		t.Fatalf("column outside of the line of %d characters %q: %+v width %d", width, lines[p.Line-1], p, p.Width)
	}
}

// checkValue checks the places of a value and of all values inside it.
func checkValue(t *testing.T, doc *yamlsrc.Document, lines []string, value any, pointer string) {
	t.Helper()
	checkPlace(t, lines, doc.At(pointer))
	checkPlace(t, lines, doc.KeyAt(pointer))
	switch v := value.(type) {
	case string:
		checkPlace(t, lines, doc.Inside(pointer, utf8.RuneCountInString(v)/2))
	case []any:
		for i, item := range v {
			checkValue(t, doc, lines, item, pointer+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		keys := doc.Keys(pointer)
		if len(keys) != len(v) {
			t.Fatalf("%d keys for %d members at %q", len(keys), len(v), pointer)
		}
		for key, member := range v {
			if !slices.Contains(keys, key) {
				t.Fatalf("key %q of %q has no place", key, pointer)
			}
			checkValue(t, doc, lines, member, yamlsrc.Member(pointer, key))
		}
	}
}

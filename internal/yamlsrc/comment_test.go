package yamlsrc_test

import (
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

func TestCommented(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a: run # why":       true,
		"a: run":             false,
		"a: run#1":           false,
		"a: \"run\" # why":   false, // quotes say where it ends
		"a: |\n  run # why":  false,
		"a: {b: 1} # why":    false,
		"# why\na: run\n# b": false,
	} {
		docs, problems := yamlsrc.Parse(diag.Source{Name: "a.yaml", Text: []byte(text)})
		if len(problems) > 0 || len(docs) != 1 {
			t.Fatalf("%q: %v", text, problems)
		}
		if got := docs[0].Commented("/a"); got != want {
			t.Errorf("Commented of %q = %v, want %v", text, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a: 1,5":           true,
		"a: 1,5 # why":     true,
		"a: '1,5'":         false,
		"a: \"1,5\"":       false,
		"a: !!str 1,5":     false,
		"a: |\n  1,5":      false,
		"a: [1, 5]":        false,
		"b: &x 1,5\na: *x": true,
	} {
		docs, problems := yamlsrc.Parse(diag.Source{Name: "a.yaml", Text: []byte(text)})
		if len(problems) > 0 || len(docs) != 1 {
			t.Fatalf("%q: %v", text, problems)
		}
		if got := docs[0].Plain("/a"); got != want {
			t.Errorf("Plain of %q = %v, want %v", text, got, want)
		}
	}
}

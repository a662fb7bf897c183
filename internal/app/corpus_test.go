package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

// TestCatalogProblems plans every manifest that only the catalogs or the disk
// can refuse, and compares what a person reads. Nothing but GET may be sent.
func TestCatalogProblems(t *testing.T) {
	p := newPlatform(t)
	corpus, err := filepath.Abs(filepath.Join("..", "..", "testdata", "manifest", "bad", "catalog"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(copied(t, corpus))
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			got := p.run(t, "-f", file, "--state", filepath.Join(t.TempDir(), "state"))
			if got.code != 3 || got.stdout != "" {
				t.Errorf("exit code %d, stdout %q", got.code, got.stdout)
			}
			golden.Equal(t, filepath.Join(corpus, strings.TrimSuffix(file, ".yaml")+".out"), got.stderr)
		})
	}
	for _, r := range p.server.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
}

// TestEveryRuleHasACase finds a bad manifest for every rule there is.
func TestEveryRuleHasACase(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "testdata", "manifest", "bad")
	outputs, err := filepath.Glob(filepath.Join(root, "*", "*.out"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range outputs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	// A text of many megabytes and an input of several gigabytes are made in the
	// tests of spec and resolver; what is refused only when everything else is in order
	// is in testdata/e2e.
	elsewhere := []diag.Rule{diag.TooLarge, diag.InputTooLarge, diag.OverLimit, diag.Protected, diag.CatalogDrift, diag.UnfitCluster}
	for _, rule := range diag.Rules() {
		if !slices.Contains(elsewhere, rule) && !strings.Contains(all.String(), "["+string(rule)+"]\n") {
			t.Errorf("no manifest below %s is refused by rule %s", root, rule)
		}
	}
}

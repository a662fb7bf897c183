package manual_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/manual"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/release"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

// hostile is text that roff would take for requests, quotes and marks.
const hostile = `.so /etc/passwd 'a\b' "c" ` + "`d`" + ` ^e ~/f --g`

func small() manual.Manual {
	output := options.FlagText{Short: "-o", Long: "--output", Value: "FORMAT", Text: "FORMAT: text, json (default: text)"}
	quiet := options.FlagText{Long: "--quiet", Text: hostile}
	return manual.Manual{
		Build: release.Build{Version: "1.2.0", Date: "2026-11-28T15:39:12Z"}, Usage: "do it, once",
		FirstSteps: "   rescale-apply -f job.yaml   do it\n   rescale-apply plan   look\n",
		LastWords:  "\"help\" helps.\n'tis all.\n",
		Pages: []options.Page{
			{Name: "rescale-apply plan", Part: "Run", Usage: "show it", Args: "[NAME ...]", Flags: []options.FlagText{output, quiet}, Examples: []string{"rescale-apply plan", hostile}},
			{Name: "rescale-apply state", Part: "Keep", Usage: "look at it", Below: []options.Page{
				{Name: "rescale-apply state list", Usage: "list it", Flags: []options.FlagText{output}, Examples: []string{"rescale-apply state list"}},
				{Name: "rescale-apply state rm", Usage: "forget it", Args: "NAME"},
			}},
			{Name: "rescale-apply version", Usage: "say it"},
		},
		Exits: []exit.Meaning{{Code: 0, Meaning: "`plan`: done"}, {Code: 3, Meaning: "usage"}},
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	files := small().Files()
	want := []string{"rescale-apply-plan.1", "rescale-apply-state.1", "rescale-apply-version.1", "rescale-apply.1"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(files))); diff != "" {
		t.Errorf("pages (-want +got)\n%s", diff)
	}
	for name, text := range files {
		golden.Equal(t, filepath.Join("testdata", name), text)
	}
}

// TestReads asks a reader of pages: none has a complaint, and what is typed comes back as it
// stands in the help.
func TestReads(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("mandoc")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("needs mandoc: ", err)
	}
	folder := filepath.Join(t.TempDir(), "man1")
	if err := small().Write(folder); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(pages) != len(small().Files()) {
		t.Fatalf("pages %v, %v", pages, err)
	}
	if said, err := exec.CommandContext(t.Context(), program, append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	shown, err := exec.CommandContext(t.Context(), program, "-Tascii", "-Owidth=200", filepath.Join(folder, "rescale-apply-plan.1")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	if n := strings.Count(string(shown), hostile); n != 2 {
		t.Errorf("%q is there %d times, want 2\n%s", hostile, n, shown)
	}
}

func TestWriteNowhere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := small().Write(filepath.Join(file, "man1")); err == nil || !strings.Contains(err.Error(), "writing the manual: ") {
		t.Errorf("below a file: %v", err)
	}
}

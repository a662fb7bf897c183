package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// TestRunsOf takes the state files of the current folder where none is named. Those that
// cannot be read, or are another's, are left out with a warning.
func TestRunsOf(t *testing.T) {
	ada, bob := state.Identity{Tool: "t", Platform: "p", Account: "ada"}, state.Identity{Tool: "t", Platform: "p", Account: "bob"}
	t.Chdir(t.TempDir())
	write := func(name string, owner state.Identity) string {
		t.Helper()
		path := filepath.Join(".rescale", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		journal, err := state.Open(path, owner)
		if err != nil {
			t.Fatal(err)
		}
		record := state.Record{Kind: state.KindCreating, Job: "heat", Key: "key of " + name, Digest: "d", Generation: 1, Attempt: 1}
		if err := errors.Join(journal.Append(record), journal.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.yaml.state.jsonl", ada)
	foreign := write("b.yaml.state.jsonl", bob)
	write(filepath.Join("local", "c.yaml.state.jsonl"), ada)
	damaged := filepath.Join(".rescale", "d.yaml.state.jsonl")
	if err := os.WriteFile(damaged, []byte("no journal\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		platform options.Platform
		want     []string // keys
		warnings int
		fails    bool
	}{
		"here":            {options.Platform{}, []string{"key of a.yaml.state.jsonl"}, 2, false},
		"here, locally":   {options.Platform{Local: true}, []string{"key of local/c.yaml.state.jsonl"}, 0, false},
		"another's file":  {options.Platform{State: foreign}, nil, 1, false},
		"a damaged file":  {options.Platform{State: damaged}, nil, 0, true},
		"a file that was": {options.Platform{State: "gone.jsonl"}, nil, 0, true},
	} {
		warnings := 0
		around := workspace.Surroundings{Getenv: func(string) string { return "" }, Warn: func(string) { warnings++ }}
		runs, err := around.RunsOf(options.Scope{Platform: tc.platform}, ada)
		var got []string
		for _, run := range runs {
			got = append(got, filepath.ToSlash(run.Key))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || warnings != tc.warnings || (err != nil) != tc.fails {
			t.Errorf("%s: %v, %d warnings (-want +got):\n%s", name, err, warnings, diff)
		}
	}
}

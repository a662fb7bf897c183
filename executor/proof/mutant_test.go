package proof_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is the protocol with one thing broken.
type mutant struct {
	file, old, broken string
	test              string // that must fail
}

// mutants breaks what the proof says is needed. Each old text stands in its file
// exactly once, so that a mutant cannot outlive the code that it breaks.
func mutants() map[string]mutant {
	const two = "TestRace/^2_runners,_0_old_lists,_0_deaths$"
	return map[string]mutant{
		"a draft is trusted although the list does not show it": {
			"election.go", "if !r.whole || !r.shown[b.draft] {", "if !r.whole {", "TestRace/^2_runners,_1_old_lists,_0_deaths$",
		},
		"the youngest draft wins": {
			"look.go", "b.Submitted()),\n			a.Inserted.Compare(b.Inserted),", "b.Submitted()),\n			b.Inserted.Compare(a.Inserted),", two,
		},
		"submitted before the election": {
			"start.go", "	b := &ballot{", "	_ = s.ensureSubmitted(ctx, d.id)\n	b := &ballot{", two,
		},
		"the list is not read again": {
			"start.go", "	place.vote(ctx, b)\n", "", two,
		},
		"losers stay": {
			"submit.go", "	s.clear(ctx, c.Key.Name, e.losers)\n", "", two,
		},
		"a vanished draft is the end": {
			"start.go", "if !vanished(err) || n == maxVanished || c.Begun {", "if true {", two,
		},
		"a submit that got no answer is taken for done": {
			"submit.go", "		if s.isSubmitted(ctx, id) {\n			return nil\n		}\n", "		return nil\n", "TestCrash/three_jobs/points/connection_reset",
		},
	}
}

// TestMutants shows that the proof can fail: with the protocol broken, the tests of
// this package must find a second run, a draft left over, or a runner that fails.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("each mutant is compiled anew")
	}
	t.Parallel()
	once, err := filepath.Abs("../once")
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(once, m.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), m.old); n != 1 {
				t.Fatalf("%s has %d times %q", m.file, n, m.old)
			}
			broken := filepath.Join(t.TempDir(), m.file)
			changed := strings.Replace(string(text), m.old, m.broken, 1)
			if err := os.WriteFile(broken, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := m.run(t.Context(), t.TempDir(), map[string]string{file: broken})
			if !strings.Contains(out, "--- FAIL: ") || err == nil {
				t.Errorf("nothing failed: %v\n%s", err, out)
			}
		})
	}
}

// run tests this package with files of package once replaced.
func (m mutant) run(ctx context.Context, dir string, replace map[string]string) (string, error) {
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "go", "test", "-short", "-vet=off", "-timeout", "60s", "-overlay", file, "-run", m.test, ".").CombinedOutput()
	return string(out), err
}

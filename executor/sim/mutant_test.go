package sim_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is the tool with one thing broken.
type mutant struct{ file, old, broken string }

// mutants breaks what keeps people from paying twice, and from believing what is not so.
// Each old text stands in its file exactly once.
func mutants() map[string]mutant {
	return map[string]mutant{
		"a draft is trusted although the list does not show it": {
			"once/lists.go", "	if !r.whole || !r.shown[b.draft] {\n		return false\n	}\n	if !s.book.marked(b.draft, b.key) {",
			"	if !r.whole {\n		return false\n	}\n	if false {",
		},
		"submitted before the election": {"once/start.go", "		b := &ballot{", "		_ = r.ensureSubmitted(ctx)\n		b := &ballot{"},
		"an older draft in another content is not waited for": {
			"once/scan.go", "		case w.Yield && !w.soon():", "		case true:\n			return w.pass(), ruling{}, nil\n		case w.Yield:",
		},
		"a submit that got no answer is taken for done": {
			"once/submit.go", "		if r.showsStatus(ctx) {\n			return nil\n		}\n", "		return nil\n",
		},
		"a clone passes for ours": {"once/inspect.go", `job.ClonedFrom != "" || `, ""},
		"whoever failed is tried again": {
			"planner/attempt.go", "return job.Rerun.OnFailure.V == spec.Always && v", "return (true || job.Rerun.OnFailure.V == spec.Always) && v",
		},
	}
}

// mutantSeeds is how many seeds may be told before a mutant is found.
const mutantSeeds = "1500"

// TestMutants shows that the simulation can fail: with the tool broken, one of the first
// seeds must fail.
func TestMutants(t *testing.T) {
	if testing.Short() || !*breaking {
		t.Skip("each mutant is compiled anew: -mutants does it")
	}
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join("..", m.file))
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), m.old); n != 1 {
				t.Fatalf("%s has %d times %q", m.file, n, m.old)
			}
			broken := filepath.Join(t.TempDir(), filepath.Base(file))
			if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.old, m.broken, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := run(t.Context(), t.TempDir(), map[string]string{file: broken})
			if !strings.Contains(out, "--- FAIL: ") || err == nil {
				t.Errorf("nothing failed: %v\n%s", err, out)
			}
			seed, _, _ := strings.Cut(out[max(0, strings.Index(out, "seed ")):], "\n")
			t.Log("found by " + seed)
		})
	}
}

// run tells seeds with files of the tool replaced.
func run(ctx context.Context, dir string, replace map[string]string) (string, error) {
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "go", "test", "-vet=off", "-timeout", "300s", "-overlay", file, "-run", "TestSim$", ".",
		"-from", "1", "-seeds", mutantSeeds, "-forget").CombinedOutput()
	return string(out), err
}

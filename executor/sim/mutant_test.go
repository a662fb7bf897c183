package sim_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/mutate"
)

// mutant is the tool with one thing broken.
type mutant struct{ file, old, broken string }

// mutants breaks what keeps people from paying twice, and from believing what is not so.
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

// mutantSeeds is how many seeds may run before a mutant is found.
const mutantSeeds = "1500"

// TestMutants shows that the simulation can fail: with the tool broken, one of the first
// seeds must fail.
func TestMutants(t *testing.T) {
	if testing.Short() || !*breaking {
		t.Skip("each mutant is compiled anew: -mutants does it")
	}
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			overlay, err := mutate.Mutant{File: filepath.Join("..", m.file), Old: m.old, Broken: m.broken}.Overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out, err := mutate.Test(t.Context(), overlay, "-run", "TestSim$", ".", "-from", "1", "-seeds", mutantSeeds, "-forget")
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			seed, _, _ := strings.Cut(out[max(0, strings.Index(out, "seed ")):], "\n")
			t.Log("found by " + seed)
		})
	}
}

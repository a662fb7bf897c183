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
	const unseen = "	if !r.whole || !r.shown[b.draft] {\n		return false\n	}\n	if !s.book.marked(b.draft, b.key) {"
	return map[string]mutant{
		"a draft is trusted although the list does not show it": {
			"lists.go", unseen, "	if !r.whole {\n		return false\n	}\n	if false {", "TestRace/^AA,_1_old_lists$",
		},
		"a draft of one content is trusted unseen": {
			"lists.go", unseen, "	if !r.whole {\n		return false\n	}\n	if false {", "TestRace/^AB,_1_old_lists$",
		},
		"the youngest draft wins": {
			"look.go", "b.Submitted()), older(a, b))", "b.Submitted()), older(b, a))", "TestRace/^AA,_1_old_lists$",
		},
		"submitted before the election": {
			"start.go", "		b := &ballot{", "		_ = r.ensureSubmitted(ctx)\n		b := &ballot{", "TestRace/^AA$",
		},
		"the list is not read again": {
			"start.go", "		if err := r.vote(ctx, b); err != nil {", "		if err := error(nil); err != nil {", "TestRace/^AA$",
		},
		"a vanished draft is the end": {
			"start.go", "if n == maxVanished || !errors.As(err, &gone) {", "if true {", "TestRace/^AB,_1_leaps$",
		},
		"a submit that got no answer is taken for done": {
			"submit.go", "		if r.showsStatus(ctx) {\n			return nil\n		}\n", "		return nil\n", "TestCrash/three_jobs/points/connection_reset",
		},
		"an older draft in another content is not waited for": {
			"scan.go", "		case w.Yield && !w.soon():", "		case true:\n			return w.pass(), ruling{}, nil\n		case w.Yield:", "TestRace/^AB$",
		},
		"a leftover is passed, and not revoked": {
			"scan.go", "			return false, readAgain(), w.revoke(ctx)", "			return true, ruling{}, nil", "TestRace/^AB,_1_leaps$",
		},
		"a submit of a draft that was revoked is taken for done": {
			"submit.go", "	if err := r.ensureSubmitted(ctx); err != nil {", "	if err := r.ensureSubmitted(ctx); err != nil && !patience.NotFound(err) {", "TestRace/^AB,_1_leaps$",
		},
		"after a revoke the list is not read again": {
			"scan.go", "			return false, readAgain(), w.revoke(ctx)", "			return true, ruling{}, w.revoke(ctx)", "TestRace/^AB,_1_leaps$",
		},
		"the younger of two contents goes first": {
			"election.go", "(near(f, winner) || older(f, winner) < 0) {\n			list = append(list, rival{Found: f, near", "(near(f, winner) || older(f, winner) > 0) {\n			list = append(list, rival{Found: f, near", "TestRace/^AB$",
		},
		"close dates are trusted, for a key": {
			"look.go", "func near(a, b Found) bool { return a", "func near(a, b Found) bool { return false && a", "TestRace/^AA,_2_skews$",
		},
		"close dates are trusted, for a name": {
			"look.go", "func near(a, b Found) bool { return a", "func near(a, b Found) bool { return false && a", "TestRace/^AB,_2_skews$",
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
	out, err := exec.CommandContext(ctx, "go", "test", "-short", "-vet=off", "-timeout", "300s", "-overlay", file, "-run", m.test, ".").CombinedOutput()
	return string(out), err
}

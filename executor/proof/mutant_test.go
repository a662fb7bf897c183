package proof_test

import (
	"path/filepath"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/mutate"
)

// mutant is the protocol with one thing broken.
type mutant struct {
	file, old, broken string
	test              string // that must fail
}

// mutants breaks what the proof says is needed.
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
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			overlay, err := mutate.Mutant{File: filepath.Join("..", "once", m.file), Old: m.old, Broken: m.broken}.Overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if out, err := mutate.Test(t.Context(), overlay, "-short", "-run", m.test, "."); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

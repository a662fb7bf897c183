package mutate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/mutate"
)

const victim = `package victim

import "errors"

type pair struct{ key, value int }

func find(list []pair, key int) (int, error) {
	for _, p := range list {
		if p.key == key && p.value > 0 {
			return p.value - 1, nil
		}
	}
	return -1, errors.New("none")
}

func one() pair {
	p := pair{key: 1}
	p.value = 2
	p.value = 2
	return p
}
`

const judge = `package victim

import "testing"

func TestFind(t *testing.T) {
	list := []pair{{0, 9}, one(), {3, 0}}
	for key, want := range map[int]int{1: 1, 2: -1, 3: -1} {
		if got, err := find(list, key); got != want || (err == nil) != (want > 0) {
			t.Errorf("find(%d) = %d, %v", key, got, err)
		}
	}
}
`

// newVictim is a module with one package, which passes its test.
func newVictim(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module victim\n\ngo 1.26\n", "a.go": victim, "a_test.go": judge} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestWeave makes all mutants of a package, and runs its test with each.
func TestWeave(t *testing.T) {
	dir := newVictim(t)
	t.Chdir(dir)
	woven, err := mutate.Weave(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := woven.Overlay(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "tests")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	killed := func(n int) bool {
		run := exec.CommandContext(t.Context(), binary)
		run.Env = append(run.Environ(), fmt.Sprint(mutate.NumberVariable, "=", n))
		return run.Run() != nil
	}
	if killed(0) {
		t.Error("without a mutant the test fails")
	}
	got := make(map[string]bool)
	for i, p := range woven.Points {
		got[p.String()] = killed(i + 1)
	}
	want := map[string]bool{
		"a.go find: `for _, p := range list` -> `no turn`":    true,
		"a.go find: `for _, p := range list` -> `one turn`":   true,
		"a.go find: `p.key == key && p.value > 0` -> `false`": true,
		"a.go find: `p.key == key` -> `true`":                 true,
		"a.go find: `p.value > 0` -> `true`":                  true,
		"a.go find: `p.value > 0` -> `p.value >= 0`":          true,
		"a.go find: `p.value - 1` -> `zero`":                  true,
		"a.go find: `p.value - 1` -> `p.value + 1`":           true,
		"a.go find: `-1` -> `zero`":                           true,
		"a.go find: `-1` -> `1`":                              true,
		"a.go find: `errors.New(\"none\")` -> `zero`":         true,
		"a.go one: `key: 1` -> `zero`":                        true,
		"a.go one: `p.value = 2` -> `nothing`":                false, // it is said twice
		"a.go one: `p.value = 2` -> `nothing` #2":             false,
		"a.go one: `return p` -> `return zero`":               true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("which mutants are killed (-want +got):\n%s", diff)
	}
}

package resolver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// What many points of a matrix lack is one problem, at the value that they share.
func TestProblemsOfPointsAreOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 50 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("dekc-%d.k", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	more := strings.Replace(plain, "coresPerSlot: 4", "coresPerSlot: \"${{ matrix.cores }}\"", 1) +
		"matrix: {n: {from: 1, to: 40, step: 1}, cores: [4, 5, 6]}\ninputs: [\"deck-${{ matrix.n }}.k\"]\n"
	_, problems, err := resolver.Resolve(t.Context(), load(t, dir, more), shop{price: 1}, files.Reading{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range problems {
		got = append(got, d.String()+" "+d.Hint)
	}
	want := []string{
		"job.yaml:6:52: core type big has no size of 5 cores [cores-not-offered] allowed: 4, 16, and multiples of 16 for several nodes; rescale-apply catalog coretypes lists the sizes of all",
		"job.yaml:6:55: core type big has no size of 6 cores [cores-not-offered] allowed: 4, 16, and multiples of 16 for several nodes; rescale-apply catalog coretypes lists the sizes of all",
		`job.yaml:7:10: file "deck-1.k" does not exist (and 39 more like this) [missing-input] did you mean dekc-1.k?`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got)\n%s", diff)
	}
}

// Every point has a digest of its own, which other points do not change.
func TestDigestsOfPoints(t *testing.T) {
	t.Parallel()
	digests := func(values string) map[string]string {
		result, problems, err := resolver.Resolve(t.Context(), load(t, t.TempDir(), plain+"matrix: {a: "+values+"}\nenv: {A: \"${{ matrix.a }}\"}\n"), shop{price: 1}, files.Reading{})
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		byName := make(map[string]string)
		for _, job := range result.Jobs {
			byName[job.Name] = job.Digest
		}
		return byName
	}
	few, many := digests("[1, 2]"), digests("[3, 2.0, 1]")
	if few["wing/a=1"] != many["wing/a=1"] || few["wing/a=2"] != many["wing/a=2"] || few["wing/a=1"] == few["wing/a=2"] || len(many) != 3 {
		t.Errorf("digests %v and %v", few, many)
	}
}

package golden_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/golden"
)

// recorder is a testing.TB that keeps its failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestPlan/two_jobs" }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }

// setUpdate turns the flag on or off for one test, so these tests are not
// parallel.
func setUpdate(t *testing.T, value string) {
	t.Helper()
	before := flag.Lookup("update").Value.String()
	if err := flag.Set("update", value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("update", before) })
}

func TestEqual(t *testing.T) {
	setUpdate(t, "false")
	tests := map[string]struct {
		golden string
		got    string
		want   []string // parts of the failure; none: no failure
	}{
		"same":               {golden: "one\ntwo\n", got: "one\ntwo\n"},
		"both empty":         {},
		"a line differs":     {golden: "one\ntwo\n", got: "one\n2\n", want: []string{`"two\n"`, `"2\n"`, "(-want +got)"}},
		"no newline at end":  {golden: "one\n", got: "one", want: []string{`"one\n"`, `"one"`}},
		"a carriage return":  {golden: "one\n", got: "one\r\n", want: []string{`"one\r\n"`}},
		"says how to accept": {golden: "1", got: "2", want: []string{"go test ./internal/golden -run '^TestPlan$' -update"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "want.txt")
			if err := os.WriteFile(path, []byte(tc.golden), 0o600); err != nil {
				t.Fatal(err)
			}
			rec := &recorder{TB: t}
			golden.Equal(rec, path, tc.got)
			check(t, rec.failures, tc.want)
		})
	}
}

func check(t *testing.T, failures, want []string) {
	t.Helper()
	if (len(failures) > 0) != (len(want) > 0) {
		t.Fatalf("failures %q, want parts %q", failures, want)
	}
	for _, part := range want {
		if !strings.Contains(failures[0], part) {
			t.Errorf("failure lacks %q:\n%s", part, failures[0])
		}
	}
}

func TestEqualMissingFile(t *testing.T) {
	setUpdate(t, "false")
	rec := &recorder{TB: t}
	golden.Equal(rec, filepath.Join(t.TempDir(), "none.txt"), []byte("new text"))
	check(t, rec.failures, []string{"does not exist", "new text", "-update"})
}

func TestEqualUpdates(t *testing.T) {
	setUpdate(t, "true")
	if !golden.Update() {
		t.Fatal("Update() is false with -update")
	}
	path := filepath.Join(t.TempDir(), "new", "folder", "want.txt")
	golden.Equal(t, path, "fresh\n")
	setUpdate(t, "false")
	if golden.Update() {
		t.Fatal("Update() is true without -update")
	}
	golden.Equal(t, path, "fresh\n")
}

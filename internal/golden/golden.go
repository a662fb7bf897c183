// Package golden compares what a test got with a file beside it, and rewrites the file
// when the test runs with -update. It is for tests only, and does not scrub: text must
// not differ from run to run.
package golden

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const flagName = "update"

// A blank variable, because a flag must exist before the tests parse them, and
// because nothing but the flag package should be able to change it.
var _ = flag.Bool(flagName, false, "rewrite golden files with what the tests got")

// Update reports whether the tests run with -update. Testscript wants the same answer
// in its Params.UpdateScripts.
func Update() bool {
	return flag.Lookup(flagName).Value.String() == "true"
}

// Equal fails tb when got is not the content of the file at path, and shows the
// difference and the command that accepts it. With -update it writes the file
// instead, and its folder when that is missing.
func Equal[Text ~string | ~[]byte](tb testing.TB, path string, got Text) {
	tb.Helper()
	if Update() {
		if err := write(path, []byte(got)); err != nil {
			tb.Fatalf("updating golden file: %v", err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		tb.Errorf("golden file %s does not exist; got:\n%s\n%s", path, string(got), hint(tb))
		return
	}
	if err != nil {
		tb.Fatalf("reading golden file: %v", err)
	}
	if diff := cmp.Diff(lines(string(want)), lines(string(got))); diff != "" {
		tb.Errorf("%s differs (-want +got):\n%s\n%s", path, diff, hint(tb))
	}
}

func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// lines keeps the line ends, so that a missing one at the end of the file and a
// stray carriage return are differences too.
func lines(text string) []string {
	return strings.SplitAfter(text, "\n")
}

// hint returns the command that accepts what the test got. It names the package,
// because other packages lack the flag and would refuse it.
func hint(tb testing.TB) string {
	name, _, _ := strings.Cut(tb.Name(), "/")
	return fmt.Sprintf("if that is right: go test %s -run '^%s$' -update", packagePath(), name)
}

// packagePath returns the package under test as typed in the module's folder; tests run
// in the folder of their package.
func packagePath() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			rel, err := filepath.Rel(root, dir)
			if err != nil {
				return "."
			}
			return "./" + filepath.ToSlash(rel)
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}

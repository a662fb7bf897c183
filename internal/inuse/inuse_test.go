package inuse_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/inuse"
)

func TestRename(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "new"), filepath.Join(dir, "old")
	for path, text := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := inuse.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := inuse.Rename(from, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
}

// A file that another program has open is no matter of permissions, but on Windows one error
// means either.
func TestIs(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, fs.ErrNotExist, errors.New("x")} {
		if inuse.Is(err) {
			t.Errorf("%v", err)
		}
	}
	if got := inuse.Is(&fs.PathError{Op: "rename", Path: "x", Err: fs.ErrPermission}); got && runtime.GOOS != "windows" {
		t.Error("permissions are told apart here")
	}
}

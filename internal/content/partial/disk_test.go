package partial

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Linux has a device that is always full.
const fullDevice = "/dev/full"

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile(fullDevice, os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "out.bin")
	f, err := Open(path, Announced{ID: "oUtPuT", Digest: content.Digest{Size: 3}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_ = f.data.Close()
	f.data = full
	checkFull(t, path, f.Receive(strings.NewReader("abc"), 0))

	full, err = os.OpenFile(fullDevice, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	checkFull(t, path, fill(full, path, content.Digest{Size: 3}, strings.NewReader("abc")))
}

func checkFull(t *testing.T, path string, err error) {
	t.Helper()
	var refused *DiskError
	if !errors.As(err, &refused) || !isFull(err) || refused.Path != path {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), fullDevice) || !strings.Contains(refused.Hint(), "make room") {
		t.Errorf("%v\nhint: %s", err, refused.Hint())
	}
}

func TestAFolderThatMayNotBeWritten(t *testing.T) {
	t.Parallel()
	err := disk("out.bin", &fs.PathError{Op: "open", Path: ".out.bin.partial", Err: fs.ErrPermission})
	var refused *DiskError
	if !errors.As(err, &refused) || !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "partial") {
		t.Fatalf("got %v", err)
	}
	if hint := refused.Hint(); strings.Contains(hint, "spreadsheet") != (runtime.GOOS == "windows") || !strings.Contains(hint, "may write to") {
		t.Errorf("hint: %s", hint)
	}
	if hint := (&DiskError{Err: fs.ErrExist}).Hint(); hint != "" {
		t.Errorf("hint: %s", hint)
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	free, known := Free(t.TempDir())
	if expected := runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows"; known != expected || known && free <= 0 {
		t.Errorf("%d, %v", free, known)
	}
	if _, known := Free(filepath.Join(t.TempDir(), "none")); known {
		t.Error("a folder that is not there has room")
	}
}

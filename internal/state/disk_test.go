package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"syscall"
	"testing"
)

// TestAFileTellsWhenALineIsNotOnTheDisk: each of them is how a disk can fail. A pipe takes
// bytes and cannot flush them.
func TestAFileTellsWhenALineIsNotOnTheDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a pipe can be flushed on Windows")
	}
	for _, test := range []struct {
		name string
		file func(t *testing.T) *os.File
		do   func(f *os.File) error
	}{
		{name: "a write fails", file: unwritable, do: func(f *os.File) error { return diskFile{f}.Append([]byte("x")) }},
		{name: "a flush fails", file: pipe, do: func(f *os.File) error { return diskFile{f}.Append([]byte("x")) }},
		{name: "a close fails", file: closed, do: func(f *os.File) error { return diskFile{f}.Close() }},
		{name: "a write of a draft fails", file: unwritable, do: func(f *os.File) error { return draftFile{diskFile{f}}.Append([]byte("x")) }},
		{name: "the flush of a draft fails", file: pipe, do: func(f *os.File) error { return draftFile{diskFile{f}}.Close() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if err := test.do(test.file(t)); err == nil {
				t.Error("no error")
			}
		})
	}
}

func unwritable(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(written(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func pipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return w
}

func closed(t *testing.T) *os.File {
	t.Helper()
	f := unwritable(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

func written(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOnlyAFileIsRead, and anything else is distinguished from a missing file.
func TestOnlyAFileIsRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no /dev/null on Windows")
	}
	_, err := onDisk{path: os.DevNull}.Read()
	want := &fs.PathError{Op: "open", Path: os.DevNull, Err: errNoFile}
	if !reflect.DeepEqual(err, want) {
		t.Errorf("a device: got %v, want %v", err, want)
	}
	if _, err := Read(t.TempDir(), Identity{}); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("a folder: got %v", err)
	}
	if file, err := (onDisk{path: t.TempDir()}).Append(0); !errors.Is(err, syscall.EISDIR) || file != nil {
		t.Errorf("a folder to append to: got %v, %v", file, err)
	}
}

// TestALinkThatLeadsNowhereIsNamedAsItIs, so that the lock finds it and refuses.
func TestALinkThatLeadsNowhereIsNamedAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.Symlink("nowhere", path); err != nil {
		t.Skip(err)
	}
	if got := realPath(path); got != path {
		t.Errorf("got %q, want %q", got, path)
	}
}

// sound is a journal of two runs, and what is found in it.
func sound(t *testing.T) (path string, found past) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	journal, err := Open(path, Identity{Tool: "t", Platform: "p", Account: "a"})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(journal.Append(
		Record{Kind: KindCreating, Job: "heat", Key: "k1", Digest: "d"}, Record{Kind: KindCreating, Job: "heat", Key: "k2", Digest: "d"},
	), journal.Close())
	if err != nil {
		t.Fatal(err)
	}
	if found, err = load(onDisk{path: path}, Identity{}); err != nil {
		t.Fatal(err)
	}
	return path, found
}

// TestAJournalThatCannotBeCompactedStays as it was found.
func TestAJournalThatCannotBeCompactedStays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(path string, found *past) error
		stays bool // what lies in the place of the new file
	}{
		{name: "it is gone", spoil: func(path string, _ *past) error { return os.Remove(path) }},
		{name: "it is damaged", spoil: func(path string, _ *past) error { return os.WriteFile(path, []byte("{\"format\":1}\n"), 0o600) }},
		{name: "it says something else", spoil: func(_ string, found *past) error { found.Runs["heat"][0].ID = "j1"; return nil }},
		{name: "its place is taken", stays: true, spoil: func(path string, _ *past) error { return os.MkdirAll(path+compactSuffix+"/folder", 0o700) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path, found := sound(t)
			if err := test.spoil(path, &found); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			if got := (onDisk{path: path}).compact(found); !reflect.DeepEqual(got, found) {
				t.Errorf("got %v, want %v", got, found)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Errorf("the file was %q and is %q", before, after)
			}
			if _, err := os.Stat(path + compactSuffix); errors.Is(err, fs.ErrNotExist) == test.stays {
				t.Errorf("beside it: %v", err)
			}
		})
	}
}

// TestReloaded is about a rename of which nobody knows whether it happened.
func TestReloaded(t *testing.T) {
	t.Parallel()
	path, found := sound(t)
	old := past{Snapshot: emptySnapshot(), good: 7}
	old.Torn = true
	found.Torn = true
	if got := reloaded(path, old); !reflect.DeepEqual(got, found) {
		t.Errorf("what is there: got %v, want %v", got, found)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := reloaded(path, old); !reflect.DeepEqual(got, old) {
		t.Errorf("what cannot be read: got %v, want %v", got, old)
	}
}

// TestCompactedTellsOfWhatItCannotRead.
func TestCompactedTellsOfWhatItCannotRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if text, err := compacted(failing{broken}, Header{}); !errors.Is(err, broken) {
		t.Errorf("got %q, %v", text, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestAFileSystemThatMakesNoFolders and flushes none: the first is trouble, the second is not.
func TestAFileSystemThatMakesNoFolders(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	if err := makeFolder("/proc/none/s"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder: got %v", err)
	}
	if err := syncFolder("/proc/s"); err != nil {
		t.Errorf("a flush: got %v", err)
	}
	if err := syncFolder(filepath.Join(t.TempDir(), "none", "s")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: got %v", err)
	}
}

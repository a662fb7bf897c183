package state_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// The journal's memory and what a later process reads are the same, at every step.
func TestMemoryIsWhatIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	j := open(t, path)
	same(t, true, j.Snapshot().New)
	for _, r := range story() {
		r.StatusAt = r.StatusAt.In(time.FixedZone("CET", 3600))
		r.Reason += "\xff" // no UTF-8
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
		same(t, read(t, path), j.Snapshot())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	same(t, before, open(t, path).Snapshot())
}

func TestFilesAndFoldersArePrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes on Windows")
	}
	root := t.TempDir()
	path := filepath.Join(root, ".rescale", "local", "job.yaml.state.jsonl")
	_ = open(t, path)
	want := map[string]fs.FileMode{
		".rescale":                                      fs.ModeDir | 0o700,
		".rescale/local":                                fs.ModeDir | 0o700,
		".rescale/local/job.yaml.state.jsonl":           0o600,
		".rescale/local/job.yaml.state.jsonl.lock":      0o600,
		".rescale/local/job.yaml.state.jsonl.lock.json": 0o600,
	}
	got := map[string]fs.FileMode{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		got[name] = info.Mode()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
}

func TestNewJournalNeedsAnIdentity(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	for _, id := range []state.Identity{
		{Platform: ada.Platform, Account: ada.Account}, {Tool: ada.Tool, Account: ada.Account}, {Tool: ada.Tool, Platform: ada.Platform},
	} {
		if _, err := state.Open(path, id); err == nil {
			t.Fatalf("%v: no error", id)
		}
	}
	_ = open(t, path) // the failed ones have let go of the lock
}

// emptyPlace is a place that holds no journal yet, and counts what is open there.
type emptyPlace struct {
	full   error // of Append of the place
	writes error // of Append of the file
	stuck  error // of Close
	unread error // of Read
	held   int   // locks and files
}

func (s *emptyPlace) String() string { return "place" }

func (s *emptyPlace) Lock(string) (func() error, error) {
	s.held++
	return s.Close, nil
}

func (s *emptyPlace) Read() (io.ReadCloser, error) {
	if s.unread != nil {
		return nil, s.unread
	}
	s.held++
	return emptyJournal{s}, nil
}

func (s *emptyPlace) Append(int64) (state.Appender, error) {
	if s.full != nil {
		return nil, s.full
	}
	s.held++
	return emptyJournal{s}, nil
}

func (s *emptyPlace) Close() error {
	s.held--
	return s.stuck
}

type emptyJournal struct{ *emptyPlace }

func (s emptyJournal) Append([]byte) error { return s.writes }

func (s emptyJournal) Read([]byte) (int, error) { return 0, io.EOF }

// TestAnOpenThatFailsLeavesNothingOpen, and names the place.
func TestAnOpenThatFailsLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		at   emptyPlace
	}{
		{name: "the file cannot be made", at: emptyPlace{full: syscall.ENOSPC}},
		{name: "the header cannot be written", at: emptyPlace{writes: syscall.ENOSPC}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := state.OpenAt(&test.at, ada)
			want := &state.WriteError{Path: "place", Err: syscall.ENOSPC}
			var failed *state.WriteError
			if !errors.As(err, &failed) || *failed != *want {
				t.Errorf("got %v, want %v", err, want)
			}
			same(t, 0, test.at.held)
		})
	}
}

// TestAFolderThatCannotBeMadeIsAWriteError, of the journal that was to lie in it.
func TestAFolderThatCannotBeMadeIsAWriteError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, []byte("x"))
	path := filepath.Join(file, "folder", "s")
	_, err := state.Open(path, ada)
	var failed *state.WriteError
	if !errors.As(err, &failed) || failed.Path != path || failed.Err == nil {
		t.Errorf("Open: got %v", err)
	}
	failed = nil
	if _, err := state.Replace(path, ada, state.OwnFile); !errors.As(err, &failed) || failed.Path != path || failed.Err == nil {
		t.Errorf("Replace: got %v", err)
	}
}

// faulty is a file whose k-th write goes wrong: keep bytes of the line arrive.
type faulty struct {
	state.Appender
	k    int
	keep func(line []byte) []byte
	err  error
}

func (f *faulty) Append(line []byte) error {
	f.k--
	if f.k != 0 {
		return f.Appender.Append(line)
	}
	if kept := f.keep(line); len(kept) > 0 {
		if err := f.Appender.Append(kept); err != nil {
			return err
		}
	}
	return f.err
}

// Whatever write fails, and however much of it arrives: no later one is tried, and the
// next Open reads all records before it, or those and this one.
func TestFailedWrites(t *testing.T) {
	t.Parallel()
	full := &fs.PathError{Op: "write", Path: "s", Err: syscall.ENOSPC}
	for name, keep := range map[string]func([]byte) []byte{
		"nothing arrives": func([]byte) []byte { return nil },
		"half arrives":    func(line []byte) []byte { return line[:len(line)/2] },
		"all but newline": func(line []byte) []byte { return line[:len(line)-1] },
		"all arrives":     func(line []byte) []byte { return line },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for k := 1; k <= len(story())+1; k++ {
				path := filepath.Join(t.TempDir(), "s")
				recorded, err := appendStory(path, &faulty{k: k, keep: keep, err: full})
				var failed *state.WriteError
				if !errors.As(err, &failed) || !errors.Is(err, syscall.ENOSPC) || failed.Path != path {
					t.Fatalf("write %d: got %v", k, err)
				}
				if !strings.Contains(failed.Hint(), "make room") {
					t.Error(failed.Hint())
				}
				same(t, max(0, k-2), recorded)
				if name == "all arrives" && k > 1 {
					recorded++
				}
				_, records, err := replay(text(t, path))
				if err != nil {
					t.Fatal(err)
				}
				same(t, recorded, len(records))
				same(t, false, open(t, path).Snapshot().New && recorded > 0)
			}
		})
	}
}

// appendStory returns how many records were taken before the first error, and checks
// that the journal stays with it.
func appendStory(path string, f *faulty) (recorded int, err error) {
	j, err := state.OpenWith(path, ada, func(file state.Appender) state.Appender {
		f.Appender = file
		return f
	})
	if err != nil {
		return 0, err
	}
	defer j.Close()
	for _, r := range story() {
		if err = j.Append(r); err != nil {
			break
		}
		recorded++
	}
	before := j.Snapshot()
	for _, r := range story() {
		if again := j.Append(r); !errors.Is(again, err) {
			return recorded, fmt.Errorf("a later append gave %w", again)
		}
	}
	if after := j.Snapshot(); len(after.Runs) != len(before.Runs) {
		return recorded, errors.New("a later append changed the snapshot")
	}
	return recorded, err
}

func TestWriteErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		for cause, hint := range map[error]string{
			fs.ErrPermission: "must be writable", syscall.EROFS: "must be writable", syscall.EDQUOT: "make room",
		} {
			err := &state.WriteError{Path: "s", Err: fmt.Errorf("x: %w", cause)}
			if !strings.Contains(err.Hint(), hint) {
				t.Errorf("%v: %q", cause, err.Hint())
			}
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := state.Open(filepath.Join(dir, "s"), ada)
	var failed *state.WriteError
	if !errors.As(err, &failed) || !strings.Contains(failed.Hint(), "must be writable") {
		t.Fatalf("got %v", err)
	}
}

func TestAppendAfterClose(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "s"))
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
	var failed *state.WriteError
	if err := j.Append(story()[0]); !errors.Is(err, fs.ErrClosed) || !errors.As(err, &failed) || filepath.Base(failed.Path) != "s" {
		t.Fatalf("got %v", err)
	}
}

func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	const runners, each = 8, 10
	path := filepath.Join(t.TempDir(), "s")
	j := open(t, path)
	var all sync.WaitGroup
	for n := range runners {
		all.Go(func() {
			for i := range each {
				key := fmt.Sprintf("k%d-%d", n, i)
				r := state.Record{Kind: state.KindCreating, Job: fmt.Sprint("job", n), Key: key, Digest: "d"}
				if err := j.Append(r); err != nil {
					t.Error(err)
				}
				if _, found := j.Snapshot().Find(key); !found {
					t.Errorf("%s is not there", key)
				}
			}
		})
	}
	all.Wait()
	s := read(t, path)
	same(t, j.Snapshot(), s)
	for _, job := range s.Jobs() {
		for i, run := range s.Runs[job] {
			same(t, fmt.Sprintf("k%s-%d", strings.TrimPrefix(job, "job"), i), run.Key)
		}
	}
	same(t, runners*each, len(s.Unresolved()))
}

// TestTheFirstErrorIsToldAfterClose, too.
func TestTheFirstErrorIsToldAfterClose(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "s"))
	first := j.Append(state.Record{Kind: state.KindFinished, Job: "a", Key: "k", ID: "j", Verdict: "failed", Cost: math.NaN()})
	var wrong *state.RecordError
	if !errors.As(first, &wrong) || wrong.Kind != state.KindFinished || wrong.Job != "a" {
		t.Errorf("what no line can say: got %v", first)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(story()[0]); !errors.Is(err, first) {
		t.Errorf("got %v, want %v", err, first)
	}
}

// TestACloseThatFailsIsTold.
func TestACloseThatFailsIsTold(t *testing.T) {
	t.Parallel()
	place := &emptyPlace{stuck: syscall.EIO}
	j, err := state.OpenAt(place, ada)
	if err == nil {
		err = j.Close()
	}
	if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), `closing state file "place"`) {
		t.Errorf("got %v", err)
	}
	same(t, 0, place.held)
}

// TestAPlaceThatCannotBeRead is no empty journal.
func TestAPlaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	place := &emptyPlace{unread: syscall.EIO}
	if _, err := state.OpenAt(place, ada); !errors.Is(err, syscall.EIO) || !strings.HasPrefix(err.Error(), "reading state file: ") {
		t.Errorf("got %v", err)
	}
	same(t, 0, place.held)
}

package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

var bob = state.Identity{Tool: "rescale-apply 0.1.0", Platform: ada.Platform, Account: "bob@example.com"}

func replace(t *testing.T, path string, consent state.Consent) *state.Replacement {
	t.Helper()
	r, err := state.Replace(path, ada, consent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// commit replaces the journal at path by one with the first records of the story.
func commit(t *testing.T, path string, consent state.Consent) (kept string) {
	t.Helper()
	r := replace(t, path, consent)
	for _, record := range story()[:4] {
		if err := r.Append(record); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := r.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	return kept
}

// names lists the files beside path, and path itself.
func names(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestReplacementTakesThePlaceOfTheFile(t *testing.T) {
	t.Parallel()
	whole := text(t, write(t, story()))
	damaged := strings.Replace(string(whole), "creating", "creatinG", 1)
	for name, old := range map[string]string{
		"sound": string(whole), "damaged": damaged, "torn": string(whole[:len(whole)-9]), "torn header": string(whole[:9]),
		"damaged header": strings.Replace(string(whole), "platform", "platforn", 1), "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			put(t, path, []byte(old))
			kept := commit(t, path, state.OwnFile)
			same(t, old, string(text(t, kept)))
			s := read(t, path)
			same(t, []any{[]string{"polar/aoa=2"}, false, ada.Account}, []any{s.Jobs(), s.Torn, s.Header.Account})
			same(t, []string{"s", filepath.Base(kept), "s.lock"}, names(t, path))
			if err := open(t, path).Append(story()[4]); err != nil {
				t.Errorf("the new journal cannot be gone on with: %v", err)
			}
		})
	}
}

func TestReplacementOfNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".rescale", "s")
	same(t, "", commit(t, path, state.OwnFile))
	same(t, []string{"s", "s.lock"}, names(t, path))
	same(t, []string{"polar/aoa=2"}, read(t, path).Jobs())
}

// Every old file is kept under a name of its own.
func TestReplacementLosesNothing(t *testing.T) {
	t.Parallel()
	path := write(t, story())
	first, lineage := text(t, path), read(t, path).Header.Lineage
	same(t, path+".bak-"+lineage, commit(t, path, state.OwnFile))
	put(t, path, first)
	same(t, path+".bak-1", commit(t, path, state.OwnFile))
	put(t, path, sealed(nil, `{"format":1,"platform":"`+ada.Platform+`","account":"`+ada.Account+`","lineage":"../../elsewhere"}`))
	same(t, path+".bak-2", commit(t, path, state.OwnFile))
	same(t, string(first), string(text(t, path+".bak-"+lineage)))
	same(t, string(first), string(text(t, path+".bak-1")))
}

// What belongs to somebody else is put aside only on request.
func TestReplacementNeedsConsent(t *testing.T) {
	t.Parallel()
	foreign := filepath.Join(t.TempDir(), "s")
	j, err := state.Open(foreign, bob)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append(story()[2]), j.Close()); err != nil {
		t.Fatal(err)
	}
	bobs := string(text(t, foreign))
	for name, tc := range map[string]struct {
		text string
		want any
	}{
		"another account":             {bobs, new(*state.ForeignError)},
		"another account and damaged": {bobs + "{}\n", new(*state.ForeignError)},
		"newer format":                {`{"format":2}` + "\n", new(*state.NewerError)},
		"newer kind":                  {string(sealed(text(t, write(t, story()[:1])), `{"kind":"melted"}`)), new(*state.NewerError)},
		"no journal":                  {"version: 1\n", new(*state.DamagedError)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			put(t, path, []byte(tc.text))
			if _, err := state.Replace(path, ada, state.OwnFile); !errors.As(err, tc.want) {
				t.Fatalf("got %v", err)
			}
			same(t, []string{"s", "s.lock"}, names(t, path))
			same(t, tc.text, string(text(t, path)))
			same(t, tc.text, string(text(t, commit(t, path, state.AnyFile))))
			same(t, ada.Account, read(t, path).Header.Account)
		})
	}
	if _, err := state.Replace(filepath.Dir(foreign), ada, state.AnyFile); err == nil {
		t.Error("a folder was replaced")
	}
}

// Until Commit the old file is what everybody reads, and nobody else can write.
func TestReplacementGivenUp(t *testing.T) {
	t.Parallel()
	path := write(t, story())
	before := string(text(t, path))
	put(t, path+".new", []byte("left by a process that died"))
	r := replace(t, path, state.OwnFile)
	if err := r.Append(story()[0]); err != nil {
		t.Fatal(err)
	}
	same(t, 1, len(r.Snapshot().Files))
	same(t, []string{"größe", "polar/aoa=2"}, r.Old().Jobs())
	var locked *state.LockedError
	if _, err := state.Open(path, ada); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
	if _, err := state.Replace(path, ada, state.AnyFile); !errors.As(err, &locked) {
		t.Errorf("got %v", err)
	}
	same(t, before, string(text(t, path)))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, before, string(text(t, path)))
	same(t, []string{filepath.Base(path), filepath.Base(path) + ".lock"}, names(t, path))
}

// When the new file cannot take the place, the old one has it again.
func TestFailedCommitPutsTheOldFileBack(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed on Windows")
	}
	path := write(t, story())
	before := string(text(t, path))
	r := replace(t, path, state.OwnFile)
	if err := os.Remove(path + ".new"); err != nil {
		t.Fatal(err)
	}
	var failed *state.WriteError
	if kept, err := r.Commit(); !errors.As(err, &failed) || kept != "" {
		t.Fatalf("got %q, %v", kept, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, before, string(text(t, path)))
	same(t, []string{filepath.Base(path), filepath.Base(path) + ".lock"}, names(t, path))
}

// Whatever a process that dies in Commit leaves: the next one goes on, and the old
// file is still there.
func TestReplacementAfterACrash(t *testing.T) {
	t.Parallel()
	whole := string(text(t, write(t, story())))
	for name, files := range map[string][]string{
		"before the first rename": {"s", "s.new"}, "between the renames": {"s.bak-1", "s.new"}, "after them": {"s", "s.bak-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			for _, file := range files {
				put(t, filepath.Join(filepath.Dir(path), file), []byte(whole))
			}
			_ = read(t, path)
			_ = commit(t, path, state.OwnFile)
			same(t, []string{"polar/aoa=2"}, read(t, path).Jobs())
			kept := 0
			for _, file := range names(t, path) {
				if strings.Contains(file, ".bak-") && string(text(t, filepath.Join(filepath.Dir(path), file))) == whole {
					kept++
				}
			}
			if kept == 0 || slices.Contains(names(t, path), "s.new") {
				t.Errorf("left: %v", names(t, path))
			}
		})
	}
	path := filepath.Join(t.TempDir(), "s")
	if _, err := state.Replace(path, state.Identity{Tool: "x"}, state.OwnFile); err == nil {
		t.Error("a journal of nobody was begun")
	}
	same(t, []string{"s.lock"}, names(t, path))
}

// A link names the file that it leads to: one journal has one lock, and rebuilding
// does not turn the link into a file.
func TestLinkToAJournal(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	path := write(t, story())
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	j := open(t, path)
	var locked *state.LockedError
	if _, err := state.Open(link, ada); !errors.As(err, &locked) {
		t.Fatalf("got %v", err)
	}
	if _, _, err := state.Unlock(link); !errors.As(err, &locked) {
		t.Fatalf("got %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_ = commit(t, link, state.OwnFile)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v %v", info, err)
	}
	same(t, []string{"polar/aoa=2"}, read(t, path).Jobs())
}

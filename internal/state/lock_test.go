package state_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

const childJournal = "STATE_TEST_JOURNAL"

// TestMain is also the program of the child that [startHolder] starts: it opens the
// journal, says so, and holds it until its input ends or it is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(childJournal)
	if path == "" {
		os.Exit(m.Run())
	}
	j, err := state.Open(path, ada)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	err = j.Append(state.Record{Kind: state.KindCreating, Job: "child", Key: "k", Digest: "d"})
	fmt.Println("locked", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := j.Close(); err != nil {
		os.Exit(1)
	}
}

func startHolder(t *testing.T, path string) (cmd *exec.Cmd, stdin io.Closer) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childJournal+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked <nil>\n" {
		t.Fatalf("child: %q %v", line, err)
	}
	return cmd, in
}

func TestLockBetweenProcesses(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*exec.Cmd, io.Closer) error{
		"killed": func(cmd *exec.Cmd, _ io.Closer) error { return cmd.Process.Kill() },
		"ended":  func(_ *exec.Cmd, stdin io.Closer) error { return stdin.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			child, stdin := startHolder(t, path)

			_, err := state.Open(path, ada)
			var locked *state.LockedError
			if !errors.As(err, &locked) {
				t.Fatalf("got %v", err)
			}
			host, _ := os.Hostname()
			same(t, []any{path, child.Process.Pid, host}, []any{locked.Path, locked.PID, locked.Host})
			if age := time.Since(locked.Since); age < 0 || age > time.Hour {
				t.Errorf("since %v", locked.Since)
			}
			if want := fmt.Sprintf("locked by pid %d on %s since ", locked.PID, host); !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
			same(t, []string{"child"}, read(t, path).Jobs()) // reading needs no lock

			if err := end(child, stdin); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			same(t, []string{"child"}, open(t, path).Snapshot().Jobs())
		})
	}
}

func TestLockWithinAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	j := open(t, path)
	_, err := state.Open(path, ada)
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Fatalf("got %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".lock"); err != nil {
		t.Errorf("the lock file must stay: %v", err)
	}
	if _, err := os.Stat(path + ".lock.json"); err == nil {
		t.Error("the note must go")
	}
	_ = open(t, path)
}

// The note is for people; the lock does not depend on it.
func TestLockWithoutItsNote(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	_ = open(t, path)
	put(t, path+".lock.json", []byte(`{"pid":`))
	_, err := state.Open(path, ada)
	var locked *state.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("got %v", err)
	}
	same(t, state.LockedError{Path: path}, *locked)
	if !strings.Contains(err.Error(), "locked by another process") {
		t.Error(err)
	}
}

// Unlock tidies up after the dead and never breaks the lock of the living.
func TestUnlock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	_, left, err := state.Unlock(path)
	same(t, []any{false, nil}, []any{left, err})
	same(t, []string(nil), names(t, path)) // it made no file

	child, _ := startHolder(t, path)
	var locked *state.LockedError
	if _, left, err := state.Unlock(path); !errors.As(err, &locked) || locked.PID != child.Process.Pid || left {
		t.Fatalf("got %v, %v", left, err)
	}
	if _, err := state.Open(path, ada); !errors.As(err, &locked) {
		t.Fatalf("the lock was broken: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	stale, left, err := state.Unlock(path)
	same(t, []any{child.Process.Pid, ada.Tool, true, nil}, []any{stale.PID, stale.Tool, left, err})
	same(t, []string{"s", "s.lock"}, names(t, path))
	_, left, err = state.Unlock(path)
	same(t, []any{false, nil}, []any{left, err})
	same(t, []string{"child"}, open(t, path).Snapshot().Jobs())
}

// The hint says how to end the holder, where it is.
func TestLockedHint(t *testing.T) {
	t.Parallel()
	host, _ := os.Hostname()
	kill := "kill 42;"
	if runtime.GOOS == "windows" {
		kill = "taskkill /F /PID 42;"
	}
	for want, locked := range map[string]state.LockedError{
		kill:                     {Path: "s", PID: 42, Host: host},
		"pid 42 on another-host": {Path: "s", PID: 42, Host: "another-host"},
		"has s.lock open":        {Path: "s"},
	} {
		if hint := locked.Hint(); !strings.Contains(hint, want) {
			t.Errorf("%q lacks %q", hint, want)
		}
	}
}

// A refused Open leaves the lock free.
func TestRefusedOpenUnlocks(t *testing.T) {
	t.Parallel()
	path := write(t, story())
	if _, err := state.Open(path, state.Identity{Tool: "x", Platform: "p", Account: "a"}); err == nil {
		t.Fatal("no error")
	}
	_ = open(t, path)
}

// TestNothingIsWrittenThroughALink that a repository may hold in the place of our files.
func TestNothingIsWrittenThroughALink(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"", ".lock", ".lock.json"} {
		t.Run("state"+suffix, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			if err := os.Symlink("nowhere", path+suffix); err != nil {
				t.Skip(err)
			}
			_, err := state.Open(path, ada)
			var failed *state.WriteError
			if !errors.As(err, &failed) || failed.Path != path+suffix || !strings.Contains(failed.Error(), "nothing is written through a link") {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it was written: %v", err)
			}
		})
	}
}

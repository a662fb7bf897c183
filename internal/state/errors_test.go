package state_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// TestErrorsSayWhatHappenedAndWhatToDo holds the words of each against what people read.
func TestErrorsSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	kill, elsewhere := "kill 7", ""
	if runtime.GOOS == "windows" {
		kill, elsewhere = "taskkill /F /PID 7", "make room on this disk and run again; what was recorded so far is kept"
	}
	_, _, noJournal := state.Replay(strings.NewReader("somebody's"))
	cause := errors.New("cause")
	since := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	const waits = "wait until it has ended, or end it: "
	const goes = "; the lock goes away with its process"
	for _, test := range []struct {
		name       string
		err        error
		text, hint string
		cause      error
	}{
		{
			name: "damage", err: &state.DamagedError{Path: "s", Line: 3, Err: cause}, cause: cause,
			text: `reading state file "s": line 3: cause`,
			hint: "rescale-apply state rebuild -f MANIFEST rebuilds it from the platform and keeps this file beside it; nothing is started by that, and nothing is started twice after it",
		},
		{
			name: "damage of no file", err: &state.DamagedError{Line: 3, Err: cause}, cause: cause, text: `reading state file (text): line 3: cause`,
			hint: "rescale-apply state rebuild -f MANIFEST rebuilds it from the platform and keeps this file beside it; nothing is started by that, and nothing is started twice after it",
		},
		{
			name: "a newer format", err: &state.NewerError{Path: "s", Format: 2}, text: `reading state file "s": its format is 2, and this version reads up to 1`,
			hint: "a newer version of rescale-apply wrote it: upgrade this one, or name another file with --state",
		},
		{
			name: "a newer kind", err: &state.NewerError{Path: "s", Format: 1, Kind: "x"}, text: `reading state file "s": unknown kind of record "x"`,
			hint: "a newer version of rescale-apply wrote it: upgrade this one, or name another file with --state",
		},
		{
			name: "somebody else's", err: &state.ForeignError{Path: "s", Want: ada, Got: bob},
			text: `reading state file "s": it belongs to bob@example.com on https://platform.rescale.com, not to ada@example.com on https://platform.rescale.com`,
			hint: "use that account's key and platform, or name another file with --state",
		},
		{
			name: "locked", err: &state.LockedError{Path: "s", PID: 7, Host: "far", Since: since},
			text: `locking state file "s": locked by pid 7 on far since ` + since.Local().Format(time.RFC3339),
			hint: waits + "pid 7 on far" + goes,
		},
		{
			name: "locked here", err: &state.LockedError{Path: "s", PID: 7, Host: host, Since: since},
			text: fmt.Sprintf(`locking state file "s": locked by pid 7 on %s since %s`, host, since.Local().Format(time.RFC3339)),
			hint: waits + kill + goes,
		},
		{
			name: "locked by nobody knows whom", err: &state.LockedError{Path: "s"}, text: `locking state file "s": locked by another process`,
			hint: waits + "it is the process that has s.lock open" + goes,
		},
		{name: "a write", err: &state.WriteError{Path: "s", Err: cause}, cause: cause, text: `writing state file "s": cause`},
		{
			name: "a write of the file", err: &state.WriteError{Path: "s", Err: &fs.PathError{Op: "write", Path: "s", Err: cause}}, cause: cause,
			text: `writing state file "s": cause`,
		},
		{
			name: "a write of another file", err: &state.WriteError{Path: "s", Err: &fs.PathError{Op: "mkdir", Path: "d", Err: cause}}, cause: cause,
			text: `writing state file "s": mkdir d: cause`,
		},
		{
			name: "a full disk", err: &state.WriteError{Path: "s", Err: syscall.ENOSPC}, cause: syscall.ENOSPC,
			text: `writing state file "s": ` + syscall.ENOSPC.Error(),
			hint: "make room on this disk and run again; what was recorded so far is kept",
		},
		{name: "a disk that breaks", err: &state.WriteError{Path: "s", Err: syscall.EIO}, cause: syscall.EIO, text: `writing state file "s": ` + syscall.EIO.Error()},
		{name: "a number that means a full disk elsewhere", err: &state.WriteError{Path: "s", Err: syscall.Errno(39)}, text: `writing state file "s": ` + syscall.Errno(39).Error(), hint: elsewhere},
		{
			name: "no file of ours", err: noJournal, text: "reading state file (text): line 1: this is not a state file of rescale-apply",
			hint: "name another file with --state; this one is left as it is",
		},
		{
			name: "no permission", err: &state.WriteError{Path: "s", Err: fs.ErrPermission}, cause: fs.ErrPermission,
			text: `writing state file "s": permission denied`, hint: "the state must be writable: change the permissions, or name another file with --state",
		},
		{
			name: "a mistake in the program", err: &state.RecordError{Kind: state.KindCreated, Job: "heat", Err: cause}, cause: cause,
			text: `recording created of job "heat": cause`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var hinting interface{ Hint() string }
			hint := ""
			if errors.As(test.err, &hinting) {
				hint = hinting.Hint()
			}
			same(t, []string{test.text, test.hint}, []string{test.err.Error(), hint})
			if test.cause != nil && !errors.Is(test.err, test.cause) {
				t.Errorf("it hides %v", test.cause)
			}
		})
	}
}

package state

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"syscall"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/inuse"
)

// DamagedError reports that a line of the journal, other than a torn last one, is not
// what was written.
type DamagedError struct {
	Path string // empty from Replay, which knows no file
	Line int    // from 1
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("reading state file %s: line %d: %v", quoted(e.Path), e.Line, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *DamagedError) Hint() string {
	if errors.Is(e.Err, errNoJournal) {
		return "name another file with --state; this one is left as it is"
	}
	return "rescale-apply state rebuild -f MANIFEST rebuilds it from the platform and keeps this file beside it; " +
		"nothing is started by that, and nothing is started twice after it"
}

// NewerError reports that a newer version of this tool wrote the journal.
type NewerError struct {
	Path   string // empty from Replay
	Format int    // of the file
	Kind   Kind   // the unknown kind, when the format itself is known
}

func (e *NewerError) Error() string {
	if e.Kind != "" {
		return fmt.Sprintf("reading state file %s: unknown kind of record %q", quoted(e.Path), e.Kind)
	}
	return fmt.Sprintf("reading state file %s: its format is %d, and this version reads up to %d",
		quoted(e.Path), e.Format, Format)
}

// Hint says what to do.
func (e *NewerError) Hint() string {
	return "a newer version of rescale-apply wrote it: upgrade this one, or name another file with --state"
}

// ForeignError reports that the journal belongs to another platform or account.
type ForeignError struct {
	Path string
	Want Identity // of the caller
	Got  Identity // of the file
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("reading state file %s: it belongs to %s on %s, not to %s on %s",
		quoted(e.Path), e.Got.Account, e.Got.Platform, e.Want.Account, e.Want.Platform)
}

// Hint says what to do.
func (e *ForeignError) Hint() string {
	return "use that account's key and platform, or name another file with --state"
}

// LockedError reports that another process is writing the journal. A note beside the
// lock names it; PID is 0 and the rest empty when the note is missing.
type LockedError struct {
	Path  string
	PID   int
	Host  string
	Since time.Time
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("locking state file %q: locked by another process", e.Path)
	}
	return fmt.Sprintf("locking state file %q: locked by pid %d on %s since %s",
		e.Path, e.PID, e.Host, e.Since.Local().Format(time.RFC3339))
}

// Hint says what to do. A lock is never broken: two writers could both spend money.
func (e *LockedError) Hint() string {
	const wait = "wait until it has ended, or end it: "
	const gone = "; the lock goes away with its process"
	switch {
	case e.PID == 0:
		return wait + "it is the process that has " + e.Path + lockSuffix + " open" + gone
	case e.Host != thisHost():
		return wait + fmt.Sprintf("pid %d on %s", e.PID, e.Host) + gone
	case runtime.GOOS == "windows":
		return wait + fmt.Sprintf("taskkill /F /PID %d", e.PID) + gone
	}
	return wait + fmt.Sprintf("kill %d", e.PID) + gone
}

// WriteError reports that the journal cannot be written. Nothing that depends on the
// record may be done.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string {
	var inner *fs.PathError
	if errors.As(e.Err, &inner) && inner.Path == e.Path {
		return fmt.Sprintf("writing state file %q: %v", e.Path, inner.Err)
	}
	return fmt.Sprintf("writing state file %q: %v", e.Path, e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }

// Hint says what to do; empty when the cause says everything.
func (e *WriteError) Hint() string {
	switch {
	case diskFull(e.Err):
		return "make room on this disk and run again; what was recorded so far is kept"
	case inuse.Is(e.Err):
		return "the file may be open in another program, such as an editor: close it and run again; else name another file with --state"
	case errors.Is(e.Err, fs.ErrPermission), errors.Is(e.Err, syscall.EROFS):
		return "the state must be writable: change the permissions, or name another file with --state"
	}
	return ""
}

// RecordError reports that a record makes no sense here: a bug in this program.
type RecordError struct {
	Kind Kind
	Job  string
	Err  error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("recording %s of job %q: %v", e.Kind, e.Job, e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }

func diskFull(err error) bool {
	const handleDiskFull, windowsDiskFull = 39, 112
	var code syscall.Errno
	if !errors.As(err, &code) {
		return false
	}
	if runtime.GOOS == "windows" && (code == handleDiskFull || code == windowsDiskFull) {
		return true
	}
	return code == syscall.ENOSPC || code == syscall.EDQUOT
}

func quoted(path string) string {
	if path == "" {
		return "(text)"
	}
	return fmt.Sprintf("%q", path)
}

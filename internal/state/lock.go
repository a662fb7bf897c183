package state

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lock is the right to write a journal. The operating system takes it back when the
// process dies, however it dies.
type lock struct {
	file *flock.Flock
	note string // path of the owner note
}

// Owner is who holds or held a lock. A note beside the lock names it, for people only:
// nothing depends on it. The note is a separate file because on Windows nobody else can
// read a locked one. For a moment after a holder dies it can still name the dead one.
type Owner struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	Tool  string    `json:"tool"`
}

// acquire takes the lock and signs it.
func acquire(path, tool string) (*lock, error) {
	l, err := take(path)
	if err != nil {
		return nil, err
	}
	if err := l.sign(tool); err != nil {
		_ = l.release()
		return nil, &WriteError{Path: l.note, Err: err}
	}
	return l, nil
}

// take does not wait: the holder may keep the lock for days.
func take(path string) (*lock, error) {
	for _, name := range []string{path, path + lockSuffix, path + noteSuffix} {
		if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, &WriteError{Path: name, Err: errLink}
		}
	}
	l := &lock{file: flock.New(path + lockSuffix), note: path + noteSuffix}
	got, err := l.file.TryLock()
	if err != nil {
		return nil, &WriteError{Path: path + lockSuffix, Err: err}
	}
	if !got {
		holder, _ := l.holder()
		return nil, &LockedError{Path: path, PID: holder.PID, Host: holder.Host, Since: holder.Since}
	}
	return l, nil
}

// Files returns the names of the files that belong to the journal at path.
func Files(path string) []string { return []string{path, path + lockSuffix, path + noteSuffix} }

// errLink is for a link that a repository may have committed in place of a file of
// ours.
var errLink = errors.New("it is no regular file, and nothing is written through a link; remove it")

const (
	lockSuffix = ".lock"
	noteSuffix = ".lock.json"
)

func (l *lock) sign(tool string) error {
	text, err := json.Marshal(Owner{PID: os.Getpid(), Host: thisHost(), Since: time.Now().UTC(), Tool: tool})
	if err != nil {
		return err
	}
	return os.WriteFile(l.note, append(text, '\n'), 0o600)
}

func thisHost() string {
	host, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return host
}

// holder returns who signed last; the zero owner when there is no note. Left reports
// whether there is one, readable or not.
func (l *lock) holder() (who Owner, left bool) {
	text, err := os.ReadFile(l.note)
	if err != nil {
		return Owner{}, !errors.Is(err, fs.ErrNotExist)
	}
	if json.Unmarshal(text, &who) != nil {
		return Owner{}, true
	}
	return who, true
}

// release removes the note while the lock still keeps others from writing theirs. A
// note that cannot be removed misleads nobody: it is read only while locked.
func (l *lock) release() error {
	_ = os.Remove(l.note)
	return l.file.Unlock()
}

// Unlock removes what a dead process left of its lock on the journal at path: the note
// that names it. The lock itself went with the process, and a held one is never broken:
// *[LockedError]. stale is who had signed; left is false when there was no note.
func Unlock(path string) (stale Owner, left bool, err error) {
	path = realPath(path)
	if _, err := os.Stat(path + lockSuffix); errors.Is(err, fs.ErrNotExist) {
		return Owner{}, false, nil // taking the lock would make the file
	}
	l, err := take(path)
	if err != nil {
		return Owner{}, false, err
	}
	stale, left = l.holder()
	if err := l.release(); err != nil {
		return Owner{}, false, &WriteError{Path: path + lockSuffix, Err: err}
	}
	return stale, left, nil
}

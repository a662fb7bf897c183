package state

import (
	"encoding/json"
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

// owner is the note beside the lock. It is for people only: nothing is decided by it.
// It has a file of its own because on Windows nobody else can read a locked one. For a
// moment after a holder died it can still name the dead one.
type owner struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	Tool  string    `json:"tool"`
}

func acquire(path, tool string) (*lock, error) {
	l := &lock{file: flock.New(path + ".lock"), note: path + ".lock.json"}
	got, err := l.file.TryLock()
	if err != nil {
		return nil, &WriteError{Path: path + ".lock", Err: err}
	}
	if !got {
		holder := l.holder()
		return nil, &LockedError{Path: path, PID: holder.PID, Host: holder.Host, Since: holder.Since}
	}
	if err := l.sign(tool); err != nil {
		_ = l.release()
		return nil, &WriteError{Path: l.note, Err: err}
	}
	return l, nil
}

func (l *lock) sign(tool string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	text, err := json.Marshal(owner{PID: os.Getpid(), Host: host, Since: time.Now().UTC(), Tool: tool})
	if err != nil {
		return err
	}
	return os.WriteFile(l.note, append(text, '\n'), 0o600)
}

// holder is who signed last; the zero owner when that can not be read.
func (l *lock) holder() owner {
	var who owner
	text, err := os.ReadFile(l.note)
	if err != nil || json.Unmarshal(text, &who) != nil {
		return owner{}
	}
	return who
}

// release removes the note while the lock still keeps others from writing theirs.
// A note that can not be removed misleads nobody: it is read only while locked.
func (l *lock) release() error {
	_ = os.Remove(l.note)
	return l.file.Unlock()
}

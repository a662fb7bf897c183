package state

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/inuse"
)

// Replacement is a new journal that replaces the file at its path. That file does not
// change before Commit, and Commit keeps it beside the new one.
type Replacement struct {
	path    string
	journal *Journal // at path + newSuffix
	lock    *lock
	old     past // what could be read of the file; zero when there is none
	exists  bool
	done    bool // nothing more is written
}

// Consent says which files a replacement may set aside.
type Consent string

// The consents. A file of somebody else, or of a newer version, is not damaged: it may
// belong where it is.
const (
	OwnFile Consent = ""    // a sound or damaged journal of this account on this platform
	AnyFile Consent = "any" // whatever is there
)

const newSuffix = ".new"

// Replace locks the journal at path and begins a new one in its place. Errors:
// *[LockedError], *[WriteError], and without the consent to any file *[ForeignError],
// *[NewerError], and *[DamagedError] for one that is no journal.
func Replace(path string, id Identity, consent Consent) (*Replacement, error) {
	path = realPath(path)
	if err := makeFolder(path); err != nil {
		return nil, &WriteError{Path: path, Err: err}
	}
	held, err := acquire(path, id.Tool)
	if err != nil {
		return nil, err
	}
	r := &Replacement{path: path, lock: held}
	if err := r.begin(id, consent); err != nil {
		_ = held.release() // the first error counts
		return nil, err
	}
	return r, nil
}

func (r *Replacement) begin(id Identity, consent Consent) error {
	if err := r.inspect(id); err != nil && (consent != AnyFile || !takesConsent(err)) {
		return err
	}
	// The remains of an earlier try never were a journal.
	if err := os.Remove(r.path + newSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &WriteError{Path: r.path + newSuffix, Err: err}
	}
	file, err := openFile(r.path+newSuffix, 0)
	if err != nil {
		return &WriteError{Path: r.path + newSuffix, Err: err}
	}
	r.journal = &Journal{path: r.path + newSuffix, file: draftFile{file}, now: past{Snapshot: emptySnapshot()}}
	if err := r.journal.begin(id); err != nil {
		return errors.Join(err, r.finish(), os.Remove(r.path+newSuffix))
	}
	return nil
}

// inspect reads the existing file, and returns an error for one that needs a consent.
func (r *Replacement) inspect(id Identity) error {
	f, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading state file: %w", err)
	}
	defer f.Close()
	r.exists = true
	r.old, err = replay(f, func(Record) {})
	var damaged *DamagedError
	if errors.As(err, &damaged) && !errors.Is(err, errNoJournal) {
		err = nil
	}
	if err != nil {
		return withPath(err, r.path)
	}
	return r.old.checkIdentity(r.path, id)
}

func takesConsent(err error) bool {
	var (
		foreign *ForeignError
		newer   *NewerError
		damaged *DamagedError
	)
	return errors.As(err, &foreign) || errors.As(err, &newer) || errors.As(err, &damaged)
}

// Append writes records of the new journal, as [Journal.Append] does. They are on disk
// after Commit.
func (r *Replacement) Append(records ...Record) error { return r.journal.Append(records...) }

// Old returns what could be read of the file that the new journal replaces.
func (r *Replacement) Old() Snapshot { return r.old.clone() }

// Snapshot returns what the new journal holds.
func (r *Replacement) Snapshot() Snapshot { return r.journal.Snapshot() }

// Commit replaces the old file by the new journal, and returns the path under which the
// old one is kept; it is empty when there was none. A process that dies in between
// leaves no journal at path, which costs a look at the platform, and both files beside
// it.
func (r *Replacement) Commit() (kept string, err error) {
	if err := r.finish(); err != nil {
		return "", &WriteError{Path: r.path + newSuffix, Err: err}
	}
	if r.exists {
		if kept, err = r.aside(); err != nil {
			return "", &WriteError{Path: r.path, Err: err}
		}
	}
	if err := inuse.Rename(r.path+newSuffix, r.path); err != nil {
		if kept != "" {
			_ = inuse.Rename(kept, r.path) // the first error counts, and tells where the old file is
		}
		return "", &WriteError{Path: r.path, Err: err}
	}
	if err := syncFolder(r.path); err != nil {
		return kept, &WriteError{Path: r.path, Err: err}
	}
	return kept, nil
}

// finish closes the new file: Windows renames no open one.
func (r *Replacement) finish() error {
	if r.done {
		return nil
	}
	r.done = true
	return r.journal.file.Close()
}

// aside renames the old file to a free name: its lineage, which identifies copies, or
// else a number.
func (r *Replacement) aside() (kept string, err error) {
	for n := 0; ; n++ {
		name := r.old.Header.Lineage
		if n > 0 || !isHex(name) {
			name = strconv.Itoa(max(1, n))
		}
		kept = r.path + ".bak-" + name
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			return kept, inuse.Rename(r.path, kept)
		} else if err != nil {
			return "", err
		}
	}
}

// isHex reports whether a lineage is one of ours and not a path of somebody's choice.
func isHex(lineage string) bool {
	_, err := hex.DecodeString(lineage)
	return err == nil && lineage != "" && len(lineage) <= 32
}

// Close gives up the lock. Without a Commit nothing has changed.
func (r *Replacement) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.finish()
	if removed := os.Remove(r.path + newSuffix); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	err = errors.Join(err, r.lock.release())
	r.lock = nil
	return err
}

package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"
)

// Appender adds whole lines at the end of a journal. Append returns nil only when they are
// on disk. It is the only seam of this package: a test of another package that needs a
// write to fail or tear passes [OpenWith] an Appender of its own.
type Appender interface {
	Append(lines []byte) error
	Close() error
}

// Place is where a journal is kept: in files on a disk for [Open], anywhere else, as in a
// simulation, for [OpenAt].
type Place interface {
	// String names the place in messages.
	String() string
	// Lock makes this process the only writer until release, without waiting. tool signs
	// the note. Errors: *[LockedError], *[WriteError].
	Lock(tool string) (release func() error, err error)
	// Read opens an existing journal, or returns fs.ErrNotExist.
	Read() (io.ReadCloser, error)
	// Append opens or creates the journal to add lines after its first good bytes. It cuts
	// off what follows them.
	Append(good int64) (Appender, error)
}

// Journal is a journal open for writing: locked, complete, and the only writer of its
// file. It is safe for concurrent use.
type Journal struct {
	path    string
	release func() error // of the lock; nil when it was given up

	mu     sync.Mutex // one record at a time, in the order of the file
	file   Appender
	now    past
	failed error // the first error; set once, returned forever
}

// Open locks the journal at path, cuts off a torn tail and reads it; a missing
// file is made, with its folders (0700). Only one process can have a journal open.
// Empty fields of id are not compared with an existing file; a new one needs all.
// Errors: *[LockedError], *[DamagedError], *[NewerError], *[ForeignError], *[WriteError].
func Open(path string, id Identity) (*Journal, error) {
	return OpenWith(path, id, func(file Appender) Appender { return file })
}

// OpenWith is Open with every write going through the Appender that wrap returns. The
// first write to a new journal is its header. A wrapper can fail before the write, pass on
// only the first bytes of a line and fail, or fail after it.
func OpenWith(path string, id Identity, wrap func(Appender) Appender) (*Journal, error) {
	path = realPath(path)
	if err := makeFolder(path); err != nil {
		return nil, &WriteError{Path: path, Err: err}
	}
	return OpenAt(onDisk{path, wrap}, id)
}

// OpenAt is Open for a journal at any place.
func OpenAt(place Place, id Identity) (*Journal, error) {
	release, err := place.Lock(id.Tool)
	if err != nil {
		return nil, err
	}
	j, err := open(place, id)
	if err != nil {
		_ = release() // the first error counts, and the lock ends with the process at the latest
		return nil, err
	}
	j.release = release
	return j, nil
}

func open(place Place, id Identity) (*Journal, error) {
	found, err := load(place, id)
	if err != nil {
		return nil, err
	}
	if on, compacts := place.(onDisk); compacts && found.bloated() {
		found = on.compact(found)
	}
	found.latest, found.words = nil, nil
	file, err := place.Append(found.good)
	if err != nil {
		return nil, &WriteError{Path: place.String(), Err: err}
	}
	j := &Journal{path: place.String(), file: file, now: found}
	if found.good > 0 {
		return j, nil
	}
	if err := j.begin(id); err != nil {
		_ = j.file.Close()
		return nil, err
	}
	return j, nil
}

// begin writes the header of a new journal.
func (j *Journal) begin(id Identity) error {
	if id.Tool == "" || id.Platform == "" || id.Account == "" {
		return fmt.Errorf("creating state file %q: tool, platform and account are needed", j.path)
	}
	head := Header{
		Format: Format, Tool: id.Tool, Platform: id.Platform, Account: id.Account,
		Lineage: randomHex(8), Created: time.Now().UTC(),
	}
	line, _, err := seal(head, 0)
	if err != nil {
		return fmt.Errorf("creating state file %q: %w", j.path, err)
	}
	if err := j.file.Append(line); err != nil {
		return &WriteError{Path: j.path, Err: err}
	}
	return j.now.addHeader(line[:len(line)-1])
}

// Append stamps records with the time, writes them to disk and only then adds them to the
// snapshot. When it returns nil they survive a power failure. Several records share one
// flush, so all must belong before the same next step; a failure in between leaves the
// first ones. The first error is final: it is a *[WriteError], or a
// *[RecordError] when a record makes no sense, and every later Append returns it too,
// because the order of the records would be wrong.
func (j *Journal) Append(records ...Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed == nil && len(records) > 0 {
		j.failed = j.append(records)
	}
	return j.failed
}

func (j *Journal) append(records []Record) error {
	next := j.now
	if len(records) > 1 {
		next.Snapshot = j.now.clone() // which may come to nothing
	}
	var lines []byte
	commit := func() {}
	for _, r := range records {
		commit()
		line, change, err := next.write(r)
		if err != nil {
			return &RecordError{Kind: r.Kind, Job: r.Job, Err: err}
		}
		lines, commit = append(lines, line...), change
	}
	if err := j.file.Append(lines); err != nil {
		return &WriteError{Path: j.path, Err: err}
	}
	commit()
	j.now = next
	return nil
}

// write makes the line of a record. It folds what a later replay will read, not what the
// caller holds.
func (p *past) write(r Record) (line []byte, commit func(), err error) {
	r.At = time.Now().UTC()
	line, sum, err := seal(r, p.sum)
	if err != nil {
		return nil, nil, err
	}
	var written Record
	if _, err := decode(line[:len(line)-1], p.sum, &written); err != nil {
		return nil, nil, err
	}
	p.sum = sum
	commit, err = p.fold(&written)
	return line, commit, err
}

// Snapshot returns everything recorded so far. It shares no memory with the journal. Its
// Torn is set when Open has cut off a torn tail.
func (j *Journal) Snapshot() Snapshot {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now.clone()
}

// Close ends writing and gives up the lock. A second Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.release == nil {
		return nil
	}
	err := errors.Join(j.file.Close(), j.release())
	j.release = nil
	if j.failed == nil {
		j.failed = &WriteError{Path: j.path, Err: fs.ErrClosed}
	}
	if err != nil {
		return fmt.Errorf("closing state file %q: %w", j.path, err)
	}
	return nil
}

func randomHex(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // documented never to fail
	return hex.EncodeToString(b)
}

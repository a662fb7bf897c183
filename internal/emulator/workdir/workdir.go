// Package workdir fills the folder in which a job's command runs, and tells afterwards what the command left there.
// All writing goes through os.Root: neither a name in an archive nor a link can lead out of the folder. The package
// knows nothing of jobs or processes.
package workdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Input is one file to be put into the work folder.
type Input struct {
	Name    string // name in the work folder
	Content string // path of the bytes
	ModTime time.Time
	Unpack  bool // unpack the file in place of it, if it is an archive by its name
}

// StageError tells which input could not be put into the work folder.
type StageError struct {
	Name string
	Err  error
}

func (e *StageError) Error() string { return fmt.Sprintf("preparing input %q: %v", e.Name, e.Err) }
func (e *StageError) Unwrap() error { return e.Err }

// ErrLeaves means that an archive names a place outside of the work folder.
var ErrLeaves = errors.New("the archive would write outside of the work folder")

// state is what is remembered of a staged file to notice a change.
type state struct {
	size    int64
	modTime time.Time
}

// Stage copies the inputs into the folder, which must exist, in order: a later input replaces an earlier one of the
// same name. Archives (.zip, .tar, .tar.gz, .tgz, .tar.bz2) are unpacked in the folder itself and not kept, unless
// Unpack is off. Every problem is a *StageError.
func Stage(dir string, inputs []Input) (Snapshot, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening work folder: %w", err)
	}
	defer root.Close()
	for _, input := range inputs {
		if err := stage(root, input); err != nil {
			return nil, &StageError{Name: input.Name, Err: err}
		}
	}
	return takeSnapshot(dir)
}

func stage(root *os.Root, input Input) error {
	content, err := os.Open(input.Content)
	if err != nil {
		return err
	}
	defer content.Close()
	if unpack := unpacker(input.Name); unpack != nil && input.Unpack {
		return unpack(root, content)
	}
	if !filepath.IsLocal(input.Name) || filepath.Base(input.Name) != input.Name {
		return errors.New("the name is not a plain file name")
	}
	// All inputs are executable on the platform: its guide runs an uploaded program as it is, its own command line
	// tool relies on `./run.sh`.
	return write(root, entry{name: input.Name, mode: 0o755, modTime: input.ModTime}, content)
}

// entry is a file to be written.
type entry struct {
	name    string // slash-separated, inside the root
	mode    fs.FileMode
	modTime time.Time
}

func write(root *os.Root, e entry, content io.Reader) error {
	if parent := path.Dir(e.name); parent != "." {
		if err := root.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	// Removed first: an existing link must be replaced, not written through.
	if err := root.Remove(e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := root.OpenFile(e.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.mode.Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	dated := stagedTime(e.modTime)
	return root.Chtimes(e.name, dated, dated)
}

// A staged file is dated back to a whole second at least a second ago, so that a command which changes it at once,
// without changing its size, cannot leave the same date.
func stagedTime(t time.Time) time.Time {
	latest := time.Now().Add(-time.Second)
	if t.IsZero() || t.After(latest) {
		t = latest
	}
	return t.Truncate(time.Second)
}

package locking

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WriteError is a lock that could not be written. The file is as it was.
type WriteError struct {
	Path string
	Err  error
}

// Error is the act, the file and the cause.
func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Path, e.Err) }

// Unwrap gives the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// errNoFile is a place that a lock must not be written over or through.
var errNoFile = errors.New("it is no regular file, and nothing is written through a link")

// save writes a file whole or not at all. One that is there keeps its mode.
func save(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	info, err := os.Lstat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return &WriteError{path, errNoFile}
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return &WriteError{path, err}
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+strings.ToLower(rand.Text()[:10]))
	// Not os.CreateTemp: its mode is 0600, and a new file belongs to the group as others do.
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return &WriteError{path, err}
	}
	_, err = file.Write(text)
	if info != nil && err == nil {
		err = file.Chmod(mode) // the umask has no say in what is there
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part) // the first error counts
		return &WriteError{path, err}
	}
	return nil
}

package content

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
)

// NotFoundError reports that a path without wildcards does not exist.
type NotFoundError struct {
	Path string // as it was given
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("file %q does not exist", e.Path) }

// Hint says what to do; empty when there is nothing to add.
func (e *NotFoundError) Hint() string {
	if strings.Contains(e.Path, `\`) {
		return "write / between folders, on every system"
	}
	return ""
}

// NoMatchError reports that a pattern, after its excludes, leaves no file.
type NoMatchError struct {
	Pattern string
	Exclude []string // the excludes, when they left something out
	Ignored bool     // a .rescaleignore left something out
}

func (e *NoMatchError) Error() string {
	if e.Ignored {
		return fmt.Sprintf("no file matches %q without those that %s leaves out", e.Pattern, ignore.Name)
	}
	if len(e.Exclude) > 0 {
		return fmt.Sprintf("no file matches %q without those that %q excludes", e.Pattern, e.Exclude)
	}
	return fmt.Sprintf("no file matches %q", e.Pattern)
}

// UnreadableError reports that a path exists and its content cannot be read.
type UnreadableError struct {
	Path string
	Err  error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%q cannot be read: %v", e.Path, e.Err)
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// BadPatternError reports an invalid pattern.
type BadPatternError struct {
	Pattern string
	Err     error
}

func (e *BadPatternError) Error() string {
	return fmt.Sprintf("pattern %q: %v", e.Pattern, e.Err)
}

func (e *BadPatternError) Unwrap() error { return e.Err }

// DirectoryError reports a folder where files are wanted.
type DirectoryError struct {
	Path string // as it was given
}

func (e *DirectoryError) Error() string { return fmt.Sprintf("%q is a folder", e.Path) }

// Hint says what to do.
func (e *DirectoryError) Hint() string {
	slashed := strings.TrimRight(filepath.ToSlash(e.Path), "/")
	return fmt.Sprintf("for all files in it write %s/**", slashed)
}

// NotFolderError reports a file where a folder is wanted.
type NotFolderError struct {
	Path string // as it was given
}

func (e *NotFolderError) Error() string { return fmt.Sprintf("%q is a file, not a folder", e.Path) }

// ChangedError reports that a file was written to while it was read.
type ChangedError struct {
	Path string
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("file %q changed while it was read", e.Path)
}

// Hint says what to do.
func (e *ChangedError) Hint() string { return "run again once nothing writes to it" }

// UnsafePathError reports that a remote path must not be written, or cannot be on every
// system.
type UnsafePathError struct {
	Rel string
	Why string
}

func (e *UnsafePathError) Error() string {
	return fmt.Sprintf("remote path %q is refused: %s", e.Rel, e.Why)
}

// Hint says what to do.
func (*UnsafePathError) Hint() string {
	return "the file stays on the platform; leave it out with an exclude pattern"
}

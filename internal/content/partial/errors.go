package partial

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/inuse"
)

// MismatchError reports that a file differs from its announcement. Got has no SHA512
// when the sizes already differ. The file that was at Path before is still there.
type MismatchError struct {
	Path string
	Want content.Digest
	Got  content.Digest
}

// Error says what differs.
func (e *MismatchError) Error() string {
	if e.Want.Size != e.Got.Size {
		more := ""
		if e.Got.Size > e.Want.Size {
			more = "at least "
		}
		return fmt.Sprintf("writing %q: received %s%d bytes, expected %d", e.Path, more, e.Got.Size, e.Want.Size)
	}
	return fmt.Sprintf("writing %q: received SHA-512 %.16s…, expected %.16s…", e.Path, e.Got.SHA512, e.Want.SHA512)
}

// Hint says what to do next.
func (*MismatchError) Hint() string { return "run again to fetch it again" }

// BusyError reports that another process is receiving the same file.
type BusyError struct{ Path string }

// Error names the file.
func (e *BusyError) Error() string {
	return fmt.Sprintf("writing %q: another rescale-apply is downloading it", e.Path)
}

// Hint says what to do next.
func (*BusyError) Hint() string { return "wait for it to end, then run again" }

// DiskError reports that a file cannot be written to disk.
type DiskError struct {
	Path string // where the file was to be
	Err  error
}

// disk wraps an error of the file system; the name in it is that of a temporary file,
// which means nothing to a user.
func disk(path string, err error) error {
	var named *fs.PathError
	var renamed *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named):
		err = named.Err
	case errors.As(err, &renamed):
		err = renamed.Err
	}
	return &DiskError{Path: path, Err: err}
}

// Error returns the file and the cause.
func (e *DiskError) Error() string { return fmt.Sprintf("writing %q: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Err }

// Hint says what to do about it; empty when there is nothing to do.
func (e *DiskError) Hint() string {
	switch {
	case isFull(e.Err):
		return "the disk or your quota is full: make room, or choose a folder on another disk; run again to continue"
	case isTooLarge(e.Err):
		return "that disk does not take files of this size; choose a folder on another one"
	case inuse.Is(e.Err):
		return "the file may be open in another program, such as a spreadsheet: close it and run again; else choose a folder that you may write to"
	case errors.Is(e.Err, fs.ErrPermission), isReadOnly(e.Err):
		return "choose a folder that you may write to"
	}
	return ""
}

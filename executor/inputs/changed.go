package inputs

import (
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// ChangedError reports that a file was written to after it was hashed, and so is not
// what was planned.
type ChangedError struct {
	Path string
	Err  error // may be nil
}

// Error names the file.
func (e *ChangedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s changed since it was planned: %v", e.Path, e.Err)
	}
	return e.Path + " changed since it was planned"
}

// Unwrap returns the cause.
func (e *ChangedError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *ChangedError) Hint() string {
	return "let the program that writes it finish, then apply again; no job was created with it"
}

// unchanged compares the files of an input with what they were when they were hashed.
func unchanged(in files.Input) error {
	err := in.Unchanged()
	var file *content.ChangedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &file):
		return &ChangedError{Path: file.Path}
	}
	return &ChangedError{Path: in.Path, Err: err}
}

// changed returns the error for a file that is not what it was, if err is about one: an
// archive notices it while it is packed, a file by its length while it is sent.
func changed(in files.Input, err error) error {
	var file *content.ChangedError
	if errors.As(err, &file) {
		return &ChangedError{Path: file.Path}
	}
	var length *rescale.ChangedError
	if errors.As(err, &length) {
		return &ChangedError{Path: in.Path}
	}
	return err
}

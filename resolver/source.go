package resolver

import (
	"fmt"
	"io"
	"os"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// ChangedError tells that a file is not what was planned any more: it was
// written to after it was hashed.
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

// Unwrap gives the cause.
func (e *ChangedError) Unwrap() error { return e.Err }

// Hint tells how to go on.
func (e *ChangedError) Hint() string {
	return "let the program that writes it finish, then apply again; no job was created with it"
}

// Open gives the content from its beginning, each time anew. It is for an input
// on this disk.
func (in Input) Open() (io.ReadCloser, error) { return os.Open(in.Path) }

// Unchanged compares an input with what it was when it was hashed. The error is
// a *ChangedError.
func (in Input) Unchanged() error {
	info, err := os.Stat(in.Path)
	if err != nil || info.Size() != in.Size || !info.ModTime().Equal(in.ModTime) {
		return &ChangedError{Path: in.Path, Err: err}
	}
	return nil
}

// checkSizes refuses what the platform will not take, before hours are spent on
// sending it.
func checkSizes(inputs []Input, problems *diag.List) {
	for _, in := range inputs {
		if in.Size > rescale.MaxUpload {
			problems.Add(in.Pos, diag.InputTooLarge, rescale.TooLargeAdvice,
				"input %s has %.1f GB, and the platform takes files of up to 5 GB", in.Rel, float64(in.Size)/1e9)
		}
	}
}

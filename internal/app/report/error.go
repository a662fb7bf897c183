package report

import "fmt"

// WriteError is a report that could not be written.
type WriteError struct {
	Kind string
	Path string // empty where it has none of its own
	Err  error
}

// Error is the act and the cause.
func (e *WriteError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("writing report %s: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("writing report %s=%s: %v", e.Kind, e.Path, e.Err)
}

// Unwrap gives the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// Hint says what is not affected.
func (*WriteError) Hint() string { return "the command itself has done its work; name another file" }

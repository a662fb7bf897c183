package attach

import "fmt"

// Error reports that a draft does not have its storage for certain, and was not submitted.
type Error struct {
	Draft, Device string
	Err           error
}

// Error names the storage and the cause.
func (e *Error) Error() string {
	return fmt.Sprintf("draft %s does not have storage %s for certain: %v", e.Draft, e.Device, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says the way out.
func (e *Error) Hint() string {
	return "nothing was submitted; a new draft may take it, and costs nothing: rescale-apply delete " + e.Draft + ", then apply again"
}

// StoppedError reports storage that was started when the run was planned, and no longer is.
type StoppedError struct {
	Device string
	Status string // on the platform; empty before it is started for the first time
}

// Error names the storage and its status.
func (e *StoppedError) Error() string {
	if e.Status == "" {
		return fmt.Sprintf("storage %s is not started", e.Device)
	}
	return fmt.Sprintf("storage %s is not started: it is %s", e.Device, e.Status)
}

// Hint says the way out.
func (e *StoppedError) Hint() string {
	return "nothing was submitted; start the storage on the platform, or write another one, and apply again: it continues with the draft"
}

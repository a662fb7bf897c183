package inuse

import (
	"errors"

	"golang.org/x/sys/windows"
)

// Is reports whether err can be about a file that another program has open. The code
// depends on whether the file is moved, replaced or written to; one of them also means
// that a file may not be written to at all.
func Is(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

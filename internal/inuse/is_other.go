//go:build !windows

package inuse

// Is reports whether err can be about a file that another program has open; elsewhere
// that keeps nobody from it.
func Is(error) bool { return false }

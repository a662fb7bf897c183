//go:build !linux && !darwin && !windows

package incoming

// Free does not know on other systems.
func Free(string) (free int64, known bool) { return 0, false }

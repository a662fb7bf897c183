//go:build !linux && !darwin && !windows

package partial

// Free does not know on other systems.
func Free(string) (free int64, known bool) { return 0, false }

//go:build !linux && !darwin && !windows

package partial

// Free is not known on other systems.
func Free(string) (free int64, known bool) { return 0, false }

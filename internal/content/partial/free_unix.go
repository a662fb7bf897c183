//go:build linux || darwin

package partial

import "golang.org/x/sys/unix"

// Free returns how many bytes can be written to the disk of an existing folder.
func Free(folder string) (free int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return int64(min(s.Bavail*uint64(s.Bsize), 1<<62)), true
}

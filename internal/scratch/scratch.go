// Package scratch gives tests folders in memory, where there is such a disk: tests open
// thousands of platforms in them.
package scratch

import "os"

// TB is what Dir needs from a test.
type TB interface {
	Helper()
	Error(args ...any)
	Cleanup(remove func())
	TempDir() string
}

// Dir returns a folder that exists until the test ends, with a name like name.
func Dir(t TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", name)
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

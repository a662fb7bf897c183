// Package scratch gives tests folders in memory, where there is such a disk: thousands of
// platforms are opened in them.
package scratch

import "os"

// TB is what is needed of a test.
type TB interface {
	Helper()
	Error(args ...any)
	Cleanup(remove func())
	TempDir() string
}

// Dir is a folder that is there until the test ends, called like name.
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

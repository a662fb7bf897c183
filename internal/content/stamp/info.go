//go:build !windows

package stamp

import "os"

// Of returns the stamp of an open file.
func Of(f *os.File) (Stamp, error) {
	info, err := f.Stat()
	if err != nil {
		return Stamp{}, err
	}
	return from(info), nil
}

// At returns the stamp of the file at a path, links followed.
func At(path string) (Stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Stamp{}, err
	}
	return from(info), nil
}

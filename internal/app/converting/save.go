package converting

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ExistsError is a file that is there with another content.
type ExistsError struct{ File string }

// Error is the fact.
func (e *ExistsError) Error() string { return e.File + " is there already, with another content" }

// Hint is the way out.
func (e *ExistsError) Hint() string { return "name another file with --to, or move this one away" }

// FileError is a file that cannot be read or written.
type FileError struct {
	Act string
	Err error
}

// Error is the act and the cause.
func (e *FileError) Error() string { return e.Act + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Save writes the manifest and its tables, and returns their paths: none or all of them, but
// for an error of the disk. Files that hold the same bytes stay.
func (d Done) Save(to string) (files []string, err error) {
	texts := map[string][]byte{to: []byte(d.Manifest)}
	for _, table := range d.Tables {
		file := filepath.Join(filepath.Dir(to), table.Name)
		texts[file] = table.CSV
		files = append(files, file)
	}
	files = append(files, to) // last, as it names the others
	var missing []string
	for _, file := range files {
		old, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, file)
		case err != nil:
			return nil, &FileError{"writing the manifest", err}
		case !bytes.Equal(old, texts[file]):
			return nil, &ExistsError{file}
		}
	}
	for _, file := range missing {
		if err := create(file, texts[file]); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// create writes a file that is not there; a part of one does not stay.
func create(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return &FileError{"writing the manifest", err}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{path}
	}
	if err != nil {
		return &FileError{"writing the manifest", err}
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(&FileError{"writing the manifest", err}, os.Remove(path))
	}
	return nil
}

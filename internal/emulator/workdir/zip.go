package workdir

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
)

// Zip packs what is a file of the folder now. What goes away meanwhile is left out.
func Zip(into io.Writer, folder fs.FS) error {
	archive := zip.NewWriter(into)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		source, err := folder.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer func() { _ = source.Close() }() // it was only read
		member, err := archive.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(member, source)
		return err
	})
	return errors.Join(err, archive.Close())
}

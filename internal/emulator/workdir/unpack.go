package workdir

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpacker returns how to unpack a file of this name, or nil when the platform would leave it alone.
func unpacker(name string) func(*os.Root, *os.File) error {
	lower := strings.ToLower(name)
	switch {
	case strings.HasSuffix(lower, ".zip"):
		return unzip
	case strings.HasSuffix(lower, ".tar"):
		return func(root *os.Root, f *os.File) error { return untar(root, f, f) }
	case strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		return untarGzip
	case strings.HasSuffix(lower, ".tar.bz2"):
		return func(root *os.Root, f *os.File) error { return untar(root, f, bzip2.NewReader(f)) }
	}
	return nil
}

func unzip(root *os.Root, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		return err
	}
	left, err := newBudget(f)
	if err != nil {
		return err
	}
	for _, member := range archive.File {
		err := left.member()
		if err == nil {
			err = unzipMember(root, member, left)
		}
		if err != nil {
			return fmt.Errorf("unpacking %q: %w", member.Name, err)
		}
	}
	return nil
}

func unzipMember(root *os.Root, member *zip.File, left *budget) error {
	// Some Windows programs write backslashes, against the format.
	name, err := inside(strings.ReplaceAll(member.Name, `\`, "/"))
	if err != nil {
		return err
	}
	if member.FileInfo().IsDir() {
		return makeDir(root, name)
	}
	content, err := member.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	if member.Mode()&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(content, 4096))
		if err != nil {
			return err
		}
		return link(root, name, string(target))
	}
	return write(root, entry{name: name, mode: member.Mode(), modTime: member.Modified}, left.of(content))
}

func untarGzip(root *os.Root, f *os.File) error {
	plain, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	defer plain.Close()
	return untar(root, f, plain)
}

func untar(root *os.Root, f *os.File, r io.Reader) error {
	left, err := newBudget(f)
	if err != nil {
		return err
	}
	archive := tar.NewReader(left.of(r))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = left.member()
		if err == nil {
			err = untarMember(root, header, archive)
		}
		if err != nil {
			return fmt.Errorf("unpacking %q: %w", header.Name, err)
		}
	}
}

func untarMember(root *os.Root, header *tar.Header, content io.Reader) error {
	name, err := inside(header.Name)
	if err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return makeDir(root, name)
	case tar.TypeReg:
		return write(root, entry{name: name, mode: header.FileInfo().Mode(), modTime: header.ModTime}, content)
	case tar.TypeSymlink:
		return link(root, name, header.Linkname)
	case tar.TypeLink:
		target, err := inside(header.Linkname)
		if err != nil {
			return err
		}
		return root.Link(target, name)
	}
	return nil // devices and the like have no meaning for a job
}

func inside(name string) (string, error) {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return "", ErrLeaves
	}
	return path.Clean(name), nil
}

func makeDir(root *os.Root, name string) error { return root.MkdirAll(name, 0o755) }

// A link may point anywhere, as it may on the platform: nothing here follows it out of the folder.
func link(root *os.Root, name, target string) error {
	if err := makeDir(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.Symlink(target, name)
}

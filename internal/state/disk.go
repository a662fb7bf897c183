package state

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// onDisk is a journal in a file, with its lock beside it.
type onDisk struct {
	path string
	wrap func(Appender) Appender // what stands between the journal and the file
}

func (d onDisk) String() string { return d.path }

func (d onDisk) Lock(tool string) (release func() error, err error) {
	held, err := acquire(d.path, tool)
	if err != nil {
		return nil, err
	}
	return held.release, nil
}

func (d onDisk) Read() (io.ReadCloser, error) {
	if info, err := os.Stat(d.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: d.path, Err: errNoFile}
	}
	return os.Open(d.path)
}

func (d onDisk) Append(good int64) (Appender, error) {
	file, err := openFile(d.path, good)
	if err != nil {
		return nil, err
	}
	return d.wrap(file), nil
}

// diskFile is the Appender that really writes.
type diskFile struct{ f *os.File }

func (d diskFile) Append(line []byte) error {
	if _, err := d.f.Write(line); err != nil {
		return err
	}
	return d.f.Sync()
}

func (d diskFile) Close() error { return d.f.Close() }

// draftFile is a file that nobody relies on before it is closed, so its lines are
// flushed together.
type draftFile struct{ diskFile }

func (d draftFile) Append(line []byte) error {
	_, err := d.f.Write(line)
	return err
}

func (d draftFile) Close() error { return errors.Join(d.f.Sync(), d.f.Close()) }

// openFile opens the journal for appending, with nothing after its first good bytes. It
// cuts the tail by path, because on Windows a handle that can only append cannot
// truncate.
func openFile(path string, good int64) (diskFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return diskFile{}, err
	}
	// The folder each time: a process may have died between creating the file and
	// flushing its name.
	if err := errors.Join(cutTail(f, good), syncFolder(path)); err != nil {
		_ = f.Close()
		return diskFile{}, err
	}
	return diskFile{f}, nil
}

// realPath returns the target of a link, so that a journal has one lock however it is
// named. Links among its folders do not matter: the lock is found through them as well.
func realPath(path string) string {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

func cutTail(f *os.File, good int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() <= good {
		return err
	}
	if err := os.Truncate(f.Name(), good); err != nil {
		return err
	}
	return f.Sync()
}

// makeFolder creates the folder of path and the missing ones above it.
func makeFolder(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeFolder(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

// syncFolder flushes the name of path in its folder to disk. Windows has no such call,
// and some file systems refuse it; there the file's own flush must do.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// errNoFile is for a pipe or a device, which may have no end.
var errNoFile = errors.New("it is no regular file")

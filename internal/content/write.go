package content

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// WriteVerified writes r to path so that path is whole, verified and on the disk, or as
// it was before. It makes missing folders, writes to a temporary name beside path
// (.NAME.partial-RANDOM, removed on any error), and renames it over whatever file is
// there. A link at path is replaced, not followed. mtime is the file's time unless it is
// zero. Without want.SHA512 only the size is compared.
// Errors: *[MismatchError], and those of r and of the file system.
func WriteVerified(path string, want Digest, r io.Reader, mtime time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	f, err := createBeside(path)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	err = fill(f, path, want, r)
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("writing %q: %w", path, closeErr)
	}
	if err == nil {
		err = put(f.Name(), path, mtime)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
	}
	return err
}

// createBeside makes the temporary file. Not os.CreateTemp: its mode is 0600, and
// results are for the group too when the umask says so.
func createBeside(path string) (*os.File, error) {
	const longest = 200 // of 255 bytes that a name can have
	base := filepath.Base(path)
	if len(base) > longest {
		base = strings.ToValidUTF8(base[:longest], "")
	}
	name := filepath.Join(filepath.Dir(path), "."+base+".partial-"+strings.ToLower(rand.Text()[:10]))
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
}

// fill copies r to f, compares and flushes. It reads one byte more than it wants at most.
func fill(f *os.File, path string, want Digest, r io.Reader) error {
	sum := sha512.New()
	got, err := receive(f, sum, io.LimitReader(r, want.Size+1))
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	digest := Digest{Size: got}
	if got == want.Size {
		digest.SHA512 = hex.EncodeToString(sum.Sum(nil))
	}
	sumDiffers := want.SHA512 != "" && !strings.EqualFold(digest.SHA512, want.SHA512)
	if got != want.Size || sumDiffers {
		return &MismatchError{Path: path, Want: want, Got: digest}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

// receive is a copy to the file and the sum. Its buffer is not hidden from by the
// file's own way of reading, which takes 32 KiB at a time.
func receive(f *os.File, sum hash.Hash, r io.Reader) (int64, error) {
	both := struct{ io.Writer }{io.MultiWriter(f, sum)}
	return io.CopyBuffer(both, struct{ io.Reader }{r}, make([]byte, 256<<10))
}

// put gives the finished file its time and its name.
func put(temp, path string, mtime time.Time) error {
	if !mtime.IsZero() {
		if err := os.Chtimes(temp, mtime, mtime); err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

// syncFolder makes the rename survive a power failure. Windows has no such call, and
// some folders can be written but not read or flushed; the file itself is safe then.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

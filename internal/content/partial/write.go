package partial

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/inuse"
)

// Announced is a file as its source announces it.
type Announced struct {
	content.Digest           // without SHA512 only the size is compared
	ID             string    // of this very content at the source
	Time           time.Time // the file's time, unless it is zero

	// MakeWay is called when the file is complete, before it takes its place; nil is
	// fine. After its error the place is unchanged, and the error is returned unchanged.
	MakeWay func() error
}

// Write writes r to path so that path is complete, verified and on disk, or unchanged. It
// creates missing folders, writes to a temporary name beside path (.NAME.partial-RANDOM,
// removed on any error), and renames that over any existing file. It replaces a link at
// path and does not follow it. Errors: *[MismatchError], *[DiskError] and those of r.
func Write(path string, want Announced, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return disk(path, err)
	}
	// Not os.CreateTemp: its mode is 0600, and the group may read results when the umask
	// allows it.
	name := Path(path) + "-" + strings.ToLower(rand.Text()[:10])
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return disk(path, err)
	}
	err = fill(f, path, want.Digest, r)
	if closeErr := f.Close(); err == nil {
		err = disk(path, closeErr)
	}
	if err == nil {
		err = want.put(name, path)
	}
	if err != nil {
		_ = os.Remove(name) // the first error counts
	}
	return err
}

// Path returns where a file is kept while it is incomplete. Whatever the name, this one
// and its suffixes must fit into the 255 bytes that a name can have.
func Path(path string) string {
	const longest = 200
	dir, base := filepath.Split(path)
	if len(base) > longest {
		sum := sha512.Sum512([]byte(base))
		base = strings.ToValidUTF8(base[:longest], "") + "-" + hex.EncodeToString(sum[:4])
	}
	return dir + "." + base + ".partial"
}

// IsTemporary reports whether this package keeps incomplete files under such a name, in
// any case of its letters: a file from elsewhere cannot have it.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

var temporary = regexp.MustCompile(`(?i)^\..*\.partial(\.json|\.lock|-[a-z0-9]{10})?$`)

// fill copies r to f, compares and flushes. It reads one byte more than it wants at most.
func fill(f *os.File, path string, want content.Digest, r io.Reader) error {
	sum := sha512.New()
	got := content.Digest{}
	err := pour(io.LimitReader(r, want.Size+1), func(piece []byte) error {
		got.Size += int64(len(piece))
		sum.Write(piece) // a hash never fails
		_, err := f.Write(piece)
		return disk(path, err)
	})
	if err != nil {
		return err
	}
	if got.Size == want.Size {
		got.SHA512 = hex.EncodeToString(sum.Sum(nil))
	}
	if !matches(want, got) {
		return &MismatchError{Path: path, Want: want, Got: got}
	}
	return disk(path, f.Sync())
}

func matches(want, got content.Digest) bool {
	return got.Size == want.Size && (want.SHA512 == "" || strings.EqualFold(got.SHA512, want.SHA512))
}

// pieceSize is large enough that the system calls cost little compared with the hash.
const pieceSize = 256 << 10

// pieces are reused for the next file.
var pieces = sync.OnceValue(func() *sync.Pool { return &sync.Pool{New: func() any { return new([pieceSize]byte) }} })

// pour passes on what it reads from r until r ends. It returns the errors of r unchanged.
func pour(r io.Reader, take func(piece []byte) error) error {
	piece := pieces().Get().(*[pieceSize]byte) //nolint:forcetypeassert // nothing else is in it
	defer pieces().Put(piece)
	for {
		n, err := r.Read(piece[:])
		if n > 0 {
			if err := take(piece[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// put gives the finished file its time and its name.
func (a Announced) put(temp, path string) error {
	if !a.Time.IsZero() {
		if err := os.Chtimes(temp, a.Time, a.Time); err != nil {
			return disk(path, err)
		}
	}
	if a.MakeWay != nil {
		if err := a.MakeWay(); err != nil {
			return err
		}
	}
	if err := inuse.Rename(temp, path); err != nil {
		return disk(path, err)
	}
	return disk(path, syncFolder(filepath.Dir(path)))
}

// Move renames a person's file, which programs may have open. Errors: *[DiskError].
func Move(from, to string) error { return disk(from, inuse.Rename(from, to)) }

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

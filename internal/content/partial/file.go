package partial

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// noteEvery is how much arrives between two lines of the note. A killed process loses
// no more than that for each of its readers.
const noteEvery = 8 << 20

// File is a file that is being received. Several goroutines may call [File.Receive] at
// a time. A File must be closed; what has arrived is then kept for the next Open of the
// same file, unless Finish has put it in its place.
type File struct {
	path string
	temp string
	want Announced
	lock *flock.Flock
	data *os.File
	note note

	mu    sync.Mutex
	grown *sync.Cond // here or ended changed
	here  spans
	ended bool
	wrong bool // it is not what was announced

	reading sync.WaitGroup
	digest  chan digested // one, when everything was read
}

// digested is the result of the follower.
type digested struct {
	sha512 string
	err    error
}

// Open creates missing folders and returns the file with what an earlier try left of
// it. Errors: *[BusyError], *[DiskError].
func Open(path string, want Announced) (*File, error) {
	f := &File{path: path, temp: Path(path), want: want, digest: make(chan digested, 1)}
	f.grown = sync.NewCond(&f.mu)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, disk(path, err)
	}
	if err := f.claim(); err != nil {
		return nil, err
	}
	if err := f.open(); err != nil {
		f.release()
		return nil, disk(path, err)
	}
	f.reading.Go(f.follow)
	return f, nil
}

// claim keeps other processes from the same partial file. The lock dies with the
// process, however that dies. A lock on a file that its last holder has just removed
// keeps nobody away.
func (f *File) claim() error {
	const tries = 3
	for range tries {
		f.lock = flock.New(f.temp + ".lock")
		held, err := f.lock.TryLock()
		if err != nil {
			return disk(f.path, err)
		}
		if !held {
			break
		}
		mine, mineErr := f.lock.Stat()
		there, thereErr := os.Stat(f.lock.Path())
		if mineErr == nil && thereErr == nil && os.SameFile(mine, there) {
			return nil
		}
		_ = f.lock.Unlock() // it guards nothing
	}
	return &BusyError{Path: f.path}
}

// release removes the lock file while nobody else can hold it; Windows removes no open
// file.
func (f *File) release() {
	_ = os.Remove(f.lock.Path())
	_ = f.lock.Unlock()
	_ = os.Remove(f.lock.Path())
}

// open finds out what is here already, which counts if it can be verified. It continues
// only a file of our own: a link under its name could lead anywhere.
func (f *File) open() error {
	here := readNote(f.notePath(), f.want.heading())
	info, err := os.Lstat(f.temp)
	switch {
	case err != nil, f.want.SHA512 == "" && info.Mode().IsRegular():
		here = nil
	case !info.Mode().IsRegular():
		here = nil
		if err := os.Remove(f.temp); err != nil {
			return err
		}
	}
	flags := os.O_CREATE | os.O_RDWR
	if len(here) == 0 {
		flags |= os.O_TRUNC
	}
	if f.data, err = os.OpenFile(f.temp, flags, 0o644); err != nil {
		return err
	}
	if info, err = f.data.Stat(); err == nil {
		f.here = here.until(info.Size())
		f.note, err = openNote(f.notePath(), f.want.heading(), f.here)
	}
	if err != nil {
		_ = f.data.Close() // the first error counts
	}
	return err
}

func (f *File) notePath() string { return f.temp + ".json" }

// Missing returns the spans that have not arrived, in order.
func (f *File) Missing() []Span {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.here.gaps(f.want.Size)
}

// Received returns how many bytes are here.
func (f *File) Received() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.here.total()
}

// Receive takes the bytes of r until it ends; the first is the one at the offset. What
// has arrived stays when r fails; bytes that are here already are not overwritten,
// because they may have been hashed. Errors: *[MismatchError] when r continues beyond
// the end of the file, *[DiskError] and those of r.
func (f *File) Receive(r io.Reader, at int64) error {
	noted := at
	defer func() { f.note.arrived(Span{noted, at}) }()
	return pour(r, func(piece []byte) error {
		end := at + int64(len(piece))
		if end > f.want.Size {
			return f.mismatch(content.Digest{Size: end})
		}
		for _, gap := range f.absent(Span{at, end}) {
			if _, err := f.data.WriteAt(piece[gap.Start-at:gap.End-at], gap.Start); err != nil {
				return disk(f.path, err)
			}
		}
		f.arrived(Span{at, end})
		at = end
		if at-noted >= noteEvery {
			f.note.arrived(Span{noted, at})
			noted = at
		}
		return nil
	})
}

// absent returns the bytes of a span that are not here.
func (f *File) absent(s Span) []Span {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.here.until(s.End).add(Span{0, s.Start}).gaps(s.End)
}

func (f *File) arrived(s Span) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.here = f.here.add(s)
	f.grown.Broadcast()
}

// follow hashes the file from its beginning, up to the first gap, while the rest is on
// its way. It reads the file itself: so what an earlier try left is verified too, and
// the pieces may come in any order.
func (f *File) follow() {
	sum := sha512.New()
	buffer := make([]byte, pieceSize)
	for at := int64(0); at < f.want.Size; {
		end, more := f.await(at)
		if !more {
			return
		}
		n, err := f.data.ReadAt(buffer[:min(end-at, pieceSize)], at)
		if err != nil {
			f.digest <- digested{err: err}
			return
		}
		sum.Write(buffer[:n]) // a hash never fails
		at += int64(n)
	}
	f.digest <- digested{sha512: hex.EncodeToString(sum.Sum(nil))}
}

// await blocks until the beginning of the file extends beyond at, or the file is
// closed.
func (f *File) await(at int64) (end int64, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.ended && f.here.prefix() <= at {
		f.grown.Wait()
	}
	return f.here.prefix(), !f.ended
}

// Finish verifies the file and puts it in its place. It discards a file that differs
// from its announcement; after any other error the file is kept, and the next Open
// continues it. Errors: *[MismatchError], *[DiskError] and the cause of ctx.
func (f *File) Finish(ctx context.Context) error {
	got := content.Digest{Size: f.Received()}
	if got.Size != f.want.Size {
		return f.mismatch(got)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case d := <-f.digest:
		if d.err != nil {
			return disk(f.path, d.err)
		}
		got.SHA512 = d.sha512
	}
	if !matches(f.want.Digest, got) {
		return f.mismatch(got)
	}
	if err := f.data.Sync(); err != nil {
		return disk(f.path, err)
	}
	if err := f.data.Close(); err != nil {
		return disk(f.path, err)
	}
	if err := f.want.put(f.temp, f.path); err != nil {
		return err
	}
	_ = f.note.file.Close() // nobody reads it
	_ = os.Remove(f.notePath())
	return nil
}

// mismatch makes Close discard what is here, so that the next Open starts over.
func (f *File) mismatch(got content.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrong = true
	return &MismatchError{Path: f.path, Want: f.want.Digest, Got: got}
}

// Close ends receiving. Errors would come too late: the next Open compares the note
// with the file, and Finish verifies it.
func (f *File) Close() {
	f.mu.Lock()
	f.ended = true
	f.grown.Broadcast()
	useless := f.wrong || len(f.here) == 0
	f.mu.Unlock()
	f.reading.Wait()
	_ = f.data.Close()
	_ = f.note.file.Close()
	if useless {
		_ = os.Remove(f.temp)
		_ = os.Remove(f.notePath())
	}
	f.release()
}

package content

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
)

// Digest is the identity of some content.
type Digest struct {
	SHA512 string // lower hex
	Size   int64  // bytes
}

// Memory knows digests of files that were read before. It must be safe for
// concurrent use.
type Memory interface {
	// Recall returns the digest of the file at an absolute path, if it was remembered
	// with this very stamp.
	Recall(path string, now stamp.Stamp) (Digest, bool)
	// Remember stores a digest, with the stamps of the file before and after it was
	// read.
	Remember(path string, then stamp.Stamp, d Digest)
}

// Progress is how far reading has got.
type Progress struct {
	Act   string // "hashing" or "packing"
	File  string // that is read now
	Done  int64  // bytes, of all files together
	Total int64
}

// Hasher computes the digests of files. The zero Hasher reads all of them.
type Hasher struct {
	Memory Memory         // nil is fine
	Tell   func(Progress) // called for one piece at a time; nil is fine
}

// HashAll reads every file and returns its digest; see [Hasher.All].
func HashAll(ctx context.Context, paths []string) ([]Digest, error) {
	return Hasher{}.All(ctx, paths)
}

// All returns the digest of every file, in the order of paths. It reads each file that
// the memory does not know once, however often it is named, and as many at a time as
// there are processors, with 1 MiB of memory each. Errors name the file:
// *[ChangedError], those of the file system and of ctx.
func (h Hasher) All(ctx context.Context, paths []string) ([]Digest, error) {
	unique, index, err := distinct(paths)
	if err != nil {
		return nil, err
	}
	work := &hashing{Hasher: h}
	if err := work.each(ctx, unique, work.recall); err != nil {
		return nil, err
	}
	var unknown []*hashed
	for _, f := range unique {
		if f.digest.SHA512 == "" {
			unknown = append(unknown, f)
			work.total += f.digest.Size
		}
	}
	if err := work.each(ctx, unknown, work.read); err != nil {
		return nil, err
	}
	digests := make([]Digest, len(paths))
	for i, f := range index {
		digests[i] = f.digest
	}
	return digests, nil
}

// hashed is a file whose digest is being computed.
type hashed struct {
	name   string // as it was given first
	full   string // absolute
	digest Digest // without SHA512 until it is known
}

// distinct returns each file once, and which of them each path means.
func distinct(paths []string) (unique, index []*hashed, err error) {
	seen := make(map[string]*hashed, len(paths))
	for _, name := range paths {
		full, err := filepath.Abs(name)
		if err != nil {
			return nil, nil, fmt.Errorf("finding file %q: %w", name, err)
		}
		f, known := seen[full]
		if !known {
			f = &hashed{name: name, full: full}
			seen[full] = f
			unique = append(unique, f)
		}
		index = append(index, f)
	}
	return unique, index, nil
}

// hashing is one call of All.
type hashing struct {
	Hasher
	total int64

	mu   sync.Mutex // guards done, and Tell
	done int64
}

// each calls do for every file, as many at a time as there are processors.
func (w *hashing) each(ctx context.Context, files []*hashed, act func(context.Context, *hashed) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("reading file %q: %w", f.name, err)
			}
			return act(ctx, f)
		})
	}
	return group.Wait()
}

func (w *hashing) recall(_ context.Context, f *hashed) error {
	if w.Memory == nil && w.Tell == nil {
		return nil
	}
	now, err := stamp.At(f.full)
	if err != nil {
		return fmt.Errorf("reading file %q: %w", f.name, bare(err))
	}
	f.digest.Size = now.Size
	if w.Memory == nil {
		return nil
	}
	if known, ok := w.Memory.Recall(f.full, now); ok {
		f.digest = known
	}
	return nil
}

func (w *hashing) read(ctx context.Context, f *hashed) error {
	file, err := os.Open(f.full)
	if err != nil {
		return fmt.Errorf("reading file %q: %w", f.name, bare(err))
	}
	defer file.Close()
	began := time.Now()
	before, err := stamp.Of(file)
	if err != nil {
		return fmt.Errorf("reading file %q: %w", f.name, bare(err))
	}
	sum := sha512.New()
	buffer, free := takeBuffer(before.Size)
	defer free()
	size, err := copyTo(ctx, sum, counted{file, w, f.name}, buffer)
	if err != nil {
		return fmt.Errorf("reading file %q: %w", f.name, bare(err))
	}
	after, err := stamp.Of(file)
	if err != nil {
		return fmt.Errorf("reading file %q: %w", f.name, bare(err))
	}
	if size != before.Size || size != after.Size || before.ModTime != after.ModTime {
		return &ChangedError{Path: f.name}
	}
	f.digest = Digest{SHA512: hex.EncodeToString(sum.Sum(nil)), Size: size}
	if w.Memory != nil && before == after && before.Settled(began) {
		w.Memory.Remember(f.full, before, f.digest)
	}
	return nil
}

// Unchanged compares a file with what it was when it was found. The error is a
// **[ChangedError], or why it cannot be examined.
func Unchanged(path string, size int64, at time.Time) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != size || !info.ModTime().Equal(at) {
		return &ChangedError{Path: path}
	}
	return nil
}

// bufferSize is large enough that the system calls cost little compared with the hash.
const bufferSize = 1 << 20

// buffers are for reading files, and are reused.
var buffers = sync.OnceValue(func() *sync.Pool { return &sync.Pool{New: func() any { return new([bufferSize]byte) }} })

// takeBuffer returns one for a file of that size: a small one needs no MiB.
func takeBuffer(size int64) (buffer []byte, free func()) {
	if size < bufferSize/4 {
		return make([]byte, size+1), func() {}
	}
	pooled := buffers().Get().(*[bufferSize]byte) //nolint:forcetypeassert // nothing else is in it
	return pooled[:], func() { buffers().Put(pooled) }
}

// copyTo is io.CopyBuffer that obeys ctx; the standard one would ignore the buffer
// because a file can write itself.
func copyTo(ctx context.Context, to hash.Hash, from io.Reader, buffer []byte) (size int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return size, err
		}
		n, err := from.Read(buffer)
		to.Write(buffer[:n]) // a hash never fails
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

// counted reports how far reading has got.
type counted struct {
	io.Reader
	work *hashing
	name string
}

// Read passes on what was read.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.work.Tell != nil && n > 0 {
		c.work.mu.Lock()
		defer c.work.mu.Unlock()
		c.work.done += int64(n)
		c.work.Tell(Progress{Act: "hashing", File: c.name, Done: c.work.done, Total: c.work.total})
	}
	return n, err
}

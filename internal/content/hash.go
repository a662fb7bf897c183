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

	"golang.org/x/sync/errgroup"
)

// Digest is the identity of some content.
type Digest struct {
	SHA512 string // lower hex
	Size   int64  // bytes
}

// bufferSize is large enough that the system calls do not show beside the hash.
const bufferSize = 1 << 20

// HashAll gives the digest of every file, in the order of paths. It reads each file
// once, however often it is named, and as many at a time as there are processors, with
// 1 MiB of memory each. Errors name the file: *[ChangedError], those of the file system
// and of ctx.
func HashAll(ctx context.Context, paths []string) ([]Digest, error) {
	first := make(map[string]int, len(paths)) // absolute path -> index of its first mention
	same := make([]int, len(paths))
	for i, name := range paths {
		full, err := filepath.Abs(name)
		if err != nil {
			return nil, fmt.Errorf("finding file %q: %w", name, err)
		}
		if _, known := first[full]; !known {
			first[full] = i
		}
		same[i] = first[full]
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	h := hasher{buffers: sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}}
	digests := make([]Digest, len(paths))
	for i, at := range same {
		if at != i {
			continue
		}
		group.Go(func() (err error) {
			digests[i], err = h.file(ctx, paths[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, at := range same {
		digests[i] = digests[at]
	}
	return digests, nil
}

// hasher shares its buffers between files.
type hasher struct{ buffers sync.Pool }

func (h *hasher) file(ctx context.Context, name string) (Digest, error) {
	if err := ctx.Err(); err != nil {
		return Digest{}, fmt.Errorf("reading file %q: %w", name, err)
	}
	f, err := os.Open(name)
	if err != nil {
		return Digest{}, fmt.Errorf("reading file %q: %w", name, bare(err))
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return Digest{}, fmt.Errorf("reading file %q: %w", name, bare(err))
	}
	sum := sha512.New()
	size, err := h.copy(ctx, sum, f)
	if err != nil {
		return Digest{}, fmt.Errorf("reading file %q: %w", name, bare(err))
	}
	after, err := f.Stat()
	if err != nil {
		return Digest{}, fmt.Errorf("reading file %q: %w", name, bare(err))
	}
	if size != before.Size() || size != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return Digest{}, &ChangedError{Path: name}
	}
	return Digest{SHA512: hex.EncodeToString(sum.Sum(nil)), Size: size}, nil
}

// copy is io.CopyBuffer that listens to ctx; the standard one would pass the
// buffer over because a file can write itself.
func (h *hasher) copy(ctx context.Context, to hash.Hash, from io.Reader) (size int64, err error) {
	buffer := h.buffers.Get().(*[]byte)
	defer h.buffers.Put(buffer)
	for {
		if err := ctx.Err(); err != nil {
			return size, err
		}
		n, err := from.Read(*buffer)
		to.Write((*buffer)[:n]) // a hash never fails
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

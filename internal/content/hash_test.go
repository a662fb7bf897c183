package content_test

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

func TestHashAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var paths []string
	var want []content.Digest
	for i, size := range []int{0, 1, 3, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3<<20 + 7, 5} {
		body := []byte(strings.Repeat(string(rune('a'+i)), size))
		path := filepath.Join(dir, fmt.Sprint("f", i))
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		want = append(want, content.Digest{SHA512: fmt.Sprintf("%x", sha512.Sum512(body)), Size: int64(size)})
	}
	// Named again, also in another spelling.
	paths = append(paths, paths[6], filepath.Join(dir, "f0")+string(filepath.Separator)+".."+string(filepath.Separator)+"f3")
	want = append(want, want[6], want[3])
	got, err := content.HashAll(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)

	none, err := content.HashAll(t.Context(), nil)
	same(t, []any{0, nil}, []any{len(none), err})
}

// TestHasherTells counts bytes of all files together, each file once.
func TestHasherTells(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var paths []string
	for i, size := range []int{3 << 20, 5, 0} {
		path := filepath.Join(dir, fmt.Sprint("f", i))
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path, path)
	}
	var told []int64
	h := content.Hasher{Tell: func(p content.Progress) {
		same(t, []any{"hashing", int64(3<<20 + 5)}, []any{p.Act, p.Total})
		told = append(told, p.Done)
	}}
	if _, err := h.All(t.Context(), paths); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(told) || len(told) < 4 || told[len(told)-1] != 3<<20+5 {
		t.Errorf("%v", told)
	}
}

func TestHashAllErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "there")
	there, gone := filepath.Join(dir, "there"), filepath.Join(dir, "gone")
	_, err := content.HashAll(t.Context(), []string{there, gone})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), fmt.Sprintf("%q", gone)) {
		t.Errorf("missing: %v", err)
	}
	if _, err := content.HashAll(t.Context(), []string{dir}); err == nil {
		t.Error("a folder has no digest")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := content.HashAll(ctx, []string{there}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A writer that never pauses is noticed, or the file was read between two of its writes
// and the digest is that of one length it had.
func TestHashAllNoticesAWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "growing")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(8 << 20); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, 2); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = f.Write([]byte("x"))
			}
		}
	})
	defer writer.Wait()
	defer close(stop)
	for range 50 {
		_, err := content.HashAll(t.Context(), []string{path})
		var changed *content.ChangedError
		if errors.As(err, &changed) {
			same(t, path, changed.Path)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("50 times not noticed")
}

// BenchmarkHashAll reports its speed, that of crypto/sha512 on the same bytes already in
// memory and on as many processors in the same run, and the ratio of the two.
func BenchmarkHashAll(b *testing.B) {
	const size = 64 << 20
	dir := b.TempDir()
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(i * 7)
	}
	var paths []string
	for i := range runtime.GOMAXPROCS(0) {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, body, 0o600); err != nil {
			b.Fatal(err)
		}
		paths = append(paths, path)
	}
	var ours, plain time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := content.HashAll(b.Context(), paths); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		var all sync.WaitGroup
		for range paths {
			all.Go(func() { _ = sha512.Sum512(body) })
		}
		all.Wait()
		plain += time.Since(start)
	}
	total := float64(size*len(paths)*b.N) / 1e6
	b.ReportMetric(total/ours.Seconds(), "MB/s")
	b.ReportMetric(total/plain.Seconds(), "MB/s-sha512")
	b.ReportMetric(100*plain.Seconds()/ours.Seconds(), "%-of-sha512")
}

// TestSmallFilesTakeLittleMemory: results are looked at job by job, one small file each.
// It is alone: what other tests allocate would be counted, too.
//
//nolint:paralleltest // see above
func TestSmallFilesTakeLittleMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const calls, each = 100, 16 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		if _, err := content.HashAll(t.Context(), []string{path}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if taken := (after.TotalAlloc - before.TotalAlloc) / calls; taken > each {
		t.Errorf("%d bytes for a file of 2", taken)
	}
}

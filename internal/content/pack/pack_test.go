package pack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// long is a name that the oldest tar headers have no room for.
func long() string { return strings.Repeat("deep/", 30) + strings.Repeat("n", 120) }

// plant makes files with the given texts; those that begin with "#!" can be started.
func plant(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			tb.Fatal(err)
		}
		mode := fs.FileMode(0o600)
		if strings.HasPrefix(text, "#!") {
			mode = 0o711
		}
		if err := os.WriteFile(full, []byte(text), mode); err != nil {
			tb.Fatal(err)
		}
	}
}

func small() map[string]string {
	return map[string]string{
		"Allrun": "#!/bin/sh\necho run\n", "0/U": "velocity", "0/p": "", "größe.dat": "ü", long(): "deep",
		"big": strings.Repeat("a line of a mesh\n", 50_000),
	}
}

// archive is the whole folder, hashed.
func archive(tb testing.TB, dir string, format pack.Format) *pack.Archive {
	tb.Helper()
	files, err := content.MatchTree(dir, "**", nil)
	if err != nil {
		tb.Fatal(err)
	}
	a, err := pack.New(format, files)
	if err != nil {
		tb.Fatal(err)
	}
	for i, f := range a.Files {
		digests, err := content.HashAll(tb.Context(), []string{f.Path})
		if err != nil {
			tb.Fatal(err)
		}
		a.Files[i].SHA512 = digests[0].SHA512
	}
	return a
}

func read(tb testing.TB, a *pack.Archive) []byte {
	tb.Helper()
	r := a.Open()
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// member is what an archive says of one file.
type member struct {
	Name, Text string
	Mode       fs.FileMode
	Time       time.Time
}

func untar(t *testing.T, r io.Reader) []member {
	t.Helper()
	var list []member
	for in := tar.NewReader(r); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, []any{0, 0, "", ""}, []any{header.Uid, header.Gid, header.Uname, header.Gname})
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, member{header.Name, string(text), header.FileInfo().Mode(), header.ModTime.UTC()})
	}
}

func unzip(t *testing.T, text []byte) []member {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var list []member
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, member{f.Name, string(text), f.Mode(), f.Modified.UTC()})
	}
	return list
}

func members(t *testing.T, format pack.Format, text []byte) []member {
	t.Helper()
	switch format {
	case pack.Zip:
		return unzip(t, text)
	case pack.Tar:
		return untar(t, bytes.NewReader(text))
	case pack.TarGzip, pack.Tgz:
	}
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return untar(t, plain)
}

func formats() []pack.Format { return []pack.Format{pack.TarGzip, pack.Tgz, pack.Tar, pack.Zip} }

func TestArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, small())
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	var want []member
	for _, name := range []string{"0/U", "0/p", "Allrun", "big", long(), "größe.dat"} {
		mode := fs.FileMode(0o644)
		if name == "Allrun" {
			mode = 0o755
		}
		want = append(want, member{name, small()[name], mode, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	for _, format := range formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			a := archive(t, dir, format)
			text := read(t, a)
			same(t, want, members(t, format, text))
			measured, err := a.Measure(t.Context(), "case", nil)
			same(t, nil, err)
			same(t, content.Digest{SHA512: fmt.Sprintf("%x", sha512.Sum512(text)), Size: int64(len(text))}, measured)
		})
	}
}

// TestSameTreeSameBytes packs a copy of a tree that was written in another order,
// at another time, by a person with another umask.
func TestSameTreeSameBytes(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	plant(t, first, small())
	for name, text := range small() {
		plant(t, second, map[string]string{name: text})
		full := filepath.Join(second, filepath.FromSlash(name))
		mode := fs.FileMode(0o664)
		if name == "Allrun" {
			mode = 0o775
		}
		if err := errors.Join(os.Chmod(full, mode), os.Chtimes(full, time.Unix(1e9, 0), time.Unix(1e9, 0))); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range formats() {
		a, b := archive(t, first, format), archive(t, second, format)
		same(t, a.Tree(), b.Tree())
		same(t, a.Key(), b.Key())
		if !bytes.Equal(read(t, a), read(t, b)) {
			t.Errorf("%s: other bytes", format)
		}
	}
}

// TestTree changes one thing at a time: what a job can see must change the
// identity of the tree.
func TestTree(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(dir string) error{
		"content": func(dir string) error { return os.WriteFile(filepath.Join(dir, "0", "U"), []byte("Velocity"), 0o600) },
		"name":    func(dir string) error { return os.Rename(filepath.Join(dir, "0", "U"), filepath.Join(dir, "0", "V")) },
		"mode":    func(dir string) error { return os.Chmod(filepath.Join(dir, "0", "U"), 0o755) },
		"more":    func(dir string) error { return os.WriteFile(filepath.Join(dir, "1"), nil, 0o600) },
		"less":    func(dir string) error { return os.Remove(filepath.Join(dir, "0", "U")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plant(t, dir, small())
			before := archive(t, dir, pack.Tar)
			if err := change(dir); err != nil {
				t.Fatal(err)
			}
			after := archive(t, dir, pack.Tar)
			if before.Tree() == after.Tree() {
				t.Error("the tree is called the same")
			}
		})
	}
}

// TestTreeIsFinal holds the identity of one tree: it is in the digests of jobs, so
// that a change would run every job with an archive again.
func TestTreeIsFinal(t *testing.T) {
	t.Parallel()
	a := &pack.Archive{Format: pack.Tar, Files: []pack.File{
		{Name: "0/U", SHA512: "ab"}, {Name: "Allrun", SHA512: "cd", Executable: true}, {Name: `<"größe">`, SHA512: "ef"},
	}}
	same(t, "b6433e61c45fd8869e3396e166600107ec1cc16e9fc6aad6d33825c7fa3d63f3", a.Tree())
}

// TestBytesAreKnown holds the bytes of one tree. When it fails they have changed:
// raise packer, so that no old digest is believed. Compressed ones belong to the Go
// release, which is in the key.
func TestBytesAreKnown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, small())
	a := archive(t, dir, pack.Tar)
	sum := sha512.Sum512(read(t, a))
	same(t, "6bbca224ece2932d", fmt.Sprintf("%x", sum[:8]))
	same(t, "1 "+runtime.Version()+" "+a.Tree()+".tar", a.Key())
}

// TestChangedWhilePacked changes a file after it was hashed.
func TestChangedWhilePacked(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"longer": "velocity!", "shorter": "velo", "same size": "VELOCITY"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plant(t, dir, small())
			a := archive(t, dir, pack.TarGzip)
			path := filepath.Join(dir, "0", "U")
			same(t, nil, a.Unchanged())
			plant(t, dir, map[string]string{"0/U": text})
			if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			r := a.Open()
			defer r.Close()
			_, readErr := io.Copy(io.Discard, r)
			_, measureErr := a.Measure(t.Context(), "x", nil)
			for what, err := range map[string]error{"read": readErr, "measure": measureErr, "unchanged": a.Unchanged()} {
				var changed *content.ChangedError
				if !errors.As(err, &changed) || changed.Path != path {
					t.Errorf("%s: %v", what, err)
				}
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := a.Unchanged(); !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
		})
	}
}

// An upload that is given up closes the stream in the middle: when Close returns,
// nothing reads or compresses any more. The bubble fails if a goroutine is left.
func TestCloseEarly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, map[string]string{"noise": string(noise(6<<20, 256))})
	for _, format := range formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			a := archive(t, dir, format)
			synctest.Test(t, func(t *testing.T) {
				r := a.Open()
				if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
					t.Fatal(err)
				}
				same(t, nil, r.Close())
				if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
					t.Error(err)
				}
			})
			same(t, true, len(read(t, a)) > 10) // it opens again
		})
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, small())
	a := archive(t, dir, pack.Zip)
	var last content.Progress
	if _, err := a.Measure(t.Context(), "case.zip", func(p content.Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	same(t, content.Progress{Act: "packing", File: "case.zip", Done: a.Size(), Total: a.Size()}, last)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Measure(ctx, "case.zip", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFormatOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]pack.Format{
		"a.tar.gz": pack.TarGzip, "a.tgz": pack.Tgz, "a.tar": pack.Tar, "a.b.zip": pack.Zip, "a.gz": "", "zip": "", "a.7z": "",
	} {
		got, ok := pack.FormatOf(name)
		same(t, []any{want, want != ""}, []any{got, ok})
	}
}

// noise is bytes that compress as little as so few different ones can.
func noise(size, different int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(random.IntN(different))
	}
	return body
}

// BenchmarkMeasure packs 64 MB of lines of numbers; .tar does not compress.
func BenchmarkMeasure(b *testing.B) {
	dir := b.TempDir()
	var mesh strings.Builder
	for random := rand.New(rand.NewPCG(1, 2)); mesh.Len() < 64<<20; {
		fmt.Fprintf(&mesh, "%8d, %12.6f, %12.6f, %12.6f\n", random.IntN(1e6), 100*random.Float64(), random.Float64(), 1000*random.Float64())
	}
	plant(b, dir, map[string]string{"mesh": mesh.String()})
	for _, format := range []pack.Format{pack.Tar, pack.TarGzip, pack.Zip} {
		b.Run(string(format), func(b *testing.B) {
			a := archive(b, dir, format)
			b.SetBytes(a.Size())
			for b.Loop() {
				if _, err := a.Measure(b.Context(), "mesh", nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

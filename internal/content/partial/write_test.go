package partial_test

import (
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func digest(text string) content.Digest {
	return content.Digest{SHA512: fmt.Sprintf("%x", sha512.Sum512([]byte(text))), Size: int64(len(text))}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 100_000)
	mtime := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sizeOnly := digest("abc")
	sizeOnly.SHA512 = ""
	upper := digest("abc")
	upper.SHA512 = strings.ToUpper(upper.SHA512)
	for name, tc := range map[string]struct {
		text string
		want content.Digest
	}{
		"empty": {"", digest("")}, "small": {"abc", digest("abc")}, "long": {long, digest(long)},
		"size only": {"abc", sizeOnly}, "upper case": {"abc", upper},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "new", strings.Repeat("ä", 120)+".csv")
			for range 2 { // the second time over the first
				err := partial.Write(path, partial.Announced{Digest: tc.want, Time: mtime}, iotest.OneByteReader(strings.NewReader(tc.text[:min(len(tc.text), 9)])))
				if len(tc.text) > 9 {
					err = partial.Write(path, partial.Announced{Digest: tc.want, Time: mtime}, strings.NewReader(tc.text))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			same(t, true, string(got) == tc.text)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			same(t, true, info.ModTime().Equal(mtime))
			if runtime.GOOS != "windows" {
				same(t, os.FileMode(0o644), info.Mode())
			}
			same(t, []string{filepath.Base(path)}, listing(t, filepath.Dir(path)))
		})
	}
}

// plant makes files below dir; the text of each is its own name.
func plant(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("links need a right on Windows")
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// After any error there is what was there before, and nothing else.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	wrong := digest("abd")
	for name, tc := range map[string]struct {
		r    io.Reader
		want content.Digest
		got  *content.Digest // of a MismatchError
		text string
	}{
		"reset":    {io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), digest("abc"), nil, "connection reset"},
		"short":    {strings.NewReader("ab"), digest("abc"), &content.Digest{Size: 2}, "received 2 bytes, expected 3"},
		"long":     {strings.NewReader("abcdef"), digest("abc"), &content.Digest{Size: 4}, "received at least 4 bytes, expected 3"},
		"endless":  {zeros{}, digest("abc"), &content.Digest{Size: 4}, "received at least 4 bytes, expected 3"},
		"changed":  {strings.NewReader("abc"), wrong, new(digest("abc")), "received SHA-512 ddaf35a193617aba…, expected "},
		"negative": {strings.NewReader(""), content.Digest{Size: -1}, &content.Digest{Size: 0}, "received at least 0 bytes, expected -1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "out.csv")
			plant(t, dir, "out.csv")
			err := partial.Write(path, partial.Announced{Digest: tc.want}, tc.r)
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v", err)
			}
			var mismatch *partial.MismatchError
			if errors.As(err, &mismatch) != (tc.got != nil) {
				t.Fatalf("got %v", err)
			}
			if tc.got != nil {
				same(t, partial.MismatchError{Path: path, Want: tc.want, Got: *tc.got}, *mismatch)
			} else if !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			same(t, []string{"out.csv"}, listing(t, dir))
			left, err := os.ReadFile(path)
			same(t, []any{"out.csv", nil}, []any{string(left), err})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestWriteWhereItCanNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "file", "folder/x")
	for _, path := range []string{"file/out.csv", "folder"} {
		err := partial.Write(filepath.Join(dir, path), partial.Announced{Digest: digest("abc")}, strings.NewReader("abc"))
		var refused *partial.DiskError
		if !errors.As(err, &refused) || refused.Path != filepath.Join(dir, filepath.FromSlash(path)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	same(t, []string{"file", "folder"}, listing(t, dir))
}

// A link is replaced: its target belongs to somebody.
func TestWriteReplacesALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "target")
	path := filepath.Join(dir, "out.csv")
	link(t, "target", path)
	if err := partial.Write(path, partial.Announced{Digest: digest("abc")}, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	target, _ := os.ReadFile(filepath.Join(dir, "target"))
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, []any{"target", true}, []any{string(target), info.Mode().IsRegular()})
}

package content_test

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

	"github.com/rescale-apply/rescale-apply/internal/content"
)

func digest(text string) content.Digest {
	return content.Digest{SHA512: fmt.Sprintf("%x", sha512.Sum512([]byte(text))), Size: int64(len(text))}
}

func TestWriteVerified(t *testing.T) {
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
				err := content.WriteVerified(path, tc.want, iotest.OneByteReader(strings.NewReader(tc.text[:min(len(tc.text), 9)])), mtime)
				if len(tc.text) > 9 {
					err = content.WriteVerified(path, tc.want, strings.NewReader(tc.text), mtime)
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
func TestWriteVerifiedErrors(t *testing.T) {
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
			err := content.WriteVerified(path, tc.want, tc.r, time.Time{})
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v", err)
			}
			var mismatch *content.MismatchError
			if errors.As(err, &mismatch) != (tc.got != nil) {
				t.Fatalf("got %v", err)
			}
			if tc.got != nil {
				same(t, content.MismatchError{Path: path, Want: tc.want, Got: *tc.got}, *mismatch)
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

func TestWriteVerifiedWhereItCanNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "file", "folder/x")
	for _, path := range []string{"file/out.csv", "folder"} {
		err := content.WriteVerified(filepath.Join(dir, path), digest("abc"), strings.NewReader("abc"), time.Time{})
		if err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	same(t, []string{"file", "folder"}, listing(t, dir))
}

// A link is replaced: its target belongs to somebody.
func TestWriteVerifiedReplacesALink(t *testing.T) {
	t.Parallel()
	needLinks(t)
	dir := t.TempDir()
	plant(t, dir, "target", "out.csv -> target")
	path := filepath.Join(dir, "out.csv")
	if err := content.WriteVerified(path, digest("abc"), strings.NewReader("abc"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	target, _ := os.ReadFile(filepath.Join(dir, "target"))
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, []any{"target", true}, []any{string(target), info.Mode().IsRegular()})
}

package partial_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
)

// bulk is a text that has other bytes everywhere.
func bulk(size int) string {
	text := make([]byte, size)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(text)
	return string(text)
}

func announced(text string) partial.Announced {
	sum := sha512.Sum512([]byte(text))
	return partial.Announced{
		ID: "oUtPuT", Digest: content.Digest{SHA512: hex.EncodeToString(sum[:]), Size: int64(len(text))},
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

func open(t *testing.T, path string, want partial.Announced) *partial.File {
	t.Helper()
	f, err := partial.Open(path, want)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// receive hands f the bytes of a span.
func receive(t *testing.T, f *partial.File, text string, s partial.Span) {
	t.Helper()
	if err := f.Receive(strings.NewReader(text[s.Start:s.End]), s.Start); err != nil {
		t.Fatal(err)
	}
}

func arrived(t *testing.T, path, text string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("%d bytes, want %d; %v", len(got), len(text), err)
	}
	same(t, []string{filepath.Base(path)}, listing(t, filepath.Dir(path)))
}

// Pieces come in any order and from several readers at a time.
func TestPieces(t *testing.T) {
	t.Parallel()
	text := bulk(3 << 20)
	path := filepath.Join(t.TempDir(), "new", "folder", "out.bin")
	f := open(t, path, announced(text))
	same(t, []partial.Span{{Start: 0, End: 3 << 20}}, f.Missing())
	var group sync.WaitGroup
	for _, start := range rand.Perm(12) {
		group.Go(func() {
			from := int64(start) << 18
			if err := f.Receive(iotest.HalfReader(strings.NewReader(text[from:from+1<<18])), from); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := f.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	arrived(t, path, text)
	info, err := os.Stat(path)
	same(t, []any{true, nil}, []any{info.ModTime().Equal(announced("").Time), err})
}

func TestNothingToReceive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty")
	f := open(t, path, announced(""))
	defer f.Close()
	same(t, 0, len(f.Missing()))
	if err := f.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What an earlier try has left is continued, and only what is missing comes again.
func TestGoingOn(t *testing.T) {
	t.Parallel()
	text := bulk(1 << 20)
	dir := t.TempDir()
	path := filepath.Join(dir, "out.bin")
	plant(t, dir, "out.bin")
	first := open(t, path, announced(text))
	receive(t, first, text, partial.Span{Start: 0, End: 1000})
	receive(t, first, text, partial.Span{Start: 5000, End: 9000})
	lost := errors.New("connection reset")
	err := first.Receive(io.MultiReader(strings.NewReader(text[9000:9100]), iotest.ErrReader(lost)), 9000)
	same(t, true, errors.Is(err, lost))
	first.Close()
	same(t, []string{".out.bin.partial", ".out.bin.partial.json", "out.bin"}, listing(t, dir))

	second := open(t, path, announced(text))
	same(t, int64(5100), second.Received())
	same(t, []partial.Span{{Start: 1000, End: 5000}, {Start: 9100, End: 1 << 20}}, second.Missing())
	for _, gap := range second.Missing() {
		receive(t, second, text, gap)
	}
	if err := second.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Close()
	arrived(t, path, text)
}

// A file that is whole and could not take its place is only put there the next time.
func TestAWholeFileThatWasNotInItsPlace(t *testing.T) {
	t.Parallel()
	text := bulk(1000)
	dir := t.TempDir()
	path := filepath.Join(dir, "out.bin")
	plant(t, dir, "out.bin/in the way")
	first := open(t, path, announced(text))
	receive(t, first, text, partial.Span{Start: 0, End: 1000})
	var refused *partial.DiskError
	if err := first.Finish(t.Context()); !errors.As(err, &refused) || refused.Path != path {
		t.Fatalf("got %v", err)
	}
	first.Close()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	second := open(t, path, announced(text))
	same(t, 0, len(second.Missing()))
	if err := second.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Close()
	arrived(t, path, text)
}

// A partial file is continued only when it is of the very same file and as far as it is
// there.
func TestBeginningAnew(t *testing.T) {
	t.Parallel()
	text := bulk(10_000)
	for name, tc := range map[string]struct {
		change func(t *testing.T, temp string, want *partial.Announced)
		here   int64
	}{
		"same":             {func(*testing.T, string, *partial.Announced) {}, 4000},
		"other time":       {func(_ *testing.T, _ string, a *partial.Announced) { a.Time = time.Time{} }, 4000},
		"other id":         {func(_ *testing.T, _ string, a *partial.Announced) { a.ID = "oThEr" }, 0},
		"other content":    {func(_ *testing.T, _ string, a *partial.Announced) { a.SHA512 = "x" }, 0},
		"other size":       {func(_ *testing.T, _ string, a *partial.Announced) { a.Size++ }, 0},
		"no note":          {func(t *testing.T, temp string, _ *partial.Announced) { t.Helper(); remove(t, temp+".json") }, 0},
		"no bytes":         {func(t *testing.T, temp string, _ *partial.Announced) { t.Helper(); remove(t, temp) }, 0},
		"garbage for note": {func(t *testing.T, temp string, _ *partial.Announced) { t.Helper(); write(t, temp+".json", "{\n") }, 0},
		"torn note": {func(t *testing.T, temp string, _ *partial.Announced) {
			t.Helper()
			write(t, temp+".json", read(t, temp+".json")+`{"start":4000,"en`)
		}, 4000},
		"note beyond the end": {func(t *testing.T, temp string, _ *partial.Announced) {
			t.Helper()
			write(t, temp+".json", read(t, temp+".json")+`{"start":4000,"end":99999999}`+"\n"+`{"start":-5,"end":7000}`+"\n")
		}, 4000},
		"fewer bytes than noted": {func(t *testing.T, temp string, _ *partial.Announced) { t.Helper(); write(t, temp, text[:3000]) }, 3000},
		"a link in its place": {func(t *testing.T, temp string, _ *partial.Announced) {
			t.Helper()
			write(t, temp+".target", text)
			remove(t, temp)
			link(t, temp+".target", temp)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "out.bin")
			first := open(t, path, announced(text))
			receive(t, first, text, partial.Span{Start: 0, End: 4000})
			first.Close()
			want := announced(text)
			tc.change(t, filepath.Join(filepath.Dir(path), ".out.bin.partial"), &want)
			second := open(t, path, want)
			same(t, tc.here, second.Received())
			second.Close()
			third := open(t, path, want) // the note can be written on
			same(t, tc.here, third.Received())
			third.Close()
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// After a power failure the note may claim bytes that never reached the disk: the whole
// is verified, thrown away, and begun anew.
func TestAPartialFileIsVerifiedToo(t *testing.T) {
	t.Parallel()
	text := bulk(10_000)
	dir := t.TempDir()
	path := filepath.Join(dir, "out.bin")
	first := open(t, path, announced(text))
	receive(t, first, text, partial.Span{Start: 0, End: 4000})
	first.Close()
	write(t, filepath.Join(dir, ".out.bin.partial"), strings.Repeat("\x00", 4000))

	second := open(t, path, announced(text))
	receive(t, second, text, partial.Span{Start: 4000, End: 10_000})
	var mismatch *partial.MismatchError
	if err := second.Finish(t.Context()); !errors.As(err, &mismatch) || mismatch.Got.SHA512 == "" || mismatch.Hint() == "" {
		t.Fatalf("got %v", err)
	}
	second.Close()
	same(t, 0, len(listing(t, dir)))
}

// Without a checksum nobody would notice such bytes.
func TestWhatCannotBeVerifiedIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	text := bulk(10_000)
	path := filepath.Join(t.TempDir(), "out.bin")
	want := announced(text)
	want.SHA512 = ""
	first := open(t, path, want)
	receive(t, first, text, partial.Span{Start: 0, End: 4000})
	first.Close()
	second := open(t, path, want)
	same(t, int64(0), second.Received())
	receive(t, second, text, partial.Span{Start: 0, End: 10_000})
	if err := second.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Close()
	arrived(t, path, text)
}

// What is here may have been hashed: if it comes once more, as from a platform that
// sends no parts, it is not written over unseen.
func TestWhatIsHereIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	text := bulk(1 << 20)
	path := filepath.Join(t.TempDir(), "out.bin")
	f := open(t, path, announced(text))
	receive(t, f, text, partial.Span{Start: 0, End: 4000})
	receive(t, f, text, partial.Span{Start: 9000, End: 10_000})
	again := strings.Repeat("x", 4000) + text[4000:9000] + strings.Repeat("x", 1000) + text[10_000:]
	receive(t, f, again, partial.Span{Start: 0, End: 1 << 20})
	if err := f.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	arrived(t, path, text)
}

// A source that is longer or shorter than the file is not continued.
func TestMoreOrLessThanAnnounced(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]io.Reader{"more": zeros{}, "less": strings.NewReader("ab")} {
		dir := t.TempDir()
		f := open(t, filepath.Join(dir, "out.bin"), announced("abc"))
		err := f.Receive(source, 0)
		if err == nil {
			err = f.Finish(t.Context())
		}
		f.Close()
		var mismatch *partial.MismatchError
		if !errors.As(err, &mismatch) || mismatch.Got.Size == 3 || len(listing(t, dir)) > 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.bin")
	first := open(t, path, announced("abc"))
	_, err := partial.Open(path, announced("abc"))
	var busy *partial.BusyError
	if !errors.As(err, &busy) || busy.Path != path || busy.Hint() == "" {
		t.Errorf("got %v", err)
	}
	first.Close()
	same(t, 0, len(listing(t, filepath.Dir(path))))
	open(t, path, announced("abc")).Close()
}

// Ctrl-C does not wait for a large file to be hashed.
func TestFinishListensToItsContext(t *testing.T) {
	t.Parallel()
	text := bulk(64 << 20)
	dir := t.TempDir()
	f := open(t, filepath.Join(dir, "out.bin"), announced(text))
	receive(t, f, text, partial.Span{Start: 1, End: int64(len(text))})
	receive(t, f, text, partial.Span{Start: 0, End: 1}) // the hashing begins now
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	cancel(stop)
	same(t, true, errors.Is(f.Finish(ctx), stop))
	f.Close()
	same(t, true, slices.Contains(listing(t, dir), ".out.bin.partial"))
}

// Names as long as a disk takes have partial files of their own.
func TestLongNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("ä", 120)
	a := open(t, filepath.Join(dir, long+"a.csv"), announced("abc"))
	defer a.Close()
	b := open(t, filepath.Join(dir, long+"b.csv"), announced("abc"))
	defer b.Close()
	receive(t, b, "abc", partial.Span{Start: 0, End: 3})
	if err := b.Finish(t.Context()); err != nil {
		t.Error(err)
	}
}

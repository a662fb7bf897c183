package results

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// depot is a platform with files of one job, by relative path; it notes the spans that
// were asked for.
type depot struct {
	texts    map[string][]byte
	whole    bool                                                                  // it sends no parts
	disturb  func(id string, span rescale.Span, body io.Reader) (io.Reader, error) // optional
	atOnce   int                                                                   // most bodies that were open at a time
	announce func(*rescale.File)                                                   // optional

	mu    sync.Mutex
	asked []string
	open  int
}

func (d *depot) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var list []rescale.File
	for _, path := range slices.Sorted(maps.Keys(d.texts)) {
		sum := sha512.Sum512(d.texts[path])
		f := rescale.File{ID: "id of " + path, RelativePath: path, Size: int64(len(d.texts[path])), SHA512: hex.EncodeToString(sum[:]), Complete: true}
		if d.announce != nil {
			d.announce(&f)
		}
		list = append(list, f)
	}
	return list, nil
}

func (d *depot) Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.whole && span != (rescale.Span{}) {
		return nil, rescale.ErrNoSpans
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, fmt.Sprintf("%d-%d", span.Start, span.End))
	d.open++
	d.atOnce = max(d.atOnce, d.open)
	text := d.texts[strings.TrimPrefix(id, "id of ")]
	if span.End == 0 {
		span.End = int64(len(text))
	}
	var body io.Reader = bytes.NewReader(text[span.Start:span.End])
	if d.disturb != nil {
		var err error
		if body, err = d.disturb(id, span, body); err != nil {
			return nil, err
		}
	}
	return &lease{Reader: body, of: d}, nil
}

type lease struct {
	io.Reader
	of *depot
}

func (l *lease) Close() error {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.of.open--
	return nil
}

// requests is what was asked for since the last call, sorted: parts come in any order.
func (d *depot) requests() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := d.asked
	d.asked = nil
	slices.Sort(asked)
	return strings.Join(asked, " ")
}

func noise(size int) []byte {
	text := make([]byte, size)
	source := rand.NewChaCha8([32]byte{2})
	_, _ = source.Read(text)
	return text
}

// fetch downloads everything in parts of 100 bytes; what is larger than 250 is large.
func fetch(t *testing.T, dir string, p Reader, parallel int) ([]state.Output, []Transfer, error) {
	t.Helper()
	var told []Transfer
	d := Download{
		Platform: p, ID: "QwErTy", Parallel: parallel, Tell: func(t Transfer) { told = append(told, t) },
		Wish:  Wish{Include: []string{"**"}, To: dir},
		sizes: sizes{large: 250, part: 100},
	}
	outputs, err := d.Run(t.Context())
	return outputs, told, err
}

func here(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	got := make(map[string][]byte)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == written.Folder || e.Name() == written.Previous {
			continue
		}
		if got[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A large file comes in parts, through as many streams as there are slots; small ones
// come whole.
func TestParts(t *testing.T) {
	t.Parallel()
	p := &depot{texts: map[string][]byte{"large": noise(320), "small": noise(249)}}
	dir := t.TempDir()
	outputs, told, err := fetch(t, dir, p, 4)
	if err != nil || len(outputs) != 2 || p.requests() != "0-0 0-100 100-200 200-300 300-320" {
		t.Errorf("%d outputs, %v", len(outputs), err)
	}
	here(t, dir, p.texts)
	if last := told[len(told)-1]; last.End != Done || last.Sent != last.Size {
		t.Errorf("the last word is %+v", last)
	}

	// Nothing comes again.
	outputs, told, err = fetch(t, dir, p, 4)
	if err != nil || len(outputs) != 2 || len(told) != 0 || p.requests() != "" {
		t.Errorf("%d outputs, told %v, %v", len(outputs), told, err)
	}

	// Only what is different does, and it is as it was.
	if err := os.WriteFile(filepath.Join(dir, "small"), noise(250)[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err = fetch(t, dir, p, 4); err != nil || p.requests() != "0-0" {
		t.Error(err)
	}
	here(t, dir, p.texts)
}

// However many streams there could be, there are never more than slots.
func TestSlots(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{0, 1, 3} {
		p := &depot{texts: map[string][]byte{"a": noise(5000), "b": noise(4000), "c": noise(10), "d": noise(10)}}
		dir := t.TempDir()
		if _, _, err := fetch(t, dir, p, parallel); err != nil {
			t.Fatal(err)
		}
		here(t, dir, p.texts)
		if p.atOnce > max(1, parallel) {
			t.Errorf("%d slots, %d streams", parallel, p.atOnce)
		}
	}
}

var errLost = errors.New("connection reset")

// failing breaks off the part that holds the byte at.
func failing(at int64) func(string, rescale.Span, io.Reader) (io.Reader, error) {
	return func(_ string, span rescale.Span, body io.Reader) (io.Reader, error) {
		if span.Start <= at && at < span.End {
			return io.MultiReader(io.LimitReader(body, at-span.Start), broken{}), nil
		}
		return body, nil
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errLost }

func TestGoingOnWithALargeFile(t *testing.T) {
	t.Parallel()
	p := &depot{texts: map[string][]byte{"large": noise(400), "small": noise(20)}, disturb: failing(230)}
	dir := t.TempDir()
	outputs, _, err := fetch(t, dir, p, 1)
	if !errors.Is(err, errLost) || len(outputs) != 1 || p.requests() != "0-0 0-100 100-200 200-300" {
		t.Fatalf("%d outputs, %v", len(outputs), err)
	}
	p.disturb = nil
	outputs, _, err = fetch(t, dir, p, 1)
	if err != nil || len(outputs) != 2 || p.requests() != "230-330 330-400" {
		t.Errorf("%d outputs, %v", len(outputs), err)
	}
	here(t, dir, p.texts)
}

// A partial file that turns out to be wrong costs one more try, not a person's look.
func TestAPartialFileThatIsWrong(t *testing.T) {
	t.Parallel()
	p := &depot{texts: map[string][]byte{"large": noise(400)}, disturb: failing(230)}
	dir := t.TempDir()
	if _, _, err := fetch(t, dir, p, 1); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	begun := partial.Path(filepath.Join(dir, "large"))
	if err := os.WriteFile(begun, make([]byte, 230), 0o600); err != nil {
		t.Fatal(err)
	}
	p.disturb = nil
	p.requests()
	if _, _, err := fetch(t, dir, p, 1); err != nil || p.requests() != "0-100 100-200 200-300 230-330 300-400 330-400" {
		t.Error(err)
	}
	here(t, dir, p.texts)
}

// What the platform itself sends wrong is fetched twice, then it is an error that leaves
// nothing.
func TestWrongContent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text     int // bytes
		announce func(*rescale.File)
		whole    bool
		asked    int // bodies
	}{
		"checksum":      {400, func(f *rescale.File) { f.SHA512 = strings.Repeat("0", 128) }, false, 8},
		"longer":        {400, func(f *rescale.File) { f.Size-- }, true, 2},
		"a small file":  {40, func(f *rescale.File) { f.SHA512 = strings.Repeat("0", 128) }, false, 2},
		"a shorter one": {40, func(f *rescale.File) { f.Size++ }, false, 2},
	} {
		p := &depot{texts: map[string][]byte{"file": noise(tc.text)}, announce: tc.announce, whole: tc.whole}
		dir := t.TempDir()
		outputs, _, err := fetch(t, dir, p, 2)
		var mismatch *partial.MismatchError
		if asked := len(strings.Fields(p.requests())); !errors.As(err, &mismatch) || len(outputs) != 0 || asked != tc.asked {
			t.Errorf("%s: %d outputs, %d bodies, %v", name, len(outputs), asked, err)
		}
		here(t, dir, map[string][]byte{})
	}
}

// TestWrongOnce fetches a file that was damaged on its way once more, before that is an
// error.
func TestWrongOnce(t *testing.T) {
	t.Parallel()
	for _, size := range []int{40, 400} {
		damaged := false
		p := &depot{texts: map[string][]byte{"file": noise(size)}}
		p.disturb = func(_ string, _ rescale.Span, body io.Reader) (io.Reader, error) {
			if damaged {
				return body, nil
			}
			damaged = true
			text, err := io.ReadAll(body)
			text[0] ^= 1
			return bytes.NewReader(text), err
		}
		dir := t.TempDir()
		outputs, told, err := fetch(t, dir, p, 1)
		if err != nil || len(outputs) != 1 {
			t.Fatalf("%d outputs, %v", len(outputs), err)
		}
		here(t, dir, p.texts)
		if last := told[len(told)-1]; last.End != Done || last.Sent != int64(size) || slices.ContainsFunc(told, func(t Transfer) bool { return t.Sent > t.Size || t.End == Failed }) {
			t.Errorf("%d bytes: told of %+v", size, last)
		}
	}
}

// A platform that knows no ranges sends everything, again if need be.
func TestNoSpans(t *testing.T) {
	t.Parallel()
	p := &depot{texts: map[string][]byte{"large": noise(400)}, whole: true, disturb: failing(230)}
	dir := t.TempDir()
	if _, _, err := fetch(t, dir, p, 4); !errors.Is(err, errLost) || p.requests() != "0-0" {
		t.Fatal(err)
	}
	p.disturb = nil
	_, told, err := fetch(t, dir, p, 4)
	if err != nil || p.requests() != "0-0" {
		t.Error(err)
	}
	for _, transfer := range told {
		if transfer.Sent > transfer.Size {
			t.Errorf("told %+v", transfer)
		}
	}
	here(t, dir, p.texts)
}

// An interrupt ends all streams, and what has arrived is continued.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	p := &depot{texts: map[string][]byte{"large": noise(400)}}
	p.disturb = func(_ string, span rescale.Span, body io.Reader) (io.Reader, error) {
		if span.Start == 200 {
			cancel(stop)
			return broken{}, nil
		}
		return body, nil
	}
	dir := t.TempDir()
	d := Download{
		Platform: p, Parallel: 1, Tell: func(Transfer) {}, Wish: Wish{Include: []string{"**"}, To: dir}, sizes: sizes{large: 250, part: 100},
	}
	if _, err := d.Run(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	p.disturb = nil
	p.requests()
	if _, _, err := fetch(t, dir, p, 1); err != nil || p.requests() != "200-300 300-400" {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	few := transfers{Download: Download{sizes: sizes{part: 100}}}
	got := few.cut([]partial.Span{{Start: 50, End: 60}, {Start: 100, End: 320}}, 400)
	want := []rescale.Span{{Start: 50, End: 60}, {Start: 100, End: 200}, {Start: 200, End: 300}, {Start: 300, End: 320}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	const huge = 1 << 40
	var standard transfers
	if n := len(standard.cut([]partial.Span{{End: huge}}, huge)); n != mostParts {
		t.Errorf("%d requests for a huge file", n)
	}
}

// Names that differ in case only are one file on some disks: the first is fetched, the
// others are refused by name.
func TestNamesThatADiskTakesForOne(t *testing.T) {
	t.Parallel()
	list := []Result{{Path: "A.csv"}, {Path: "b.csv"}, {Path: "a.csv"}, {Path: "B.CSV"}, {Path: "c.csv", Refused: errLost}, {Path: "C.csv"}}
	got := refuseAlike(list, alike(list))
	var texts []string
	for _, r := range got {
		texts = append(texts, fmt.Sprint(r.Path, " ", r.Refused))
	}
	want := []string{
		"A.csv <nil>", "b.csv <nil>",
		`a.csv remote path "a.csv" is refused: this disk takes it for the same file as "A.csv"`,
		`B.CSV remote path "B.CSV" is refused: this disk takes it for the same file as "b.csv"`,
		"c.csv connection reset", "C.csv <nil>",
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	dir := t.TempDir()
	blind, err := caseBlind(dir)
	if err != nil {
		t.Fatal(err)
	}
	if list, err = oneFileEach(dir, list); err != nil || (list[2].Refused != nil) != blind {
		t.Errorf("the disk is blind: %v, yet %v, %v", blind, list[2].Refused, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("asking left %v, %v", entries, err)
	}
}

// What cannot fit is refused before anything is fetched; what is here counts.
func TestRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, known := partial.Free(dir); !known {
		t.Skip("this system does not tell")
	}
	const petabytes = 1 << 60
	list := []Result{{Path: "a", File: rescale.File{Size: petabytes}}}
	err := roomFor(filepath.Join(dir, "not", "there"), list)
	var space *SpaceError
	if !errors.As(err, &space) || space.Need != petabytes || space.Hint() == "" {
		t.Errorf("got %v", err)
	}
	list[0].Refused = &content.UnsafePathError{}
	if err := roomFor(dir, list); err != nil {
		t.Errorf("what is refused takes no room: %v", err)
	}
	begun, err := os.Create(partial.Path(filepath.Join(dir, "b")))
	if err != nil {
		t.Fatal(err)
	}
	defer begun.Close()
	const gigabyte = 1 << 30
	if err := begun.Truncate(gigabyte); err != nil {
		t.Skip(err)
	}
	if err := roomFor(dir, []Result{{Path: "b", File: rescale.File{Size: gigabyte + 1}}}); err != nil {
		t.Errorf("what is here already takes no room: %v", err)
	}
}

package inputs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

const owner = "ada@example.com"

// library is a platform with the files of many accounts, newest first.
type library struct {
	mu       sync.Mutex
	files    []rescale.File
	searches []string
	looked   int // files that searches gave
	reads    int // of single records
	uploads  int
	atOnce   int // uploads that were under way at a time, at most
	under    int
	checksum string // of uploads
	err      error
	refusal  int    // status for records that are not there
	during   func() // while an upload is under way
}

func newLibrary() *library { return &library{refusal: http.StatusNotFound} }

func (l *library) File(ctx context.Context, id string) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	for _, f := range l.files {
		if f.ID == id {
			return f, l.err
		}
	}
	return rescale.File{}, &rescale.Error{Status: l.refusal}
}

func (l *library) Files(ctx context.Context, search string, yield func(rescale.File) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.searches = append(l.searches, search)
	for _, f := range l.files {
		if !strings.Contains(f.Name, search) {
			continue
		}
		l.looked++
		if !yield(f) {
			break
		}
	}
	return l.err
}

func (l *library) Upload(ctx context.Context, u rescale.Upload) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	l.mu.Lock()
	l.under++
	l.atOnce = max(l.atOnce, l.under)
	l.mu.Unlock()
	body, err := u.Open()
	if err != nil {
		return rescale.File{}, err
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	u.Progress(n)
	if l.during != nil {
		l.during()
	}
	time.Sleep(time.Second) // of the bubble
	l.mu.Lock()
	defer l.mu.Unlock()
	l.under--
	l.uploads++
	return rescale.File{ID: fmt.Sprintf("up%d", l.uploads), Name: u.Name, Size: n, SHA512: l.checksum, Complete: true}, err
}

// stored is a file that can stand for the input.
func stored(id string, in files.Input, change ...func(*rescale.File)) rescale.File {
	f := rescale.File{
		ID: id, Name: in.Name, Type: rescale.InputFile, Owner: "Ada@Example.com", Size: in.Size, SHA512: in.SHA512, Complete: true,
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func input(name, sum string) files.Input {
	return files.Input{Name: name, Path: "/case/" + name, SHA512: sum, Size: int64(len(sum))}
}

// knowing is a state in which the input was uploaded.
func knowing(id string, list ...files.Input) state.Snapshot {
	s := state.Snapshot{Files: make(map[string][]state.File)}
	for _, in := range list {
		s.Files[in.SHA512] = append(s.Files[in.SHA512], state.File{Name: in.Name, SHA512: in.SHA512, Size: in.Size, ID: id})
	}
	return s
}

func TestLook(t *testing.T) {
	t.Parallel()
	deck := input("deck.k", "abc")
	with := func(change func(*rescale.File)) []rescale.File { return []rescale.File{stored("F", deck, change)} }
	for name, tc := range map[string]struct {
		files []rescale.File
		known state.Snapshot
		scope inputs.Scope
		deny  int    // how the platform refuses what is not there
		want  string // id
	}{
		"the same":                  {files: with(func(*rescale.File) {}), want: "F"},
		"the newest of several":     {files: []rescale.File{stored("New", deck), stored("Old", deck)}, want: "New"},
		"another content":           {files: with(func(f *rescale.File) { f.SHA512 = "xyz" })},
		"no checksum":               {files: with(func(f *rescale.File) { f.SHA512 = "" })},
		"another size":              {files: with(func(f *rescale.File) { f.Size = 4 })},
		"a name that contains ours": {files: with(func(f *rescale.File) { f.Name = "old-deck.k" })},
		"a name in other letters":   {files: with(func(f *rescale.File) { f.Name = "deck.K" })},
		"another owner":             {files: with(func(f *rescale.File) { f.Owner = "bob@example.com" })},
		"half uploaded":             {files: with(func(f *rescale.File) { f.Complete = false })},
		"deleted":                   {files: with(func(f *rescale.File) { f.Deleted = true })},
		"an output":                 {files: with(func(f *rescale.File) { f.Type = rescale.OutputFile })},
		"nothing there":             {},

		"known and there":           {files: []rescale.File{stored("New", deck), stored("Old", deck)}, known: knowing("Old", deck), want: "Old"},
		"known and gone":            {files: with(func(*rescale.File) {}), known: knowing("Old", deck), want: "F"},
		"known and forbidden":       {files: with(func(*rescale.File) {}), known: knowing("Old", deck), deny: http.StatusForbidden, want: "F"},
		"known under a new name":    {files: with(func(f *rescale.File) { f.Name = "renamed.k" }), known: knowing("F", deck)},
		"there and known, no reuse": {files: []rescale.File{stored("Old", deck)}, known: knowing("Old", deck), scope: inputs.Nowhere},
		"there, no reuse":           {files: with(func(*rescale.File) {}), scope: inputs.Nowhere},
		"known without a checksum":  {files: with(func(f *rescale.File) { f.SHA512 = "" }), known: knowing("F", deck), want: "F"},
		"known, and it was altered": {files: with(func(f *rescale.File) { f.Size = 9 }), known: knowing("F", deck)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newLibrary()
			p.files = tc.files
			if tc.deny != 0 {
				p.refusal = tc.deny
			}
			search := inputs.Search{Owner: owner, Wanted: []files.Input{deck}, Known: tc.known, Scope: tc.scope}
			stock, err := inputs.Look(t.Context(), p, search)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(inputs.Stock{inputs.Of(deck): tc.want}, stock); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLookIsBounded(t *testing.T) {
	t.Parallel()
	many := func(n int) []files.Input {
		var list []files.Input
		for i := range n {
			list = append(list, input(fmt.Sprintf("case-%04d.inp", i), fmt.Sprintf("sum-%04d", i)))
		}
		return list
	}
	noise := make([]rescale.File, 20_000)
	for i := range noise {
		noise[i] = rescale.File{ID: fmt.Sprintf("n%d", i), Name: "case-0000.inp", Type: rescale.InputFile, Owner: owner, Complete: true}
	}
	for name, tc := range map[string]struct {
		wanted          []files.Input
		known           state.Snapshot
		files           []rescale.File
		reads, searches int
		looked, found   int
	}{
		"one search for each name": {
			wanted: []files.Input{input("a", "1"), input("a", "2"), input("b", "1")},
			files:  []rescale.File{stored("A1", input("a", "1")), stored("A2", input("a", "2")), stored("older", input("a", "1"))},
			// The third "a" is not looked at: both are found.
			searches: 2, looked: 2, found: 2,
		},
		"a name that everybody uses":       {wanted: many(1), files: noise, searches: 1, looked: 1_000},
		"a sweep of one name":              {wanted: sameName(3), files: noise, searches: 1, looked: 3_000},
		"a large sweep of one name":        {wanted: sameName(30), files: noise, searches: 1, looked: 10_000},
		"many names are one listing":       {wanted: many(1_000), files: noise, searches: 1, looked: 10_000},
		"a listing ends when all is found": {wanted: many(65), files: manyStored(many(200)), searches: 1, looked: 65, found: 65},
		"few remembered files are checked": {wanted: many(64), known: knowing("gone", many(64)...), reads: 64, searches: 64},
		"many are believed":                {wanted: many(65), known: knowing("gone", many(65)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &library{files: tc.files, refusal: http.StatusNotFound}
			stock, err := inputs.Look(t.Context(), p, inputs.Search{Owner: owner, Wanted: tc.wanted, Known: tc.known})
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, id := range stock {
				if id != "" {
					found++
				}
			}
			if p.reads != tc.reads || len(p.searches) != tc.searches || p.looked != tc.looked || found != tc.found {
				t.Errorf("%d reads, %d searches that gave %d files, %d found; want %+v", p.reads, len(p.searches), p.looked, found, tc)
			}
		})
	}
}

func sameName(n int) []files.Input {
	var list []files.Input
	for i := range n {
		list = append(list, input("case-0000.inp", fmt.Sprint(i)))
	}
	return list
}

func manyStored(list []files.Input) []rescale.File {
	var files []rescale.File
	for i, in := range list {
		files = append(files, stored(fmt.Sprint(i), in))
	}
	return files
}

func TestLookThatFails(t *testing.T) {
	t.Parallel()
	outage := errors.New("outage")
	deck := input("deck.k", "abc")
	p := &library{refusal: http.StatusNotFound, err: outage, files: []rescale.File{stored("F", deck)}}
	_, err := inputs.Look(t.Context(), p, inputs.Search{Owner: owner, Wanted: []files.Input{deck}})
	var look *inputs.LookError
	if !errors.As(err, &look) || !errors.Is(err, outage) || !strings.Contains(look.Hint(), "--no-reuse") {
		t.Errorf("search: %v", err)
	}
	_, err = inputs.Look(t.Context(), p, inputs.Search{Owner: owner, Wanted: []files.Input{deck}, Known: knowing("F", deck)})
	if errors.As(err, &look) || !errors.Is(err, outage) {
		t.Errorf("record: %v", err)
	}
}

// diary is a journal and a reporter that writes down what it hears.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) Append(records ...state.Record) error {
	for _, r := range records {
		d.note("record %s %s", r.Kind, r.File.ID)
	}
	return nil
}

func (d *diary) Uploading(_ files.Input, sent int64) { d.note("sent %d", sent) }
func (d *diary) Uploaded(_ files.Input, id string)   { d.note("tell uploaded %s", id) }
func (d *diary) Aborted(files.Input)                 { d.note("tell aborted") }
func (d *diary) text() string                        { return strings.Join(d.lines, "; ") }
func (d *diary) store(p inputs.Writer) *inputs.Store {
	return &inputs.Store{Platform: p, Journal: d, Report: d, Parallel: 2}
}

func onDisk(t *testing.T, name string) files.Input {
	t.Helper()
	return writeIn(t, t.TempDir(), name)
}

func ids(refs []rescale.InputRef) (list []string) {
	for _, r := range refs {
		list = append(list, r.ID)
	}
	return list
}

func writeIn(t *testing.T, dir, name string) files.Input {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("deck"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return files.Input{Name: name, Path: path, SHA512: "abc", Size: 4, ModTime: info.ModTime()}
}

// unasked is what was found when nobody looked.
const unasked = "?"

func TestStore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		known, found string // ids
		files        func(files.Input) []rescale.File
		want         string
		lines        string
	}{
		"nothing is there": {
			want: "up1", lines: "record uploading ; sent 0; sent 4; record uploaded up1; tell uploaded up1",
		},
		"known, not looked for":           {known: "K", found: unasked, files: keep("K"), want: "K"},
		"known and there, no reuse":       {known: "K", files: keep("K"), want: "up1", lines: "record uploading ; sent 0; sent 4; record uploaded up1; tell uploaded up1"},
		"known as well":                   {known: "K", found: "K", files: keep("K"), want: "K"},
		"found":                           {found: "F", files: keep("F"), want: "F", lines: "record uploaded F"},
		"known is gone":                   {known: "K", found: "F", files: keep("F"), want: "F", lines: "record uploaded F"},
		"known is gone, nothing is found": {known: "K", want: "up1", lines: "record uploading ; sent 0; sent 4; record uploaded up1; tell uploaded up1"},
		"found and gone now":              {found: "F", want: "up1", lines: "record uploading ; sent 0; sent 4; record uploaded up1; tell uploaded up1"},
		"known, then deleted": {
			known: "K", found: unasked, files: func(in files.Input) []rescale.File {
				return []rescale.File{stored("K", in, func(f *rescale.File) { f.Deleted = true })}
			},
			want: "up1", lines: "record uploading ; sent 0; sent 4; record uploaded up1; tell uploaded up1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in, p, d := onDisk(t, "deck.k"), newLibrary(), new(diary)
				if tc.files != nil {
					p.files = tc.files(in)
				}
				s := d.store(p)
				s.Known = knowing(tc.known, in)
				if tc.found != unasked {
					s.Found = inputs.Stock{inputs.Of(in): tc.found}
				}
				refs, err := s.IDs(t.Context(), []files.Input{in})
				if diff := cmp.Diff([]string{tc.want}, ids(refs)); diff != "" || err != nil {
					t.Errorf("%v (-want +got)\n%s", err, diff)
				}
				if diff := cmp.Diff(tc.lines, d.text()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func keep(id string) func(files.Input) []rescale.File {
	return func(in files.Input) []rescale.File { return []rescale.File{stored(id, in)} }
}

// TestParallelBoundsAllUploads starts several jobs with several inputs each: the
// bound is one for all, and what they share is sent once.
func TestParallelBoundsAllUploads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, p, d := t.TempDir(), newLibrary(), new(diary)
		s := d.store(p)
		shared := writeIn(t, dir, "shared.k")
		var jobs sync.WaitGroup
		for i := range 5 {
			list := []files.Input{shared, {ID: "there"}}
			for j := range 3 {
				list = append(list, writeIn(t, dir, fmt.Sprintf("job%d-%d.k", i, j)))
			}
			jobs.Go(func() {
				if refs, err := s.IDs(t.Context(), list); err != nil || len(refs) != 5 || refs[1].ID != "there" || refs[4].ID == "" {
					t.Errorf("%+v, %v", refs, err)
				}
			})
		}
		jobs.Wait()
		if p.uploads != 16 || p.atOnce != 2 {
			t.Errorf("%d uploads, %d at once", p.uploads, p.atOnce)
		}
	})
}

func TestAFileThatChangesIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set   func(*library, *files.Input)
		lines string
	}{
		"before it is sent":           {func(_ *library, in *files.Input) { in.Size++ }, ""},
		"what arrived is another one": {func(l *library, _ *files.Input) { l.checksum = "other" }, "record uploading ; sent 0; sent 4; tell aborted"},
		"while it is sent": {
			func(l *library, in *files.Input) {
				path := in.Path
				l.during = func() { _ = os.WriteFile(path, []byte("DECK!"), 0o644) }
			},
			"record uploading ; sent 0; sent 4; tell aborted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in, p, d := onDisk(t, "deck.k"), newLibrary(), new(diary)
				tc.set(p, &in)
				_, err := d.store(p).IDs(t.Context(), []files.Input{in})
				var changed *inputs.ChangedError
				if !errors.As(err, &changed) || changed.Path != in.Path {
					t.Errorf("%v", err)
				}
				if diff := cmp.Diff(tc.lines, d.text()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestAnInterruptEndsTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, d, dir := newLibrary(), new(diary), t.TempDir()
		p.during = cancel
		s := d.store(p)
		s.Parallel = 1
		_, err := s.IDs(ctx, []files.Input{writeIn(t, dir, "a"), writeIn(t, dir, "b"), writeIn(t, dir, "c")})
		if !errors.Is(err, context.Canceled) || p.uploads != 1 {
			t.Errorf("%v after %d uploads", err, p.uploads)
		}
	})
}

package results_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// listing is a platform that holds files of one job; the content of a file is its id.
type listing []rescale.File

func (s listing) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return s, ctx.Err()
}

func (s listing) Download(ctx context.Context, id string, _ rescale.Span) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(id)), ctx.Err()
}

func file(rel string, change ...func(*rescale.File)) rescale.File {
	sum := sha512.Sum512([]byte(rel))
	f := rescale.File{
		ID: rel, Name: filepath.Base(rel), RelativePath: rel, Path: "user/user_X/output/job_Y/run1/" + rel,
		Size: int64(len(rel)), SHA512: hex.EncodeToString(sum[:]), Complete: true,
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func in(run string) func(*rescale.File) {
	return func(f *rescale.File) { f.Path = strings.Replace(f.Path, "run1", run, 1) }
}

func download(t *testing.T, s listing, include ...string) (string, []state.Output, error) {
	t.Helper()
	d := results.Download{
		Platform: s, ID: "Y", Tell: func(results.Transfer) {},
		Wish: results.Wish{Include: include, To: "out", Dir: t.TempDir()},
	}
	outputs, err := d.Run(t.Context())
	return d.Wish.Folder(), outputs, err
}

func paths(outputs []state.Output) []string {
	var list []string
	for _, o := range outputs {
		list = append(list, o.Path)
	}
	return list
}

func TestDownload(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		listing listing
		include string
		want    []string
	}{
		"patterns":              {listing{file("a.csv"), file("b.log"), file("deep/c.csv")}, "*.csv", []string{"a.csv", "deep/c.csv"}},
		"deleted and half done": {listing{file("a.csv", func(f *rescale.File) { f.Deleted = true }), file("b.csv", func(f *rescale.File) { f.Complete = false })}, "**", nil},
		"several runs are kept apart": {
			listing{file("a.csv"), file("a.csv", in("run2")), file("a.csv", in("run10"))},
			"**",
			[]string{"run1/a.csv", "run2/a.csv", "run10/a.csv"},
		},
		"nothing matches": {listing{file("a.csv")}, "*.vtk", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, outputs, err := download(t, tc.listing, tc.include)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, paths(outputs)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, o := range outputs {
				if info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(o.Path))); err != nil || info.Size() != o.Size {
					t.Errorf("%s: %v", o.Path, err)
				}
			}
		})
	}
}

// TestOneBadFileDoesNotStopTheOthers refuses a path that leaves the folder and a
// content that is not what was announced, and fetches the rest.
func TestOneBadFileDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	broken := file("broken.csv", func(f *rescale.File) { f.SHA512 = strings.Repeat("0", 128) })
	folder, outputs, err := download(t, listing{file("../../etc/passwd"), file("a.csv"), broken, file("z.csv")}, "**")
	if diff := cmp.Diff([]string{"a.csv", "z.csv"}, paths(outputs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var unsafe *content.UnsafePathError
	var mismatch *partial.MismatchError
	if !errors.As(err, &unsafe) || !errors.As(err, &mismatch) {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 3 { // with the list of them
		t.Errorf("%d entries in the folder, %v", len(entries), err)
	}
}

// TestRefusedOneByOne looks first, then fetches: what would be refused is said in both.
func TestRefusedOneByOne(t *testing.T) {
	t.Parallel()
	bad := []string{"../x", "/etc/passwd", `C:\x`, "c:/x", `a\b`, "NUL", "run/aux.csv", "end.", "blank ", "a//b", ".git/config", "deep/.rescale/state"}
	listing := listing{file("good.csv")}
	for _, rel := range bad {
		listing = append(listing, file(rel))
	}
	d := results.Download{
		Platform: listing, ID: "Y", Tell: func(results.Transfer) {},
		Wish: results.Wish{Include: []string{"**"}, To: "out", Dir: t.TempDir()},
	}
	list, err := d.List(t.Context())
	if err != nil || len(list) != 1+len(bad) {
		t.Fatalf("%d files, %v", len(list), err)
	}
	for i, r := range list {
		if (r.Refused != nil) != (i > 0) {
			t.Errorf("%q: %v", r.Path, r.Refused)
		}
	}
	outputs, err := d.Run(t.Context())
	if diff := cmp.Diff([]string{"good.csv"}, paths(outputs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var incomplete *results.IncompleteError
	if !errors.As(err, &incomplete) || len(incomplete.Failures) != len(bad) {
		t.Fatalf("got %v", err)
	}
	for i, rel := range bad {
		if !strings.HasPrefix(incomplete.Failures[i].Error(), "downloading "+rel+": ") {
			t.Errorf("%q: %v", rel, incomplete.Failures[i])
		}
	}
	if !strings.HasSuffix(err.Error(), fmt.Sprintf("; and %d more", len(bad)-3)) {
		t.Errorf("got %v", err)
	}
}

// TestWhatDoesNotCome is said, pattern by pattern, and of files that were deleted.
func TestWhatDoesNotCome(t *testing.T) {
	t.Parallel()
	deleted := func(f *rescale.File) { f.Deleted = true }
	incomplete := func(f *rescale.File) { f.Complete = false }
	log := file("process_output.log")
	unprinted := "the platform may not list all results yet: what the command printed is not among them"
	for name, tc := range map[string]struct {
		listing   listing
		include   []string
		want      []string
		warnings  []string
		refused   string // the path of what is refused
		different bool   // when the run is not over
	}{
		"one pattern of two":      {listing{file("a.csv"), log}, []string{"*.csv", "*.vtk"}, []string{"a.csv"}, []string{`pattern "*.vtk" matches no result`}, "", false},
		"two of three":            {listing{file("a.csv"), log}, []string{"b", "*.csv", "c/**"}, []string{"a.csv"}, []string{`pattern "b" matches no result`, `pattern "c/**" matches no result`}, "", false},
		"only what is excluded":   {listing{file("a.csv"), file("tmp/x.vtk"), log}, []string{"*.csv", "*.vtk"}, []string{"a.csv"}, []string{`pattern "*.vtk" matches only results that are excluded`}, "", false},
		"all match":               {listing{file("a.csv"), log}, []string{"*.csv", "a*"}, []string{"a.csv"}, nil, "", false},
		"none matches":            {listing{log}, []string{"*.csv", "*.vtk"}, nil, nil, "", false},
		"deleted since":           {listing{file("a.csv"), file("b.vtk", deleted), log}, []string{"*.csv", "*.vtk"}, []string{"a.csv"}, []string{"deleted on the platform: b.vtk"}, "", false},
		"many were deleted":       {listing{file("1", deleted), file("2", deleted), file("3", deleted), file("4", deleted), log}, []string{"?"}, nil, []string{"deleted on the platform: 1, 2, 3 and 1 more"}, "", false},
		"never whole":             {listing{file("a.csv"), file("b.csv", incomplete), log}, []string{"*.csv"}, []string{"a.csv"}, nil, "b.csv", true},
		"the command did not say": {listing{file("a.csv")}, []string{"*.csv"}, []string{"a.csv"}, []string{unprinted}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, over := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					var warnings []string
					d := results.Download{
						Platform: tc.listing, ID: "Y", Over: over, Warn: func(message string) { warnings = append(warnings, message) },
						Wish: results.Wish{Include: tc.include, Exclude: []string{"tmp/**"}, To: "out", Dir: t.TempDir()},
					}
					list, err := d.List(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					var got []string
					refused := ""
					for _, r := range list {
						if r.Refused != nil {
							refused = r.Path
							continue
						}
						got = append(got, r.Path)
					}
					if diff := cmp.Diff(tc.want, got); diff != "" {
						t.Errorf("over: %v (-want +got)\n%s", over, diff)
					}
					if over || !tc.different {
						if diff := cmp.Diff(tc.warnings, warnings); diff != "" || refused != tc.refused {
							t.Errorf("over: %v, refused %q (-want +got)\n%s", over, refused, diff)
						}
					} else if len(warnings) > 0 || refused != "" {
						t.Errorf("of a run that goes on: %q, refused %q", warnings, refused)
					}
				})
			}
		})
	}
}

// TestNamesThatLostTheirBytes: two names that differ only in bytes that are not UTF-8
// read alike, and none of them may replace the other.
func TestNamesThatLostTheirBytes(t *testing.T) {
	t.Parallel()
	other := func(f *rescale.File) { f.ID = "other" }
	_, outputs, err := download(t, listing{file("caf\ufffd.csv"), file("caf\ufffd.csv", other), file("a.csv")}, "**")
	var incomplete *results.IncompleteError
	if !errors.As(err, &incomplete) || len(incomplete.Failures) != 2 {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"a.csv"}, paths(outputs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestAnInputIsNoResult, though the platform may list it among the outputs.
func TestAnInputIsNoResult(t *testing.T) {
	t.Parallel()
	deck := file("deck.csv", func(f *rescale.File) { f.Type, f.Path = rescale.InputFile, "user/user_X/deck-1f.csv" })
	given := file("mesh.csv", func(f *rescale.File) { f.Path = strings.Replace(f.Path, "job_Y", "job_Z", 1) })
	_, outputs, err := download(t, listing{deck, given, file("a.csv")}, "**")
	if diff := cmp.Diff([]string{"a.csv"}, paths(outputs)); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// A run that synced a file twice lists it twice.
func TestTheNewerOfTwoVersionsCounts(t *testing.T) {
	t.Parallel()
	older := file("a.csv", func(f *rescale.File) { f.Uploaded = noon.Add(-time.Hour) })
	newer := file("a.csv", func(f *rescale.File) { f.Uploaded = noon })
	for _, files := range []listing{{older, newer}, {newer, older}} {
		folder, outputs, err := download(t, files, "**")
		if err != nil || len(outputs) != 1 {
			t.Fatalf("%d outputs, %v", len(outputs), err)
		}
		if info, err := os.Stat(filepath.Join(folder, "a.csv")); err != nil || !info.ModTime().Equal(noon) {
			t.Errorf("%v, %v", info, err)
		}
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// TestMissing lets the content decide whether a result is here, not its size.
func TestMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pattern := []spec.Value[string]{{V: "*.csv"}}
	wish := results.Of(resolver.Job{Name: "wing/aoa=4", Results: "results/wing-aoa=4", Dir: dir, Outputs: spec.Outputs{Download: pattern}})
	if want := filepath.Join(dir, "results", "wing-aoa=4"); wish.Folder() != want {
		t.Fatalf("folder %s, want %s", wish.Folder(), want)
	}
	sum := sha512.Sum512([]byte("right"))
	outputs := []state.Output{{Path: "a.csv", Size: 5, SHA512: hex.EncodeToString(sum[:])}}
	run := state.Run{OutputsTo: wish.To, Selection: wish.Selection(), Outputs: outputs}
	other := wish
	other.Include = []string{"*.vtk"}
	for name, tc := range map[string]struct {
		wish results.Wish
		text string // of a.csv; empty for none
		want []string
	}{
		"gone":                 {wish, "", []string{"a.csv"}},
		"here":                 {wish, "right", nil},
		"other size":           {wish, "longer", []string{"a.csv"}},
		"other content":        {wish, "wrong", []string{"a.csv"}},
		"other files":          {other, "right", []string{wish.To}},
		"nothing is asked for": {results.Wish{}, "", nil},
	} {
		path := filepath.Join(wish.Folder(), "a.csv")
		if err := os.RemoveAll(wish.Folder()); err != nil {
			t.Fatal(err)
		}
		if tc.text != "" {
			if err := errors.Join(os.MkdirAll(wish.Folder(), 0o755), os.WriteFile(path, []byte(tc.text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := results.Missing(t.Context(), tc.wish, run)
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

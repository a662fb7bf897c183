package sources_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

// plant makes files below dir, and links where a name has an arrow.
func plant(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		full := filepath.Join(dir, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink && runtime.GOOS == "windows":
			t.Skip("links need a right on Windows")
		case isLink:
			err = os.Symlink(filepath.FromSlash(target), full)
		default:
			err = os.WriteFile(full, []byte(name), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// results makes files that this tool wrote.
func results(t *testing.T, folder string, names ...string) {
	t.Helper()
	plant(t, folder, names...)
	err := written.Update(t.Context(), folder, func(l *written.List) error {
		for _, name := range names {
			l.Put(written.File{Path: name, By: "test", Size: 1})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "job.yaml", "points.csv", "rescale.lock.yaml", "other.yaml", "Run_1/a.inp", "Run_2/a.inp", "Run_3", ".hidden/Run_1/a", ".Run_4/a", ".git/HEAD", ".rescale/x/y",
		"cases/a/Run_1/in", "results/notes.txt", "cases/.b/Run_1/in", "left/Run_1/a", "brackets/a[1]/in", "brackets/a1/in")
	results(t, filepath.Join(dir, "results", "wing-case=Run_1"), "out.txt")
	results(t, filepath.Join(dir, "Run_2"), "out.inp")
	if err := os.WriteFile(filepath.Join(dir, ".rescaleignore"), []byte("left/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := []string{filepath.Join(dir, "job.yaml"), filepath.Join(dir, "points.csv")}
	const ignored = ": .rescaleignore may leave out what is there | change the .rescaleignore, or write the path of one: that is always taken"
	const none = " | patterns start at the folder of the manifest; **/ goes into the folders below"
	for name, tc := range map[string]struct {
		kind    places.Kind
		pattern string
		want    string // PATH (BEGIN), or an error and its hint
	}{
		"folders, results beside inputs": {places.Folders, "Run_*", "Run_1 (.), Run_2 (.)"},
		"a slash at the end":             {places.Folders, "./Run_*/", "Run_1 (.), Run_2 (.)"},
		"neither hidden nor results":     {places.Folders, "*", "Run_1 (.), Run_2 (.), brackets (.), cases (.)"},
		"in any folder":                  {places.Folders, "cases/**/Run_*", "cases/a/Run_1 (cases)"},
		"hidden, on purpose":             {places.Folders, ".hidden/Run_*", ".hidden/Run_1 (.hidden)"},
		"a path":                         {places.Folders, "left/Run_1", "left/Run_1 (left)"},
		"brackets":                       {places.Folders, "brackets/a[1]", "brackets/a[1] (brackets)"},
		"files in folders":               {places.Files, "Run_*/*.inp", "Run_1/a.inp (.), Run_2/a.inp (.)"},
		"no text of the manifest":        {places.Files, "*.yaml", "other.yaml (.)"},
		"the manifest by its path":       {places.Files, "job.yaml", "job.yaml (.)"},
		"only the table":                 {places.Files, "*.csv", `no file matches "*.csv": what is there is hidden, a result, or the manifest's own | write a path without wildcards to name one of them all the same`},
		"results with notes":             {places.Folders, "result*", `no folder matches "result*": what is there is hidden, a result, or the manifest's own | write a path without wildcards to name one of them all the same`},
		"only results":                   {places.Folders, "results/*", `no folder matches "results/*": what is there is hidden, a result, or the manifest's own | write a path without wildcards to name one of them all the same`},
		"ignored":                        {places.Folders, "left/*", `no folder matches "left/*"` + ignored},
		"nothing":                        {places.Folders, "Rin_*", `no folder matches "Rin_*"` + ignored},
		"no such folder":                 {places.Files, "casse/*.inp", `no file matches "casse/*.inp": there is no folder casse` + none},
		"no such path":                   {places.Folders, "Run_9", `no folder matches "Run_9"` + none},
		"files for folders":              {places.Folders, "Run_*/*.inp", `no folder matches "Run_*/*.inp": it matches files | write {files: "Run_*/*.inp"}`},
		"a file for folders":             {places.Folders, "Run_3", `no folder matches "Run_3": it is a file | write {files: "Run_3"}`},
		"a folder for files":             {places.Files, "Run_1", `no file matches "Run_1": it is a folder | write {folders: "Run_1"}`},
		"folders for files":              {places.Files, "cases/*", `no file matches "cases/*": it matches folders | write {folders: "cases/*"}, or cases/*/NAME for a file in each of them`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finder := &sources.Places{}
			if diff := cmp.Diff(tc.want, shown(finder.Find(places.Query{Dir: dir, Pattern: tc.pattern, Kind: tc.kind, Own: own}))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func shown(found []places.Place, err error) string {
	if err != nil {
		hint := ""
		if hinted, ok := err.(interface{ Hint() string }); ok { //nolint:errorlint // the error itself has it
			hint = hinted.Hint()
		}
		return err.Error() + " | " + hint
	}
	var list []string
	for _, p := range found {
		list = append(list, p.Path+" ("+p.Begin+")")
	}
	return strings.Join(list, ", ")
}

// A link to a folder is a folder, but not a second point of what has a name of its own;
// and a contained command follows none out of the repository.
func TestPlacesBehindLinks(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	plant(t, top, "repo/.git/HEAD", "repo/jobs/Run_1/a", "repo/jobs/Run_last -> Run_1", "repo/jobs/Run_2 -> ../cases/x", "repo/cases/x/a", "repo/away/Run_1 -> ../../else", "else/a")
	for name, tc := range map[string]struct {
		dir, pattern string
		contained    bool
		want         string
	}{
		"links":              {dir: "repo/jobs", pattern: "Run_*", want: "Run_1 (.), Run_2 (.)"},
		"contained":          {dir: "repo/jobs", pattern: "Run_*", contained: true, want: "Run_1 (.), Run_2 (.)"},
		"above":              {dir: "repo/jobs", pattern: "../cases/*", contained: true, want: "../cases/x (../cases)"},
		"a link out":         {dir: "repo/away", pattern: "Run_*", want: "Run_1 (.)"},
		"a link out, denied": {dir: "repo/away", pattern: "Run_*", contained: true, want: `"Run_1" cannot be read: it leads to`},
		"out, denied":        {dir: "repo/jobs", pattern: "../../else/*", contained: true, want: `"../../else/*" cannot be read: it leads to`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finder := &sources.Places{Contained: tc.contained}
			got := shown(finder.Find(places.Query{Dir: filepath.Join(top, filepath.FromSlash(tc.dir)), Pattern: tc.pattern, Kind: places.Folders}))
			if !strings.HasPrefix(got, tc.want) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

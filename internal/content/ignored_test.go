package content_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// put writes one file with a text of its own.
func put(t *testing.T, root, name, text string) {
	t.Helper()
	plant(t, root, name)
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMatchIgnores has ignore files in the folder of the manifest and below it,
// and in a folder elsewhere.
func TestMatchIgnores(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	put(t, dir, ".rescaleignore", "*.log\n/case/0/\n.git\na[1].dat\n")
	put(t, dir, "case/.rescaleignore", "!solver.log\n.hidden\n")
	put(t, filepath.Dir(dir), "shared/.rescaleignore", "/mesh.msh\n")
	for name, tc := range map[string]struct {
		pattern string
		want    []string
	}{
		"tree":                              {"case/**", []string{"case/Allrun", "case/log/solver.log"}},
		"one level":                         {"case/*", []string{"case/Allrun"}},
		"below an ignored folder":           {"case/0/*", nil},
		"star":                              {"deck.*", []string{"deck.k"}},
		"no ignore file is an input":        {"*ignore", nil},
		"a folder elsewhere, its own lists": {"../shared/**", []string{"../shared/old/mesh.msh"}},
		"a path is meant":                   {"deck.log", []string{"deck.log"}},
		"a path with brackets too":          {"a[1].dat", []string{"a[1].dat"}},
		"literal behind a star":             {"*/log/solver.log", []string{"case/log/solver.log"}},
		"literal behind a star, left out":   {"c*/.hidden", nil},
		"literal folder behind a star":      {"c*/0/U", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := content.Match(dir, tc.pattern, nil)
			var none *content.NoMatchError
			if err != nil && !errors.As(err, &none) {
				t.Fatal(err)
			}
			same(t, tc.want, rels(t, dir, files))
		})
	}
}

func TestMatchIgnoresEverything(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	put(t, dir, ".rescaleignore", "case\n")
	_, err := content.Match(dir, "case/**", []string{"*.log"})
	same(t, `no file matches "case/**" without those that .rescaleignore leaves out`, err.Error())
}

func TestMatchIgnoreFileUnreadable(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	plant(t, dir, "case/.rescaleignore/")
	_, err := content.Match(dir, "case/**", nil)
	var unreadable *content.UnreadableError
	if !errors.As(err, &unreadable) {
		t.Fatal(err)
	}
	same(t, "case/.rescaleignore", unreadable.Path)
}

// TestIgnoreFileNobodyCanFollow refuses what would have no effect: the files that it
// is meant to leave out would be sent.
func TestIgnoreFileNobodyCanFollow(t *testing.T) {
	t.Parallel()
	const notText = "it is not UTF-8 text; save it as UTF-8"
	for name, tc := range map[string]struct{ file, text, want string }{
		"UTF-16, little end first": {".rescaleignore", "\xff\xfe*\x00.\x00l\x00o\x00g\x00", notText},
		"UTF-16, big end first":    {".rescaleignore", "\xfe\xff\x00*\x00.\x00l\x00o\x00g", notText},
		"UTF-16 without a mark":    {"case/.rescaleignore", "*\x00.\x00l\x00o\x00g\x00", notText},
		"Latin-1":                  {"case/0/.rescaleignore", "gr\xf6\xdfe.log\n", notText},
		"UTF-8 with a mark":        {".rescaleignore", "\ufeff*.log\n", ""},
		"broken link":              {"case/.rescaleignore -> ../gone", "", `it is a link to "../gone", which does not exist`},
		"link to a device":         {".rescaleignore -> " + filepath.ToSlash(os.DevNull), "", "it leads to " + filepath.ToSlash(os.DevNull) + ", and what is there is the system's"},
		"link to a list":           {"case/.rescaleignore -> ../deck.log", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t)
			link, _, linked := strings.Cut(tc.file, " -> ")
			if linked {
				needLinks(t)
				plant(t, dir, tc.file)
			} else {
				put(t, dir, tc.file, tc.text)
			}
			_, err := content.Match(dir, "case/**", nil)
			if tc.want == "" && err == nil {
				return
			}
			var unreadable *content.UnreadableError
			if !errors.As(err, &unreadable) {
				t.Fatal(err)
			}
			same(t, []string{link, tc.want}, []string{unreadable.Path, unreadable.Err.Error()})
		})
	}
}

// What is left out is not looked at: broken links and loops do no harm there.
func TestMatchIgnoresTroubles(t *testing.T) {
	t.Parallel()
	needLinks(t)
	dir := t.TempDir()
	plant(t, dir, "case/a", "case/broken -> nowhere", "case/loop -> ../case", "case/data -> ../elsewhere", "elsewhere/x")
	put(t, dir, ".rescaleignore", "broken\nloop/\ndata/\n")
	files, err := content.Match(dir, "case/**", nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, []string{"case/a"}, rels(t, dir, files))
}

func TestMatchTree(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	put(t, dir, ".rescaleignore", ".*\n")
	for name, tc := range map[string]struct {
		pattern string
		exclude []string
		want    []string
	}{
		"content of a folder":   {"case/**", nil, []string{"0/U", "0/p", "Allrun", "log/solver.log"}},
		"a folder":              {"case", []string{"case/0/**"}, []string{"case/Allrun", "case/log/solver.log"}},
		"a folder with a slash": {"case/", []string{"case/0/**"}, []string{"case/Allrun", "case/log/solver.log"}},
		"a folder further down": {"case/log", nil, []string{"log/solver.log"}},
		"a folder elsewhere":    {"../shared", nil, []string{"shared/mesh.msh", "shared/old/mesh.msh"}},
		"the folder itself":     {".", []string{"*.k", "*.dat", "*.log", "*.csv", "case/**"}, []string{"case-2/Allrun", "job.yaml"}},
		"stars in the middle":   {"case*/**/Allrun", nil, []string{"case-2/Allrun", "case/Allrun"}},
		"deeper stars":          {"case/0/*", nil, []string{"U", "p"}},
		"one file":              {"case/0/U", nil, []string{"U"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := content.MatchTree(dir, tc.pattern, tc.exclude)
			if err != nil {
				t.Fatal(err)
			}
			var below []string
			for _, f := range files {
				below = append(below, f.Below)
			}
			same(t, tc.want, below)
		})
	}
	_, err := content.MatchTree(dir, "empty", nil)
	same(t, `no file matches "empty"`, err.Error())
}

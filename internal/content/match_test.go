package content_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// plant makes files below root; the text of each is its own name. "a -> b" is a link
// and "a/" an empty folder.
func plant(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		full := filepath.Join(root, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(filepath.FromSlash(target), full)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(full, 0o755)
		default:
			err = os.WriteFile(full, []byte(name), 0o644)
		}
		if err != nil {
			t.Skipf("this system refuses %q: %v", name, err)
		}
	}
}

func needLinks(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("links need a right on Windows")
	}
}

// rels also checks what does not differ between cases.
func rels(t *testing.T, dir string, files []content.File) []string {
	t.Helper()
	var names []string
	for _, f := range files {
		info, err := os.Stat(f.Path)
		if err != nil {
			t.Error(err)
			continue
		}
		joined := filepath.Join(dir, filepath.FromSlash(f.Rel))
		same(t, []any{joined, info.Size()}, []any{f.Path, f.Size})
		same(t, true, info.ModTime().Equal(f.ModTime))
		names = append(names, f.Rel)
	}
	return names
}

func tree(t *testing.T) (dir string) {
	t.Helper()
	root := t.TempDir()
	dir = filepath.Join(root, "project")
	plant(t, root, "shared/mesh.msh", "shared/old/mesh.msh", "project/job.yaml",
		"project/deck.k", "project/deck.log", "project/a[1].dat", "project/a1.dat",
		"project/größe.csv", "project/case/Allrun", "project/case/.hidden", "project/case/0/U", "project/case/0/p",
		"project/case/log/solver.log", "project/case-2/Allrun", "project/case/.git/config", "project/empty/")
	return dir
}

func TestMatch(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	for name, tc := range map[string]struct {
		pattern string
		exclude []string
		want    []string
	}{
		"literal":                  {"deck.k", nil, []string{"deck.k"}},
		"literal in folder":        {"case/0/U", nil, []string{"case/0/U"}},
		"literal, untidy":          {"./case//0/../Allrun", nil, []string{"case/Allrun"}},
		"literal outside":          {"../shared/mesh.msh", nil, []string{"../shared/mesh.msh"}},
		"literal absolute":         {filepath.ToSlash(filepath.Join(dir, "deck.k")), nil, []string{"deck.k"}},
		"literal not ASCII":        {"größe.csv", nil, []string{"größe.csv"}},
		"star":                     {"deck.*", nil, []string{"deck.k", "deck.log"}},
		"alternatives":             {"{deck.k,deck.*,case/Allrun}", nil, []string{"case/Allrun", "deck.k", "deck.log"}},
		"in byte order":            {"*/Allrun", nil, []string{"case-2/Allrun", "case/Allrun"}},
		"one star, one level":      {"case/*", nil, []string{"case/.hidden", "case/Allrun"}},
		"doublestar, hidden too":   {"case/**", nil, []string{"case/.git/config", "case/.hidden", "case/0/U", "case/0/p", "case/Allrun", "case/log/solver.log"}},
		"doublestar in the middle": {"**/Allrun", nil, []string{"case-2/Allrun", "case/Allrun"}},
		"outside":                  {"../shared/**", nil, []string{"../shared/mesh.msh", "../shared/old/mesh.msh"}},
		"absolute":                 {filepath.ToSlash(filepath.Join(dir, "deck.*")), nil, []string{"deck.k", "deck.log"}},
		"dot in front":             {"./deck.*", nil, []string{"deck.k", "deck.log"}},
		"escaped bracket":          {`a\[1].da?`, nil, []string{"a[1].dat"}},
		"class":                    {"a[0-9].da?", nil, []string{"a1.dat"}},
		"exclude by base name":     {"case/**", []string{"*.log", ".hidden", "config"}, []string{"case/0/U", "case/0/p", "case/Allrun"}},
		"exclude by path":          {"case/**", []string{"case/.git/**", "case/0/**"}, []string{"case/.hidden", "case/Allrun", "case/log/solver.log"}},
		"exclude a folder":         {"case/**", []string{".git", "log"}, []string{"case/.hidden", "case/0/U", "case/0/p", "case/Allrun"}},
		"exclude a folder by path": {"**/*", []string{"case", "?*.*"}, []string{"case-2/Allrun"}},
		"exclude anywhere":         {"**/*.msh", []string{"x"}, nil},
		"exclude outside":          {"../shared/**", []string{"../shared/old/**"}, []string{"../shared/mesh.msh"}},
		"exclude is case-exact":    {"deck.*", []string{"DECK.LOG"}, []string{"deck.k", "deck.log"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.Contains(tc.pattern, `\`) {
				t.Skip("a backslash is a separator on Windows")
			}
			got, err := content.Match(dir, tc.pattern, tc.exclude)
			var none *content.NoMatchError
			if err != nil && (tc.want != nil || !errors.As(err, &none)) {
				t.Fatal(err)
			}
			same(t, tc.want, rels(t, dir, got))
		})
	}
}

// A name that reads like a pattern is a file first.
func TestMatchLiteralWins(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	for _, pattern := range []string{"a[1].dat", "*.odd"} {
		plant(t, dir, "*.odd", "b.odd")
		got, err := content.Match(dir, pattern, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, []string{pattern}, rels(t, dir, got))
	}
}

func TestMatchFromARelativeFolder(t *testing.T) {
	dir := tree(t)
	t.Chdir(filepath.Dir(dir))
	for _, from := range []string{"project", "./project", "project/case/.."} {
		got, err := content.Match(from, "deck.*", nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, []string{"deck.k", "deck.log"}, rels(t, dir, got))
	}
}

func TestMatchErrors(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	for name, tc := range map[string]struct {
		pattern string
		exclude []string
		want    error
		text    string
		hint    string
	}{
		"missing":              {"dekc.k", nil, &content.NotFoundError{}, `file "dekc.k" does not exist`, ""},
		"missing folder":       {"none/deck.k", nil, &content.NotFoundError{}, `file "none/deck.k" does not exist`, ""},
		"backslash":            {`none\deck.k`, nil, &content.NotFoundError{}, `file "none\\deck.k" does not exist`, "write / between folders, on every system"},
		"no match":             {"*.xyz", nil, &content.NoMatchError{}, `no file matches "*.xyz"`, ""},
		"no folder":            {"none/**", nil, &content.NoMatchError{}, `no file matches "none/**"`, ""},
		"only folders":         {"emp*", nil, &content.NoMatchError{}, `no file matches "emp*"`, ""},
		"no match to exclude":  {"*.xyz", []string{"*.log"}, &content.NoMatchError{}, `no file matches "*.xyz"`, ""},
		"all excluded":         {"deck.*", []string{"deck.*"}, &content.NoMatchError{}, `no file matches "deck.*" without those that ["deck.*"] excludes`, ""},
		"literal excluded":     {"deck.k", []string{"*.k"}, &content.NoMatchError{}, `no file matches "deck.k" without those that ["*.k"] excludes`, ""},
		"folder":               {"case", nil, &content.DirectoryError{}, `"case" is a folder`, "for all files in it write case/**"},
		"folder with a slash":  {"case/", nil, &content.DirectoryError{}, `"case/" is a folder`, "for all files in it write case/**"},
		"the folder itself":    {".", nil, &content.DirectoryError{}, `"." is a folder`, "for all files in it write ./**"},
		"below a file":         {"deck.k/x", nil, &content.UnreadableError{}, `"deck.k/x" cannot be read: not a directory`, ""},
		"empty":                {"", nil, &content.BadPatternError{}, `pattern "": it is empty`, ""},
		"bracket":              {"case/[", nil, &content.BadPatternError{}, `pattern "case/[": a bracket or brace is not closed, or a range or escape is wrong`, ""},
		"brace":                {"{a,b", nil, &content.BadPatternError{}, `pattern "{a,b": a bracket or brace is not closed, or a range or escape is wrong`, ""},
		"up behind a wildcard": {"*/../none.k", nil, &content.BadPatternError{}, `pattern "*/../none.k": an empty name, . and .. cannot follow a wildcard`, ""},
		"ends with a slash":    {"ca*/", nil, &content.BadPatternError{}, `pattern "ca*/": it ends with / and so matches no file; for all files in a folder write FOLDER/**`, ""},
		"bad exclude":          {"deck.k", []string{"["}, &content.BadPatternError{}, `pattern "[": a bracket or brace is not closed, or a range or escape is wrong`, ""},
		"absolute exclude":     {"deck.k", []string{"/x"}, &content.BadPatternError{}, `pattern "/x": it begins with /, and paths here are relative`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && name == "below a file" {
				t.Skip("Windows calls it missing")
			}
			_, err := content.Match(dir, tc.pattern, tc.exclude)
			if err == nil {
				t.Fatal("no error")
			}
			var hint string
			if hinted, ok := err.(interface{ Hint() string }); ok {
				hint = hinted.Hint()
			}
			same(t, []string{typeOf(tc.want), tc.text, tc.hint}, []string{typeOf(err), err.Error(), hint})
		})
	}
}

func typeOf(err error) string {
	switch err.(type) { //nolint:errorlint // the outermost type is what is tested
	case *content.NotFoundError:
		return "not found"
	case *content.NoMatchError:
		return "no match"
	case *content.DirectoryError:
		return "folder"
	case *content.UnreadableError:
		return "unreadable"
	case *content.BadPatternError:
		return "bad pattern"
	}
	return err.Error()
}

func TestMatchFollowsLinks(t *testing.T) {
	t.Parallel()
	needLinks(t)
	dir := tree(t)
	plant(t, dir, "case/mesh -> ../../shared", "alias.k -> deck.k", "case/again -> mesh",
		"far -> ../shared/old", "far2/x -> ../far")
	for name, tc := range map[string]struct {
		pattern string
		exclude []string
		want    []string
	}{
		"to a file":          {"alias.k", nil, []string{"alias.k"}},
		"to a folder":        {"case/m*/*.msh", nil, []string{"case/mesh/mesh.msh"}},
		"twice, deep":        {"case/**/mesh.msh", nil, []string{"case/again/mesh.msh", "case/again/old/mesh.msh", "case/mesh/mesh.msh", "case/mesh/old/mesh.msh"}},
		"base is a link":     {"far/**", nil, []string{"far/mesh.msh"}},
		"link to a link":     {"far2/**", nil, []string{"far2/x/mesh.msh"}},
		"excluded by name":   {"case/**/*.msh", []string{"again"}, []string{"case/mesh/mesh.msh", "case/mesh/old/mesh.msh"}},
		"excluded by folder": {"case/**/*.msh", []string{"case/again/**"}, []string{"case/mesh/mesh.msh", "case/mesh/old/mesh.msh"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := content.Match(dir, tc.pattern, tc.exclude)
			if err != nil {
				t.Fatal(err)
			}
			same(t, tc.want, rels(t, dir, got))
		})
	}
}

// What is there and cannot be an input is never left out silently.
func TestMatchUnreadable(t *testing.T) {
	t.Parallel()
	needLinks(t)
	root := t.TempDir()
	plant(t, root, "ok.k", "broken/b.k -> none.k", "self/s.k -> s.k", "loop/sub/up -> ..", "loop/f",
		"mutual/a/b -> ../b", "mutual/b/a -> ../a", "secret/s.k", "closed/dir/x.k", "closed/y.k")
	dev := filepath.Join(root, "dev")
	plant(t, root, "dev/null.k -> /dev/null")
	listener, err := net.Listen("unix", filepath.Join(root, "sock"))
	if err != nil {
		t.Skip(err)
	}
	defer listener.Close()
	asRoot := os.Getuid() == 0
	if err := errors.Join(os.Chmod(filepath.Join(root, "secret/s.k"), 0), os.Chmod(filepath.Join(root, "closed/dir"), 0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "closed/dir"), 0o755) })

	for name, tc := range map[string]struct {
		pattern, path, text string
		exclude             []string // that helps
		rights              bool     // needs a user without all rights
	}{
		"broken link":            {"broken/b.k", "broken/b.k", `it is a link to "none.k", which does not exist`, nil, false},
		"broken link, wildcard":  {"broken/**", "broken/b.k", `it is a link to "none.k", which does not exist`, []string{"b.k"}, false},
		"link to itself":         {"self/s.k", "self/s.k", `it is a link to "s.k": too many levels of symbolic links`, nil, false},
		"link to itself, *":      {"self/*", "self/s.k", `it is a link to "s.k": too many levels of symbolic links`, []string{"self/*.k"}, false},
		"link up":                {"loop/**", "loop/sub/up", `it is a link back to the folder "loop" that it is in; exclude it`, []string{"up"}, false},
		"links to one another":   {"mutual/**", "mutual/a/b/a", `it is a link back to the folder "mutual/a" that it is in; exclude it`, []string{"mutual/*/*/**"}, false},
		"device":                 {"dev/null.k", "dev/null.k", "it leads to /dev/null, and what is there is the system's", nil, false},
		"device, wildcard":       {"dev/*", "dev/null.k", "it leads to /dev/null, and what is there is the system's", []string{"null.k"}, false},
		"socket":                 {"sock", "sock", "it is a socket, not a regular file", nil, false},
		"no right":               {"secret/*.k", "secret/s.k", "permission denied", []string{"s.k"}, true},
		"no right, literal":      {"secret/s.k", "secret/s.k", "permission denied", nil, true},
		"folder without a right": {"closed/**", "closed/dir", "permission denied", []string{"closed/dir/**"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.rights && asRoot {
				t.Skip("this user may read everything")
			}
			_, err := content.Match(root, tc.pattern, nil)
			var bad *content.UnreadableError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v", err)
			}
			same(t, []string{tc.path, tc.text}, []string{bad.Path, bad.Err.Error()})
			if tc.exclude == nil {
				return
			}
			var none *content.NoMatchError
			if _, err := content.Match(root, tc.pattern, tc.exclude); err != nil && !errors.As(err, &none) {
				t.Errorf("excluded: %v", err)
			}
		})
	}
	if info, err := os.Stat(filepath.Join(dev, "null.k")); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Error("the test's device is none")
	}
}

// TestIdleExclude finds the patterns of an exclude that left nothing out.
func TestIdleExclude(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	for name, tc := range map[string]struct {
		pattern       string
		exclude, want []string
	}{
		"none":                  {"case/**", nil, nil},
		"every one does":        {"case/**", []string{".git", "*.log", "case/0/p"}, nil},
		"two for the same file": {"case/**", []string{"*.log", "solver.log"}, nil},
		"a slip":                {"case/**", []string{".git", "case/O/**", "Log"}, []string{"case/O/**", "Log"}},
		"of a plain path":       {"deck.k", []string{"*.log"}, []string{"*.log"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := content.Search{Dir: dir, Pattern: tc.pattern, Exclude: tc.exclude, Avoid: []string{"**/.nothing/**"}}.Find()
			if err != nil {
				t.Fatal(err)
			}
			same(t, tc.want, found.Idle)
		})
	}
	idle, err := content.Idle([]string{"tmp", "*.csv", "*.vtk"}, []string{"tmp/a.log", "out.csv"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, []string{"*.vtk"}, idle)
}

func TestSelector(t *testing.T) {
	t.Parallel()
	names := []string{"out.csv", "sub/out.csv", "sub/deep/x.vtk", "tmp/out.csv", "run.log", "sub.csv"}
	for name, tc := range map[string]struct {
		include, exclude, want []string
	}{
		"nothing":               {nil, nil, nil},
		"everything":            {[]string{"**"}, nil, names},
		"base name anywhere":    {[]string{"*.csv"}, nil, []string{"out.csv", "sub/out.csv", "tmp/out.csv", "sub.csv"}},
		"only at the top":       {[]string{"./*.csv"}, nil, []string{"out.csv", "sub.csv"}},
		"path":                  {[]string{"sub/**"}, nil, []string{"sub/out.csv", "sub/deep/x.vtk"}},
		"one level":             {[]string{"*/out.csv"}, nil, []string{"sub/out.csv", "tmp/out.csv"}},
		"exclude":               {[]string{"*.csv"}, []string{"tmp/**"}, []string{"out.csv", "sub/out.csv", "sub.csv"}},
		"exclude a folder":      {[]string{"**"}, []string{"sub", "*.log"}, []string{"out.csv", "tmp/out.csv", "sub.csv"}},
		"exclude a folder deep": {[]string{"**"}, []string{"sub/deep"}, []string{"out.csv", "sub/out.csv", "tmp/out.csv", "run.log", "sub.csv"}},
		"exclude by base name":  {[]string{"**"}, []string{"*.csv", "*.log"}, []string{"sub/deep/x.vtk"}},
		"several":               {[]string{"*.vtk", "run.*"}, nil, []string{"sub/deep/x.vtk", "run.log"}},
		"alternatives and path": {[]string{"{sub,tmp}/*.csv"}, nil, []string{"sub/out.csv", "tmp/out.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := content.Selector(tc.include, tc.exclude)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range names {
				if want(n) {
					got = append(got, n)
				}
			}
			same(t, tc.want, got)
		})
	}
	for _, bad := range []string{"", "/x", "x/", "[", "{a", `a\`} {
		var wrong *content.BadPatternError
		if _, err := content.Selector([]string{bad}, nil); !errors.As(err, &wrong) || wrong.Pattern != bad {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := content.Selector(nil, []string{bad}); !errors.As(err, &wrong) || wrong.Pattern != bad {
			t.Errorf("exclude %q: %v", bad, err)
		}
	}
}

func FuzzSelector(f *testing.F) {
	f.Add("*.csv", "tmp/**", "tmp/out.csv")
	f.Add("{a,b}/[a-z]/**", `\*`, "a/b/c")
	f.Add("./*", "", "")
	f.Fuzz(func(_ *testing.T, include, exclude, rel string) {
		if len(include)+len(exclude) > 40 || len(rel) > 80 {
			return // a pattern of many stars takes its time; that is its author's
		}
		if want, err := content.Selector([]string{include}, []string{exclude}); err == nil {
			_ = want(rel)
		}
	})
}

func TestBegin(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"a/b/*.k": "a/b", "a/**": "a", "**/*.k": ".", "*.k": ".", "../x/[ab]/c": "../x", "a/b.k": "a",
	} {
		if got := filepath.ToSlash(content.Begin(pattern)); got != want {
			t.Errorf("Begin(%q) = %q, want %q", pattern, got, want)
		}
	}
}

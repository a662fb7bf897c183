package ignore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
)

// conformance is what git does with each list, checked against git itself by
// TestGitAgrees. A path that ends with "/" is a folder.
func conformance() map[string]struct {
	list    string
	ignored []string
	taken   []string
} {
	return map[string]struct {
		list    string
		ignored []string
		taken   []string
	}{
		"nothing":                   {"", nil, []string{"a", "a/b", "d/"}},
		"blank lines and comments":  {"\n# a\n   \n#b\n", nil, []string{"# a", "#b", "a"}},
		"a name, in any folder":     {"a.log", []string{"a.log", "d/a.log", "d/e/a.log", "a.log/x"}, []string{"a.logs", "ba.log"}},
		"a name of a folder":        {"tmp", []string{"tmp/", "tmp/x", "d/tmp/x/y", "tmp"}, []string{"tmpx/y"}},
		"star":                      {"*.log", []string{"a.log", ".log", "d/a.log"}, []string{"a.log2", "log"}},
		"star stays in its folder":  {"d/*.log", []string{"d/a.log"}, []string{"d/e/a.log", "a.log"}},
		"question mark":             {"a?c", []string{"abc", "d/axc"}, []string{"ac", "abbc", "a/c"}},
		"slash in front":            {"/a.log", []string{"a.log", "a.log/x"}, []string{"d/a.log"}},
		"slash in the middle":       {"d/a.log", []string{"d/a.log"}, []string{"e/d/a.log", "a.log"}},
		"slash at the end":          {"tmp/", []string{"tmp/", "tmp/x", "d/tmp/x"}, []string{"tmp", "d/tmp"}},
		"both slashes":              {"/tmp/", []string{"tmp/", "tmp/x"}, []string{"d/tmp/x", "tmp"}},
		"dir of a path":             {"d/e/", []string{"d/e/", "d/e/x"}, []string{"d/e", "c/d/e/x"}},
		"negation":                  {"*.log\n!keep.log", []string{"a.log", "d/a.log"}, []string{"keep.log", "d/keep.log"}},
		"the last line counts":      {"!keep.log\n*.log", []string{"a.log", "keep.log"}, nil},
		"twice negated":             {"*.log\n!keep.log\nkeep.log", []string{"keep.log"}, nil},
		"no way back from a folder": {"d/\n!d/keep\n!keep", []string{"d/keep", "d/x"}, []string{"keep"}},
		"way back from its content": {"d/*\n!d/keep", []string{"d/x", "d/e/", "d/e/x"}, []string{"d/keep", "d/"}},
		"all but one folder":        {"/*\n!/foo\n/foo/*\n!/foo/bar", []string{"a", "foo/a"}, []string{"foo/bar", "foo/bar/x", "foo/"}},
		"folder negated":            {"tmp*\n!tmp2/", []string{"tmp1", "tmp2"}, []string{"tmp2/", "tmp2/x"}},

		"two stars in front":          {"**/a", []string{"a", "d/a", "d/e/a"}, []string{"ab"}},
		"two stars in front of path":  {"**/d/a", []string{"d/a", "e/d/a"}, []string{"d/e/a", "a"}},
		"two stars at the end":        {"d/**", []string{"d/a", "d/e/a"}, []string{"d/", "d", "e/d/a"}},
		"two stars at the end, slash": {"d/**/", []string{"d/e/", "d/e/a"}, []string{"d/a", "d/"}},
		"two stars in the middle":     {"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b"}, []string{"b", "x/a/b", "a/xb"}},
		"two stars, alone":            {"**", []string{"a", "d/a"}, nil},
		"two stars and a slash":       {"**/", []string{"d/", "d/a"}, []string{"a"}},
		"slash and two stars":         {"/**", []string{"a", "d/a"}, nil},
		"two stars within a name":     {"a**b", []string{"ab", "axxb", "d/axb"}, []string{"a/b"}},
		"two stars within a path":     {"d/a**b", []string{"d/axb"}, []string{"d/a/b", "axb"}},
		"three stars":                 {"a/***/b", []string{"a/b", "a/x/y/b"}, []string{"ab"}},
		"two stars twice":             {"**/d/**/a", []string{"d/a", "x/d/y/z/a"}, []string{"a", "x/a"}},

		"class":                 {"a[bc]d", []string{"abd", "acd"}, []string{"aed", "abcd"}},
		"class, range":          {"a[0-9]", []string{"a0", "a9"}, []string{"ax", "a10"}},
		"class, negated":        {"a[!0-9]b", []string{"axb"}, []string{"a1b", "ab"}},
		"class, caret":          {"a[^0-9]b", []string{"axb"}, []string{"a1b"}},
		"class, bracket first":  {"a[]x]", []string{"a]", "ax"}, []string{"a["}},
		"class, dash last":      {"a[x-]", []string{"a-", "ax"}, []string{"ay"}},
		"class, quoted":         {`a[\]x]`, []string{"a]", "ax"}, []string{`a\`}},
		"class, named":          {"a[[:digit:]x]", []string{"a1", "ax"}, []string{"ay", "a:"}},
		"class, two named":      {"[[:upper:][:digit:]]", []string{"A", "1"}, []string{"a", "A1"}},
		"class, punctuation":    {"[[:punct:]]x", []string{"-x", "_x"}, []string{"ax", " x"}},
		"class, unknown name":   {"a[[:nope:]]", nil, []string{"a:", "an", "a[[:nope:]]"}},
		"class, open":           {"a[bc", nil, []string{"ab", "a[bc", "a"}},
		"class, no slash in it": {"a[/]b", nil, []string{"a/b", "a/x/b"}},
		"class, not and slash":  {"d/a[!x]b", []string{"d/ayb"}, []string{"d/a/b"}},

		"quoted hash":             {`\#a`, []string{"#a"}, []string{`\#a`}},
		"quoted exclamation mark": {`\!a`, []string{"!a"}, []string{"a"}},
		"quoted star":             {`a\*`, []string{"a*"}, []string{"ab"}},
		"quoted letter":           {`\ab`, []string{"ab"}, []string{`\ab`}},
		"quoted backslash":        {`a\\b`, []string{`a\b`}, []string{"ab"}},
		"backslash at the end":    {`a\`, nil, []string{"a", `a\`}},
		"blanks at the end":       {"a  ", []string{"a"}, []string{"a  "}},
		"quoted blank at the end": {`a\  `, []string{"a "}, []string{"a", "a  "}},
		"blank in front":          {" a", []string{" a"}, []string{"a"}},
		"blank within":            {"a b", []string{"a b"}, []string{"a", "b"}},
		"tab at the end":          {"a\t", []string{"a\t"}, []string{"a"}},
		"lines of Windows":        {"*.log\r\n!keep.log\r\n", []string{"a.log"}, []string{"keep.log"}},
		"byte order mark":         {"\uFEFFa", []string{"a"}, nil},
		"braces are braces":       {"{a,b}", []string{"{a,b}"}, []string{"a", "b"}},
		"a slash alone":           {"/", nil, []string{"a", "d/"}},
		"an exclamation alone":    {"!", nil, []string{"a", "!"}},
		"hidden files too":        {"*", []string{".a", "d/.a"}, nil},
		"case counts":             {"A.LOG", []string{"A.LOG"}, []string{"a.log"}},
		"many stars":              {"*a*a*a*a*a*a*a*b", nil, []string{strings.Repeat("a", 60)}},
	}
}

// split takes the "/" of a folder off.
func split(p string) (string, ignore.Kind) {
	if name, folder := strings.CutSuffix(p, "/"); folder {
		return name, ignore.Folder
	}
	return p, ignore.File
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ignored(t *testing.T, tree *ignore.Tree, p string) bool {
	t.Helper()
	name, kind := split(p)
	got, err := tree.Ignored(name, kind)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, tc := range conformance() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, ignore.Name, tc.list)
			for _, p := range tc.ignored {
				if !ignored(t, ignore.NewTree(dir), p) {
					t.Errorf("%q is taken", p)
				}
			}
			for _, p := range tc.taken {
				if ignored(t, ignore.NewTree(dir), p) {
					t.Errorf("%q is left out", p)
				}
			}
		})
	}
}

// TestGitAgrees asks git about every case of the table, with the list under its
// own name and real folders where a path has one.
func TestGitAgrees(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("git is missing")
		}
		t.Skip("git is missing")
	}
	for name, tc := range conformance() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, tc.ignored, gitIgnores(t, tc.list, append(tc.ignored, tc.taken...)))
		})
	}
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// gitIgnores keeps of the paths those that git leaves out.
func gitIgnores(t *testing.T, list string, paths []string) []string {
	t.Helper()
	var left []string
	for _, p := range paths {
		// One folder for each path, because a name is a file in one and a folder in another.
		dir := t.TempDir()
		if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		write(t, dir, ".gitignore", list)
		name, kind := split(p)
		if kind == ignore.Folder {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, dir, p, "")
		}
		command := exec.CommandContext(t.Context(), "git", "-C", dir, "check-ignore", "-q", "--stdin", "-z")
		command.Stdin = strings.NewReader(name + "\x00")
		if err := command.Run(); err == nil {
			left = append(left, p)
		} else if command.ProcessState.ExitCode() != 1 {
			t.Fatal(err)
		}
	}
	return left
}

// TestTree has a list in several folders: the deeper one has the last word, and
// speaks of its own folder only.
func TestTree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ignore.Name, "*.log\n/out/\nd/x\n")
	write(t, dir, "d/"+ignore.Name, "!keep.log\n/y\n")
	write(t, dir, "d/e/"+ignore.Name, "keep.log\n")
	write(t, dir, "out/"+ignore.Name, "!*\n")
	tree := ignore.NewTree(dir)
	for p, want := range map[string]bool{
		"keep.log": true, "d/keep.log": false, "d/other.log": true, "d/e/keep.log": true, "d/f/keep.log": false,
		"d/x": true, "d/y": true, "y": false, "d/e/y": false, "out/a": true, "out/": true, "d/out/a": false,
	} {
		if got := ignored(t, tree, p); got != want {
			t.Errorf("%s: left out %v, want %v", p, got, want)
		}
	}
}

func TestUnreadableList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ignore.Name), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := ignore.NewTree(dir).Ignored("a", ignore.File); err == nil {
		t.Error("a folder was read as a list")
	}
}

// FuzzParse looks for a list that takes long, panics, or lets a file out of a
// folder that is left out.
func FuzzParse(f *testing.F) {
	for _, tc := range conformance() {
		for _, p := range append(tc.ignored, tc.taken...) {
			f.Add(tc.list, p)
		}
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		list := ignore.Parse(text)
		first := list.Match(path, ignore.File)
		if again := ignore.Parse(text+"\n# nothing\n\n").Match(path, ignore.File); again != first {
			t.Errorf("a comment changes %v to %v", first, again)
		}
		if last := ignore.Parse(text+"\n/**\n").Match(path, ignore.File); last != ignore.Ignored {
			t.Errorf("the last line does not count: %v", last)
		}
	})
}

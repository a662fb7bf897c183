package landing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/spec/landing"
)

func TestPathProblem(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ path, want string }{
		"a name":             {"deck.k", ""},
		"in folders":         {"case/0/U", ""},
		"blanks inside":      {"my case/0/U 1", ""},
		"dots in names":      {"case..1/.hidden/a.b", ""},
		"absolute":           {"/etc/passwd", "it begins with /, and paths start in the work folder"},
		"up":                 {"../U", ".. is no name of a file or folder below the work folder"},
		"up inside":          {"case/../../U", ".. is no name of a file or folder below the work folder"},
		"here":               {"./U", ". is no name of a file or folder below the work folder"},
		"a folder":           {"case/0/", "it ends with /, and so names no file"},
		"two slashes":        {"case//U", "it has two slashes in a row"},
		"backslash":          {`case\U`, "it has a backslash, and / separates folders"},
		"a drive":            {"C:/case/U", "it begins with a drive, and paths start in the work folder"},
		"relative to drive":  {"c:U", "it begins with a drive, and paths start in the work folder"},
		"this tool's folder": {".rescale/job.state.jsonl", "the folder .rescale is this tool's own"},
		"in other letters":   {"case/.Rescale/x", "the folder .rescale is this tool's own"},
		"a line break":       {"case/0\n/U", "it has a control character"},
		"a blank before":     {"case/ U", "it begins or ends with a blank"},
		"not UTF-8":          {"case/\xff", "it is not valid UTF-8"},
		"a long name":        {"case/" + strings.Repeat("a", 256), "it has 256 bytes, and 255 are allowed"},
		"a long path":        {strings.Repeat("abcdefgh/", 200) + "U", "it has 1801 bytes, and 1000 are allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, landing.PathProblem(tc.path)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestArchivesOfTwoPathsHaveTwoNames(t *testing.T) {
	t.Parallel()
	names := make(map[string]string)
	for _, p := range []string{"case/0/U", "case-0/U", "a/case/0/U", "case/0/u", "x/" + strings.Repeat("é", 127), "y/" + strings.Repeat("é", 127)} {
		name := landing.Archive(p)
		if other, taken := names[name]; taken {
			t.Errorf("%s and %s are both %s", other, p, name)
		}
		names[name] = p
		if why := landing.NameProblem(name); why != "" || landing.Archive(p) != name {
			t.Errorf("%s is named %s: %s", p, name, why)
		}
	}
	if got := landing.Templates("case.v1.tar.gz"); got != "case.v1.templates.tar.gz" {
		t.Errorf("got %s", got)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		taken []string
		path  string
		first string
		clash landing.Clash
	}{
		"free":                  {[]string{"case/0/U"}, "case/0/p", "", landing.Free},
		"another with the name": {[]string{"case/0/U"}, "U", "", landing.Free},
		"taken":                 {[]string{"a", "case/0/U"}, "case/0/U", "case/0/U", landing.SameFile},
		"a folder is there":     {[]string{"case/0/U"}, "case/0", "case/0/U", landing.FileFolder},
		"a file is on the way":  {[]string{"case"}, "case/0/U", "case", landing.FileFolder},
		"a name that begins so": {[]string{"case"}, "case2/U", "", landing.Free},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var paths landing.Paths[string]
			for _, p := range tc.taken {
				if _, clash := paths.Take(p, p); clash != landing.Free {
					t.Fatalf("%s: %s", p, clash)
				}
			}
			first, clash := paths.Take(tc.path, "")
			if first != tc.first || clash != tc.clash {
				t.Errorf("got %q, %q, want %q, %q", first, clash, tc.first, tc.clash)
			}
		})
	}
}

package content_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

func TestFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "Run_1/a", "Run_2/", "Run_3", "cases/x/Run_1/a", "cases/y/Run_1/a", "left/out/a", "a[1]/a")
	for name, tc := range map[string]struct {
		pattern string
		avoid   []string
		want    string // REL:BELOW, or an error
	}{
		"folders only":  {pattern: "Run_*", want: "Run_1:Run_1 Run_2:Run_2"},
		"below":         {pattern: "cases/*/Run_1", want: "cases/x/Run_1:x/Run_1 cases/y/Run_1:y/Run_1"},
		"any depth":     {pattern: "cases/**/Run_*", want: "cases/x/Run_1:x/Run_1 cases/y/Run_1:y/Run_1"},
		"all below":     {pattern: "cases/**", want: "cases/x:x cases/x/Run_1:x/Run_1 cases/y:y cases/y/Run_1:y/Run_1"},
		"a path":        {pattern: "cases/x", want: "cases/x:x"},
		"with brackets": {pattern: "a[1]", want: "a[1]:a[1]"},
		"avoided":       {pattern: "*", avoid: []string{"left", "cases"}, want: "Run_1:Run_1 Run_2:Run_2 a[1]:a[1]"},
		"a file":        {pattern: "Run_3", want: `"Run_3" is a file, not a folder`},
		"no folder":     {pattern: "Rin_*", want: `no file matches "Rin_*"`},
		"missing":       {pattern: "Run_4", want: `file "Run_4" does not exist`},
		"nothing":       {pattern: "", want: `pattern "": it is empty`},
		"a slash":       {pattern: "Run_*/", want: `pattern "Run_*/": it ends with / and so matches no file; for all files in a folder write FOLDER/**`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := content.Search{Dir: dir, Pattern: tc.pattern, Avoid: tc.avoid}.Folders()
			var got []string
			for _, f := range found {
				got = append(got, f.Rel+":"+f.Below)
				same(t, filepath.Join(dir, filepath.FromSlash(f.Rel)), f.Path)
			}
			if err != nil {
				got = []string{err.Error()}
			}
			same(t, tc.want, strings.Join(got, " "))
		})
	}
}

func TestFoldersIgnored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, "Run_1/a", "Run_2/a")
	if err := os.WriteFile(filepath.Join(dir, ".rescaleignore"), []byte("Run_*/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := content.Search{Dir: dir, Pattern: "Run_*"}.Folders()
	var none *content.NoMatchError
	same(t, true, errors.As(err, &none) && none.Ignored)
}

func TestFoldersBehindLinks(t *testing.T) {
	t.Parallel()
	needLinks(t)
	dir, other := t.TempDir(), t.TempDir()
	plant(t, dir, "cases/Run_1/a", "cases/Run_2 -> Run_1", "broken/Run_1 -> nowhere", "away/Run_1 -> "+filepath.ToSlash(other), "files/Run_1 -> ../cases/Run_1/a", "files/Run_2/a")
	for pattern, want := range map[string]string{
		"cases/*":    "cases/Run_1 cases/Run_2",
		"files/*":    "files/Run_2",
		"broken/*":   `"broken/Run_1" cannot be read: it is a link to "nowhere", which does not exist`,
		"broken/Run": `file "broken/Run" does not exist`,
		"away/Run_1": `"away/Run_1" cannot be read: it leads to ` + reach.Real(other) + ", outside of " + reach.Real(dir) + ", and this command is contained",
		"away/*":     `"away/Run_1" cannot be read: it leads to ` + reach.Real(other) + ", outside of " + reach.Real(dir) + ", and this command is contained",
	} {
		found, err := content.Search{Dir: dir, Pattern: pattern, Reach: reach.Reach{Root: reach.Real(dir)}}.Folders()
		var got []string
		for _, f := range found {
			got = append(got, f.Rel)
		}
		if err != nil {
			got = []string{err.Error()}
		}
		same(t, want, strings.Join(got, " "))
	}
}

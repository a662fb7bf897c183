package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// result writes a file of the folder out as a download does: its list names it.
func result(t *testing.T, dir, rel, text string) {
	t.Helper()
	name := write(t, dir, "out/"+rel, text)
	err := written.Update(t.Context(), filepath.Join(dir, "out"), func(l *written.List) error {
		owner := written.Owner{Run: "QwErTy", Job: "mesh", Manifest: "../other.yaml"}
		l.Put(written.File{Path: rel, Size: int64(len(text)), Owner: owner, Stamp: written.StampOf(name)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatAPatternMeans has a folder with results, one of which was changed, the rest of
// an interrupted download, and what an earlier run left.
func TestWhatAPatternMeans(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		list string
		want string // the files, or the first problem
		left string // what is noticed
	}{
		"a wide pattern":         {`["**/*.dat"]`, "in.dat mine.dat", "**/*.dat leaves out 2 files that rescale-apply wrote, such as out/a.dat"},
		"with hidden files":      {`[{path: "**", exclude: [notes]}]`, "in.dat mine.dat", "** leaves out 3 files that rescale-apply wrote, such as out/.part.dat.partial"},
		"a folder, packed":       {`[{path: out, pack: out.zip, exclude: [notes]}]`, "out.zip", ""},
		"all, packed":            {`[{path: ., pack: all.zip, exclude: [notes]}]`, "all.zip", ". leaves out 3 files that rescale-apply wrote, such as out/.part.dat.partial"},
		"it begins there":        {`["out/*.dat"]`, "a.dat mine.dat", ""},
		"it begins deeper":       {`["out/deep/*"]`, "b.dat", ""},
		"it begins above":        {`["ou*/*.dat"]`, "mine.dat", "ou*/*.dat leaves out out/a.dat, which rescale-apply wrote"},
		"a path":                 {`[out/a.dat]`, "a.dat", ""},
		"an untidy path":         {`[./out//deep/../a.dat]`, "a.dat", ""},
		"only results":           {`["ou*/a.dat"]`, `"ou*/a.dat" matches only files that no pattern means: what rescale-apply wrote, or the job's own manifest, table and scripts`, "ou*/a.dat leaves out out/a.dat, which rescale-apply wrote"},
		"changed since":          {`["**/notes/*"]`, `"**/notes/*" means out/notes/c.txt, a result of run QwErTy that was changed since`, "**/notes/* leaves out out/notes/c.txt, which rescale-apply wrote"},
		"changed since, a path":  {`[out/notes/c.txt]`, "c.txt", ""},
		"changed, begins there":  {`["out/notes/*"]`, "c.txt", ""},
		"former results":         {`["**/old.dat"]`, `no file matches "**/old.dat"`, ""},
		"former results, named":  {`["out/.previous/QwErTy/*.dat"]`, "old.dat", ""},
		"the list, by its path":  {`[out/.rescale-results/list.jsonl]`, `no file matches "out/.rescale-results/list.jsonl"`, ""},
		"the list, by a pattern": {`["out/.rescale-results/*"]`, `no file matches "out/.rescale-results/*"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "in.dat", "in")
			write(t, dir, "out/mine.dat", "a person's own")
			result(t, dir, "a.dat", "a")
			result(t, dir, "deep/b.dat", "b")
			result(t, dir, "part.dat", "part")
			result(t, dir, "notes/c.txt", "c")
			write(t, dir, "out/notes/c.txt", "changed")
			write(t, dir, "out/.previous/QwErTy/old.dat", "old")
			part := filepath.Join(dir, "out", "part.dat")
			if err := os.Rename(part, partial.Path(part)); err != nil {
				t.Fatal(err)
			}
			var left []string
			reading := files.Reading{Notice: func(r files.Notice) {
				if r.Kind == files.LeftOut {
					left = append(left, r.Message)
				}
			}}
			found, problems, err := reading.Find(t.Context(), load(t, dir, "inputs: "+tc.list+"\n"))
			same(t, []any{tc.want, tc.left, nil}, []any{outcome(found, problems), strings.Join(left, "\n"), err})
		})
	}
}

// outcome is the names of the inputs of the first job, or the first problem.
func outcome(found [][]files.Input, problems diag.List) string {
	if len(problems) > 0 {
		return problems[0].Message
	}
	var names []string
	for _, in := range found[0] {
		names = append(names, in.Name)
	}
	return strings.Join(names, " ")
}

// TestDamagedListIsNotTrusted asks a person about every file that a lost line may have
// been about: a guess could buy a run.
func TestDamagedListIsNotTrusted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "in.dat", "in")
	result(t, dir, "a.dat", "a")
	list := filepath.Join(dir, "out", written.Folder, "list.jsonl")
	if err := os.Truncate(list, 0); err != nil {
		t.Fatal(err)
	}
	_, problems := files.Find(load(t, dir, "inputs: ['**/*.dat']\n"))
	if len(problems) != 1 || problems[0].Rule != diag.UnclearInput || !strings.Contains(problems[0].Message, `means out/a.dat, and the list of results in `) {
		t.Errorf("%v", problems)
	}
	found, problems := files.Find(load(t, dir, "inputs: ['*.dat', out/a.dat]\n"))
	same(t, "in.dat a.dat", outcome(found, problems))
}

// TestOneFolderThroughALink refuses two jobs whose folders are one on this disk, also
// where the folder itself is not there yet.
func TestOneFolderThroughALink(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		one, other string
		refused    bool
	}{
		"apart":              {"real/a", "real/b", false},
		"the same":           {"real", "link", true},
		"nested":             {"real", "link/deep/er", true},
		"around":             {"link/deep/er", "real", true},
		"beside":             {"link/a", "real/b", false},
		"by case":            {"link/A", "real/a", true},
		"a link to a link":   {"twice", "real", true},
		"nothing downloaded": {"", "link", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			err := os.Mkdir(filepath.Join(dir, "real"), 0o755)
			if err = errors.Join(err, os.Symlink("real", filepath.Join(dir, "link")), os.Symlink("link", filepath.Join(dir, "twice"))); err != nil {
				t.Skip(err)
			}
			outputs := func(to string) string {
				if to == "" {
					return ""
				}
				return "outputs: {download: [a], to: " + to + "}\n"
			}
			text := outputs(tc.one) + "---\nversion: 1\nname: second\ncommand: run\n" + software + outputs(tc.other)
			jobs := load(t, dir, text)
			_, problems := files.Find(jobs)
			if refused := len(problems) == 1 && problems[0].Rule == diag.DuplicateFolder; refused != tc.refused || len(problems) > 1 {
				t.Errorf("%v", problems)
			}
		})
	}
}

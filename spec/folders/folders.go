// Package folders finds out from the text of manifests whether two jobs of one apply
// share a folder for their results. It does not look at the disk.
package folders

import (
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Folder is where the results of a job go, and the place that says so.
type Folder struct {
	Name string // as the manifest says it
	Path string // of this machine
	Job  string
	Pos  diag.Position
}

// Taken holds the folders of all jobs so far. On many machines A and a are one folder.
type Taken struct {
	by    map[string]Folder // by path, in lower case
	above map[string]Folder // by the path of every folder above them
}

// New returns an empty Taken.
func New() *Taken { return &Taken{by: make(map[string]Folder), above: make(map[string]Folder)} }

// Add adds a folder, and reports one that an earlier job has, or that lies in it or
// around it: the files of one job would replace the other's.
func (t *Taken) Add(f Folder) diag.List {
	path := strings.ToLower(f.Path)
	if first, taken := t.by[path]; taken {
		return f.sameAs(first)
	}
	if other, nested := t.nested(path); nested {
		var list diag.List
		list.Add(f.Pos, diag.DuplicateFolder, "give one of the jobs a folder beside the other's: a folder of results belongs to one job",
			"the results of %s go to %q, and those of %s to %q, see %s", f.Job, diag.Short(f.Name), other.Job, diag.Short(other.Name), other.Pos)
		return list
	}
	t.by[path] = f
	for up := filepath.Dir(path); t.above[up].Job == ""; up = filepath.Dir(up) {
		t.above[up] = f
	}
	return nil
}

// nested finds a folder that contains a path, or that the path contains.
func (t *Taken) nested(path string) (Folder, bool) {
	other, found := t.above[path]
	for up := path; !found && up != filepath.Dir(up); {
		up = filepath.Dir(up)
		other, found = t.by[up]
	}
	return other, found
}

// sameAs reports a folder that is taken.
func (f Folder) sameAs(first Folder) diag.List {
	var list diag.List
	switch {
	case first == f: // the same file twice, which is reported as that
	case first.Pos != f.Pos:
		list.Add(f.Pos, diag.DuplicateFolder, "give one of the jobs another folder, or leave out to: for results/NAME",
			"the results of another job go to %q too, see %s", diag.Short(f.Name), first.Pos)
	case first.Name != f.Name:
		list.Add(f.Pos, diag.DuplicateFolder, "give one of the points another value",
			"the results of two points go to %q and %q, which is one folder on many machines", diag.Short(first.Name), diag.Short(f.Name))
	default:
		list.Add(f.Pos, diag.DuplicateFolder, "write to: results/${{ job.name }}, or leave out to:",
			"the results of every point of the matrix go to %q", diag.Short(f.Name))
	}
	return list
}

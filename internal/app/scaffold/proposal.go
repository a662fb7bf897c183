// Package scaffold writes a first manifest for a folder of input files: it looks which
// software they are for, asks for what no folder can tell, and writes the manifest as a
// person would. It reads the folder and nothing else; catalogs are given to it.
package scaffold

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/spec/hint"
)

// Proposal is what a folder tells about its job.
type Proposal struct {
	Family  string   // of the software, in words; empty when the folder does not tell
	Name    string   // for the job; empty when the folder's name has nothing to make one of
	Solvers []Solver // that the files are for, the likeliest first
	Inputs  []Input
	Notes   []string // what a person should know of the folder, a sentence each

	manifest string // name of its file
	flags    string // of the platform, to be typed behind commands
}

// Solver is one software that can do the job.
type Solver struct {
	Code    string   // in the catalog (rescale-api.md §4)
	Command string   // shell text; empty when nobody can tell
	Outputs []string // patterns of what is worth a download; empty takes everything
}

// Input is one entry of the manifest.
type Input struct {
	Path    string // or a pattern; with slashes, relative to the manifest
	Pack    string // name of the archive; empty for a file as it is
	Exclude []string
}

// solver is what the proposal knows of a code. A code that is not among the usual ones is
// taken for another name of the same software, unless those differ.
func (p Proposal) solver(code string) Solver {
	same := len(p.Solvers) > 0
	for _, s := range p.Solvers {
		if s.Code == code {
			return s
		}
		same = same && s.Command == p.Solvers[0].Command
	}
	if !same {
		return Solver{Code: code}
	}
	return Solver{Code: code, Command: p.Solvers[0].Command, Outputs: p.Solvers[0].Outputs}
}

func (p Proposal) codes() []string {
	codes := make([]string, len(p.Solvers))
	for i, s := range p.Solvers {
		codes[i] = s.Code
	}
	return codes
}

// Source is where to look.
type Source struct {
	Folder   string // of the input files
	Manifest string // path of the file that is going to be written
}

// Propose looks at a folder. Hidden files, results, what this tool wrote, and what a
// .rescaleignore names are no inputs. The error is that of the disk.
func Propose(s Source) (Proposal, error) {
	f, err := look(s)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{Name: hint.Slug(filepath.Base(f.path)), manifest: filepath.Base(f.manifest)}
	for _, find := range families() {
		if found, ok := find(f); ok {
			p.Family, p.Solvers, p.Inputs = found.family, found.solvers, found.inputs
			break
		}
	}
	if p.Inputs == nil {
		p.Inputs = f.everything()
	}
	p.Notes = f.notes
	return p, nil
}

// few is how many files are named one by one.
const few = 8

// named gives entries for files of the folder itself: each by its name, or where there
// are many by the pattern of their ending, if it means the same files.
func (f *folder) named(names []string) []Input {
	var inputs []Input
	done := make(map[string]bool)
	byEnding := make(map[string][]string)
	for _, name := range names {
		byEnding[filepath.Ext(name)] = append(byEnding[filepath.Ext(name)], name)
	}
	for _, name := range names {
		ending := filepath.Ext(name)
		pattern := "*" + ending
		if len(byEnding[ending]) > few && f.means(pattern, byEnding[ending]) {
			if !done[pattern] {
				inputs = append(inputs, Input{Path: f.below(pattern)})
			}
			done[pattern] = true
			continue
		}
		inputs = append(inputs, Input{Path: f.below(name)})
	}
	return inputs
}

// everything is all files, and each folder as an archive. More than a few are one archive.
func (f *folder) everything() []Input {
	if len(f.files) > 2*few {
		return []Input{f.packed("", "inputs")}
	}
	inputs := f.named(f.files)
	for _, name := range f.folders {
		inputs = append(inputs, f.packed(name, name))
	}
	return inputs
}

// packed is a folder below this one as an archive, or all of this one.
func (f *folder) packed(name, archive string) Input {
	pack := archive + ".tar.gz"
	for n := 2; slices.Contains(f.files, pack); n++ {
		pack = fmt.Sprintf("%s-%d.tar.gz", archive, n)
	}
	exclude := slices.Clone(f.results[name])
	if f.hides(name) {
		exclude = append(exclude, ".*")
	}
	return Input{Path: cmp.Or(f.below(name), "."), Pack: pack, Exclude: exclude}
}

// below is a name of the folder as the manifest says it.
func (f *folder) below(name string) string {
	switch {
	case f.prefix == "":
		return name
	case name == "":
		return f.prefix
	}
	return strings.TrimSuffix(f.prefix, "/") + "/" + name
}

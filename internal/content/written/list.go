package written

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
)

// Owner says which run a file belongs to.
type Owner struct {
	Run      string `json:"run,omitempty"`      // id on the platform; empty for what no run left
	Job      string `json:"job,omitempty"`      // its name; empty for a download by an id alone
	Manifest string `json:"manifest,omitempty"` // of the job, as seen from the folder; empty as above
}

// SameJob reports whether both are runs of one job. That is unknown for downloads by id.
func (o Owner) SameJob(other Owner) bool {
	return o.Job != "" && o.Job == other.Job && o.Manifest == other.Manifest
}

// SameRun reports whether both are one run. Ids of two local platforms can be equal, so
// the job, where known, must be the same as well.
func (o Owner) SameRun(other Owner) bool {
	return o.Run == other.Run && (o.Job == "" || other.Job == "" || o.SameJob(other))
}

// File is a file that was written, or is about to be.
type File struct {
	Path   string `json:"path"` // below the folder, with slashes; one at its end means all that is in a folder
	Size   int64  `json:"size"` // bytes
	SHA512 string `json:"sha512,omitempty"`
	// Wanted identifies the patterns that the file was fetched by: all matches were
	// listed at once, before anything was written.
	Wanted string `json:"wanted,omitempty"`
	// By says what wrote a file that no run left.
	By Writer `json:"by,omitempty"`
	Owner

	// Stamp is the stamp of the file when it had this content, where known: as long as
	// it is unchanged, the file need not be read.
	Stamp *stamp.Stamp `json:"stamp,omitempty"`
}

// Writer is a part of rescale-apply that writes files that no run left.
type Writer string

// The writers. Files that they keep writing are listed without a content.
const (
	Render   Writer = "render"  // templates with their values
	Keeper   Writer = "state"   // state files and their locks
	Emulator Writer = "emulate" // the folder of a local platform
	Reporter Writer = "report"  // reports on jobs
)

// Kept reports whether a file keeps being written, so that its content says nothing.
func (f File) Kept() bool { return f.By == Keeper || f.By == Emulator || f.By == Reporter }

// List is what was written into one folder. The zero List is empty.
type List struct {
	files   map[string][]File // by path; several while a newer run's file is on its way
	damaged []string          // lines that nobody can read
}

// Damaged reports whether the list has lost lines: files that it does not name may have
// been written as well.
func (l List) Damaged() bool { return len(l.damaged) > 0 }

// Of returns what a path was written as, each content once.
func (l List) Of(rel string) []File { return l.files[rel] }

// Names reports whether a path was written: a file, one in a folder, or the remains of
// an interrupted download.
func (l List) Names(rel string) bool {
	if len(l.files[rel]) > 0 {
		return true
	}
	for i := range len(rel) {
		if rel[i] == '/' && len(l.files[rel[:i+1]]) > 0 {
			return true
		}
	}
	if !strings.HasPrefix(path.Base(rel), ".") {
		return false
	}
	for listed := range l.files {
		if strings.HasPrefix(rel, partial.Path(listed)) {
			return true
		}
	}
	return false
}

// Clone returns a copy of the list.
func (l List) Clone() List {
	files := make(map[string][]File, len(l.files))
	for name, entries := range l.files {
		files[name] = slices.Clone(entries)
	}
	return List{files: files, damaged: slices.Clone(l.damaged)}
}

// All returns every entry, sorted by path.
func (l List) All() []File {
	var all []File
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		all = append(all, l.files[name]...)
	}
	return all
}

// Put adds an entry, in place of one of the same path and run. A caller that does not
// know the job of the run leaves the known one.
func (l *List) Put(f File) {
	for _, old := range l.files[f.Path] {
		if f.Job == "" && old.SameRun(f.Owner) {
			f.Owner = old.Owner
		}
	}
	l.Drop(f)
	if l.files == nil {
		l.files = make(map[string][]File)
	}
	l.files[f.Path] = append(l.files[f.Path], f)
}

// Drop removes what the run of an entry wrote under its path.
func (l *List) Drop(entry File) {
	rest := slices.DeleteFunc(slices.Clone(l.files[entry.Path]), func(f File) bool { return f.SameRun(entry.Owner) })
	if len(rest) == 0 {
		delete(l.files, entry.Path)
		return
	}
	l.files[entry.Path] = rest
}

// heading is the first line of a list. A file without one is incomplete.
type heading struct {
	Format int `json:"format"`
}

const format = 1

// lost stands for a missing heading.
const lost = `"the beginning is lost"`

// parse reads a list line by line.
func parse(text []byte) List {
	var l List
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	var head heading
	switch err := json.Unmarshal(first, &head); {
	case len(bytes.TrimSpace(first)) == 0:
		l.damaged = append(l.damaged, lost)
	case err != nil || head.Format != format:
		l.damaged = append(l.damaged, string(first))
	}
	for line := range bytes.Lines(rest) {
		line = bytes.TrimSpace(line)
		var f File
		switch err := json.Unmarshal(line, &f); {
		case len(line) == 0:
		case err != nil || f.Path == "" || f.Run == "" && f.By == "":
			l.damaged = append(l.damaged, string(line))
		default:
			l.Put(f)
		}
	}
	return l
}

// text returns the list as stored, equal for equal lists.
func (l List) text() ([]byte, error) {
	var out bytes.Buffer
	write := json.NewEncoder(&out)
	if err := write.Encode(heading{format}); err != nil {
		return nil, err
	}
	all := l.All()
	slices.SortStableFunc(all, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	for _, f := range all {
		if err := write.Encode(f); err != nil {
			return nil, err
		}
	}
	for _, line := range l.damaged {
		out.WriteString(line + "\n")
	}
	return out.Bytes(), nil
}

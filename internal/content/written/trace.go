package written

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
)

// Match returns the entry that a file on this disk still is: the one whose content it
// has. None means that somebody has changed the file, or that it is gone.
func Match(ctx context.Context, hasher content.Hasher, name string, entries []File) (match File, same bool, err error) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return File{}, false, nil //nolint:nilerr // what is not there has no content
	}
	now, err := stamp.At(name)
	if err != nil {
		return File{}, false, err
	}
	alike := false
	for _, e := range entries {
		if e.Stamp != nil && *e.Stamp == now {
			return e, true, nil
		}
		alike = alike || e.Size == now.Size
	}
	if !alike {
		return File{}, false, nil
	}
	digests, err := hasher.All(ctx, []string{name})
	if err != nil {
		return File{}, false, err
	}
	for _, e := range entries {
		if digests[0].SHA512 == e.SHA512 {
			return e, true, nil
		}
	}
	return File{}, false, nil
}

// StampOf returns the stamp of a file whose content is known now; nil where a later
// write might not show in it.
func StampOf(name string) *stamp.Stamp {
	now, err := stamp.At(name)
	if err != nil || now.Change == 0 && !now.Settled(time.Now()) {
		return nil
	}
	return &now
}

// Tree knows the lists of all folders on this disk. It is not safe for concurrent use.
type Tree struct {
	lists map[string]List   // by real folder
	real  map[string]string // real folders
}

// NewTree returns an empty Tree.
func NewTree() *Tree { return &Tree{lists: make(map[string]List), real: make(map[string]string)} }

// Trace is what the lists say about a file.
type Trace struct {
	Folder  string // whose list names the file, free of links; empty when none does
	Rel     string // the file's path below it
	Files   []File // its entries; none for the rest of an interrupted download
	Damaged string // a folder above the file whose list has lost lines; empty when none has
}

// Trace looks up a file in the lists of all folders above it, links followed.
func (t *Tree) Trace(name string) Trace {
	var trace Trace
	name = t.Real(name)
	for folder := filepath.Dir(name); ; folder = filepath.Dir(folder) {
		list := t.list(folder)
		if list.Damaged() && trace.Damaged == "" {
			trace.Damaged = folder
		}
		rel, err := filepath.Rel(folder, name)
		if rel = filepath.ToSlash(rel); err == nil && list.Names(rel) {
			trace.Folder, trace.Rel, trace.Files = folder, rel, list.Of(rel)
			return trace
		}
		if folder == filepath.Dir(folder) {
			return trace
		}
	}
}

// list returns what is known about a folder. A list that cannot be read counts as
// damaged.
func (t *Tree) list(folder string) List {
	list, known := t.lists[folder]
	if !known {
		var err error
		if list, err = Read(folder); err != nil {
			list.damaged = append(list.damaged, lost)
		}
		t.lists[folder] = list
	}
	return list
}

// Real returns the path of a file or folder without links, as far as it exists.
func (t *Tree) Real(name string) string {
	if info, err := os.Lstat(name); err == nil && (info.IsDir() || info.Mode()&fs.ModeSymlink != 0) {
		return t.resolve(name)
	}
	return filepath.Join(t.resolve(filepath.Dir(name)), filepath.Base(name))
}

func (t *Tree) resolve(folder string) string {
	found, known := t.real[folder]
	if !known {
		found = content.RealPath(folder)
		t.real[folder] = found
	}
	return found
}

package files

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// disk is where the jobs of one apply find their inputs. It remembers what was
// found: the points of a sweep mostly mean the same files.
type disk struct {
	lists  *written.Tree
	given  known // what only the command line names
	hasher content.Hasher
	known  map[string]found
	kept   map[string]kept      // by folder
	read   map[string]*template // by path
	parts  map[parting]*pack.Archive
	chosen map[parting]choice
	hinted int // missing files for which a similar name was looked for

	environ   []string // for git
	contained bool
	roots     map[string]string // of the folders of manifests
}

// found is what one entry of inputs means, and what is wrong with it. All positions are
// that of the entry's path.
type found struct {
	inputs   []Input
	problems diag.List
	notices  []Notice
}

func (r Reading) disk() *disk {
	d := &disk{
		lists: written.NewTree(), given: know(r.Given), hasher: content.Hasher{},
		known: make(map[string]found), kept: make(map[string]kept), read: make(map[string]*template),
		parts: make(map[parting]*pack.Archive), chosen: make(map[parting]choice),
		environ: r.Environ, contained: r.Contained, roots: make(map[string]string),
	}
	if r.Memory != nil {
		d.hasher.Memory = r.Memory
	}
	return d
}

// root returns the folder that the files of a manifest belong to.
func (d *disk) root(dir string) string {
	if _, known := d.roots[dir]; !known {
		d.roots[dir] = reach.Root(dir)
	}
	return d.roots[dir]
}

// reach returns what a manifest in a folder may name.
func (d *disk) reach(dir string) reach.Reach {
	if !d.contained {
		return reach.Reach{}
	}
	return reach.Reach{Root: d.root(dir)}
}

// maxHints bounds the search for similar names: a sweep can miss thousands of
// files, and people read the first.
const maxHints = 20

// nearby suggests a file of the same folder with almost the same name.
func (d *disk) nearby(dir, wanted string) string {
	if d.hinted++; d.hinted > maxHints {
		return ""
	}
	folder := path.Dir(filepath.ToSlash(wanted))
	if !reach.Inside(d.root(dir), reach.Real(below(dir, folder))) {
		return "" // names of files elsewhere are nobody's business
	}
	entries, err := os.ReadDir(below(dir, folder))
	if err != nil {
		if hint := likeFolder(dir, wanted); hint != "" {
			return hint
		}
		return fmt.Sprintf("there is no folder %s either; paths start at the folder of the manifest", folder)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, path.Join(folder, entry.Name()))
	}
	if near := diag.Nearest(wanted, names); len(near) > 0 {
		return diag.DidYouMean(wanted, near[:1])
	}
	return "paths start at the folder of the manifest"
}

// likeFolder suggests an existing file when the first missing folder on the way has
// almost the name of one that exists.
func likeFolder(dir, wanted string) string {
	parts := strings.Split(path.Clean(filepath.ToSlash(wanted)), "/")
	for i := range parts[:len(parts)-1] {
		parent := strings.Join(parts[:i], "/")
		if i > 0 && parent == "" {
			parent = "/"
		}
		if isDir(below(dir, path.Join(parent, parts[i]))) {
			continue
		}
		entries, err := os.ReadDir(below(dir, parent))
		if err != nil {
			return ""
		}
		var there []string
		for _, entry := range entries {
			name := path.Join(parent, entry.Name(), path.Join(parts[i+1:]...))
			if _, err := os.Stat(below(dir, name)); err == nil {
				there = append(there, name)
			}
		}
		if near := diag.Nearest(wanted, there); len(near) > 0 {
			return diag.DidYouMean(wanted, near[:1])
		}
		return ""
	}
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func absolute(p string) string {
	if whole, err := filepath.Abs(p); err == nil {
		return whole
	}
	return p
}

// within reports whether a path is a folder or in it.
func within(folder, p string) bool {
	rel, err := filepath.Rel(folder, p)
	return err == nil && filepath.IsLocal(rel)
}

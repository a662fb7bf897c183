package content

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// tree is a folder as an [fs.FS] that follows links: a link to a folder is a folder. It
// leaves out excluded folders before anybody looks into them, and stops at a link that
// leads back to a folder above it.
type tree struct {
	root  string // absolute
	rel   string // root as the user sees it, with slashes
	avoid *exclusion
	reach reach.Reach

	lists   *ignore.Tree
	below   string // root as the ignore files see it
	ignored bool   // something was left out by them
}

// tree returns the folder root, as seen from dir. Its ignore files are those from dir
// down to a file, or from root when that is elsewhere.
func (s Search) tree(dir, root string, avoid *exclusion) *tree {
	t := &tree{root: root, rel: relative(dir, root), avoid: avoid, reach: s.Reach, below: "."}
	if filepath.IsLocal(filepath.FromSlash(t.rel)) && filepath.Join(dir, filepath.FromSlash(t.rel)) == filepath.Clean(root) {
		t.below, t.lists = t.rel, ignore.NewTree(dir)
	} else {
		t.lists = ignore.NewTree(root)
	}
	t.lists.Reach = s.Reach
	return t
}

// ignores reports whether an ignore file leaves a path below the root out. The ignore
// files themselves are no inputs.
func (t *tree) ignores(name string, kind ignore.Kind) (bool, error) {
	if path.Base(name) == ignore.Name && kind == ignore.File {
		return true, nil
	}
	ignored, err := t.lists.Ignored(path.Join(t.below, name), kind)
	if err != nil {
		return false, &UnreadableError{Path: t.seen(err), Err: bare(err)}
	}
	t.ignored = t.ignored || ignored
	return ignored, nil
}

// seen returns the file that an error is about, as the user sees it.
func (t *tree) seen(err error) string {
	var about *fs.PathError
	if !errors.As(err, &about) {
		return t.rel
	}
	return path.Join(t.rel, relative(t.root, about.Path))
}

func (t *tree) full(name string) string {
	return filepath.Join(t.root, filepath.FromSlash(name))
}

// Open is part of [fs.FS]; a walk does not use it.
func (t *tree) Open(name string) (fs.File, error) { return os.Open(t.full(name)) }

// Stat is part of [fs.StatFS].
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	info, err := os.Stat(t.full(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &UnreadableError{Path: path.Join(t.rel, name), Err: bare(err)}
	}
	return info, err
}

// ReadDir is part of [fs.ReadDirFS].
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(t.full(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, &UnreadableError{Path: path.Join(t.rel, name), Err: bare(err)}
	}
	kept := entries[:0]
	for _, entry := range entries {
		seen, err := t.see(name, entry)
		if err != nil {
			return nil, err
		}
		if seen != nil {
			kept = append(kept, seen)
		}
	}
	return kept, nil
}

// see returns entry with its link followed; nil when it is left out.
func (t *tree) see(dir string, entry fs.DirEntry) (fs.DirEntry, error) {
	name := path.Join(dir, entry.Name())
	rel := path.Join(t.rel, name)
	if (entry.IsDir() || isLink(entry)) && t.avoid.leavesOut(rel) {
		return nil, nil
	}
	if !isLink(entry) {
		return t.unlessIgnored(name, entry)
	}
	info, err := os.Stat(t.full(name))
	if err != nil || !info.IsDir() {
		return t.unlessIgnored(name, entry) // a file, or a broken link: found out when it matches
	}
	if kept, err := t.unlessIgnored(name, linkedFolder{entry, info}); kept == nil {
		return nil, err
	}
	if err := t.reach.Check(t.full(name)); err != nil {
		return nil, &UnreadableError{Path: rel, Err: err}
	}
	if above := t.above(dir, info); above != "" {
		return nil, &UnreadableError{Path: rel, Err: fmt.Errorf("it is a link back to the folder %q that it is in; exclude it", above)}
	}
	return linkedFolder{entry, info}, nil
}

// isLink reports whether an entry leads elsewhere: a link, or a Windows junction.
func isLink(entry fs.DirEntry) bool { return entry.Type()&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// unlessIgnored returns entry, or nil when an ignore file leaves it out.
func (t *tree) unlessIgnored(name string, entry fs.DirEntry) (fs.DirEntry, error) {
	kind := ignore.File
	if entry.IsDir() {
		kind = ignore.Folder
	}
	ignored, err := t.ignores(name, kind)
	if ignored || err != nil {
		return nil, err
	}
	return entry, nil
}

// above finds the folder on the way from the root to dir that is the same as info.
func (t *tree) above(dir string, info fs.FileInfo) string {
	for {
		up, err := os.Stat(t.full(dir))
		if err == nil && os.SameFile(up, info) {
			return path.Join(t.rel, dir)
		}
		if dir == "." {
			return ""
		}
		dir = path.Dir(dir)
	}
}

// linkedFolder is the target folder of a link, under the name of the link.
type linkedFolder struct {
	fs.DirEntry
	info fs.FileInfo
}

func (linkedFolder) IsDir() bool                  { return true }
func (linkedFolder) Type() fs.FileMode            { return fs.ModeDir }
func (l linkedFolder) Info() (fs.FileInfo, error) { return l.info, nil }

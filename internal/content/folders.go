package content

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
)

// Folder is a folder that a pattern means.
type Folder struct {
	Path  string // absolute
	Rel   string // with slashes, relative to the folder of the search; it can begin with ../
	Below string // the end of Rel: without the folder in front of the pattern's first wildcard
}

// Folders is Find for folders, sorted by Rel in byte order: the pattern means them, and
// not the files in them. Links to folders are folders. None matches is a
// *[NoMatchError], a file where a path without wildcards should be a folder a
// *[NotFolderError]; otherwise the errors are those of [Match]. A link that leads to
// nothing is an error too: nobody knows what it should be.
func (s Search) Folders() ([]Folder, error) {
	dir, full, avoid, err := s.start()
	if err != nil {
		return nil, err
	}
	if _, missing := os.Lstat(full); missing != nil && hasWildcard(s.Pattern) {
		if err := s.Reach.Check(Begin(full)); err != nil {
			return nil, &UnreadableError{Path: s.Pattern, Err: err}
		}
		return s.wildcardFolders(dir, avoid)
	}
	if err := s.Reach.Check(full); err != nil {
		return nil, &UnreadableError{Path: s.Pattern, Err: err}
	}
	info, err := lookup(full, s.Pattern)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &NotFolderError{Path: s.Pattern}
	}
	rel := relative(dir, full)
	return []Folder{{Path: full, Rel: rel, Below: path.Base(rel)}}, nil
}

func (s Search) wildcardFolders(dir string, avoid *exclusion) ([]Folder, error) {
	t, pattern, err := s.walk(dir, avoid)
	if err != nil {
		return nil, err
	}
	var found []Folder
	err = doublestar.GlobWalk(t, pattern, func(name string, entry fs.DirEntry) error {
		switch {
		case name == ".":
			return nil
		case entry.IsDir():
			found = append(found, Folder{Path: t.full(name), Rel: path.Join(t.rel, name), Below: name})
			return nil
		case isLink(entry):
			return t.leadsNowhere(name)
		}
		return nil
	}, doublestar.WithFailOnIOErrors())
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NoMatchError{Pattern: s.Pattern, Ignored: t.ignored, Exclude: avoid.given()}
	}
	slices.SortFunc(found, func(a, b Folder) int { return cmp.Compare(a.Rel, b.Rel) })
	return slices.CompactFunc(found, func(a, b Folder) bool { return a.Rel == b.Rel }), nil
}

// leadsNowhere returns why a link is neither a file nor a folder.
func (t *tree) leadsNowhere(name string) error {
	rel := path.Join(t.rel, name)
	if ignored, err := t.ignores(name, ignore.File); ignored || err != nil || t.avoid.leavesOut(rel) {
		return err
	}
	_, err := lookup(t.full(name), rel)
	var none *NotFoundError
	if errors.As(err, &none) {
		return nil // gone since
	}
	return err
}

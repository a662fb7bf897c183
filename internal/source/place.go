package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is where a folder really is.
type folder struct {
	path   string // free of links
	linked bool   // a link in the repository leads there
}

// place returns the path of a file in the repository, with /, and whether a commit can
// have it: what a link leads to is in another place, which need not be in the repository.
// Of a file outside only the name is told.
func (c *checkout) place(file string) (rel string, straight bool) {
	at := c.resolve(filepath.Dir(file))
	inside, ok := c.inside(filepath.Join(at.path, filepath.Base(file)))
	if !ok {
		return ".../" + filepath.Base(file), false
	}
	info, err := os.Lstat(file)
	link := err == nil && info.Mode()&fs.ModeSymlink != 0
	if at.linked || link {
		inside = strings.TrimPrefix(inside, "/")
		return inside + " (link)", false
	}
	return inside, true
}

// inside returns a path below the top, with slashes.
func (c *checkout) inside(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(c.top, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// resolve follows the links of a folder, and remembers it: inputs share folders. Links
// above the repository are the machine's own business.
func (c *checkout) resolve(dir string) folder {
	if known, ok := c.places[dir]; ok {
		return known
	}
	at := folder{path: dir}
	if above := filepath.Dir(dir); above != dir {
		up := c.resolve(above)
		at = folder{path: filepath.Join(up.path, filepath.Base(dir)), linked: up.linked}
		if info, err := os.Lstat(at.path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			_, inside := c.inside(at.path)
			at.linked = at.linked || inside
			if target, err := filepath.EvalSymlinks(at.path); err == nil {
				at.path = target
			}
		}
	}
	c.places[dir] = at
	return at
}

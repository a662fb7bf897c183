package content

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// File is a regular file that a pattern means.
type File struct {
	Path    string // absolute
	Rel     string // with slashes, relative to the folder given to Match; it can begin with ../
	Below   string // the end of Rel: without the folder in front of the pattern's first wildcard
	Size    int64
	ModTime time.Time
	Mode    fs.FileMode
}

// Match returns the files that pattern means, seen from the folder dir, without those that exclude
// matches (as in [Selector], against [File.Rel]), sorted by Rel in byte order.
//
// A path that exists is itself, whatever characters it has: a[1].dat is a file, and a pattern only when
// there is no such file. Links are followed, to files and to folders. Every file is opened once, so
// that an unreadable one is known now. A wildcard skips folders, but not an unreadable file, a broken
// link or a device: leaving out an input silently is worse than an error. Excluding it helps, and so do
// the lines of a .rescaleignore in dir or in any folder below that the wildcard reaches (see package
// ignore); they do not apply to a path without wildcards.
//
// Errors: *[NotFoundError], *[NoMatchError], *[DirectoryError], *[UnreadableError], *[BadPatternError].
func Match(dir, pattern string, exclude []string) ([]File, error) {
	found, err := Search{Dir: dir, Pattern: pattern, Exclude: exclude}.Find()
	return found.Files, err
}

// MatchTree is Match that keeps the tree: the path of a folder means all files in it, and [File.Below]
// begins with the name of that folder if it was written.
func MatchTree(dir, pattern string, exclude []string) ([]File, error) {
	found, err := Search{Dir: dir, Pattern: pattern, Exclude: exclude, Tree: true}.Find()
	return found.Files, err
}

// Search is a search for files, as [Match] and [MatchTree] describe it.
type Search struct {
	Dir     string
	Pattern string
	Exclude []string
	Avoid   []string // more patterns to leave out, which no person wrote
	Tree    bool     // as MatchTree
	Reach   reach.Reach
}

// Found is the result of a search.
type Found struct {
	Files []File
	Idle  []string // patterns of Exclude that left nothing out
}

// Find searches; see [Match] for its errors.
func (s Search) Find() (Found, error) {
	dir, full, avoid, err := s.start()
	if err != nil {
		return Found{}, err
	}
	files, err := s.files(dir, full, avoid)
	return Found{Files: files, Idle: avoid.idle()}, err
}

// start returns the absolute paths of the folder and of the pattern.
func (s Search) start() (dir, full string, avoid *exclusion, err error) {
	if s.Pattern == "" {
		return "", "", nil, &BadPatternError{Pattern: s.Pattern, Err: errors.New("it is empty")}
	}
	if avoid, err = newExclusion(s.Exclude, s.Avoid); err != nil {
		return "", "", nil, err
	}
	if dir, err = filepath.Abs(s.Dir); err != nil {
		return "", "", nil, fmt.Errorf("finding folder %q: %w", s.Dir, err)
	}
	if full = filepath.FromSlash(s.Pattern); !filepath.IsAbs(full) {
		full = filepath.Join(dir, full)
	}
	return dir, full, avoid, nil
}

// files returns what a path means, or a pattern where there is no such path.
func (s Search) files(dir, full string, avoid *exclusion) ([]File, error) {
	begin := full
	if hasWildcard(s.Pattern) {
		begin = Begin(full)
	}
	if err := s.Reach.Check(begin); err != nil {
		return nil, &UnreadableError{Path: s.Pattern, Err: err}
	}
	_, missing := os.Lstat(full)
	if missing != nil && hasWildcard(s.Pattern) {
		return s.wildcard(dir, avoid)
	}
	if err := s.Reach.Check(full); err != nil {
		return nil, &UnreadableError{Path: s.Pattern, Err: err}
	}
	if s.Tree {
		return s.literalTree(dir, full, avoid)
	}
	return literal(dir, full, s.Pattern, avoid)
}

func hasWildcard(pattern string) bool { return strings.ContainsAny(pattern, "*?[{") }

// literal returns the one file at full.
func literal(dir, full, given string, avoid *exclusion) ([]File, error) {
	info, err := lookup(full, given)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &DirectoryError{Path: given}
	}
	rel := relative(dir, full)
	if avoid.leavesOut(rel) {
		return nil, &NoMatchError{Pattern: given, Exclude: avoid.given()}
	}
	if err := readable(full, given, info); err != nil {
		return nil, err
	}
	return []File{newFile(full, rel, path.Base(rel), info)}, nil
}

func newFile(full, rel, below string, info fs.FileInfo) File {
	return File{Path: full, Rel: rel, Below: below, Size: info.Size(), ModTime: info.ModTime(), Mode: info.Mode()}
}

// literalTree returns the one file at full, or all files in the folder there.
func (s Search) literalTree(dir, full string, avoid *exclusion) ([]File, error) {
	given := s.Pattern
	info, err := os.Stat(full)
	if err != nil || !info.IsDir() {
		return literal(dir, full, given, avoid)
	}
	files, err := s.tree(dir, full, avoid).all(given, "**")
	// "." and ".." are no names: a tree must not depend on where it is checked out.
	if name := path.Base(path.Clean(filepath.ToSlash(given))); strings.Trim(name, "./") != "" {
		for i := range files {
			files[i].Below = path.Join(name, files[i].Below)
		}
	}
	return files, err
}

// relative returns full as seen from dir; its base name when there is no way (another drive).
func relative(dir, full string) string {
	rel, err := filepath.Rel(dir, full)
	if err != nil {
		return filepath.Base(full)
	}
	return filepath.ToSlash(rel)
}

// lookup follows links and says in plain words where a broken one leads.
func lookup(full, given string) (fs.FileInfo, error) {
	info, err := os.Stat(full)
	if err == nil {
		return info, nil
	}
	if target, linkErr := os.Readlink(full); linkErr == nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &UnreadableError{Path: given, Err: fmt.Errorf("it is a link to %q, which does not exist", target)}
		}
		return nil, &UnreadableError{Path: given, Err: fmt.Errorf("it is a link to %q: %w", target, bare(err))}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{Path: given}
	}
	return nil, &UnreadableError{Path: given, Err: bare(err)}
}

// bare drops the operation and path that the caller names better.
func bare(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

// readable returns why a file cannot be used as an input. It checks the type first: opening a pipe
// would wait forever.
func readable(full, given string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return &UnreadableError{Path: given, Err: fmt.Errorf("it is %s, not a regular file", typeName(info.Mode()))}
	}
	f, err := os.Open(full)
	if err != nil {
		return &UnreadableError{Path: given, Err: bare(err)}
	}
	return f.Close()
}

func typeName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode.IsDir():
		return "a folder"
	}
	return "something special"
}

// wildcard walks the folder in front of the first wildcard.
func (s Search) wildcard(dir string, avoid *exclusion) ([]File, error) {
	walked, rest, err := s.walk(dir, avoid)
	if err != nil {
		return nil, err
	}
	return walked.all(s.Pattern, rest)
}

// walk returns the folder in front of the first wildcard, and the pattern below it.
func (s Search) walk(dir string, avoid *exclusion) (*tree, string, error) {
	base, rest := doublestar.SplitPattern(s.Pattern)
	if err := checkPattern(rest); err != nil {
		return nil, "", &BadPatternError{Pattern: s.Pattern, Err: err}
	}
	if slices.ContainsFunc(strings.Split(rest, "/"), func(s string) bool { return s == "" || s == "." || s == ".." }) {
		return nil, "", &BadPatternError{Pattern: s.Pattern, Err: errors.New("an empty name, . and .. cannot follow a wildcard")}
	}
	root := filepath.FromSlash(base)
	if !filepath.IsAbs(root) {
		root = filepath.Join(dir, root)
	}
	return s.tree(dir, root, avoid), rest, nil
}

// all returns the files that match, sorted; given is the pattern as the user wrote it.
func (t *tree) all(given, pattern string) ([]File, error) {
	files, err := t.files(pattern)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &NoMatchError{Pattern: given, Ignored: t.ignored, Exclude: t.avoid.given()}
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Rel, b.Rel) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Rel == b.Rel }), nil
}

// files returns all regular files below the tree's root that match.
func (t *tree) files(pattern string) ([]File, error) {
	var found []File
	err := doublestar.GlobWalk(t, pattern, func(name string, entry fs.DirEntry) error {
		rel := path.Join(t.rel, name)
		if entry.IsDir() {
			return nil
		}
		if t.avoid.leavesOut(rel) {
			return nil
		}
		if ignored, err := t.ignores(name, ignore.File); ignored || err != nil {
			return err
		}
		full := t.full(name)
		if isLink(entry) {
			if err := t.reach.Check(full); err != nil {
				return &UnreadableError{Path: rel, Err: err}
			}
		}
		info, err := lookup(full, rel)
		if err != nil {
			return err
		}
		if err := readable(full, rel, info); err != nil {
			return err
		}
		found = append(found, newFile(full, rel, name, info))
		return nil
	}, doublestar.WithFailOnIOErrors())
	return found, err
}

// Begin returns the folder that a pattern begins with: the part before its first wildcard, as a path of
// this machine. It is "." when there is none.
func Begin(pattern string) string {
	literal, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	return filepath.FromSlash(literal)
}

package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkout is one working tree, as far as the jobs need it.
type checkout struct {
	asked
	top    string // its folder, free of links
	commit string
	ref    string
	repo   string
	shown  map[string]string // wanted files by their absolute paths: what names them; empty for those without a way to a commit
	places map[string]folder
	wanted map[string]bool       // paths in the repository, with /; true once it is certain that the commit has the file
	moved  map[string]bool       // files and folders that differ from the commit
	shared map[*string]*[]string // lists by their first elements: what of them differs, nil until it is asked for
	failed bool                  // nobody knows which files differ
}

// newCheckout reads which commit is checked out. The error says why none is known.
func newCheckout(ctx context.Context, top string, environ []string) (*checkout, error) {
	c := &checkout{
		asked: asked{folder: top, environ: environ}, top: top,
		shown: make(map[string]string), places: make(map[string]folder), wanted: make(map[string]bool), moved: make(map[string]bool),
		shared: make(map[*string]*[]string),
	}
	found, err := c.line(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	if !same(found, top) {
		return nil, fmt.Errorf("git takes %s for the folder of the repository, not the one with .git", filepath.Base(found))
	}
	if c.commit, err = c.line(ctx, "rev-parse", "--quiet", "--verify", "HEAD^{commit}"); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, errors.New("the repository has no commit")
	}
	// Both are unknown where HEAD is detached, or where there is no remote.
	c.ref, _ = c.line(ctx, "symbolic-ref", "--quiet", "HEAD")
	remote, _ := c.line(ctx, "remote", "get-url", "origin")
	remote, _, _ = strings.Cut(remote, "\n")
	c.repo = public(remote)
	return c, ctx.Err()
}

// same reports whether two paths are one folder.
func same(a, b string) bool {
	one, err1 := os.Stat(filepath.FromSlash(a))
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// want makes files be compared with the commit.
func (c *checkout) want(files ...string) {
	for _, file := range files {
		if _, known := c.shown[file]; known {
			continue
		}
		rel, straight := c.place(file)
		c.shown[file] = rel
		if straight {
			c.wanted[rel] = false
		}
	}
}

// wantShared wants lists of files, each once.
func (c *checkout) wantShared(lists [][]string) {
	for _, list := range lists {
		if len(list) == 0 {
			continue
		}
		if _, known := c.shared[&list[0]]; !known {
			c.shared[&list[0]] = nil
			c.want(list...)
		}
	}
}

// compare asks git about all wanted files at once: which files differ from the commit, and
// which it has at all. What is ignored is not in its list either.
func (c *checkout) compare(ctx context.Context, commit string) error {
	if len(c.wanted) == 0 {
		return nil
	}
	scope := []string{"--", ":(literal)" + c.common()}
	list := []string{"ls-files", "-v", "-z"}
	if _, err := os.Lstat(filepath.Join(c.top, ".gitmodules")); err == nil {
		scope = []string{"--", "."} // a path into a submodule means nothing to a status
		list = append(list, "--recurse-submodules")
	}
	err := c.lines(ctx, c.tracked, append(list, scope...)...)
	if err != nil {
		return err
	}
	off, err := c.filters(ctx)
	if err != nil {
		return err
	}
	status := []string{"status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=none"}
	if err := c.lines(ctx, c.changed, slices.Concat(off, status, scope)...); err != nil {
		return err
	}
	if commit == c.commit {
		return nil
	}
	// A merge that the pipeline has made is checked out.
	err = c.lines(ctx, func(name string) { c.moved[name] = true }, "diff-tree", "-r", "-z", "--no-renames", "--name-only", commit, c.commit)
	if err != nil {
		return &MergeError{Commit: commit, Err: err}
	}
	return nil
}

// MergeError reports that a pipeline's merge could not be compared with the commit that it
// is of, as in a clone that does not go down to that commit.
type MergeError struct {
	Commit string // that the merge is of
	Err    error
}

// Error says what was to be compared, and why it was not.
func (e *MergeError) Error() string {
	return fmt.Sprintf("a merge is checked out, and cannot be compared with commit %s that it is of (a clone needs fetch-depth: 2): %v", Short(e.Commit), e.Err)
}

// Unwrap returns the cause.
func (e *MergeError) Unwrap() error { return e.Err }

// tracked takes a line of ls-files: a letter and a path. A small letter is a file whose
// changes git was told to pass over, S one that need not be here.
func (c *checkout) tracked(line string) {
	letter, name, _ := strings.Cut(line, " ")
	if _, wanted := c.wanted[name]; wanted && letter == "H" {
		c.wanted[name] = true
	}
}

// changed takes a line of status: the path follows seven fields of a changed file, and
// nine of one in a merge that is not finished.
func (c *checkout) changed(line string) {
	fields := 8
	if strings.HasPrefix(line, "u ") {
		fields = 10
	}
	if all := strings.SplitN(line, " ", fields+1); len(all) == fields+1 {
		c.moved[all[fields]] = true
	}
}

// common is the folder that all wanted files are in; of one file itself.
func (c *checkout) common() string {
	common, first := "", true
	for name := range c.wanted {
		if first {
			common, first = name, false
		}
		for common != "" && name != common && !strings.HasPrefix(name, common+"/") {
			common = common[:max(0, strings.LastIndexByte(common, '/'))]
		}
	}
	if common == "" {
		return "."
	}
	return common
}

// differs reports whether the commit does not have a wanted file as it is here, and names
// it.
func (c *checkout) differs(file string) (name string, is bool) {
	name = c.shown[file]
	if !c.wanted[name] {
		return name, true
	}
	for above := name; above != ""; above = above[:max(0, strings.LastIndexByte(above, '/'))] {
		if c.moved[above] {
			return name, true
		}
	}
	return name, false
}

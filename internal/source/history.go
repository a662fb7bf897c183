package source

import (
	"context"
	"errors"
	"path/filepath"
)

// History is the past of the commit that is checked out somewhere.
type History struct {
	Here Source // of the checkout, without a manifest and files

	*checkout
	piped bool // a pipeline runs
}

// ShallowError reports that a clone does not go down to its first commit: of what is not
// there nobody can say whether it came before.
type ShallowError struct{}

// Error says what the clone lacks.
func (*ShallowError) Error() string {
	return "the clone is shallow, so that older commits are not known"
}

// Hint is how to get the rest.
func (*ShallowError) Hint() string { return "git fetch --unshallow, or fetch-depth: 0 of the checkout" }

// History opens the history of the repository that a folder is in. A clone without its
// past is a *[ShallowError].
func (f Finder) History(ctx context.Context, dir string) (*History, error) {
	s := search{Finder: f, pipeline: pipelineOf(f.Getenv), byTop: make(map[string]*checkout)}
	c := s.checkout(ctx, dir)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case c == nil && len(s.unknown) > 0:
		return nil, s.unknown[0]
	case c == nil:
		return nil, errors.New("there is no repository")
	}
	shallow, err := c.line(ctx, "rev-parse", "--is-shallow-repository")
	switch {
	case err != nil:
		return nil, err
	case shallow != "false":
		return nil, &ShallowError{}
	}
	here := s.sourceOf(c, Made{Manifest: filepath.Join(c.top, "-")})
	here.Path, here.Dirty, here.More = "", nil, 0
	return &History{Here: here, checkout: c, piped: s.pipeline.known()}, nil
}

// Path is the path of a folder or file in the repository, with /, and . for its top; ok is
// false for one outside.
func (h *History) Path(file string) (path string, ok bool) { return h.inside(file) }

// Includes reports whether a commit came before the one that is checked out. Of one that
// nobody here knows it is false.
func (h *History) Includes(ctx context.Context, commit string) bool {
	if full(commit) == "" || commit == h.commit || commit == h.Here.Commit {
		return false
	}
	_, err := h.line(ctx, "merge-base", "--is-ancestor", commit, h.commit)
	return err == nil
}

// Has reports whether the commit that is checked out has a file.
func (h *History) Has(ctx context.Context, path string) (bool, error) {
	found, err := h.line(ctx, "ls-tree", "--name-only", "-z", "--full-tree", h.commit, "--", path)
	return found != "", err
}

// Changed returns the last commit since another that changed one of the files; empty
// when none did, or when one of them differs from the commit that is checked out: then it
// is not this commit that says what it says.
func (h *History) Changed(ctx context.Context, since string, paths ...string) (string, error) {
	scope := []string{"--"}
	for _, path := range paths {
		scope = append(scope, ":(literal)"+path)
	}
	status, err := h.line(ctx, append([]string{"status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"}, scope...)...)
	if err != nil || status != "" {
		return "", err
	}
	return h.line(ctx, append([]string{"rev-list", "--max-count=1", since + ".." + h.commit}, scope...)...)
}

package source

import (
	"context"
	"fmt"
	"strings"
)

// StaleError reports that the commit that is checked out is not known to be the newest of
// its branch: what it has removed, the branch may want again.
type StaleError struct {
	Ref   string // of the checkout
	Newer string // a commit of the branch that the checkout lacks; empty where none is known
}

// Error says what is not known.
func (e *StaleError) Error() string {
	if e.Newer == "" {
		return fmt.Sprintf("which commit is the newest of %s is not known here", e.Ref)
	}
	return fmt.Sprintf("%s has gone on: the commit that is checked out does not have %s", e.Ref, Short(e.Newer))
}

// Hint is how to know it.
func (e *StaleError) Hint() string {
	if e.Newer == "" {
		return "fetch the branch, with fetch-depth: 0 of the checkout"
	}
	return "the newest commit does it; on your own machine, git pull"
}

// maxMoves is how many earlier places of a branch are looked at.
const maxMoves = 100

// Newest reports whether the checkout has all that its branch has on the remote, as it was
// last fetched: else it is a *[StaleError]. A branch that no remote has counts itself, but
// not in a pipeline, which may run for an old commit.
func (h *History) Newest(ctx context.Context) error {
	stale := &StaleError{Ref: h.Here.Ref}
	branch, ok := strings.CutPrefix(h.Here.Ref, "refs/heads/")
	if !ok {
		return stale
	}
	remote := "refs/remotes/origin/" + branch
	tip, err := h.line(ctx, "rev-parse", "--quiet", "--verify", remote+"^{commit}")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && h.piped:
		return stale
	case err != nil:
		return nil //nolint:nilerr // no remote has the branch
	}
	stale.Newer, err = h.line(ctx, "rev-list", "--max-count=1", tip, "^"+h.commit)
	if err == nil && stale.Newer == "" {
		stale.Newer, err = h.after(ctx, remote)
	}
	if err != nil || stale.Newer == "" {
		return err
	}
	return stale
}

// after returns a commit after the one that is checked out that a branch once had. The
// checkout of a pipeline that is run again fetches the branch, and then puts it back to the
// commit of the pipeline: only git's log of the branch still has what came later.
func (h *History) after(ctx context.Context, ref string) (string, error) {
	moves, err := h.line(ctx, "rev-list", "--walk-reflogs", fmt.Sprintf("--max-count=%d", maxMoves), ref)
	if err != nil || moves == "" {
		return "", ctx.Err() // nobody has logged it
	}
	args := append([]string{"rev-list", "--max-count=1", "--ancestry-path"}, strings.Fields(moves)...)
	return h.line(ctx, append(args, "^"+h.commit)...)
}

package source

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxVersions is how many changes of a file are looked at.
const maxVersions = 200

// TooManyError reports that a file changed too often to look at all its versions.
type TooManyError struct{ Path string }

// Error says which file it is.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("%s changed more than %d times", e.Path, maxVersions)
}

// Versions are the blobs of a file: as a commit has it, if it does, and as every commit since then
// made it, also those of branches that were merged. More than 200 are a *[TooManyError].
func (h *History) Versions(ctx context.Context, since, path string) ([]string, error) {
	if full(since) == "" {
		return nil, fmt.Errorf("%q is no commit in full", since)
	}
	var blobs []string
	if first, err := h.line(ctx, "rev-parse", "--quiet", "--verify", since+":"+path); err == nil {
		blobs = append(blobs, first)
	}
	changes := 0
	take := func(line string) {
		found := rawChange.FindStringSubmatch(line)
		if found == nil {
			return
		}
		changes++
		for _, blob := range found[1:] {
			if none.MatchString(blob) || slices.Contains(blobs, blob) {
				continue
			}
			blobs = append(blobs, blob)
		}
	}
	err := h.lines(
		ctx, take, "log", "--no-show-signature", "--no-follow", "--full-history", "-m", "--root", "--format=", "--raw", "--no-abbrev", "-z", "--no-renames",
		"--no-ext-diff", "--no-textconv", fmt.Sprintf("--max-count=%d", maxVersions+1), since+".."+h.commit, "--", ":(literal)"+path,
	)
	if err == nil && changes > maxVersions {
		err = &TooManyError{Path: path}
	}
	return blobs, err
}

var (
	rawChange = regexp.MustCompile(`^\s*:[0-7]{6} [0-7]{6} ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]`)
	none      = regexp.MustCompile(`^0+$`) // of a file that is not there
)

// Text is the content of a blob.
func (h *History) Text(ctx context.Context, blob string) (string, error) {
	return h.line(ctx, "cat-file", "blob", blob)
}

// Moved are the paths that a file of a commit has in another one under a new name, as git
// finds renames: by content that is the same or much alike.
func (h *History) Moved(ctx context.Context, path, from, to string) (paths []string, err error) {
	var fields []string
	take := func(line string) { fields = append(fields, line) }
	err = h.lines(ctx, take, "diff-tree", "-r", "-z", "-M", "-l1000", "--diff-filter=R", "--name-status", "--no-ext-diff", "--no-textconv", from, to)
	for ; len(fields) >= 3; fields = fields[3:] { // such as R100, the old path and the new one
		if fields[1] == path {
			paths = append(paths, fields[2])
		}
	}
	return paths, err
}

// Copies are the paths that have one of some blobs in the commit that is checked out, by
// the blob.
func (h *History) Copies(ctx context.Context, blobs []string) (map[string][]string, error) {
	paths := make(map[string][]string)
	take := func(line string) {
		about, path, _ := strings.Cut(line, "\t")
		if fields := strings.Fields(about); len(fields) == 3 && slices.Contains(blobs, fields[2]) {
			paths[fields[2]] = append(paths[fields[2]], path)
		}
	}
	err := h.lines(ctx, take, "ls-tree", "-r", "-z", "--full-tree", h.commit)
	return paths, err
}

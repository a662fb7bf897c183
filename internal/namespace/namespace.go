// Package namespace finds out which jobs of one account belong together: those of a
// manifest at its place in a repository, whatever machine the clone is on. It asks the
// git program, and knows no manifest language and no platform.
package namespace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Finder finds the namespaces of manifests. It asks each repository once.
type Finder struct {
	Environ []string // for the git program; what it says about repositories is left out

	addresses map[string]string // of the remote origin, by the path of .git; empty without one
}

// Of returns the namespace of a manifest by its absolute path, free of links: the
// address of its repository and its path in it, as in
// github.com/acme/sims/jobs/heat/job.yaml. Without a repository, or in one without a
// remote origin, it is the names of the folder and the file, as in case1/job.yaml. A
// .git that cannot be read is an [UnreadableError].
func (f *Finder) Of(ctx context.Context, manifest string) (string, error) {
	entry, err := nearest(filepath.Dir(manifest))
	if err == nil && entry != "" {
		err = f.learn(ctx, entry)
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &UnreadableError{Manifest: manifest, Git: entry, Err: err}
	case f.addresses[entry] == "":
		return short(manifest), nil
	}
	inside := strings.TrimPrefix(manifest[len(filepath.Dir(entry)):], string(filepath.Separator))
	return printable(f.addresses[entry] + "/" + filepath.ToSlash(inside)), nil
}

// learn asks git for the address of a repository, unless it is known.
func (f *Finder) learn(ctx context.Context, entry string) error {
	if _, known := f.addresses[entry]; known {
		return nil
	}
	found, err := f.ask(ctx, entry)
	if err != nil {
		return err
	}
	if f.addresses == nil {
		f.addresses = make(map[string]string)
	}
	f.addresses[entry] = found
	return nil
}

// nearest returns the path of the .git in a folder or the nearest one above it: a
// folder, or the file that a worktree or a submodule has; empty where there is none.
// Git itself would pass over one that is damaged, into a repository further up.
func nearest(folder string) (string, error) {
	for {
		entry := filepath.Join(folder, ".git")
		_, err := os.Lstat(entry)
		switch above := filepath.Dir(folder); {
		case err == nil:
			return entry, nil
		case !errors.Is(err, fs.ErrNotExist):
			return entry, errors.Unwrap(err) // without the path, which is named already
		case above == folder:
			return "", nil
		default:
			folder = above
		}
	}
}

// short returns the names of a manifest's folder and file.
func short(manifest string) string {
	folder := filepath.Base(filepath.Dir(manifest))
	if folder == string(filepath.Separator) {
		return printable(filepath.Base(manifest))
	}
	return printable(folder + "/" + filepath.Base(manifest))
}

// printable escapes bytes that are no text as in URLs: every machine must be able to
// send and show a namespace, and get the same one back.
func printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if unicode.IsControl(r) || r == utf8.RuneError && size == 1 {
			for _, c := range []byte(text[:size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

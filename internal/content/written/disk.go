package written

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
)

// Names of rescale-apply's own folders in a folder of results. No result has one of
// them in its path.
const (
	Folder   = ".rescale-results" // of the list
	Previous = ".previous"        // of what earlier runs left
)

const listName = "list.jsonl"

// Read returns the list of a folder of results; it is empty when there is none.
func Read(folder string) (List, error) {
	text, err := os.ReadFile(filepath.Join(folder, Folder, listName))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return List{}, nil
	}
	if err != nil {
		return List{}, fmt.Errorf("reading the list of results: %w", err)
	}
	return parse(text), nil
}

// Update changes the list of a folder of results, one process at a time. When Update
// returns, the new list is on disk, or the old one is unchanged. Errors: *[LinkError],
// those of change, of ctx and of the disk.
func Update(ctx context.Context, folder string, change func(*List) error) error {
	own := filepath.Join(folder, Folder)
	if err := Hide(own); err != nil {
		return err
	}
	unlock, err := lock(ctx, filepath.Join(own, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	list, err := Read(folder)
	if err != nil {
		return err
	}
	before, err := list.text()
	if err != nil {
		return err
	}
	if err := change(&list); err != nil {
		return err
	}
	after, err := list.text()
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	return write(filepath.Join(own, listName), after)
}

// Claim lists files that no run left, before they are written. Errors: those of Update.
func Claim(ctx context.Context, folder string, files []File) error {
	return Update(ctx, folder, func(l *List) error {
		for _, f := range files {
			l.Put(f)
		}
		return nil
	})
}

// Claimed returns the entries of names that a writer keeps.
func Claimed(by Writer, names ...string) []File {
	files := make([]File, len(names))
	for i, name := range names {
		files[i] = File{Path: name, By: by}
	}
	return files
}

func write(name string, text []byte) error {
	want := partial.Announced{Digest: content.Digest{Size: int64(len(text))}}
	return partial.Write(name, want, bytes.NewReader(text))
}

// Hide creates a folder of rescale-apply's own, which keeps itself out of git. It
// refuses a link in its place: that may lead anywhere.
func Hide(folder string) error {
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return disk(folder, err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return disk(folder, err)
	}
	if err := noLink(folder); err != nil {
		return err
	}
	return create(filepath.Join(folder, ".gitignore"), "*\n")
}

// create creates a file unless one of this name exists.
func create(name, text string) error {
	if err := noLink(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return disk(name, err)
	}
	_, err = f.WriteString(text)
	return disk(name, errors.Join(err, f.Close()))
}

func disk(name string, err error) error {
	if err == nil {
		return nil
	}
	return &partial.DiskError{Path: name, Err: err}
}

// LinkError reports a link where rescale-apply keeps files of its own.
type LinkError struct{ Path string }

// Error names the link.
func (e *LinkError) Error() string {
	return fmt.Sprintf("%s is a link, and nothing is written through it", e.Path)
}

// Hint says what to do next.
func (e *LinkError) Hint() string { return "remove the link, or give outputs.to another folder" }

func noLink(name string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
		return &LinkError{name}
	}
	return nil
}

// lockPause is how long to wait before trying a lock again, which others hold for one
// read and one write.
const lockPause = 20 * time.Millisecond

// lock keeps other processes from the list. Where the disk has no locks, nothing does:
// each write is atomic.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := create(name, ""); err != nil {
		return nil, err
	}
	l := flock.New(name)
	held, err := l.TryLockContext(ctx, lockPause)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil || !held {
		return func() {}, nil //nolint:nilerr // see above
	}
	return func() { _ = l.Unlock() }, nil
}

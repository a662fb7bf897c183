package files

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/git"
)

// kept is what git keeps below a folder.
type kept struct {
	files map[string]bool
	err   error // git is there, and does not say
}

// tracked reports whether git keeps a file of a folder. Without the program, or outside
// of repositories, nothing is tracked. git is asked about each folder once.
func (d *disk) tracked(ctx context.Context, folder, rel string) (bool, error) {
	below, known := d.kept[folder]
	if !known {
		below = d.list(ctx, folder)
		d.kept[folder] = below
	}
	return below.files[rel], below.err
}

// list asks git, from the top of the repository: a folder in it can look like another one
// without files, which a commit brings.
func (d *disk) list(ctx context.Context, folder string) kept {
	top := reach.Repository(folder)
	if top == "" {
		return kept{}
	}
	prefix := ""
	args := []string{"-C", top, "--literal-pathspecs", "ls-files", "-z"}
	if rel, err := filepath.Rel(top, folder); err == nil && rel != "." {
		prefix = filepath.ToSlash(rel) + "/"
		args = append(args, "--", prefix)
	}
	ctx, cancel := context.WithTimeout(ctx, git.Patience)
	defer cancel()
	out, err := git.Command(ctx, d.environ, args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return kept{}
	}
	if err != nil {
		return kept{err: fmt.Errorf("git does not say what it tracks in %s: %w", top, git.Refusal(err))}
	}
	files := make(map[string]bool)
	for name := range strings.SplitSeq(string(out), "\x00") {
		files[strings.TrimPrefix(name, prefix)] = true
	}
	return kept{files: files}
}

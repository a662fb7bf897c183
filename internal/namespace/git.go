package namespace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/git"
)

// UnreadableError reports that a repository exists and its address cannot be read. No
// other namespace replaces it: on a machine that can read the repository, the same job
// would have another namespace, and run beside this one.
type UnreadableError struct {
	Manifest string // its path
	Git      string // path of the .git
	Err      error
}

// Error names the manifest and what cannot be read.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("finding the namespace of %s: reading %s: %v", e.Manifest, e.Git, e.Err)
}

// Unwrap returns the cause.
func (e *UnreadableError) Unwrap() error { return e.Err }

// Hint returns a line for the manifest that makes the repository unnecessary.
func (e *UnreadableError) Hint() string {
	act := "repair the repository"
	if errors.Is(e.Err, exec.ErrNotFound) || errors.Is(e.Err, exec.ErrDot) {
		act = "install git"
	}
	return act + ", or write into the manifest: namespace: " + e.proposal()
}

// proposal returns the manifest's path from the folder of its repository, as a YAML
// text.
func (e *UnreadableError) proposal() string {
	root := filepath.Dir(e.Git)
	name := short(e.Manifest)
	if inside, err := filepath.Rel(filepath.Dir(root), e.Manifest); err == nil {
		name = printable(filepath.ToSlash(inside))
	}
	if plain.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

// plain is a path that YAML reads as a text without quotes.
var plain = regexp.MustCompile(`^[A-Za-z][\w.+-]*/[\w./+-]*$`)

// ask asks git for the address of the remote origin; empty where there is none. Git
// expands the person's own abbreviations of addresses (insteadOf). It is given the path
// of .git, so that it looks at no other repository, and ignores who owns that one:
// nothing in it is run.
func (f *Finder) ask(ctx context.Context, entry string) (string, error) {
	if err := whole(entry); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, git.Patience)
	defer cancel()
	cmd := git.Command(ctx, environment(f.Environ), "-c", "safe.directory=*", "--git-dir="+entry, "remote", "-v")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	list, err := cmd.Output()
	if err != nil {
		return "", refusal(err, complaint.String())
	}
	return address(origin(string(list)), filepath.Dir(entry)), nil
}

// whole finds a repository that has lost its settings: git takes it for one without
// remotes.
func whole(entry string) error {
	info, err := os.Stat(entry)
	if err != nil || !info.IsDir() {
		return nil //nolint:nilerr // git says what is wrong with it
	}
	if _, err := os.Stat(filepath.Join(entry, "config")); err != nil {
		return fmt.Errorf("its config: %w", errors.Unwrap(err))
	}
	return nil
}

// environment leaves out the variables that name a repository or its settings, as git
// sets them for hooks. It keeps where git's own programs are.
func environment(all []string) []string {
	kept := []string{} // nil would mean all of this process
	for _, variable := range all {
		name := strings.ToUpper(variable)
		if !strings.HasPrefix(name, "GIT_") || strings.HasPrefix(name, "GIT_EXEC_PATH=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// refusal returns why git gave no answer: the first line of its message, without
// addresses, which may contain tokens.
func refusal(err error, complaint string) error {
	line := git.Complaint(complaint)
	if line == "" {
		return err
	}
	return fmt.Errorf("%s (git: %w)", line, err)
}

// origin finds the fetch address of the remote origin in the list of remotes. There,
// round or square brackets follow it.
func origin(list string) string {
	for line := range strings.Lines(list) {
		rest, is := strings.CutPrefix(line, "origin\t")
		if end := strings.LastIndex(rest, " (fetch)"); is && end >= 0 {
			return strings.TrimSpace(rest[:end])
		}
	}
	return ""
}

// Package git runs the git program in folders that nobody vouches for: a pull request, an
// archive that was unpacked. It starts no program that a repository or its settings name,
// asks nobody, reaches no network and hands on no secret.
package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// maxDelay is how long a program that git has started may hold its output open.
const maxDelay = time.Second

// harmless are the settings for every call. Settings of the command line win over those of
// a repository, and git ignores those that it does not know.
func harmless() []string {
	return []string{
		"--no-pager", "--no-optional-locks",
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.sshCommand=false",
		"-c", "credential.helper=",
		"-c", "protocol.allow=never",
		// A commit can bring a folder that looks like a repository without files.
		"-c", "safe.bareRepository=explicit",
	}
}

// Command is git with the given arguments, in a process with these variables. The settings
// that harm are off, whatever the repository says. It ends with the context.
func Command(ctx context.Context, environ []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append(harmless(), args...)...)
	cmd.Env = append(clean(environ),
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_SSH_COMMAND=false", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "SSH_ASKPASS=false", "LC_ALL=C")
	cmd.WaitDelay = maxDelay
	return cmd
}

// clean leaves out the variables that lead git to another repository, as it sets them for
// hooks, and keys: no program that git starts needs one. It keeps a person's settings,
// with the folders that are trusted.
func clean(environ []string) []string {
	kept := []string{} // nil would mean all of this process
	for _, variable := range environ {
		name := strings.ToUpper(variable)
		foreign := strings.HasPrefix(name, "GIT_") && !settings.MatchString(name)
		if !foreign && !secret.MatchString(name) {
			kept = append(kept, variable)
		}
	}
	return kept
}

var (
	settings = regexp.MustCompile(`^GIT_(EXEC_PATH|DISCOVERY_ACROSS_FILESYSTEM|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))=`)
	secret   = regexp.MustCompile(`^(RESCALE_[^=]*|[^=]*_(TOKEN|KEY|SECRET|PASSWORD))=`)
)

// Patience is how long git may take at most: a status of a very large repository takes
// seconds.
const Patience = time.Minute

// Complaint is the first line of what git wrote to its standard error, without addresses,
// which may hold a token.
func Complaint(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return addresses.ReplaceAllString(line, "ADDRESS")
}

// Refusal is why git gave no answer: its complaint, which exec keeps of a command without
// another place for it.
func Refusal(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	line := Complaint(string(exit.Stderr))
	if line == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", line, err)
}

var addresses = regexp.MustCompile(`\S+(://|@)\S+`)

package source

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// How long git may take, and how much it may say, in bytes: a status of a very large
// repository takes seconds, and a list of a million files 100 MB.
const (
	maxTime   = time.Minute
	maxOutput = 512 << 20
	maxName   = 1 << 20 // of one file
)

// git runs the git program in one folder, in a way that starts no program that the
// repository names, writes nothing, asks nobody and reaches no other machine. Who owns the repository counts: git
// refuses one of another account, whose settings would be used.
type git struct {
	folder  string
	environ []string
}

// lines runs git and gives every part of its answer, which ends with a NUL.
func (g git) lines(ctx context.Context, take func(line string), args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	all := append([]string{"--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "credential.helper=", "-C", g.folder}, args...)
	cmd := exec.CommandContext(ctx, "git", all...)
	cmd.Env = append(clean(g.environ), "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_SSH_COMMAND=false", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "SSH_ASKPASS=false", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	complaint := &head{left: 4096}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	scanner := bufio.NewScanner(io.LimitReader(out, maxOutput))
	scanner.Buffer(make([]byte, 0, 64<<10), maxName)
	scanner.Split(parts)
	for scanner.Scan() {
		take(scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		cancel() // git must not wait for a reader
		_ = cmd.Wait()
		return fmt.Errorf("reading the answer of git: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return refusal(err, complaint.String())
	}
	return ctx.Err()
}

// line runs git and gives the one line that it answers.
func (g git) line(ctx context.Context, args ...string) (string, error) {
	var all strings.Builder
	err := g.lines(ctx, func(part string) { all.WriteString(part) }, args...)
	return strings.TrimRight(all.String(), "\r\n"), err
}

// parts splits at NUL.
func parts(data []byte, atEnd bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEnd && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// head keeps the beginning of what is written.
type head struct {
	bytes.Buffer
	left int
}

// Write takes everything, and keeps what there is room for.
func (h *head) Write(p []byte) (int, error) {
	kept := p[:min(len(p), h.left)]
	h.left -= len(kept)
	h.Buffer.Write(kept)
	return len(p), nil
}

// clean leaves out the variables that lead git to another repository, as it sets them for
// hooks. It keeps a person's settings, with the folders that are trusted.
func clean(environ []string) []string {
	kept := []string{} // nil would mean all of this process
	for _, variable := range environ {
		name := strings.ToUpper(variable)
		if !strings.HasPrefix(name, "GIT_") || own.MatchString(name) {
			kept = append(kept, variable)
		}
	}
	return kept
}

var own = regexp.MustCompile(`^GIT_(EXEC_PATH|DISCOVERY_ACROSS_FILESYSTEM|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))=`)

// refusal returns why git gave no answer: the first line of its message, without
// addresses, which may contain tokens.
func refusal(err error, complaint string) error {
	line, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	if line == "" {
		return fmt.Errorf("git: %w", err)
	}
	return fmt.Errorf("%s (git: %w)", addresses.ReplaceAllString(line, "ADDRESS"), err)
}

var addresses = regexp.MustCompile(`\S+(://|@)\S+`)

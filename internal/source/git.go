package source

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/git"
)

// How much git may say, in bytes: a list of a million files takes 100 MB.
const (
	maxOutput = 512 << 20
	maxName   = 1 << 20 // of one file
)

// asked is the git program in one folder, as package git runs it. Who owns the repository
// counts: git refuses one of another account, whose settings would be used.
type asked struct {
	folder  string
	environ []string
}

// lines runs git and gives every part of its answer, which ends with a NUL.
func (g asked) lines(ctx context.Context, take func(line string), args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, git.Patience)
	defer cancel()
	cmd := git.Command(ctx, g.environ, append([]string{"-C", g.folder}, args...)...)
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
func (g asked) line(ctx context.Context, args ...string) (string, error) {
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

// refusal returns why git gave no answer: the first line of its message, without
// addresses, which may contain tokens.
func refusal(err error, complaint string) error {
	line := git.Complaint(complaint)
	if line == "" {
		return fmt.Errorf("git: %w", err)
	}
	return fmt.Errorf("%s (git: %w)", line, err)
}

package ink

import (
	"io"
	"strings"
	"unicode"
)

// breaker puts a blank into what the runner of GitHub Actions would take for a command of
// ours: its older ones it finds anywhere in a line, by "##[", its newer ones where a line
// begins, behind blanks, by "::" (github.com/actions/runner, ActionCommand.cs). It knows
// what it has seen, as a command can come in two writes.
type breaker struct {
	hashes int  // just before
	colon  bool // the line is blanks and one colon so far
	begun  bool // the line has more than blanks
}

// broken is the text that follows what was seen before.
func (b *breaker) broken(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r == '[' && b.hashes >= 2 || r == ':' && b.colon {
			out.WriteByte(' ')
		}
		b.see(r)
		out.WriteRune(r)
	}
	return out.String()
}

func (b *breaker) see(r rune) {
	b.colon = r == ':' && !b.begun
	b.begun = r != '\n' && (b.begun || !unicode.IsSpace(r))
	if b.hashes++; r != '#' {
		b.hashes = 0
	}
}

// BreakCommands keeps from now on the runner of GitHub Actions from finding commands in
// what is written, as most of it is somebody else's: lines of logs and manifests.
func (w *Writer) BreakCommands() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breaker = new(breaker)
}

// Commands is the way for whole lines that the runner is to obey. They are clean otherwise.
func (w *Writer) Commands() io.Writer { return commands{w} }

type commands struct{ *Writer }

// Write writes the lines.
func (c commands) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.out, c.veiled(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Package typed reads what a person types, and stops waiting when it is interrupted.
package typed

import (
	"bufio"
	"context"
	"io"
)

// Lines reads the lines of a terminal.
type Lines struct{ from *bufio.Reader }

// New reads from a terminal, or from what stands in for it.
func New(from io.Reader) *Lines { return &Lines{bufio.NewReader(from)} }

// Next is the next line with its end, as bufio.Reader.ReadString gives it, or the cause of
// the end of the context. Nothing can call off a read of a terminal: after the end of the
// context it takes one more line, which nobody sees, or ends with the process. No other
// line may be asked for then.
func (l *Lines) Next(ctx context.Context) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		line, err := l.from.ReadString('\n')
		read <- answer{line, err}
	}()
	select {
	case got := <-read:
		return got.line, got.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

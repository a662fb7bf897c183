package logs

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/executor/logs/follow"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// How many lines of the work folder are asked for: first, and at most.
const (
	firstLines = 256
	maxLines   = 1 << 17
)

// window reads the last lines of a file that grows. It asks for fewer where so many are
// too long; then no larger window can be had.
func (l Log) window(ctx context.Context, n int) (follow.Window, error) {
	w := follow.Window{Last: n >= maxLines}
	for ; ; n /= 2 {
		lines, err := l.Platform.Tail(ctx, l.ID, l.run(), l.file(), n)
		if errors.Is(err, rescale.ErrTailTooLong) && n > 1 {
			w.Last = true
			continue
		}
		w.Lines, w.Whole = lines, err == nil && len(lines) < n
		return w, err
	}
}

// larger is the number of lines to ask for after so many were not enough.
func larger(n int) int { return min(4*n, maxLines) }

// enough means that a window shows all that the reading begins with.
func (l Log) enough(w follow.Window) bool {
	return w.Whole || w.Last || l.Tail > 0 && len(w.Lines) > l.Tail
}

// first reads the window that the reading begins with.
func (l Log) first(ctx context.Context) (follow.Window, error) {
	for n := min(max(firstLines, l.Tail+1), maxLines); ; n = larger(n) {
		w, err := l.window(ctx, n)
		if err != nil || l.enough(w) {
			return w, err
		}
	}
}

// missed is the note on lines before a window.
const missed = "lines were skipped here: the platform shows only the end of a file while the run goes on"

// once prints what a run that goes on has written.
func (l Log) once(ctx context.Context) error {
	w, err := l.first(ctx)
	if err != nil {
		return err
	}
	lines := w.Lines
	if l.Tail > 0 {
		lines = lines[max(0, len(lines)-l.Tail):]
	} else if !w.Whole {
		if err := l.note(missed); err != nil {
			return err
		}
	}
	return l.print(lines)
}

// endedMeanwhile means that nothing can be seen of a run because it is over, though its job
// goes on.
func (l Log) endedMeanwhile(ctx context.Context, err error) (bool, error) {
	var notYet *rescale.NotYetError
	if !errors.As(err, &notYet) {
		return false, nil
	}
	ended, _, err := l.runs(ctx)
	return ended, err
}

package logs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/logs/follow"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// How much of the end of a stored file is read to find what is wanted of it: first, and at
// most. A longer line is given in pieces.
const (
	firstPart = 256 << 10
	maxPart   = 32 << 20
	longLine  = 1 << 20
)

// find finds the stored file of the run.
func (l Log) find(ctx context.Context) (rescale.File, error) {
	found, err := outputs.Named(ctx, l.Platform, l.ID, l.file())
	if err != nil {
		return rescale.File{}, fmt.Errorf("looking for %s of job %s: %w", l.file(), l.ID, err)
	}
	absent := &AbsentError{ID: l.ID, Run: l.run(), File: l.file()}
	for _, f := range found {
		switch {
		case f.Run != "run"+l.run():
		case f.Deleted:
			return rescale.File{}, &outputs.DeletedError{ID: l.ID, Path: l.file()}
		case f.Arriving():
			absent.Partial = true
		default:
			return f.File, nil
		}
	}
	return rescale.File{}, absent
}

// printStored prints a stored file, or its last lines.
func (l Log) printStored(ctx context.Context, file rescale.File) error {
	if l.Tail <= 0 {
		return l.printAll(ctx, file)
	}
	for size := int64(firstPart); ; size *= 8 {
		lines, whole, err := l.part(ctx, file, size)
		if err != nil {
			return err
		}
		if len(lines) < l.Tail && !whole && size < maxPart {
			continue
		}
		if len(lines) < l.Tail && !whole {
			if err := l.note("earlier lines are too long to be shown with --tail"); err != nil {
				return err
			}
		}
		return l.print(lines[max(0, len(lines)-l.Tail):])
	}
}

// printAll prints a stored file while it comes in.
func (l Log) printAll(ctx context.Context, file rescale.File) error {
	body, err := l.Platform.Download(ctx, file.ID, rescale.Span{})
	if err != nil {
		return err
	}
	defer body.Close()
	r := bufio.NewReaderSize(body, longLine)
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			if printErr := l.print([]string{follow.Line(string(line))}); printErr != nil {
				return printErr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("reading %s of job %s: %w", l.file(), l.ID, err)
		}
	}
}

// part reads the lines at the end of a stored file that are in its last bytes, with their
// breaks. Whole means that they are all.
func (l Log) part(ctx context.Context, file rescale.File, size int64) (lines []string, whole bool, err error) {
	start := max(0, file.Size-size)
	body, err := l.open(ctx, file, start)
	if err != nil {
		return nil, false, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, size))
	if err != nil {
		return nil, false, fmt.Errorf("reading %s of job %s: %w", l.file(), l.ID, err)
	}
	lines = split(string(text))
	if start > 0 && len(lines) > 0 {
		lines = lines[1:] // it begins somewhere in the middle
	}
	return lines, start == 0, nil
}

// open opens a stored file at start, also where the platform sends whole files only.
func (l Log) open(ctx context.Context, file rescale.File, start int64) (io.ReadCloser, error) {
	if start > 0 {
		body, err := l.Platform.Download(ctx, file.ID, rescale.Span{Start: start})
		if !errors.Is(err, rescale.ErrNoSpans) {
			return body, err
		}
	}
	body, err := l.Platform.Download(ctx, file.ID, rescale.Span{})
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, body, start); err != nil {
		body.Close()
		return nil, fmt.Errorf("reading %s of job %s: %w", l.file(), l.ID, err)
	}
	return body, nil
}

// split gives lines with their breaks.
func split(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// print prints lines of the log.
func (l Log) print(lines []string) error {
	for _, line := range lines {
		if err := l.Print(Line{Text: follow.Line(line)}); err != nil {
			return err
		}
	}
	return nil
}

// note prints what is no line of the log.
func (l Log) note(text string) error { return l.Print(Line{Text: text, Note: true}) }

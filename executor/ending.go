package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// What is shown of the log of a run that failed: its last lines, at most.
const (
	logLines = 15
	logBytes = 32 << 10
	maxLog   = 64 << 20 // a longer one is not read to find its end, where the platform sends no parts
)

// failureLog shows the ends of logs.
type failureLog struct {
	platform outputReader
	redact   func(string) string // nil is fine
	run      string              // of a job with several runs: whose log; empty means that of the last one
}

// outputReader reads what runs left.
type outputReader interface {
	outputs.Lister
	Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error)
}

func (l failureLog) find(ctx context.Context, id string) (*outputs.File, error) {
	if l.run == "" {
		return outputs.Log(ctx, l.platform, id)
	}
	found, err := outputs.Named(ctx, l.platform, id, spec.ProcessOutput)
	for _, f := range found {
		if f.Run == l.run {
			return &f, err
		}
	}
	return nil, err
}

// of gives the last lines of a run's output, or why there are none, and of a job with
// several runs, which it is.
func (l failureLog) of(ctx context.Context, id string) (lines []string, run string) {
	log, err := l.find(ctx, id)
	if log != nil {
		run = log.Run
	}
	return l.lines(ctx, log, err), cmp.Or(run, l.run)
}

// lines reads the end of a log that was looked for.
func (l failureLog) lines(ctx context.Context, log *outputs.File, err error) []string {
	switch {
	case err != nil:
		return unreadable(err)
	case log == nil:
		return nil
	case log.Deleted:
		return []string{"(deleted on the platform)"}
	case log.Arriving():
		return unreadable(&results.PartialError{Path: log.RelativePath})
	case log.Size == 0:
		return []string{"(empty)"}
	}
	body, err := l.end(ctx, log.File)
	if errors.Is(err, rescale.ErrNoSpans) {
		return []string{fmt.Sprintf("(%s, too long to show)", content.Bytes(log.Size))}
	}
	if err != nil {
		return unreadable(err)
	}
	defer body.Close()
	lines, err := lastLines(body)
	if err != nil {
		lines = append(lines, "(cannot be read further: "+err.Error()+")")
	}
	for i := range lines {
		if l.redact != nil {
			lines[i] = l.redact(lines[i])
		}
	}
	return lines
}

func unreadable(err error) []string { return []string{"(cannot be read: " + err.Error() + ")"} }

// end opens the part of a log that is shown, or all of it when the platform sends
// no parts and it is not too long.
func (l failureLog) end(ctx context.Context, log rescale.File) (io.ReadCloser, error) {
	if log.Size <= logBytes {
		return l.platform.Download(ctx, log.ID, rescale.Span{})
	}
	body, err := l.platform.Download(ctx, log.ID, rescale.Span{Start: log.Size - logBytes})
	if errors.Is(err, rescale.ErrNoSpans) && log.Size <= maxLog {
		return l.platform.Download(ctx, log.ID, rescale.Span{})
	}
	return body, err
}

// lastLines reads to the end and keeps only what is shown. What a solver prints
// need not be UTF-8.
func lastLines(r io.Reader) ([]string, error) {
	var tail []byte
	buffer := make([]byte, logBytes)
	for {
		n, err := r.Read(buffer)
		tail = append(tail, buffer[:n]...)
		tail = tail[max(0, len(tail)-logBytes):]
		if err == nil {
			continue
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		lines := strings.Split(strings.TrimRight(strings.ToValidUTF8(string(tail), "\ufffd"), "\r\n"), "\n")
		return lines[max(0, len(lines)-logLines):], err
	}
}

// retire moves the results of earlier runs away, wanted here or not: they must not pass for
// the results of a run that has failed.
func (a *application) retire(ctx context.Context, step planner.Step, out *Outcome) error {
	if out.Verdict == verdict.Succeeded {
		return nil
	}
	return a.download(step, out).Retire(ctx)
}

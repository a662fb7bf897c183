package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// fetch downloads the results that the manifest asks for and records them.
func (a *application) fetch(ctx context.Context, step planner.Step, out *Outcome) error {
	download := a.download(step, out)
	wish := download.Wish
	if len(wish.Include) == 0 {
		return download.Retire(ctx)
	}
	if out.Verdict == verdict.Succeeded { // else it is no wonder that results are missing
		download.Warn = func(message string) { a.Warn(step.Job.Name, "outputs.download: "+message) }
	}
	files, err := download.Run(ctx)
	out.To, out.Files = wish.Folder(), files
	if patience.NotFound(err) {
		out.Hint = planner.AgainHint(a.Command, step.Job, planner.Rival{ID: out.ID, Key: step.Key.String()})
	}
	if err != nil {
		return err
	}
	if len(files) == 0 && out.Verdict == verdict.Succeeded {
		a.Warn(step.Job.Name, "no result file matches outputs.download; download --list --all shows what there is")
	}
	return a.Journal.Append(state.Record{
		Kind: state.KindDownloaded, Job: step.Job.Name, ID: out.ID, To: wish.To, Outputs: files, Selection: wish.Selection(),
	})
}

func (a *application) download(step planner.Step, out *Outcome) results.Download {
	wish := results.Of(step.Job)
	for _, run := range a.before.Runs[step.Job.Name] {
		wish.Runs = append(wish.Runs, run.ID)
	}
	return results.Download{
		Platform: a.Platform, ID: out.ID, Wish: wish, Over: true, Parallel: a.parallel(),
		Tell: func(t results.Transfer) { a.notify(Downloading(step.Job.Name, out.ID, t)) },
		Say:  func(n results.Notice) { a.notify(Noticed(step.Job.Name, out.ID, n)) },
	}
}

// Noticed returns the event for what became of files that were here before.
func Noticed(job, id string, n results.Notice) Event {
	if n.Folder == "" {
		return Event{Type: EventWarning, Job: job, ID: id, Message: n.Text}
	}
	return Event{Type: EventMoved, Job: job, ID: id, Message: n.Text, Path: n.Folder}
}

// Downloading returns the event for a transfer.
func Downloading(job, id string, t results.Transfer) Event {
	e := Event{Type: EventDownloading, Job: job, ID: id, File: t.Path, Size: t.Size, Sent: t.Sent, Wanted: t.Wanted}
	switch t.End {
	case results.Done:
		e.Type = EventDownloaded
	case results.Failed:
		e.Type = EventAborted
	}
	return e
}

// The most that is shown of the log of a run that failed: its last lines.
const (
	logLines = 15
	logBytes = 32 << 10
	maxLog   = 64 << 20 // a longer one is not read to find its end, where the platform sends no parts
)

// logTail returns the last lines of a run's output, or why there are none.
func (a *application) logTail(ctx context.Context, id string) []string {
	log, err := outputs.Log(ctx, a.Platform, id)
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
	body, err := a.logEnd(ctx, log.File)
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
		if a.Redact != nil {
			lines[i] = a.Redact(lines[i])
		}
	}
	return lines
}

func unreadable(err error) []string { return []string{"(cannot be read: " + err.Error() + ")"} }

// logEnd opens the part of a log that is shown, or all of a short one when the platform
// sends no parts.
func (a *application) logEnd(ctx context.Context, log rescale.File) (io.ReadCloser, error) {
	if log.Size <= logBytes {
		return a.Platform.Download(ctx, log.ID, rescale.Span{})
	}
	body, err := a.Platform.Download(ctx, log.ID, rescale.Span{Start: log.Size - logBytes})
	if errors.Is(err, rescale.ErrNoSpans) && log.Size <= maxLog {
		return a.Platform.Download(ctx, log.ID, rescale.Span{})
	}
	return body, err
}

// lastLines reads to the end and keeps only what is shown. The output of a solver need
// not be UTF-8.
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

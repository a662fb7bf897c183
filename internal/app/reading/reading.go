// Package reading shows logs of jobs to a person or a program.
package reading

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Job is a run whose log is shown.
type Job struct {
	Name   string
	ID     string
	Checks success.Checks // of the manifest
}

// Wish is what is shown of it.
type Wish struct {
	Follow bool // until it has ended
	List   bool // which files there are
}

// Reader shows logs.
type Reader struct {
	Screen  *screen.Screen
	From    *connect.Connection
	Log     logs.Log // what is common to all jobs
	JSON    bool
	Several bool // each log stands under a line that names its job
}

// Show shows one log. With Follow the error is what became of the job, in the codes of
// apply.
func (r Reader) Show(ctx context.Context, job Job, wish Wish) error {
	title := r.title(job)
	log := r.Log
	log.Platform, log.ID = r.From.Platform, job.ID
	log.Print = func(line logs.Line) error {
		title()
		return r.line(job, line)
	}
	switch {
	case wish.List:
		return r.list(ctx, log, job)
	case wish.Follow:
		end, err := log.Follow(ctx)
		return r.conclude(ctx, job, end, err)
	}
	_, err := log.Read(ctx)
	if err == nil {
		title() // of a log without lines
	}
	return err
}

// title writes the line above one of several logs, once.
func (r Reader) title(job Job) func() {
	return sync.OnceFunc(func() {
		if r.Several && !r.JSON {
			fmt.Fprintf(r.Screen.Out, "==> %s <==\n", diag.Line(job.Name))
		}
	})
}

// lineJSON is one line of a log.
type lineJSON struct {
	FormatVersion int     `json:"formatVersion"`
	Name          string  `json:"name"`
	ID            string  `json:"id"`
	Line          *string `json:"line,omitempty"` // may be empty
	Note          string  `json:"note,omitempty"` // not of the log: why lines are missing, or nothing comes
}

func (r Reader) line(job Job, line logs.Line) error {
	text := r.From.Platform.Redact(line.Text)
	switch {
	case r.JSON && line.Note:
		return show.WriteLine(r.Screen.Out, lineJSON{show.FormatVersion, job.Name, job.ID, nil, text})
	case r.JSON:
		return show.WriteLine(r.Screen.Out, lineJSON{show.FormatVersion, job.Name, job.ID, &text, ""})
	case line.Note:
		r.Screen.Line("note: " + diag.Line(text))
		return nil
	}
	_, err := fmt.Fprintln(r.Screen.Out, text)
	return err
}

// fileJSON is one file that a run shows.
type fileJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Name          string `json:"name"`
	ID            string `json:"id"`
	Path          string `json:"path"`
	Size          *int64 `json:"size"` // bytes; null while the job runs
}

func (r Reader) list(ctx context.Context, log logs.Log, job Job) error {
	files, err := log.List(ctx)
	if err != nil {
		return err
	}
	r.title(job)()
	if len(files) == 0 {
		r.Screen.Line(fmt.Sprintf("note: run %s of job %s shows no files", cmp.Or(log.Run, "1"), job.ID))
	}
	var rows [][]string
	for _, f := range files {
		if r.JSON {
			row := fileJSON{show.FormatVersion, job.Name, job.ID, f.Path, nil}
			if f.Size >= 0 {
				row.Size = &f.Size
			}
			if err := show.WriteLine(r.Screen.Out, row); err != nil {
				return err
			}
			continue
		}
		size := "-"
		if f.Size >= 0 {
			size = content.Bytes(f.Size)
		}
		rows = append(rows, []string{size, f.Path})
	}
	show.Table(r.Screen.Out, rows)
	return nil
}

// conclude judges a run that has ended by the checks of its manifest, too.
func (r Reader) conclude(ctx context.Context, job Job, end logs.Ending, err error) error {
	out := executor.Outcome{Job: job.Name, ID: job.ID, Verdict: end.Verdict, Reason: end.Reason, Err: err}
	if err == nil && end.Over {
		judged, unknown := success.Examiner{Platform: r.From.Platform}.Judge(ctx, job.ID, end.Judgement, job.Checks)
		var open *success.UnknownError
		if unknown != nil && !errors.As(unknown, &open) {
			return unknown
		}
		out.Verdict, out.Reason, out.Err = judged.Verdict, judged.Reason, unknown
		r.Screen.Line(diag.Line(fmt.Sprintf("%s: run %s %s", job.Name, job.ID, words(judged.Verdict, judged.Reason))))
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	return ending.Ending{Report: executor.Report{Outcomes: []executor.Outcome{out}}, Alone: r.From.Alone()}.Conclude(ctx, r.Screen)
}

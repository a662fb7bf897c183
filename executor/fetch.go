package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
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

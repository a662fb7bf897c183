package detail

import (
	"context"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// logLines is how much of a log is shown with the rest of a job.
const logLines = 5

// Gather is [Collect] with what only others know: the runs of the command, the last lines
// of the log, and a verdict that counts the checks of the manifest, too. What cannot be
// seen of these is left out.
func Gather(ctx context.Context, p *rescale.Client, id string, checks success.Checks) (Detail, error) {
	d, err := Collect(ctx, p, id, time.Now())
	if err != nil {
		return d, err
	}
	if judged, err := (success.Examiner{Platform: p}).Judge(ctx, id, d.Judged, checks); err == nil {
		d.Judged = judged
	}
	if len(d.History) == 0 {
		return d, ctx.Err()
	}
	if runs, err := p.Runs(ctx, id); err == nil && len(runs) > 1 {
		for _, r := range runs {
			d.Runs = append(d.Runs, Run{ID: r.ID, Started: r.Started, Ended: r.Completed, Files: r.Files, Variables: r.Variables})
		}
	}
	d.Log = Log(ctx, p, id)
	return d, ctx.Err()
}

// Log returns the last lines that a job has printed; none of one that waits, or whose log is
// lost.
func Log(ctx context.Context, p *rescale.Client, id string) (lines []string) {
	log := logs.Log{Platform: p, ID: id, Tail: logLines, Print: func(line logs.Line) error {
		if !line.Note {
			lines = append(lines, p.Redact(line.Text))
		}
		return nil
	}}
	_, _ = log.Read(ctx)
	return lines
}

package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/repair"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

func (t *tool) stateRemoveVerb() options.Command {
	var at options.Recorded
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "rm",
		Usage:    "forget the runs of a job; the next apply looks for them on the platform",
		Args:     "JOB",
		Examples: []string{"rescale-apply state rm heat -f job.yaml"},
		Effect:   options.Changes,
		Concerns: []options.Concern{&at, &output},
		Do: func(_ context.Context, call options.Call) error {
			files, job, err := t.surroundings().RecordedOf(at.Scope, call.Args)
			if err == nil {
				err = t.keepProtected(at.Scope, job)
			}
			if err != nil {
				return err
			}
			return t.forget(files, job, output)
		},
	}
}

func (t *tool) forget(files []show.Journal, name string, output options.Output) error {
	for i, f := range files {
		before, err := repair.Forget(f.Path, name, toolName())
		if err != nil {
			return err
		}
		files[i].Snapshot = before
	}
	for _, f := range files {
		if run, _ := f.Last(name); run.Stage == state.StageSubmitting || run.Stage == state.StageSubmitted {
			t.Warn(fmt.Sprintf("run %s of job %s may still be under way; a changed manifest is not held back by it any more", run.ID, name))
		}
	}
	if output.JSON() {
		return show.WriteForgotten(t.Out, files, name)
	}
	t.Style().Forgotten(t.Out, files, name)
	return nil
}

// keepProtected refuses to forget a job that its manifest protects. A manifest that
// cannot be read, or is not given, protects nothing here: apply looks for the runs of
// protected jobs on the platform all the same.
func (t *tool) keepProtected(scope options.Scope, name string) error {
	if len(scope.Files) == 0 {
		return nil
	}
	w, err := t.surroundings().Sources(scope)
	if err != nil {
		return err
	}
	var list diag.List
	for _, job := range w.LoadAnyway() {
		if job.Name.V == name && job.Protected.V {
			list = append(list, guard.Protected(name, job.Protected.Pos, "its runs must stay on record"))
		}
	}
	return w.Forbidden(list)
}

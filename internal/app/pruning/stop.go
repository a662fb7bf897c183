package pruning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Stop tells runs to stop, and does not wait for their ends. The error names those that may
// run on.
func Stop(ctx context.Context, p stop.Ender, runs []planner.Pruned, notify func(executor.Event)) error {
	if len(runs) == 0 {
		return nil
	}
	orders := make([]stop.Run, len(runs))
	for i, run := range runs {
		orders[i] = stop.Run{Name: run.Name, ID: run.ID}
	}
	results, err := stop.Stopper{Platform: p, Mode: stop.Mode{NoWait: true}}.Run(ctx, orders)
	failures := []error{err}
	for i, result := range results {
		switch {
		case result.Err != nil:
			failures = append(failures, fmt.Errorf("stopping run %s of job %q, which was removed from git: %w", result.ID, result.Name, result.Err))
		case result.Outcome == stop.Asked:
			notify(executor.Event{
				Type: executor.EventWarning, Time: time.Now(), Job: result.Name, ID: result.ID,
				Message: fmt.Sprintf("run %s was told to stop: the job was removed from git in %s", result.ID, source.Short(runs[i].Commit)),
			})
		}
	}
	return errors.Join(failures...)
}

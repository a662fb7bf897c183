package executor

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// stopRivals stops the active runs that a new one takes the place of, and waits
// for their ends: two runs of one job are never paid at a time.
func (a *application) stopRivals(ctx context.Context, step Step) error {
	for _, rival := range step.Stop {
		if err := a.stopRival(ctx, step, rival); err != nil {
			return &once.StepError{Job: step.Job.Name, Act: fmt.Sprintf("stopping run %s of", rival.ID), Err: err}
		}
	}
	return nil
}

func (a *application) stopRival(ctx context.Context, step Step, rival Rival) error {
	err := once.Settle(ctx, func() error { return a.Platform.StopJob(ctx, rival.ID) })
	if err != nil && !once.NotFound(err) {
		// It may have ended by itself meanwhile; then there is nothing to stop.
		if history, readErr := a.Platform.Statuses(ctx, rival.ID); readErr != nil || !over(history) {
			return err
		}
	}
	judged, err := a.watch.Stopped(ctx, rival.ID)
	if err != nil {
		return err
	}
	a.Warn(step.Job.Name, fmt.Sprintf("run %s was stopped; it ended as %s", rival.ID, judged.Verdict))
	if _, recorded := a.before.Find(rival.Key); !recorded {
		return nil
	}
	// A run whose submit was begun is recorded as submitted first: it was stopped.
	for _, record := range []state.Record{{Kind: state.KindSubmitted}, {
		Kind: state.KindFinished, Verdict: string(judged.Verdict), Reason: judged.Reason, Started: judged.Started, Ended: judged.Ended,
	}} {
		record.Job, record.Key, record.ID = step.Job.Name, rival.Key, rival.ID
		if err := a.Journal.Append(record); err != nil {
			return err
		}
	}
	return nil
}

func over(history []rescale.Status) bool {
	_, done := verdict.Judge(history)
	return done
}

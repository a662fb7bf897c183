package planner

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// missingOutputs lists, by job, the results that are wanted and not here.
func missingOutputs(ctx context.Context, jobs []resolver.Job, snapshot state.Snapshot, lineages map[string]string) (map[string][]string, error) {
	missing := make(map[string][]string)
	for _, job := range jobs {
		runs := snapshot.Runs[job.Name]
		run, known := newest(runs, job, lineages[job.Name])
		if !known || run.Stage != state.StageFinished || !results.Wanted(job, verdict.Verdict(run.Verdict)) {
			continue
		}
		lost, err := lostResults(ctx, results.Of(job), run, runs)
		if err != nil {
			return nil, err
		}
		missing[job.Name] = lost
	}
	return missing, nil
}

// lostResults looks closer when another run of the job may have written over the
// files of this one.
func lostResults(ctx context.Context, wish results.Wish, run state.Run, all []state.Run) ([]string, error) {
	lost := results.Missing(wish, run)
	writers := 0
	for _, r := range all {
		if len(r.Outputs) > 0 {
			writers++
		}
	}
	if len(lost) > 0 || writers < 2 || len(wish.Include) == 0 {
		return lost, nil
	}
	return results.Altered(ctx, wish, run)
}

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
		run, known := newest(snapshot.Runs[job.Name], job, lineages[job.Name])
		if !known || run.Stage != state.StageFinished || !results.Wanted(job, verdict.Verdict(run.Verdict)) {
			continue
		}
		lost, err := results.Missing(ctx, results.Of(job), run)
		if err != nil {
			return nil, err
		}
		missing[job.Name] = lost
	}
	return missing, nil
}

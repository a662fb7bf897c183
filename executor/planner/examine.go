package planner

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// examine looks at the outputs of runs when a failed check means another attempt: of
// those that only the platform knows, because the journal does not say how they ended,
// and once more of those that failed a check, because a list of outputs may fill up
// late, and an attempt is billed. What cannot be known now is left to apply.
func (o Observation) examine(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (map[string][]string, error) {
	checksOf := make(map[string]success.Checks)
	for _, job := range jobs {
		checks := success.Of(job.Success)
		if checks.None() || !retries(job, verdict.SuccessCheckFailed, 0) {
			continue
		}
		for _, id := range o.doubtful(job, snapshot.Runs[job.Name]) {
			checksOf[id] = checks
		}
	}
	return patience.Each(ctx, slices.Sorted(maps.Keys(checksOf)), isUnknown, func(ctx context.Context, id string) ([]string, error) {
		return success.Examiner{Platform: p}.Examine(ctx, id, checksOf[id])
	})
}

// isUnknown reports whether the outputs of a run cannot be judged now.
func isUnknown(err error) bool {
	var unknown *success.UnknownError
	return errors.As(err, &unknown)
}

// doubtful returns the runs of a job's content whose outputs decide whether there is
// another attempt: those that nobody has judged, and those that failed a check.
func (o Observation) doubtful(job resolver.Job, runs []state.Run) (ids []string) {
	for _, run := range runs {
		current := run.Generation == generation(job) && isRunOf(run, job)
		unjudged := run.Verdict == string(verdict.Succeeded) && run.Checks == ""
		if current && (unjudged || run.Verdict == string(verdict.SuccessCheckFailed)) {
			ids = append(ids, run.ID)
		}
	}
	return ids
}

// protected looks for runs in other contents of protected jobs that would be started,
// from a draft or anew: the state may be lost, and the manifest changed since.
func (o Observation) protected(ctx context.Context, p Finder, resolved resolver.Result, snapshot state.Snapshot, options Options) ([]once.Found, error) {
	var names []string
	chain.Walk(Links(resolved.Jobs), func(i int, upstream string) chain.Version {
		step := o.decide(resolved.Jobs[i], snapshot, options, upstream).step()
		if step.Job.Protected.V && step.Spends() {
			names = append(names, step.Job.Name)
		}
		return version(step.Key)
	})
	if len(names) == 0 {
		return nil, nil
	}
	return once.Everywhere(ctx, p, resolved.User.Email, names)
}

package executor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// lookParallel bounds the GETs that run at once while looking.
const lookParallel = 8

// Observation is what the platform and the disk hold, as far as a plan needs it.
type Observation struct {
	Horizon  time.Time                   // date of the newest job when the job list was read; zero when it was not, or was empty
	Now      time.Time                   // the local clock when the statuses were read
	Found    []once.Found                // jobs of ours with a key that may be made
	Statuses map[string][]rescale.Status // of runs that the journal calls active, by job id
	Gone     map[string]bool             // job ids that the platform no longer has
	Missing  map[string][]string         // result files that are not here, by job name
	Stock    inputs.Stock                // which inputs of new runs the platform has
	Unused   map[string]string           // jobs that are still to build on a replacement, by its id

	Failed    map[string][]string // checks that a run does not pass now, by job id, where another attempt depends on it
	Protected []once.Found        // runs in any content of protected jobs that would be submitted
}

// best is the job that a key stands for, of this attempt or a later one, or of any
// if it has the lineage: the submitted ones before drafts, those with the lineage
// before the others, and the newest attempt first. An empty lineage asks for none.
func (o Observation) best(key once.Key, lineage string) (once.Found, bool) {
	var same []once.Found
	for _, f := range o.Found {
		right := f.Key.Attempt >= key.Attempt || lineage != "" && f.Submitted() && f.Upstream == lineage
		if f.Key.Digest == key.Digest && f.Key.Name == key.Name && f.Key.Generation == key.Generation && right {
			same = append(same, f)
		}
	}
	if len(same) == 0 {
		return once.Found{}, false
	}
	submitted := slices.DeleteFunc(slices.Clone(same), func(f once.Found) bool { return !f.Submitted() })
	if len(submitted) > 0 {
		same = submitted
	}
	right := slices.DeleteFunc(slices.Clone(same), func(f once.Found) bool { return f.Upstream != lineage })
	if lineage != "" && len(right) > 0 {
		same = right
	}
	newest := slices.MaxFunc(same, func(a, b once.Found) int { return cmp.Compare(a.Key.Attempt, b.Key.Attempt) })
	return once.Elect(slices.DeleteFunc(same, func(f once.Found) bool { return f.Key != newest.Key })), true
}

// spare are the others with the key of a job.
func (o Observation) spare(f once.Found) []once.Found {
	return slices.DeleteFunc(slices.Clone(o.Found), func(other once.Found) bool { return other.Key != f.Key || other.ID == f.ID })
}

// Observe reads what NewPlan needs. It sends GETs only: what is known of runs and
// jobs, and then of the inputs of those that are to run.
func Observe(ctx context.Context, p Observer, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	seen, err := observeJobs(ctx, p, resolved, snapshot, options)
	if err != nil {
		return seen, err
	}
	search := inputs.Search{Owner: resolved.User.Email, Known: snapshot, Wanted: NewPlan(resolved.Jobs, snapshot, seen, options).needed()}
	if options.NoReuse {
		search.Scope = inputs.Nowhere
	}
	seen.Stock, err = inputs.Look(ctx, p, search)
	return seen, err
}

// observeJobs reads one status history for each run that the journal calls
// active, and, when a job may be on the platform without the journal knowing,
// one listing for all jobs together.
func observeJobs(ctx context.Context, p Finder, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	seen, err := Active(ctx, p, resolved.Jobs, snapshot)
	if err != nil {
		return seen, err
	}
	seen.Unused = unused(resolved.Jobs, snapshot, options.Replace)
	if seen.Missing, err = missingOutputs(ctx, resolved.Jobs, snapshot, seen.lineages(resolved.Jobs, snapshot, options)); err != nil {
		return seen, err
	}
	search, open := seen.search(resolved.Jobs, snapshot, options)
	search.Owner = resolved.User.Email
	if len(search.Keys) > 0 {
		if err := seen.look(ctx, p, search, open); err != nil {
			return seen, err
		}
	}
	if seen.Failed, err = seen.examine(ctx, p, resolved.Jobs, snapshot); err != nil {
		return seen, err
	}
	seen.Protected, err = seen.protected(ctx, p, resolved, snapshot, options)
	return seen, err
}

// look finds runs on the platform. One that is open must have been seen, or certainly
// not be there.
func (o *Observation) look(ctx context.Context, p Finder, search once.Search, open []once.Key) error {
	sighting, err := once.Look(ctx, p, search)
	o.Found, o.Horizon = sighting.Found, sighting.Horizon
	for _, key := range open {
		if _, ok := o.best(key, ""); err == nil && !ok && !sighting.Whole {
			err = &once.UnstableError{Name: key.Name}
		}
	}
	return err
}

// examine looks at the outputs of runs when a failed check means another attempt: of
// those that only the platform remembers, because the journal does not tell how they
// ended, and once more of those that failed a check, because a list of outputs may fill
// up late, and the attempt is paid. What cannot be known now is left to apply.
func (o Observation) examine(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (map[string][]string, error) {
	var mu sync.Mutex
	failed := make(map[string][]string)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for _, job := range jobs {
		checks := success.Of(job.Success)
		if checks.None() || !retries(job, verdict.SuccessCheckFailed) {
			continue
		}
		for _, id := range o.doubtful(job, snapshot.Runs[job.Name]) {
			group.Go(func() error {
				against, err := success.Examiner{Platform: p}.Examine(ctx, id, checks)
				if unknown := new(success.UnknownError); errors.As(err, &unknown) {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				failed[id] = against
				return err
			})
		}
	}
	return failed, group.Wait()
}

// doubtful are the runs of a job's content that the platform calls successful, and of
// which the outputs decide whether there is another attempt.
func (o Observation) doubtful(job resolver.Job, runs []state.Run) (ids []string) {
	for _, f := range o.Found {
		if judged, _ := f.Verdict(); f.Key.Name == job.Name && f.Key.Digest == job.Digest && judged.Verdict == verdict.Succeeded {
			ids = append(ids, f.ID)
		}
	}
	for _, run := range runs {
		current := run.Digest == job.Digest && run.Generation == generation(job)
		if current && run.Verdict == string(verdict.SuccessCheckFailed) && !slices.Contains(ids, run.ID) {
			ids = append(ids, run.ID)
		}
	}
	return ids
}

// protected looks for runs in other contents of protected jobs that would be started,
// from a draft or anew: the state may be lost, and the manifest changed since.
func (o Observation) protected(ctx context.Context, p Finder, resolved resolver.Result, snapshot state.Snapshot, options Options) ([]once.Found, error) {
	var names []string
	chain.Walk(links(resolved.Jobs), func(i int, lineage string) chain.Version {
		step := o.decide(resolved.Jobs[i], snapshot, options, lineage).step()
		if step.Job.Protected.V && step.Spends() {
			names = append(names, step.Job.Name)
		}
		return version(step.Key)
	})
	if len(names) == 0 {
		return nil, nil
	}
	mine, err := once.Mine(ctx, p, resolved.User.Email, names)
	var found []once.Found
	for _, owned := range mine {
		found = append(found, owned.Found)
	}
	return found, err
}

// lineages are what every job is to build on, by its name, as far as the journal tells.
func (o Observation) lineages(jobs []resolver.Job, snapshot state.Snapshot, options Options) map[string]string {
	lineages := make(map[string]string)
	chain.Walk(links(jobs), func(i int, lineage string) chain.Version {
		lineages[jobs[i].Name] = lineage
		return version(o.decide(jobs[i], snapshot, options, lineage).target().key)
	})
	return lineages
}

// search is what to look for on the platform: the runs that the journal does not
// know, and those that build on one of them, for which there may be a later attempt.
func (o Observation) search(jobs []resolver.Job, snapshot state.Snapshot, options Options) (search once.Search, open []once.Key) {
	unsure := gather[bool]()
	chain.Walk(links(jobs), func(i int, lineage string) chain.Version {
		t := o.decide(jobs[i], snapshot, options, lineage).target()
		if t.open {
			open = append(open, t.key)
		}
		unsure.jobs[jobs[i].Name] = t.open || unsure.of(jobs[i])
		if unsure.jobs[jobs[i].Name] {
			// A later attempt is younger than the intent of the earlier one.
			since := t.current.Intent
			if lineage != "" {
				since = time.Time{} // an earlier one may have been built on the runs that are wanted now
			}
			if len(search.Keys) == 0 || since.Before(search.Since) {
				search.Since = since
			}
			search.Keys = append(search.Keys, t.key)
		}
		return version(t.key)
	})
	return search, open
}

// activeRuns are the runs whose end the journal has not seen.
func activeRuns(jobs []resolver.Job, snapshot state.Snapshot) []string {
	var ids []string
	for _, job := range jobs {
		for _, run := range snapshot.Runs[job.Name] {
			switch run.Stage {
			case state.StageCreated, state.StageSubmitting, state.StageSubmitted:
				ids = append(ids, run.ID)
			case state.StageCreating, state.StageFinished:
			}
		}
	}
	return ids
}

// Active reads the status histories of the runs that the journal calls active.
// Of many runs, one listing gives the present status of those that are still
// active, which is all that is asked of them.
func Active(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (Observation, error) {
	seen := Observation{Now: time.Now(), Statuses: make(map[string][]rescale.Status), Gone: make(map[string]bool)}
	ids := activeRuns(jobs, snapshot)
	if len(ids) > lookParallel {
		if err := seen.glance(ctx, p); err != nil {
			return seen, err
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return len(seen.Statuses[id]) > 0 })
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for _, id := range ids {
		group.Go(func() error {
			history, err := p.Statuses(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			if once.NotFound(err) {
				seen.Gone[id] = true
				return nil
			}
			seen.Statuses[id] = history
			return err
		})
	}
	return seen, group.Wait()
}

// glance notes the status of every active job in the listing.
func (o *Observation) glance(ctx context.Context, p Finder) error {
	query := rescale.JobQuery{State: rescale.StateNotCompleted}
	_, err := p.Jobs(ctx, query, func(item rescale.JobItem) bool {
		if item.Status != "" && !verdict.Terminal(item.Status) {
			o.Statuses[item.ID] = []rescale.Status{{Status: item.Status}}
		}
		return true
	})
	return err
}

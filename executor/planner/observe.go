package planner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
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

	Failed    map[string][]string     // checks that a run does not pass now, by job id, where another attempt depends on it
	Protected []once.Found            // runs in any content of protected jobs that would be submitted
	byJob     map[string][]once.Found // Found, sorted by the names of jobs; nil when nobody has
}

// index sorts what was found by the names of jobs: a sweep that lost its state finds
// all of its points.
func index(found []once.Found) map[string][]once.Found {
	byJob := make(map[string][]once.Found)
	for _, f := range found {
		byJob[f.Key.Name] = append(byJob[f.Key.Name], f)
	}
	return byJob
}

// ofJob is what was found of one job, in any content.
func (o Observation) ofJob(name string) []once.Found {
	if o.byJob == nil {
		return index(o.Found)[name]
	}
	return o.byJob[name]
}

// best is the job that a key stands for, of this attempt or a later one, or of any
// if it has the lineage: the submitted ones before drafts, those with the lineage
// before the others, and the newest attempt first. An empty lineage asks for none.
func (o Observation) best(key once.Key, lineage string) (once.Found, bool) {
	var same []once.Found
	for _, f := range o.ofJob(key.Name) {
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
	return slices.DeleteFunc(slices.Clone(o.ofJob(f.Key.Name)), func(other once.Found) bool { return other.Key != f.Key || other.ID == f.ID })
}

// Observe reads what New needs. It sends GETs only: what is known of runs and
// jobs, and then of the inputs of those that are to run.
func Observe(ctx context.Context, p Observer, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	seen, err := observeJobs(ctx, p, resolved, snapshot, options)
	if err != nil {
		return seen, err
	}
	search := inputs.Search{Owner: resolved.User.Email, Known: snapshot, Wanted: New(resolved.Jobs, snapshot, seen, options).needed()}
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
	o.byJob = index(o.Found)
	for _, key := range open {
		if _, ok := o.best(key, ""); err == nil && !ok && !sighting.Whole {
			err = &once.UnstableError{Name: key.Name}
		}
	}
	return err
}

// lineages are what every job is to build on, by its name, as far as the journal tells.
func (o Observation) lineages(jobs []resolver.Job, snapshot state.Snapshot, options Options) map[string]string {
	lineages := make(map[string]string)
	chain.Walk(Links(jobs), func(i int, lineage string) chain.Version {
		lineages[jobs[i].Name] = lineage
		return version(o.decide(jobs[i], snapshot, options, lineage).target().key)
	})
	return lineages
}

// search is what to look for on the platform: the runs that the journal does not
// know, and those that build on one of them, for which there may be a later attempt.
func (o Observation) search(jobs []resolver.Job, snapshot state.Snapshot, options Options) (search once.Search, open []once.Key) {
	unsure := gather[bool]()
	chain.Walk(Links(jobs), func(i int, lineage string) chain.Version {
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

package planner

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/adoption"
	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/overrun"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Observation is what the platform and the disk hold, as far as a plan needs it.
type Observation struct {
	Since    time.Time                   // date of the newest job when the job list was read; zero when it was not, or was empty
	Now      time.Time                   // the local clock when the statuses were read
	Found    []once.Found                // jobs of ours with a key that may be made
	Others   []once.Found                // of the same jobs in other contents: active runs, and the newest one
	Waiting  map[string]time.Time        // date of the oldest draft in another content, by job name
	Statuses map[string][]rescale.Status // of runs that the journal calls active, by job id
	Stuck    map[string]bool             // ids of runs without a final status that are over all the same
	Open     map[string]bool             // ids of runs that the journal calls active
	Built    map[string]string           // runs of other jobs that a submitted run builds on, by job id, where the journal has it as a draft
	Gone     map[string]bool             // job ids that the platform no longer has
	Missing  map[string][]string         // result files that are not here, by job name
	Stock    inputs.Stock                // which inputs of new runs the platform has
	Unused   map[string]string           // jobs that are still to build on a replacement, by its id

	Adopted map[string]adoption.Adoption // what manifests adopt, by job name, where the journal does not have it

	Tags   map[string][]string    // of runs that need judging, by job id
	Stored map[string]rescale.Job // earlier runs whose command is compared, by job id

	Walltimes map[string]int      // hours that failed runs were allowed, by job id, of those that can have come to their end
	Failed    map[string][]string // checks that a run does not pass now, by job id, where another attempt depends on it
	Protected []once.Found        // runs in any content of protected jobs that would be submitted

	// Unsearched are jobs that were not looked for when the job list was read, because no
	// run of theirs seemed to be missing.
	Unsearched map[string]bool

	recorded map[string]bool // ids of all runs that the journal has
	searched map[string]bool // names of the jobs that were looked for, which may have another digest since

	looked bool // what is not known of a job that is searched for is not on the platform
	found  byJob
	other  byJob
}

// byJob holds jobs by their names in the manifest: a sweep that lost its state finds all
// of its points.
type byJob map[string][]once.Found

func index(found []once.Found) byJob {
	list := make(byJob)
	for _, f := range found {
		list[f.Key.Name] = append(list[f.Key.Name], f)
	}
	return list
}

// indexed returns o with the found jobs indexed by name.
func (o Observation) indexed() Observation {
	o.found, o.other = index(o.Found), index(o.Others)
	for name, a := range o.Adopted {
		same := func(f once.Found) bool { return f.ID == a.Found.ID }
		switch seen := slices.ContainsFunc(slices.Concat(o.found[name], o.other[name]), same); {
		case a.Holds() && !slices.ContainsFunc(o.found[name], same):
			o.found[name] = append(o.found[name], a.Found)
		case a.Run() && !a.Holds() && !a.Known && !seen:
			o.other[name] = append(o.other[name], a.Found)
		}
	}
	return o
}

// ofJob returns what was found of one job in a wanted content.
func (o Observation) ofJob(name string) []once.Found { return o.found[name] }

// others returns what was found of one job in other contents.
func (o Observation) others(name string) []once.Found { return o.other[name] }

// Observe reads what New needs, with GETs only: first about runs and jobs, then about the
// inputs of those that are to run.
func Observe(ctx context.Context, p Observer, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	seen, err := observeJobs(ctx, p, resolved, snapshot, options)
	if err != nil {
		return seen, err
	}
	plan := New(resolved.Jobs, snapshot, seen, options)
	if problems := seen.unadoptable(plan, resolved.User.Email); len(problems) > 0 {
		return seen, &adoption.Error{Problems: problems}
	}
	if err := seen.readCommands(ctx, p, plan); err != nil {
		return seen, err
	}
	search := inputs.Search{Owner: resolved.User.Email, Known: snapshot, Wanted: plan.needed()}
	if options.NoReuse {
		search.Scope = inputs.Nowhere
	}
	seen.Stock, err = inputs.Look(ctx, p, search)
	return seen, err
}

// observeJobs reads one status history for each run that the journal calls
// active, and, when a job may be on the platform without the journal knowing,
// one listing for all jobs together.
func observeJobs(ctx context.Context, p Observer, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	jobs := resolved.Jobs
	seen, err := Active(ctx, p, jobs, snapshot)
	if err != nil {
		return seen, err
	}
	if seen.Adopted, err = adoption.Read(ctx, p, p, adoption.Needed(jobs, snapshot)); err != nil {
		return seen, err
	}
	seen.sign(jobs, snapshot)
	jobs, known, _ := seen.know(jobs, snapshot, options)
	if err := seen.measure(ctx, p, jobs, known); err != nil {
		return seen, err
	}
	if err := seen.missing(ctx, jobs, known, options); err != nil {
		return seen, err
	}
	search, open := seen.search(jobs, known, options)
	search.Owner = resolved.User.Email
	for more, looks := len(search.Jobs) > 0, 0; more; looks++ {
		if err := seen.look(ctx, p, search, open); err != nil {
			return seen, err
		}
		seen.searched = names(search)
		seen.sign(resolved.Jobs, snapshot)
		jobs, known, _ = seen.know(resolved.Jobs, snapshot, options)
		if more = looks < maxRank(jobs); more { // what was found can have other digests depend on it
			next, also := seen.search(jobs, known, options)
			search, more = wider(search, next)
			open = append(open, also...)
		}
	}
	seen.Unsearched = unsearched(jobs, search)
	resolved.Jobs = jobs
	if err := seen.readTags(ctx, p, jobs, known); err != nil {
		return seen, err
	}
	if len(seen.Tags) > 0 {
		known, _ = seen.recall(jobs, snapshot)
	}
	if seen.Failed, err = seen.examine(ctx, p, jobs, known); err != nil {
		return seen, err
	}
	if len(seen.Failed)+len(seen.Tags)+len(search.Jobs) > 0 {
		known, _ = seen.recall(jobs, snapshot)
		if err := seen.measure(ctx, p, jobs, known); err != nil {
			return seen, err
		}
		if err := seen.missing(ctx, jobs, known, options); err != nil {
			return seen, err
		}
	}
	seen.Protected, err = seen.protected(ctx, p, resolved, known, options)
	return seen, err
}

// wider returns a search for what either of two searches is for, and reports whether the
// second one is for anything else than the first.
func wider(first, second once.Search) (both once.Search, more bool) {
	both = first
	both.Jobs = slices.Clone(first.Jobs)
	for _, w := range second.Jobs {
		i := slices.IndexFunc(both.Jobs, func(old once.Wanted) bool { return old.Key.Name == w.Key.Name })
		switch {
		case i < 0:
			both.Jobs, more = append(both.Jobs, w), true
		case both.Jobs[i].Key.Digest != w.Key.Digest && !slices.Contains(both.Jobs[i].Also, w.Key.Digest):
			w.Also = slices.Concat(w.Also, both.Jobs[i].Also, []string{both.Jobs[i].Key.Digest})
			both.Jobs[i], more = w, true
		}
	}
	if second.Since.Before(both.Since) {
		both.Since = second.Since
	}
	return both, more
}

// names returns those of the jobs that a search is for.
func names(search once.Search) map[string]bool {
	list := make(map[string]bool, len(search.Jobs))
	for _, w := range search.Jobs {
		list[w.Key.Name] = true
	}
	return list
}

// unsearched returns the jobs that a search leaves out.
func unsearched(jobs []resolver.Job, search once.Search) map[string]bool {
	rest := make(map[string]bool, len(jobs))
	for _, job := range jobs {
		rest[job.Name] = true
	}
	for _, wanted := range search.Jobs {
		delete(rest, wanted.Key.Name)
	}
	return rest
}

// measure reads the unknown walltimes of failed runs, for jobs that have one now.
func (o *Observation) measure(ctx context.Context, p Finder, jobs []resolver.Job, known state.Snapshot) error {
	var runs []overrun.Run
	for _, job := range jobs {
		if walltime(job) == 0 {
			continue
		}
		for _, ended := range known.Runs[job.Name] {
			run, failed := overrun.Of(ended)
			if failed && isRunOf(ended, job) && o.Walltimes[run.ID] == 0 {
				runs = append(runs, run)
			}
		}
	}
	read, err := overrun.Walltimes(ctx, p, runs)
	if o.Walltimes == nil {
		o.Walltimes = make(map[string]int)
	}
	maps.Copy(o.Walltimes, read)
	return err
}

// missing finds the results of wanted runs that are not on this disk.
func (o *Observation) missing(ctx context.Context, jobs []resolver.Job, known state.Snapshot, options Options) (err error) {
	o.Unused = unused(jobs, known, options.Replace)
	if options.NoFetch {
		return nil
	}
	o.Missing, err = missingOutputs(ctx, jobs, known, o.upstreams(jobs, known, options))
	return err
}

// look finds runs on the platform. An open one must have been seen, or be certainly
// absent.
func (o *Observation) look(ctx context.Context, p Finder, search once.Search, open []once.Key) error {
	sighting, err := once.Look(ctx, p, search)
	if err != nil {
		return err
	}
	found := index(sighting.Found)
	for _, key := range open {
		if !sighting.Whole && len(found[key.Name]) == 0 { // all that is found has a wanted digest
			return &once.UnstableError{Name: key.Name}
		}
	}
	return o.enter(ctx, p, sighting, search, open)
}

// enter takes in what a look shows.
func (o *Observation) enter(ctx context.Context, p Finder, sighting once.Sighting, search once.Search, open []once.Key) error {
	o.Found, o.Others, o.Since, o.looked = sighting.Found, sighting.Rivals, sighting.Since, true
	o.Waiting = make(map[string]time.Time, len(sighting.Waiting))
	for job, date := range sighting.Waiting {
		o.Waiting[job.Name] = date
	}
	*o = o.indexed()
	if err := errors.Join(o.readNewest(ctx, p, sighting, open), o.readPast(ctx, p, sighting, search), o.readStuck(ctx, p)); err != nil {
		return err
	}
	for _, f := range slices.Concat(o.Found, o.Others) {
		if f.Submitted() {
			o.Statuses[f.ID] = f.History
		}
	}
	return nil
}

// readNewest reads the newest run of each job that has none with the wanted content: the
// plan compares the two.
func (o *Observation) readNewest(ctx context.Context, p Finder, sighting once.Sighting, open []once.Key) error {
	wanted := make(map[string]bool, len(open))
	for _, key := range open {
		wanted[key.Name] = !slices.ContainsFunc(o.ofJob(key.Name), func(f once.Found) bool {
			return f.Submitted() && f.Key.Generation == key.Generation
		})
	}
	var ids []string
	for job, id := range sighting.Newest {
		known := slices.ContainsFunc(slices.Concat(o.ofJob(job.Name), o.others(job.Name)), func(f once.Found) bool { return f.ID == id })
		if wanted[job.Name] && !known {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	newest, err := once.Read(ctx, p, ids)
	o.Others = append(o.Others, newest...)
	*o = o.indexed()
	return err
}

// mostPast is how many runs of a job in unknown contents are read at most.
const mostPast = 100

// readPast looks among the runs of jobs for those whose digest nobody could tell, as their
// version is gone from the catalog. What is older than a run that was found decides
// nothing.
func (o *Observation) readPast(ctx context.Context, p Finder, sighting once.Sighting, search once.Search) error {
	var ids []string
	means := make(map[string]func(once.Found) bool)
	for _, w := range search.Jobs {
		if w.Means == nil {
			continue
		}
		means[w.Key.Name] = w.Means
		last := o.lastOf(w.Key)
		past := sighting.Past[w.Key.In(w.Namespace)]
		for _, f := range past[:min(len(past), mostPast)] {
			if !f.Inserted.Before(last) && !o.recorded[f.ID] && !o.has(f.ID) {
				ids = append(ids, f.ID)
			}
		}
	}
	read, err := once.Read(ctx, p, ids)
	for _, f := range read {
		if is := means[f.Key.Name]; is != nil && is(f) {
			o.Others = append(o.Others, f)
		}
	}
	*o = o.indexed()
	return err
}

// lastOf returns the date of the newest run that was found of a content and generation.
func (o *Observation) lastOf(key once.Key) (last time.Time) {
	for _, f := range o.ofJob(key.Name) {
		if f.Submitted() && f.Key.Generation == key.Generation && f.Inserted.After(last) {
			last = f.Inserted
		}
	}
	return last
}

// has reports whether a job was found already.
func (o *Observation) has(id string) bool {
	return slices.ContainsFunc(slices.Concat(o.Found, o.Others), func(f once.Found) bool { return f.ID == id })
}

// upstreams returns what every job is to build on, by its name, as far as the journal
// knows.
func (o Observation) upstreams(jobs []resolver.Job, snapshot state.Snapshot, options Options) map[string]string {
	upstreams := make(map[string]string)
	chain.Walk(Links(jobs), func(i int, upstream string) chain.Version {
		upstreams[jobs[i].Name] = upstream
		return version(o.decide(jobs[i], snapshot, options, upstream).target().key)
	})
	return upstreams
}

// search returns what to look for on the platform: runs that the journal does not know,
// and those that build on one of them, which may have a later attempt.
func (o Observation) search(jobs []resolver.Job, snapshot state.Snapshot, options Options) (search once.Search, open []once.Key) {
	unsure := gather[bool]()
	chain.Walk(Links(jobs), func(i int, upstream string) chain.Version {
		t := o.decide(jobs[i], snapshot, options, upstream).target()
		if t.open {
			open = append(open, t.key)
		}
		_, asked := options.After[jobs[i].Name] // another machine may have followed that run already
		unsure.jobs[jobs[i].Name] = t.open || asked || o.searched[jobs[i].Name] || unsure.of(jobs[i]) || o.Adopted[jobs[i].Name].Holds()
		if unsure.jobs[jobs[i].Name] {
			// A later attempt is younger than the "creating" record of the earlier one.
			since := t.current.Since
			if upstream != "" || o.Adopted[jobs[i].Name].Holds() {
				since = time.Time{} // an earlier one may have been built on the runs that are wanted now, or made before what is adopted
			}
			if len(search.Jobs) == 0 || since.Before(search.Since) {
				search.Since = since
			}
			search.Jobs = append(search.Jobs, wanted(jobs[i], t.key))
		}
		return version(t.key)
	})
	return search, open
}

// wanted is the search for the runs of a job.
func wanted(job resolver.Job, key once.Key) once.Wanted {
	w := once.Wanted{Key: key, Namespace: job.Namespace, Also: job.Digests()}
	if job.Untold() {
		w.Means = func(f once.Found) bool {
			as, is := job.On(resolver.RanOn(f.Stored))
			return is && as.Digest == f.Key.Digest
		}
	}
	return w
}

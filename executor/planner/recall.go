package planner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/adoption"
	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/rebuild"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// recall adds what the platform shows to what the journal knows, as the records that an
// apply would have written. So a plan without a journal equals the plan with one: nothing
// below asks where a run is known from. It is pure.
func (o Observation) recall(jobs []resolver.Job, snapshot state.Snapshot) (state.Snapshot, []state.Record) {
	var records []state.Record
	for _, job := range jobs {
		dropped := o.superseded(job, snapshot.Runs[job.Name])
		runs := without(snapshot.Runs[job.Name], dropped)
		records = append(records, dropped...)
		for _, run := range runs {
			records = append(records, o.moved(job, run)...)
		}
		for _, run := range o.remembered(job) {
			if !knows(runs, run) {
				records = append(records, run.Records()...)
			}
		}
	}
	if len(records) == 0 {
		return snapshot, nil
	}
	return snapshot.With(records...), records
}

// without leaves out the runs that records drop.
func without(runs []state.Run, dropped []state.Record) []state.Run {
	if len(dropped) == 0 {
		return runs
	}
	return slices.DeleteFunc(slices.Clone(runs), func(r state.Run) bool {
		return slices.ContainsFunc(dropped, func(d state.Record) bool { return d.Key == r.Key })
	})
}

// everything returns all jobs that were seen, also those that manifests adopt.
func (o Observation) everything() []once.Found {
	list := slices.Concat(o.Found, o.Others)
	for _, a := range o.Adopted {
		if a.Run() {
			list = append(list, a.Found)
		}
	}
	return list
}

// sign gives what is adopted its place among the runs of its job.
func (o *Observation) sign(jobs []resolver.Job, snapshot state.Snapshot) {
	found := index(o.Found)
	for _, job := range jobs {
		if a, read := o.Adopted[job.Name]; read && a.Run() {
			o.Adopted[job.Name] = a.Sign(job, snapshot.Runs[job.Name], found[job.Name])
			o.Statuses[a.Found.ID] = a.Found.History
		}
	}
	*o = o.indexed()
}

// withoutStrangers leaves out what a manifest adopts and has never held: it is no run of
// the job, and each plan looks at it anew.
func (o Observation) withoutStrangers(records []state.Record) []state.Record {
	strange := make(map[string]bool) // keys, and ids of records that have none
	for _, a := range o.Adopted {
		if a.Run() && !a.Holds() && !a.Known {
			strange[a.Found.Key.String()], strange[a.Found.ID] = true, true
		}
	}
	return slices.DeleteFunc(records, func(r state.Record) bool { return strange[cmp.Or(r.Key, r.ID)] })
}

// withoutDrafts leaves out the drafts that no step continues: another runner may be about
// to submit them, and a draft in the journal counts as its own leftover.
func withoutDrafts(records []state.Record, steps []Step) []state.Record {
	business := make(map[string]bool, len(steps)) // keys
	for _, step := range steps {
		business[step.Key.String()] = true
	}
	for _, r := range records {
		business[r.Key] = business[r.Key] || r.Kind == state.KindSubmitted
	}
	return slices.DeleteFunc(records, func(r state.Record) bool {
		return (r.Kind == state.KindCreating || r.Kind == state.KindCreated) && !business[r.Key]
	})
}

// knows reports whether a journal has a run, or has a billed run with its key.
func knows(runs []state.Run, found rebuild.Run) bool {
	return slices.ContainsFunc(runs, func(r state.Run) bool {
		return r.Key == found.Key.String() && (r.ID == found.ID || r.Billed())
	})
}

// superseded returns those billed runs of a journal, as records that drop them, whose key
// has another billed run now: a person has deleted the first one, and a machine without
// this journal has made the other. Without a journal only the other one is known.
func (o Observation) superseded(job resolver.Job, runs []state.Run) (drop []state.Record) {
	if len(runs) == 0 {
		return nil
	}
	found := slices.Concat(o.ofJob(job.Name), o.others(job.Name))
	for _, r := range runs {
		there := slices.ContainsFunc(found, func(f once.Found) bool { return f.ID == r.ID })
		another := slices.ContainsFunc(found, func(f once.Found) bool { return f.Submitted() && f.Key.String() == r.Key })
		if r.Billed() && another && !there {
			drop = append(drop, state.Record{Kind: state.KindForgot, Job: r.Job, Key: r.Key})
		}
	}
	return drop
}

// moved returns the steps that a run in the journal has taken since it was recorded. A
// draft that was submitted builds on what it says itself, which no longer changes.
func (o Observation) moved(job resolver.Job, run state.Run) []state.Record {
	history := o.Statuses[run.ID]
	open := run.Stage == state.StageCreated || run.Stage == state.StageSubmitting || run.Stage == state.StageSubmitted
	built, read := o.Built[run.ID]
	if !open || len(history) == 0 || rewritable(run) && !read {
		return nil
	}
	key, _ := once.ParseKey(run.Key)
	records := o.judge(job, once.Found{ID: run.ID, Key: key, History: history}).Records()
	for i := range records {
		if records[i].Kind == state.KindSubmitted {
			records[i].Upstream = built
		}
	}
	return slices.DeleteFunc(records, func(r state.Record) bool {
		begun := r.Kind == state.KindCreating || r.Kind == state.KindCreated
		seen := r.Kind == state.KindStatus && r.Status == run.Status
		return begun || seen || r.Kind == state.KindSubmitted && run.Stage == state.StageSubmitted
	})
}

// remembered returns the runs of a job that the platform shows: those of its content, and
// the active ones and the newest one of other contents; oldest first.
func (o Observation) remembered(job resolver.Job) []rebuild.Run {
	found := slices.Clone(o.ofJob(job.Name))
	for _, other := range o.others(job.Name) {
		if !slices.ContainsFunc(found, func(f once.Found) bool { return f.ID == other.ID }) {
			found = append(found, other)
		}
	}
	slices.SortStableFunc(found, func(a, b once.Found) int { return a.Inserted.Compare(b.Inserted) })
	runs := rebuild.Choose(found).Runs
	for i, run := range runs {
		since := run.Since
		runs[i] = o.judge(job, run.Found)
		runs[i].Since = since
	}
	return runs
}

// judge adds what the manifest and the marks of an earlier apply say about a run.
func (o Observation) judge(job resolver.Job, f once.Found) rebuild.Run {
	run := rebuild.Run{Found: f, Since: f.Inserted}
	if job.Digest != "" {
		as, is := job.Variant(f.Key.Digest, resolver.RanOn(f.Stored))
		if !is {
			run.Parts = likelyParts(f.Stored, job)
			return run
		}
		run.Of(as)
	}
	checks := success.Of(job.Success)
	if checks.None() {
		return run // the platform's word is enough
	}
	if failed, looked := o.Failed[f.ID]; looked {
		run.Failed, run.Checks = failed, checks.String()
		return run
	}
	mark := checks.ReadTags(slices.Concat(f.Stored.Tags, o.Tags[f.ID]))
	switch {
	case mark.Current:
		run.Checks = checks.String()
	case mark.Verdict != "":
		run.Checks = otherChecks
	}
	run.Failed = mark.Failed()
	return run
}

// otherChecks stands for checks of which only a hash is known.
const otherChecks = "others"

// likelyParts returns what a stored job was made of. A part that its body does not show is
// taken from the manifest, so that it never looks like a change.
func likelyParts(stored rescale.Job, job resolver.Job) (parts []state.Part) {
	was, now := resolver.PartsOf(stored, job, chain.Names(once.UpstreamOf(stored)))
	told := make(map[string]bool, len(now))
	for _, part := range now {
		told[part.Field] = true
	}
	for _, part := range was {
		parts = append(parts, state.Part(part))
		told[part.Field] = true
	}
	if len(parts) == 0 {
		return nil
	}
	for _, part := range job.Parts {
		if !told[part.Field] {
			parts = append(parts, state.Part(part))
		}
	}
	return parts
}

// surplus returns needless drafts: those with the key of this run, or of a billed one of
// the content in whatever digest.
func (d decision) surplus(run state.Run) []once.Found {
	drafts := d.seen.ofJob(d.job.Name)
	if len(drafts) == 0 {
		return nil
	}
	paid := make(map[chain.Version]bool)
	for _, r := range d.runs {
		if worth(r) > 0 && isRunOf(r, d.job) {
			paid[chain.Version{Generation: r.Generation, Attempt: r.Attempt}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(drafts), func(f once.Found) bool {
		return f.Submitted() || f.ID == run.ID || f.Key.String() != run.Key && !paid[version(f.Key)]
	})
}

// since returns the date before which nothing matters to a claim of the job: neither a job
// with its key nor a draft of another content, generation or attempt, whose owner may yet
// submit it.
func (o Observation) since(name string, first time.Time) time.Time {
	if waiting, known := o.Waiting[name]; known && waiting.Before(first) {
		first = waiting
	}
	for _, f := range o.ofJob(name) {
		if !f.Submitted() && f.Inserted.Before(first) {
			first = f.Inserted
		}
	}
	return first
}

// Past is what a look back at the runs of a job goes by, whatever its manifest says now.
type Past struct {
	Name      string
	Namespace string
	Success   spec.Success // judges runs that nobody has judged
	Adopt     spec.Value[string]
}

// unresolved are the jobs of which no more is known.
func unresolved(past []Past) (jobs []resolver.Job) {
	for _, p := range past {
		jobs = append(jobs, resolver.Job{Name: p.Name, Namespace: p.Namespace, Success: p.Success, Adopt: p.Adopt})
	}
	return jobs
}

// Recollect adds to what the journal knows the newest run of each job, whoever started it,
// and how far the active ones are.
func Recollect(ctx context.Context, p Finder, owner string, past []Past, snapshot state.Snapshot) (Observation, state.Snapshot, error) {
	jobs := unresolved(past)
	seen, err := Active(ctx, p, jobs, snapshot)
	if err != nil {
		return seen, snapshot, err
	}
	strangers := slices.DeleteFunc(slices.Clone(jobs), func(j resolver.Job) bool { return !j.Adopt.Written() || len(snapshot.Runs[j.Name]) > 0 })
	if seen.Adopted, err = adoption.Read(ctx, p, nil, strangers); err != nil {
		return seen, snapshot, err
	}
	seen.sign(jobs, snapshot)
	search := once.Search{Owner: owner}
	var open []once.Key
	for i, job := range jobs {
		last, _ := snapshot.Last(job.Name)
		if i == 0 || last.Since.Before(search.Since) {
			search.Since = last.Since
		}
		key := once.Key{Name: job.Name}
		search.Jobs, open = append(search.Jobs, once.Wanted{Key: key, Namespace: job.Namespace}), append(open, key)
	}
	sighting, err := once.Look(ctx, p, search)
	if err == nil && !sighting.Whole {
		err = &once.MovingError{}
	}
	for job, id := range sighting.Newest {
		if slices.ContainsFunc(snapshot.Runs[job.Name], func(r state.Run) bool { return r.ID == id }) {
			delete(sighting.Newest, job) // its journal has more to say
		}
	}
	if err == nil {
		err = seen.enter(ctx, p, sighting, search, open)
	}
	if err != nil {
		return seen, snapshot, err
	}
	known, _ := seen.recall(jobs, snapshot)
	if err := seen.readTags(ctx, p, jobs, known); err != nil {
		return seen, snapshot, err
	}
	known, _ = seen.recall(jobs, snapshot)
	return seen, known, nil
}

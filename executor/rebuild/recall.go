// Package rebuild reconstructs from the platform alone what a lost journal held: which
// runs of some jobs there are, how they ended, and which input files they had. It sends
// GET requests only, and writes nothing. It knows no journal file.
//
// What the platform does not know stays unknown: what an older content was made of,
// what a run cost, and where its results were downloaded to. Only for the content that
// a manifest asks for now is it known what it is made of, and whether its results are
// here.
package rebuild

import (
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/adoption"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Reader reads jobs, their files and their inputs.
type Reader interface {
	once.Reader
	results.Reader
	File(ctx context.Context, id string) (rescale.File, error)
}

// Memory is what the platform remembers of some jobs.
type Memory struct {
	Runs    []Run // one for each key, oldest first
	Surplus []Surplus
}

// Run is the job that a key stands for.
type Run struct {
	once.Found
	Since   time.Time     // no job with the key is older
	Parts   []state.Part  // when its content is what the manifest says now
	Rate    float64       // USD per core-hour, when its content is what the manifest says now
	Checks  string        // of the manifest, when the run was judged by them
	Failed  []string      // those that it does not pass
	Inputs  []state.File  // those that can be given to other jobs as well
	Results *state.Record // of a download; nil unless all of it is here
}

// Surplus is a job without a record, because there is a run with its content and
// generation.
type Surplus struct {
	once.Found
	Run string // id of that run
}

// Recall reads everything that the platform remembers of the jobs of an account that have
// the names. Of those that could be resolved, more is known about their runs.
func Recall(ctx context.Context, p Reader, owner string, names []once.Job, resolved []resolver.Job) (Memory, error) {
	var wanted []once.Wanted
	for _, job := range names {
		wanted = append(wanted, once.Wanted{Key: once.Key{Name: job.Name}, Namespace: job.Namespace})
	}
	for _, job := range resolved {
		wanted = append(wanted, once.Wanted{Key: once.Key{Digest: job.Digest, Name: job.Name}, Namespace: job.Namespace, Also: job.Digests()})
	}
	mine, err := once.Mine(ctx, p, owner, wanted)
	if err != nil {
		return Memory{}, err
	}
	adopted, err := adoptions(ctx, p, resolved, mine)
	if err != nil {
		return Memory{}, err
	}
	mine = append(mine, adopted...)
	slices.SortStableFunc(mine, func(a, b once.Found) int { return a.Inserted.Compare(b.Inserted) })
	m := Choose(mine)
	if err := m.findInputs(ctx, p, owner); err != nil {
		return Memory{}, err
	}
	for _, job := range resolved {
		if err := m.compare(ctx, p, job); err != nil {
			return Memory{}, err
		}
	}
	return m, nil
}

// adoptions reads what the manifests adopt, as far as it is a run of their content.
func adoptions(ctx context.Context, p Reader, resolved []resolver.Job, mine []once.Found) (list []once.Found, err error) {
	read, err := adoption.Read(ctx, p, p, adoption.Needed(resolved, state.Snapshot{}))
	for _, job := range resolved {
		a := read[job.Name].Sign(job, nil, mine)
		ours := slices.ContainsFunc(mine, func(f once.Found) bool { return f.ID == a.Found.ID && f.Key == a.Found.Key })
		if a.Holds() && !ours {
			list = append(list, a.Found)
		}
	}
	return list, err
}

// Choose finds the job of each key that apply would continue with, among jobs in the
// order of their dates. A draft decides nothing: beside a submitted run of its content
// and generation, it is no run.
func Choose(mine []once.Found) Memory {
	same := make(map[once.Key][]once.Found)
	ran := make(map[once.Key]string) // id of a submitted run, by content and generation
	for _, o := range mine {
		same[o.Key] = append(same[o.Key], o)
		if o.Submitted() {
			ran[anyAttempt(o.Key)] = o.ID
		}
	}
	var m Memory
	for _, o := range mine {
		winner, run := once.Elect(same[o.Key]), ran[anyAttempt(o.Key)]
		if winner.Submitted() {
			run = winner.ID
		}
		switch {
		case run != "" && run != o.ID:
			m.Surplus = append(m.Surplus, Surplus{o, run})
		case winner.ID == o.ID:
			m.Runs = append(m.Runs, Run{Found: o, Since: same[o.Key][0].Inserted})
		}
	}
	return m
}

func anyAttempt(k once.Key) once.Key {
	k.Attempt = 0
	return k
}

// compare adds to the runs of a job what its manifest says about them now.
func (m *Memory) compare(ctx context.Context, p Reader, job resolver.Job) error {
	var wanted *Run
	for i := range m.Runs {
		run := &m.Runs[i]
		as, is := job.Variant(run.Key.Digest, resolver.RanOn(run.Stored))
		if run.Key.Name != job.Name || !is {
			continue
		}
		run.Of(as)
		if run.Key.Generation == max(1, job.Rerun.Generation.V) {
			wanted = run
		}
	}
	if wanted == nil {
		return nil
	}
	if err := wanted.check(ctx, p, job); err != nil {
		return err
	}
	return wanted.findResults(ctx, p, job)
}

// Of adds what the manifest says about a run in its content.
func (r *Run) Of(job resolver.Job) {
	r.Rate = job.Estimate.Rate
	for _, part := range job.Parts {
		r.Parts = append(r.Parts, state.Part(part))
	}
}

// findResults records a download when all of its files are here. What cannot be known
// now is fetched by the next apply.
func (r *Run) findResults(ctx context.Context, p Reader, job resolver.Job) error {
	wish := results.Of(job)
	if len(wish.Include) == 0 || !r.succeeded() {
		return nil
	}
	files, whole, err := r.here(ctx, p, wish)
	if whole {
		r.Results = &state.Record{
			Kind: state.KindDownloaded, Job: job.Name, ID: r.ID, To: wish.To, Outputs: files, Selection: wish.Selection(),
		}
	}
	if patience.NotFound(err) {
		return nil
	}
	return err
}

// here compares the outputs of the run, if they are listed in full, with the files on
// this disk.
func (r *Run) here(ctx context.Context, p Reader, wish results.Wish) (files []state.Output, whole bool, err error) {
	reading, err := outputs.Look(ctx, p, r.ID)
	if err != nil || !reading.Printed() || slices.ContainsFunc(reading.Files, outputs.File.Arriving) {
		return nil, false, err
	}
	return results.Download{Platform: p, ID: r.ID, Wish: wish}.Here(ctx)
}

// Records returns the journal lines of the named jobs.
func (m Memory) Records(names []string) []state.Record {
	var list []state.Record
	uploaded := make(map[string]bool)
	for _, run := range m.Runs {
		if !slices.Contains(names, run.Key.Name) {
			continue
		}
		for _, file := range run.Inputs {
			if !uploaded[file.ID] {
				uploaded[file.ID] = true
				list = append(list, state.Record{Kind: state.KindUploaded, File: file})
			}
		}
		list = append(list, run.Records()...)
	}
	return list
}

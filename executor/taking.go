package executor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/carry"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// results returns the ids of the files that a job takes from others, by the tile that they
// are for.
func (a *application) results(ctx context.Context, step planner.Step) (map[int][]rescale.InputRef, error) {
	landed := places{names: make(map[string]source), given: make(map[[2]string]bool)}
	for _, in := range step.Job.Inputs {
		if in.Lands() {
			landed.names[in.Called()] = source{}
		}
	}
	refs := make(map[int][]rescale.InputRef)
	for _, from := range step.Job.From {
		taken, err := a.take(ctx, from)
		if err != nil {
			return nil, err
		}
		for _, e := range idleExcludes(ctx, a.listing, step.Job.Name, from, a.gates.ID) {
			a.notify(e)
		}
		items, err := a.named(from, taken, landed)
		if err != nil {
			return nil, err
		}
		given, err := a.give(ctx, step.Job.Name, from, items)
		if err != nil {
			return nil, err
		}
		refs[from.Tile] = append(refs[from.Tile], given...)
	}
	return refs, nil
}

// places is the work folder that all tiles of a job share, while inputs come in.
type places struct {
	names map[string]source  // by name in the job
	given map[[2]string]bool // by id and name
}

// source is where an input comes from: a result of another job, or this machine.
type source struct{ job, path string }

// named gives the taken files their names in the job. A file that is taken twice is there
// once.
func (a *application) named(from resolver.From, taken [][]outputs.File, landed places) ([]carry.Item, error) {
	var items []carry.Item
	for n, files := range taken {
		job := from.Jobs[n]
		step, planned := a.steps[job]
		for _, f := range files {
			name := nameOf(from, job, f)
			if planned && step.Job.Sweep != nil && from.Into != "" {
				name = spec.NameFrom(from.Into, job) + "/" + f.Run + "/" + f.RelativePath
			}
			if landed.given[[2]string{f.ID, name}] {
				continue
			}
			landed.given[[2]string{f.ID, name}] = true
			if other, known := landed.names[name]; known {
				return nil, &NameTakenError{Name: name, One: other, Other: source{job, f.RelativePath}}
			}
			if from.Copied() && !filepath.IsLocal(filepath.FromSlash(name)) {
				return nil, &TakingError{From: job, Err: &content.UnsafePathError{Rel: f.RelativePath, Why: "it would leave the folder of the job"}}
			}
			landed.names[name] = source{job, f.RelativePath}
			items = append(items, carry.Item{File: f, Run: a.gates.ID(job), Name: name, Decompress: from.Decompress})
		}
	}
	return items, nil
}

// nameOf returns the name of a result in the job. The platform's own way to hand it over
// keeps its name without folders.
func nameOf(from resolver.From, job string, f outputs.File) string {
	switch {
	case from.As != "":
		return spec.NameFrom(from.As, job)
	case from.Into != "":
		return spec.NameFrom(from.Into, job) + "/" + f.RelativePath
	}
	return f.Name
}

// give hands results to a job: in place, or under other names.
func (a *application) give(ctx context.Context, job string, from resolver.From, items []carry.Item) (refs []rescale.InputRef, err error) {
	carrier := carry.Carrier{
		Platform: a.Platform, Store: a.store, Parallel: a.parallel(),
		Tell: func(item carry.Item, t results.Transfer) { a.notify(Downloading(job, item.Run, t)) },
	}
	switch {
	case len(items) == 0:
		return nil, nil
	case from.As != "" && !landing.InFolder(from.As):
		refs, err = carrier.Files(ctx, items)
	case from.Copied():
		var archive rescale.InputRef
		archive, err = carrier.Archive(ctx, archiveOf(items), items)
		refs = []rescale.InputRef{archive}
	default:
		for i, item := range items {
			refs = append(refs, rescale.InputRef{ID: item.File.ID, Decompress: &items[i].Decompress})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("giving job %s the results of %s: %w", job, from.Name, err)
	}
	return refs, nil
}

// archiveOf names the archive of items after its content: no two of a job are alike.
func archiveOf(items []carry.Item) string {
	sum := sha256.New()
	for _, item := range items {
		sum.Write([]byte(item.Name + "\n")) // a hash never fails
	}
	return "results-" + hex.EncodeToString(sum.Sum(nil)[:5]) + ".tar.gz"
}

// listParallel bounds the lists of results that are read at once.
const listParallel = 8

// takeOf returns the files of one job; of a sweep once it shows those of all runs.
func (a *application) takeOf(ctx context.Context, job string, from resolver.From) ([]outputs.File, error) {
	id := a.gates.ID(job)
	if step, planned := a.steps[job]; planned && step.Job.Sweep != nil {
		if err := a.listing.Expect(ctx, id, len(step.Job.Sweep.Rows)); err != nil {
			return nil, err
		}
	}
	return a.listing.Take(ctx, id, from.Include, from.Exclude)
}

// take returns the files of each of the jobs, in their order.
func (a *application) take(ctx context.Context, from resolver.From) ([][]outputs.File, error) {
	taken, errs := make([][]outputs.File, len(from.Jobs)), make([]error, len(from.Jobs))
	var group errgroup.Group
	group.SetLimit(listParallel)
	for i, job := range from.Jobs {
		group.Go(func() error {
			taken[i], errs[i] = a.takeOf(ctx, job, from)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the order of the jobs
	for i, err := range errs {
		if err != nil {
			return nil, &TakingError{From: from.Jobs[i], Again: a.againOf(from.Jobs[i]), Err: err}
		}
	}
	return taken, nil
}

// againOf says how to follow the run of another job that this apply builds on by a new one.
func (a *application) againOf(name string) string {
	step, planned := a.steps[name]
	if !planned {
		return ""
	}
	return planner.AgainHint(a.Command, step.Job, planner.Rival{ID: a.gates.ID(name), Key: step.Key.String()})
}

// TakingError reports that results of another job could not be taken.
type TakingError struct {
	From  string
	Again string // what runs it again
	Err   error
}

// Error names the other job.
func (e *TakingError) Error() string {
	return fmt.Sprintf("taking results of job %s: %v", e.From, e.Err)
}

// Unwrap returns the cause.
func (e *TakingError) Unwrap() error { return e.Err }

// Hint says what to do when somebody has deleted the other run, or its results.
func (e *TakingError) Hint() string {
	var deleted *outputs.DeletedError
	if patience.NotFound(e.Err) || errors.As(e.Err, &deleted) {
		return e.Again
	}
	return ""
}

// NameTakenError reports that a result of another job has the name of another input.
type NameTakenError struct {
	Name       string
	One, Other source
}

// Error names both.
func (e *NameTakenError) Error() string {
	words := fmt.Sprintf("two inputs would be named %q in the job: ", e.Name)
	switch e.One.job {
	case "":
		return words + "an input, and one of job " + e.Other.job
	case e.Other.job:
		return words + fmt.Sprintf("%s and %s of job %s", e.One.path, e.Other.path, e.Other.job)
	}
	return words + fmt.Sprintf("one of job %s, and one of job %s", e.One.job, e.Other.job)
}

// Hint says what to do next.
func (e *NameTakenError) Hint() string {
	if e.One.job == e.Other.job {
		return "files: [" + e.One.path + "] takes one of them, if it is in a folder, and ./NAME one that is in none; into keeps folders, and the runs of a sweep, apart"
	}
	return "let each job write its results under names of their own, or keep them apart with as or into and " + spec.FromName
}

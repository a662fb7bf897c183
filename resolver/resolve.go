// Package resolver turns what a manifest says into what the platform takes:
// exact codes out of the live catalogs, files found and hashed, the request
// body, the digest and the price. It only reads: from the platform with GET,
// from the disk without writing. It knows no state and decides no action.
package resolver

import (
	"context"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Job is one job with nothing left to look up.
type Job struct {
	Name     string        // identity, from the manifest
	Pos      diag.Position // of the name
	Manifest string        // its path
	Results  string        // folder of the results, as spec.Job.ResultsFolder
	Dir      string        // folder of the manifest; outputs go below it
	Title    string        // shown on the platform, before the marker
	Tags     []string
	Analysis string // code
	Version  string // versionCode
	CoreType string // code
	Cores    int    // per slot
	Slots    int
	Walltime int // whole hours, 0 when the manifest gives none
	Inputs   []files.Input
	Outputs  spec.Outputs
	Rerun    spec.Rerun
	Needs    []spec.Need // jobs whose results it builds on
	Rank     int         // 0 without needs, else more than that of each of them
	From     []From

	Success   spec.Success
	Limits    spec.Limits
	Protected spec.Value[bool]

	Parts    []Part             // all that can change the result
	Digest   string             // SHA-256 of Parts, hex
	Request  rescale.JobRequest // create body, without input files, marker and key
	Estimate Estimate           // at most, licenses excluded
	Notes    []string           // decisions that a person should see in the plan
}

// Result is what a whole manifest came to.
type Result struct {
	User rescale.User
	Jobs []Job
}

// Platform is what resolving reads.
type Platform interface {
	Account
	Catalogs
	Files
}

// Account tells who pays.
type Account interface {
	Me(context.Context) (rescale.User, error)
	Projects(context.Context) ([]rescale.Project, error)
}

// Catalogs tells what can be bought.
type Catalogs interface {
	Analyses(context.Context) ([]rescale.Analysis, error)
	CoreTypes(context.Context) ([]rescale.CoreType, error)
	ComputePrices(context.Context) ([]rescale.Price, error)
}

// Files tells what is stored.
type Files interface {
	File(ctx context.Context, id string) (rescale.File, error)
}

// Resolve checks jobs against the platform's catalogs and the local files, and
// reports every problem of both together, in the order of the text. The error
// is for work that could not be done: no answer, no permission.
func Resolve(ctx context.Context, jobs []spec.Job, platform Platform, reading files.Reading) (Result, diag.List, error) {
	var (
		cat    catalog
		inputs [][]files.Input
		found  diag.List
	)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		cat, err = readCatalog(groupCtx, platform, jobs)
		return err
	})
	group.Go(func() (err error) {
		inputs, found, err = files.Read(groupCtx, jobs, reading)
		return err
	})
	if err := group.Wait(); err != nil {
		return Result{}, nil, err
	}
	result := Result{User: cat.user, Jobs: make([]Job, len(jobs))}
	var problems diag.Gathering
	problems.Add(found)
	for i, job := range jobs {
		var own diag.List
		r := resolution{cat: &cat, spec: job, problems: &own}
		result.Jobs[i] = r.job(inputs[i])
		problems.Add(own)
	}
	if found = problems.List(); len(found) > 0 {
		return Result{User: cat.user}, found.Sort(), nil
	}
	digest(result.Jobs)
	return result, nil, nil
}

// resolution is the work on one job: every step adds what it finds to the job
// or to the problems.
type resolution struct {
	cat      *catalog
	spec     spec.Job
	problems *diag.List
}

func (r *resolution) job(inputs []files.Input) Job {
	job := Job{
		Name: r.spec.Name.V,
		Pos:  r.spec.Name.Pos,
		Dir:  r.spec.Dir,

		Results:  r.spec.ResultsFolder(),
		Manifest: filepath.Join(r.spec.Dir, filepath.Base(r.spec.File)),
		Title:    r.spec.Title.V,
		Inputs:   r.platformInputs(inputs),
		Outputs:  r.spec.Outputs,
		Rerun:    r.spec.Rerun,
		Needs:    r.spec.Needs,
		Rank:     r.spec.Rank,
		From:     from(r.spec),
		Slots:    r.spec.Hardware.Slots.V,
		Cores:    r.spec.Hardware.CoresPerSlot.V,

		Success:   r.spec.Success,
		Limits:    r.spec.Limits,
		Protected: r.spec.Protected,
	}
	for _, tag := range r.spec.Tags {
		job.Tags = append(job.Tags, tag.V)
	}
	analysis, version := r.analysis(&job)
	coreType := r.hardware(&job, version)
	r.license(analysis)
	project := r.project()
	job.Estimate = r.cat.estimate(job, coreType, r.spec.Priority.V)
	job.Request = request(r.spec, job, project)
	job.Parts = parts(r.spec, job)
	return job
}

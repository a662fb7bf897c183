// Package resolver turns a manifest into what the platform takes: exact codes from the
// live catalogs, found and hashed files, the request body, the digest and the price. It
// only reads: from the platform with GET, from the disk without writing. It knows no
// state and decides no action.
package resolver

import (
	"context"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/resolver/remote"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/doe"
)

// Job is one job with nothing left to look up.
type Job struct {
	Name      string        // identity, from the manifest
	Namespace string        // keeps jobs of one name apart; in no digest and no key
	Pos       diag.Position // of the name
	Manifest  string        // its path
	Table     string        // path of the table that its point comes from; empty without one
	Found     bool          // its point is one of what a pattern finds on this disk
	Results   string        // folder of the results, as spec.Job.ResultsFolder
	Dir       string        // folder of the manifest; outputs go below it
	Title     string        // shown on the platform, before the marker
	Project   string        // as the manifest names it; the id is in Request
	Priority  spec.Priority
	Tags      []string
	Fields    map[string]any  // custom fields
	FieldsAt  []spec.Field    // the same with their places
	Secrets   []string        // names of variables of every tile, whose values nobody here knows
	Tiles     []Tile          // at least one, run in this order
	Inputs    []files.Input   // of all tiles
	Storage   []remote.Device // that its run must have
	Uploads   spec.Uploads
	Sweep     *doe.Table // with a row for each run; nil for a job with one run
	Outputs   spec.Outputs
	Rerun     spec.Rerun
	Needs     []spec.Need // jobs whose results it builds on
	Rank      int         // 0 without needs, else more than that of each of them
	From      []From

	Success   spec.Success
	Limits    spec.Limits
	Adopt     spec.Value[string] // id of a stored job that is its first run while their bodies agree
	Protected spec.Value[bool]

	Parts    []Part             // all that can change the result
	Digest   string             // SHA-256 of Parts, hex
	Request  rescale.JobRequest // create body, without input files, marker and key
	Estimate Estimate           // at most, licenses excluded
	Notes    []string           // decisions that a person should see in the plan
	LeftOut  []string           // what patterns of inputs match and do not mean
	Newer    []string           // versions of the catalog that are newer than those of the run that this is, see On
}

// Tile is one software of a job and the hardware it runs on.
type Tile struct {
	Analysis string // code
	Version  string // versionCode
	CoreType string // code
	Cores    int    // per slot
	Slots    int
	Walltime int     // whole hours, 0 when the manifest gives none
	Desktop  bool    // it runs until it is stopped
	Rate     float64 // USD per core-hour, 0 when the platform names no price
	Estimate Estimate

	// What the manifest leaves open: a run on any of it is a run of this content, and only a
	// new one takes what is chosen here.
	Open     bool          // any version
	Versions []string      // those that the catalog has, the newest first; nil unless Open
	Types    []Alternative // core types, in the order of the list; nil when there is one
	TypesPos diag.Position // of the list

	why, whyVersion string // notes on the choices
}

// Cores returns how many cores a job takes: its tiles run one after the other.
func (j Job) Cores() int {
	most := 0
	for _, t := range j.Tiles {
		most = max(most, t.Cores*t.Slots)
	}
	return most
}

// Desktop finds a tile that runs until somebody stops it: its job does not end by itself.
func (j Job) Desktop() bool {
	return slices.ContainsFunc(j.Tiles, func(t Tile) bool { return t.Desktop })
}

// Open is what a plan says about a desktop.
const Open = "interactive: it runs, and is billed, until it is stopped or its walltime is over; apply ends when it is ready"

// Result is a whole manifest, resolved.
type Result struct {
	User  rescale.User
	Jobs  []Job
	Drift diag.List // what the catalogs do not give as the locks of the jobs have it; also beside problems
}

// Platform is what resolving reads.
type Platform interface {
	Account
	Catalogs
	remote.Files
	remote.Devices
	remote.Clusters
}

// Account reads who pays.
type Account interface {
	Me(context.Context) (rescale.User, error)
	Projects(context.Context) ([]rescale.Project, error)
}

// Catalogs reads what can be bought.
type Catalogs interface {
	Analyses(context.Context) ([]rescale.Analysis, error)
	CoreTypes(context.Context) ([]rescale.CoreType, error)
	ComputePrices(context.Context) ([]rescale.Price, error)
}

// Resolve checks jobs against the platform's catalogs and the local files, and reports
// all problems of both together, in the order of the text. The error means that this
// could not be done: no answer, no permission.
func Resolve(ctx context.Context, jobs []spec.Job, platform Platform, reading files.Reading) (Result, diag.List, error) {
	var (
		cat    catalog
		inputs [][]files.Input
		found  diag.List
		notes  = make(leftOut)
	)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		cat, err = readCatalog(groupCtx, platform, jobs)
		return err
	})
	group.Go(func() (err error) {
		inputs, found, err = files.Read(groupCtx, jobs, notes.heard(reading))
		return err
	})
	if err := group.Wait(); err != nil {
		return Result{}, nil, err
	}
	result := Result{User: cat.user, Jobs: make([]Job, len(jobs))}
	var problems, drift diag.Gathering
	problems.Add(found)
	for i, job := range jobs {
		var own, drifted diag.List
		r := resolution{cat: &cat, spec: job, problems: &own, drift: &drifted}
		result.Jobs[i] = r.job(inputs[i])
		result.Jobs[i].LeftOut = notes[job.Name.V]
		problems.Add(own)
		drift.Add(drifted)
	}
	result.Drift = drift.List()
	if found = problems.List(); len(found) > 0 {
		return Result{User: cat.user, Drift: result.Drift}, found.Sort(), nil
	}
	digest(result.Jobs)
	return result, nil, nil
}

// leftOut is what the patterns of jobs leave out, by the names of the jobs.
type leftOut map[string][]string

// heard keeps the notices that concern jobs and passes on the others.
func (l leftOut) heard(reading files.Reading) files.Reading {
	tell := reading.Notice
	reading.Notice = func(n files.Notice) {
		switch {
		case n.Kind != files.IdleExclude:
			l[n.Job] = append(l[n.Job], n.Message)
		case tell != nil:
			tell(n)
		}
	}
	return reading
}

// resolution is the work on one job: every step adds its findings to the job or to the
// problems.
type resolution struct {
	cat      *catalog
	spec     spec.Job
	problems *diag.List
	drift    *diag.List // from the lock
}

func (r *resolution) job(inputs []files.Input) Job {
	job := Job{
		Name: r.spec.Name.V,
		Pos:  r.spec.Name.Pos,
		Dir:  r.spec.Dir,

		Results:  r.spec.ResultsFolder(),
		Manifest: filepath.Join(r.spec.Dir, filepath.Base(r.spec.File)),
		Table:    r.spec.Table,
		Found:    r.spec.Found,
		Title:    r.spec.Title.V,
		Project:  r.spec.Project.V,
		Priority: r.spec.Priority.V,
		Tags:     spec.Texts(r.spec.Tags),
		Fields:   values(r.spec.CustomFields),
		FieldsAt: r.spec.CustomFields,
		Secrets:  spec.Texts(r.spec.Secrets),
		Inputs:   r.platformInputs(inputs),
		Storage:  r.cat.storage.Of(r.spec, r.problems),
		Uploads:  r.spec.Uploads,
		Sweep:    r.spec.Sweep.Table,
		Outputs:  r.spec.Outputs,
		Rerun:    r.spec.Rerun,
		Needs:    r.spec.Needs,
		Rank:     r.spec.Rank,
		From:     from(r.spec),

		Namespace: r.spec.Namespace.V,
		Success:   r.spec.Success,
		Limits:    r.spec.Limits,
		Adopt:     r.spec.Adopt,
		Protected: r.spec.Protected,
	}
	var problems diag.Gathering // tiles can share what is written once
	tiles := make([]*tiling, len(r.spec.Tiles))
	for i, written := range r.spec.Tiles {
		var own diag.List
		tiles[i] = &tiling{resolution: &resolution{cat: r.cat, spec: r.spec, problems: &own, drift: r.drift}, spec: written}
		tiles[i].resolve()
		problems.Add(own)
	}
	choose(tiles, r.spec.Limits.MaxCost)
	for _, t := range tiles {
		t.tile.Rate = t.tile.Estimate.Rate
		job.Tiles = append(job.Tiles, t.tile)
		job.Notes = append(job.Notes, t.notes...)
	}
	job.Notes = append(job.Notes, r.cluster(job.Tiles)...)
	job.Estimate = Sum(estimatesOf(job.Tiles))
	*r.problems = append(*r.problems, problems.List()...)
	job.Notes = distinct(slices.Concat(job.Notes, copies(job.From), named(job.Inputs), remote.Notes(job.Storage), sweeping(job)))
	job.Request = request(r.spec, job, r.project())
	job.Parts = parts(r.spec, job)
	return job
}

// tiling is the work on one tile of a job.
type tiling struct {
	*resolution
	spec     spec.Tile
	tile     Tile
	coreType *rescale.CoreType // nil when the platform has none of that name
	notes    []string
}

func (t *tiling) resolve() {
	t.tile.Cores, t.tile.Slots = t.spec.Hardware.CoresPerSlot.V, t.spec.Hardware.Slots.V
	if t.tile.Desktop = t.spec.Interactive.V; t.tile.Desktop {
		t.notes = append(t.notes, Open)
	}
	analysis, version := t.analysis()
	t.hardware(version)
	t.license(analysis)
	t.compare(version)
}

func values(fields []spec.Field) map[string]any {
	var all map[string]any
	for _, f := range fields {
		if all == nil {
			all = make(map[string]any, len(fields))
		}
		all[f.Name.V] = f.Value.V
	}
	return all
}

// distinct drops duplicates and keeps the order.
func distinct(lines []string) []string {
	var list []string
	for _, line := range lines {
		if !slices.Contains(list, line) {
			list = append(list, line)
		}
	}
	return list
}

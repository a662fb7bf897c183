package sim_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Market is what the catalogs offer to an apply: versions come and go, and prices change.
type Market struct {
	Newest  int  `json:",omitempty"` // version of the software; the one before it is there as well, and version 0
	Dear    bool `json:",omitempty"` // basalt costs more than manifests allow
	Retired bool `json:",omitempty"` // basalt takes no new jobs
}

// The core types of manifests that leave them open, in their order, and what a run may cost
// on either, in USD.
const (
	basalt     = "basalt"
	gneiss     = "gneiss"
	affordable = 1
)

// takes reports whether basalt is what a new run gets.
func (m Market) takesBasalt() bool { return !m.Dear && !m.Retired }

// at are the catalogs of a market.
func (c catalogs) at(m Market) catalogs {
	i := slices.IndexFunc(c.coreTypes, func(t rescale.CoreType) bool { return t.Code == "emerald" })
	first, second := c.coreTypes[i], c.coreTypes[i]
	first.Code, first.Name, first.Price, first.Active = basalt, basalt, 0.5, !m.Retired
	second.Code, second.Name, second.Price = gneiss, gneiss, 0.9
	if m.Dear {
		first.Price = 5
	}
	c.coreTypes = append(slices.Clone(c.coreTypes), first, second)
	c.analyses = slices.Clone(c.analyses)
	k := slices.IndexFunc(c.analyses, func(a rescale.Analysis) bool { return a.Code == "user_included" })
	version := c.analyses[k].Versions[0]
	version.AllowedCoreTypes = append(slices.Clone(version.AllowedCoreTypes), basalt, gneiss)
	c.analyses[k].Versions = nil
	for _, n := range slices.Compact([]int{m.Newest, max(0, m.Newest-1), 0}) {
		version.Version, version.VersionCode = fmt.Sprint(n), fmt.Sprint(n)
		c.analyses[k].Versions = append(c.analyses[k].Versions, version)
	}
	return c
}

// ComputePrices returns none: core types name their own.
func (catalogs) ComputePrices(ctx context.Context) ([]rescale.Price, error) { return nil, ctx.Err() }

// contents gives each job its content without version and core type, and without what runs
// of other jobs have decided.
func contents(jobs []resolver.Job) map[string]string {
	known := make(map[string]string, len(jobs))
	for rank := 0; len(known) < len(jobs); rank++ {
		for _, job := range jobs {
			if job.Rank == rank {
				known[job.Name] = contentOf(job, known)
			}
		}
	}
	return known
}

func contentOf(job resolver.Job, known map[string]string) string {
	parts := slices.Clone(job.Parts)
	for i, p := range parts {
		if p.Field == "version" || p.Field == "coreType" || strings.HasPrefix(p.Field, "upstream ") {
			parts[i].Value = ""
		}
	}
	for _, need := range job.Needs {
		for _, name := range need.Jobs {
			parts = append(parts, resolver.Part{Field: "content of " + name, Value: known[name]})
		}
	}
	return resolver.DigestOf(parts)
}

// ranOn is what a run runs on.
func ranOn(j *job) []resolver.Ran {
	tile := j.body.JobAnalyses[0]
	return []resolver.Ran{{Version: tile.Analysis.Version, CoreType: tile.Hardware.CoreType}}
}

// means reports whether a job is a run, or would be one, of what a process is to reach, in
// whatever attempt: its manifest may leave open what it runs on.
func (a *apply) means(j *job) bool {
	key := keyOf(j.body)
	i := slices.IndexFunc(a.jobs, func(own resolver.Job) bool { return own.Name == key.Name })
	if i < 0 || max(1, a.jobs[i].Rerun.Generation.V) != key.Generation {
		return false
	}
	_, is := a.jobs[i].On(ranOn(j))
	return is && a.contents[key.Name] == j.content || key.Digest == a.jobs[i].Digest
}

// checkChoice looks at what a run was given of what its manifest leaves open.
func (w *world) checkChoice(a *apply, j *job) {
	i := slices.IndexFunc(a.jobs, func(job resolver.Job) bool { return job.Name == nameOf(j.body) })
	if i < 0 {
		return
	}
	ran := ranOn(j)
	as, is := a.jobs[i].On(ran)
	if !is {
		w.fault("%s runs on %v, which its manifest does not name", j.id, ran)
	}
	if digest := keyOf(j.body).Digest; len(a.jobs[i].Needs) == 0 && as.Digest != digest {
		w.fault("%s runs on %v, and its key is of another content", j.id, ran)
	}
	if ran[0].CoreType == basalt && !a.market.takesBasalt() {
		w.fault("%s runs on %s, which is too dear or retired", j.id, basalt)
	}
}

// twin is another billed run in the attempt of a run, which is what the manifest of the
// process means as well: it has paid for another choice.
func (w *world) twin(a *apply, j *job) *job {
	key := keyOf(j.body)
	if !w.undisputed(a, key.Name) {
		return nil
	}
	for _, other := range w.platform.jobs {
		billed := other != j && !other.byHand && other.clonedFrom == "" && !other.submitted.IsZero() && other.deleted.IsZero()
		is := keyOf(other.body)
		if billed && is.Name == key.Name && is != key && is.Attempt == key.Attempt && a.means(other) && upstreamOf(other) == upstreamOf(j) {
			return other
		}
	}
	return nil
}

// undisputed reports whether all jobs that a job builds on have one content and one choice
// each, which a process means: on others, the job is another content.
func (w *world) undisputed(a *apply, name string) bool {
	i := slices.IndexFunc(a.jobs, func(job resolver.Job) bool { return job.Name == name })
	if i < 0 {
		return false
	}
	for _, need := range a.jobs[i].Needs {
		for _, of := range need.Jobs {
			digest := ""
			for _, j := range w.platform.jobs {
				key := keyOf(j.body)
				if key.Name != of {
					continue
				}
				if digest = cmp.Or(digest, key.Digest); digest != key.Digest || !a.means(j) {
					return false
				}
			}
			if !w.undisputed(a, of) {
				return false
			}
		}
	}
	return true
}

// follows reports whether a run is another attempt of what an earlier one is.
func (w *world) follows(run, earlier *job) bool {
	key, before := keyOf(run.body), keyOf(earlier.body)
	before.Attempt = key.Attempt
	return before == key || run.payer.means(earlier) && w.undisputed(run.payer, key.Name)
}

// billed counts the runs that machines have submitted.
func (w *world) billed() (n int) {
	for _, j := range w.platform.jobs {
		if !j.submitted.IsZero() && !j.byHand && j.clonedFrom == "" {
			n++
		}
	}
	return n
}

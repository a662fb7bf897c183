package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// held is the lock of the job; nil for none.
func (r *resolution) held() *lock.Lock { return r.spec.Lock }

// pinned is the version that the lock names for what the manifest wants. Own is false
// where the lock says nothing, or something that the manifest does not mean: it wins.
func (r *tiling) pinned(a *rescale.Analysis) (version *rescale.Version, own bool) {
	wanted := r.spec.Analysis.Version
	entry, known := r.locked(a)
	if !known {
		return nil, false
	}
	for i := range a.Versions {
		v := &a.Versions[i]
		if v.VersionCode == entry.Version {
			return v, !wanted.Written() || wanted.V == v.VersionCode || wanted.V == v.Version
		}
	}
	pos, hint := wanted.Pos, fmt.Sprintf("rescale-apply catalog analyses %s lists its versions", a.Code)
	if !wanted.Written() {
		pos = r.spec.Analysis.Code.Pos
	}
	if wanted.V != entry.Version {
		hint = r.update(a.Code)
	}
	r.problems.Add(pos, diag.CatalogDrift, hint, "analysis %s has no version %q any more; %s has it since %s", a.Code, entry.Version, lock.Name, entry.Since)
	return nil, true
}

// locked is what the lock says about what the manifest wants.
func (r *tiling) locked(a *rescale.Analysis) (entry lock.Analysis, known bool) {
	if r.held() == nil {
		return lock.Analysis{}, false
	}
	return r.held().Analysis(a.Code, r.spec.Analysis.Version.V)
}

// newest is the note on a version that the manifest leaves open.
func (r *tiling) newest(a *rescale.Analysis, version *rescale.Version) string {
	if entry, known := r.locked(a); known {
		note := fmt.Sprintf("version %s of %s is locked since %s", entry.Version, a.Code, entry.Since)
		if newest := a.Versions[0].VersionCode; newest != entry.Version {
			note += ", the newest is " + newest
		}
		return note
	}
	return fmt.Sprintf("version %s is the newest of %s", version.VersionCode, a.Code)
}

// lost completes a problem with a core type: one that the lock has was good once.
func (r *tiling) lost(code string, rule diag.Rule) (also diag.Rule, since string) {
	if r.held() == nil {
		return rule, ""
	}
	entry, known := r.held().CoreType(code)
	if !known {
		return rule, ""
	}
	return diag.CatalogDrift, fmt.Sprintf("; %s has it since %s", lock.Name, entry.Since)
}

// compare holds what the catalog gives now against the lock.
func (r *tiling) compare(version *rescale.Version) {
	if r.held() == nil {
		return
	}
	wanted := r.spec.Analysis.Version.V
	if version != nil {
		was, known := r.held().Analysis(r.tile.Analysis, wanted)
		changes := []lock.Change{lock.Missing(r.tile.Analysis, wanted)}
		if known {
			changes = was.Changes(lock.Analysis{Version: version.VersionCode})
		}
		r.drifted(r.spec.Analysis.Code.Pos, changes)
	}
	for _, t := range r.candidates() {
		was, known := r.held().CoreType(t.Code)
		changes := []lock.Change{lock.MissingCoreType(t.Code)}
		if known {
			changes = was.Changes(r.cat.entry(t))
		}
		r.drifted(r.spec.Hardware.CoreType.Pos, changes)
	}
}

// candidates are the core types of the catalog that a run may have.
func (r *tiling) candidates() (list []*rescale.CoreType) {
	if r.coreType != nil {
		return []*rescale.CoreType{r.coreType}
	}
	for _, a := range r.tile.Types {
		if a.coreType != nil {
			list = append(list, a.coreType)
		}
	}
	return list
}

// drifted notes changes: in the lock where it has a line, else where the manifest asks
// for what the lock lacks.
func (r *tiling) drifted(written diag.Position, changes []lock.Change) {
	for _, c := range changes {
		pos, hint := c.Pos, r.update(c.Code)
		if pos.IsZero() {
			pos, hint = written, "rescale-apply catalog lock -f "+r.manifest()
		}
		r.drift.Add(pos, diag.CatalogDrift, hint, "%s", c.Message)
		r.notes = append(r.notes, c.Message)
	}
}

// update is the command that takes what the catalog gives now.
func (r *resolution) update(code string) string {
	return fmt.Sprintf("rescale-apply catalog update %s -f %s", quoted(code), r.manifest())
}

func (r *resolution) manifest() string {
	if r.spec.File == "<stdin>" {
		return "-"
	}
	return quoted(r.spec.File)
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+@%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// entry is a core type as a lock keeps it.
func (c *catalog) entry(t *rescale.CoreType) lock.CoreType {
	cores := slices.Sorted(slices.Values(t.Cores))
	return lock.CoreType{
		Code: t.Code, Cores: slices.Compact(cores), Memory: t.Memory,
		OnDemand: Price(*t, c.prices, spec.OnDemand), Economy: Price(*t, c.prices, spec.Economy),
	}
}

// Offer is what the catalogs give now.
type Offer struct{ catalog catalog }

// ReadOffer reads the catalogs that locks of jobs are made of. Prices that are kept from
// an account stay unknown.
func ReadOffer(ctx context.Context, p Catalogs, jobs []spec.Job) (Offer, error) {
	var out Offer
	cat := &out.catalog
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) { cat.analyses, err = p.Analyses(together); return reading("analyses", err) })
	group.Go(func() (err error) { cat.coreTypes, err = p.CoreTypes(together); return reading("core types", err) })
	if err := group.Wait(); err != nil || !slices.ContainsFunc(jobs, cat.incomplete) {
		return out, err
	}
	prices, err := p.ComputePrices(ctx)
	var refused *rescale.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound) {
		return out, nil
	}
	cat.prices = prices
	return out, reading("prices", err)
}

// incomplete reports whether the catalog of core types lacks a price of a job, of either
// priority.
func (c *catalog) incomplete(job spec.Job) bool {
	job.Priority.V = spec.Economy
	return c.unpriced(job)
}

// Lock makes the entries for jobs, as of a day such as 2026-11-01. What the catalogs
// cannot give to them are problems.
func (o Offer) Lock(jobs []spec.Job, day string) (*lock.Lock, diag.List) {
	var (
		problems diag.Gathering
		analyses []lock.Analysis
		types    []lock.CoreType
	)
	for _, job := range jobs {
		job.Lock = nil
		var own, none diag.List
		for _, written := range job.Tiles {
			t := tiling{resolution: &resolution{cat: &o.catalog, spec: job, problems: &own, drift: &none}, spec: written}
			t.tile.Cores = written.Hardware.CoresPerSlot.V
			_, version := t.analysis()
			t.hardware(version)
			if version == nil || len(own) > 0 {
				continue
			}
			analyses = append(analyses, lock.Analysis{Code: t.tile.Analysis, Wanted: written.Analysis.Version.V, Version: version.VersionCode, Since: day})
			for _, candidate := range t.candidates() {
				entry := o.catalog.entry(candidate)
				entry.Since = day
				types = append(types, entry)
			}
		}
		problems.Add(own)
	}
	if list := problems.List(); len(list) > 0 {
		return nil, list.Sort()
	}
	return lock.New(analyses, types), nil
}

package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/cluster"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// catalog is the part of the platform's catalogs that the jobs of one manifest need.
type catalog struct {
	user      rescale.User
	projects  []rescale.Project
	analyses  []rescale.Analysis
	coreTypes []rescale.CoreType
	prices    []rescale.Price
	files     map[string]rescale.File // by id; an id that the platform does not have is absent
	clusters  map[string]rescale.Cluster
}

// readCatalog reads everything in parallel. It reads projects, prices and files only
// when a job needs them, to stay far below the rate limits (rescale-api.md §2.4).
func readCatalog(ctx context.Context, p Platform, jobs []spec.Job) (catalog, error) {
	cat := catalog{files: make(map[string]rescale.File), clusters: make(map[string]rescale.Cluster)}
	// The account comes first and alone: a bad key must give one clear answer.
	var err error
	if cat.user, err = p.Me(ctx); err != nil {
		return cat, fmt.Errorf("asking the platform for your account: %w", err)
	}
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) { cat.analyses, err = p.Analyses(together); return reading("analyses", err) })
	group.Go(func() (err error) { cat.coreTypes, err = p.CoreTypes(together); return reading("core types", err) })
	if namesProject(jobs) {
		group.Go(func() (err error) { cat.projects, err = p.Projects(together); return reading("projects", err) })
	}
	ids := fileIDs(jobs)
	files := make([]*rescale.File, len(ids))
	for i, id := range ids {
		group.Go(func() (err error) { files[i], err = lookUp(together, p, id); return err })
	}
	group.Go(func() (err error) {
		cat.clusters, err = readClusters(together, p, jobs)
		return reading("clusters", err)
	})
	if err := group.Wait(); err != nil {
		return cat, err
	}
	for i, id := range ids {
		if files[i] != nil {
			cat.files[id] = *files[i]
		}
	}
	err = cat.readPrices(ctx, p, jobs) // before cat is copied, which Go may do first in one statement
	return cat, err
}

func reading(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading the platform's %s: %w", what, err)
}

// lookUp returns nil for a file that does not exist: that is a mistake in the manifest,
// not a failure of the platform.
func lookUp(ctx context.Context, p Files, id string) (*rescale.File, error) {
	file, err := p.File(ctx, id)
	var refused *rescale.Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &file, nil
}

// readClusters returns the clusters that jobs name, by id. One that the platform does not
// have, or does not show, is absent.
func readClusters(ctx context.Context, p Clusters, jobs []spec.Job) (map[string]rescale.Cluster, error) {
	found := make(map[string]rescale.Cluster)
	asked := make(map[string]bool)
	for _, job := range jobs {
		id := job.ClusterID.V
		if id == "" || asked[id] {
			continue
		}
		asked[id] = true
		c, err := p.Cluster(ctx, id)
		var refused *rescale.Error
		switch {
		case err == nil:
			found[id] = c
		case !errors.As(err, &refused) || refused.Status != http.StatusNotFound && refused.Status != http.StatusForbidden:
			return nil, err
		}
	}
	return found, nil
}

// cluster checks the cluster that a job is to run on, and returns what a person should
// know about it.
func (r *resolution) cluster(tiles []Tile) []string {
	wanted := r.spec.ClusterID
	if !wanted.Written() {
		return nil
	}
	c, there := r.cat.clusters[wanted.V]
	if !there {
		r.problems.Add(wanted.Pos, diag.UnknownCluster, "copy the id of the cluster from the web UI, or leave out clusterId: the job then has a cluster of its own",
			"the platform has no cluster %q for this account", wanted.V)
		return nil
	}
	if why, hint := cluster.Idle(c); why != "" {
		r.problems.Add(wanted.Pos, diag.UnfitCluster, hint, "%s", why)
	}
	needs := make([]cluster.Need, len(tiles))
	for i, t := range tiles {
		needs[i] = cluster.Need{Analysis: t.Analysis, CoreType: t.CoreType, Cores: t.Cores, Slots: t.Slots, Walltime: t.Walltime}
		if why, hint := cluster.Unfit(c, needs[i]); why != "" {
			r.problems.Add(wanted.Pos, diag.UnfitCluster, hint, "%s", why)
			break
		}
	}
	return cluster.Notes(c, needs)
}

// readPrices reads the price list only when the core type catalog lacks the price of a
// used core type; v2 usually has it (rescale-api.md §5).
func (c *catalog) readPrices(ctx context.Context, p Catalogs, jobs []spec.Job) (err error) {
	if !slices.ContainsFunc(jobs, c.unpriced) {
		return nil
	}
	c.prices, err = p.ComputePrices(ctx)
	return reading("prices", err)
}

// unpriced reports whether the catalog of core types lacks the price of a job.
func (c *catalog) unpriced(job spec.Job) bool {
	return slices.ContainsFunc(job.Tiles, func(tile spec.Tile) bool {
		t, ok := findCoreType(c.coreTypes, tile.Hardware.CoreType.V)
		return ok && (t.Price == 0 || job.Priority.V == spec.Economy && t.LowPriorityPrice == 0)
	})
}

func namesProject(jobs []spec.Job) bool {
	for _, job := range jobs {
		if job.Project.Written() {
			return true
		}
	}
	return false
}

func fileIDs(jobs []spec.Job) []string {
	var ids []string
	seen := make(map[string]bool)
	for _, job := range jobs {
		for _, in := range job.Inputs {
			if id := in.ID.V; id != "" && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// platformInputs completes the inputs that are already on the platform.
func (r *resolution) platformInputs(inputs []files.Input) []files.Input {
	for i := range inputs {
		in := &inputs[i]
		if in.ID == "" {
			continue
		}
		file, ok := r.cat.files[in.ID]
		if !ok || file.Deleted || !file.Complete {
			r.problems.Add(in.Pos, diag.UnknownFile, "open the file in the web UI and copy its id, or give a path: instead",
				"the platform has no file with id %q for this account", in.ID)
			continue
		}
		in.Name, in.Size = file.Name, file.Size
	}
	return inputs
}

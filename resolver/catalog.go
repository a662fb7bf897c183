package resolver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/cluster"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/resolver/remote"
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
	storage   remote.Statuses
}

// readCatalog reads everything in parallel. It reads projects, prices and files only
// when a job needs them, to stay far below the rate limits (rescale-api.md §2.4).
func readCatalog(ctx context.Context, p Platform, jobs []spec.Job) (catalog, error) {
	var cat catalog
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
	group.Go(func() (err error) { cat.files, err = remote.ReadFiles(together, p, fileIDs(jobs)); return err })
	group.Go(func() (err error) { cat.storage, err = remote.ReadDevices(together, p, jobs); return err })
	group.Go(func() (err error) { cat.clusters, err = remote.ReadClusters(together, p, jobs); return err })
	if err := group.Wait(); err != nil {
		return cat, err
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
		return slices.ContainsFunc(tile.Hardware.CoreTypes(), func(wanted spec.Value[string]) bool {
			t, ok := findCoreType(c.coreTypes, wanted.V)
			return ok && (t.Price == 0 || job.Priority.V == spec.Economy && t.LowPriorityPrice == 0)
		})
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
		if !ok {
			absent := remote.Absent(in.ID, in.Use)
			r.problems.Add(in.Pos, absent.Rule, absent.Hint, "%s", absent.Message)
			continue
		}
		if wrong, unfit := remote.Unfit(file, in.Use); unfit {
			r.problems.Add(in.Pos, wrong.Rule, wrong.Hint, "%s", wrong.Message)
			continue
		}
		in.Name, in.Size = file.Name, file.Size
	}
	return inputs
}

// project returns the id of the project to bill; empty when the manifest names none.
// Names need not be unique on the platform (rescale-api.md §1.4).
func (r *resolution) project() string {
	wanted := r.spec.Project
	if !wanted.Written() {
		return ""
	}
	if i := slices.IndexFunc(r.cat.projects, func(p rescale.Project) bool { return p.ID == wanted.V }); i >= 0 {
		return wanted.V
	}
	var ids, names []string
	for _, p := range r.cat.projects {
		names = append(names, p.Name)
		if p.Name == wanted.V {
			ids = append(ids, p.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0]
	case 0:
		r.problems.Add(wanted.Pos, diag.UnknownProject, following(diag.DidYouMean(wanted.V, names), "rescale-apply catalog projects lists yours"), "you have no project %q", wanted.V)
	default:
		r.problems.Add(wanted.Pos, diag.AmbiguousProject, "write one of the ids instead: "+strings.Join(ids, ", ")+"; rescale-apply catalog projects tells them apart",
			"%d projects are named %q", len(ids), wanted.V)
	}
	return ""
}

// Package cluster decides whether a job can run on a persistent cluster: one that is there
// before the job, outlives it, and is billed as long as it is up (rescale-api.md §7.7). It
// is pure, and asks nobody.
package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Need is what one tile of a job wants of its cluster.
type Need struct {
	Analysis string // code
	CoreType string // code; empty when it is not known
	Cores    int    // per slot
	Slots    int
	Walltime int // hours; 0 without
}

// The statuses of a cluster that jobs can be given (rescale-api.md §8.3).
const (
	started  = "Started"
	starting = "Starting"
)

// Idle returns why no job can start on a cluster now, and what to do; both are empty when
// one can.
func Idle(c rescale.Cluster) (why, hint string) {
	switch c.Status {
	case started, starting:
		return "", ""
	case "":
		return fmt.Sprintf("cluster %s was never started", c.ID), "start it in the web UI, or leave out clusterId: the job then has a cluster of its own"
	}
	return fmt.Sprintf("cluster %s takes no jobs: it is %s", c.ID, strings.ToLower(c.Status)),
		"start a cluster in the web UI and write its id, or leave out clusterId: the job then has a cluster of its own"
}

// Unfit returns why the hardware of a tile is not that of the cluster, and what to do. What
// the platform does not say of the cluster fits.
func Unfit(c rescale.Cluster, n Need) (why, hint string) {
	switch cores := n.Cores * max(1, n.Slots); {
	case c.CoreType != "" && n.CoreType != "" && c.CoreType != n.CoreType:
		return fmt.Sprintf("cluster %s has core type %s, not %s", c.ID, c.CoreType, n.CoreType),
			fmt.Sprintf("write coreType: %s, or leave out clusterId", c.CoreType)
	case c.Cores > 0 && cores > c.Cores:
		return fmt.Sprintf("cluster %s has %d cores, and the job wants %d", c.ID, c.Cores, cores),
			fmt.Sprintf("write coresPerSlot: %d or less, or leave out clusterId", c.Cores)
	}
	return "", ""
}

// Notes are what a person should know about a job on a cluster.
func Notes(c rescale.Cluster, needs []Need) []string {
	list := []string{fmt.Sprintf("it runs on cluster %s, which is billed as long as it is up, whatever runs there; the job itself is not billed for cores, and its amounts are its share of the cluster", c.ID)}
	if c.Status == starting {
		list = append(list, fmt.Sprintf("cluster %s is still starting", c.ID))
	}
	if c.CoreType == "" {
		list = append(list, fmt.Sprintf("the platform does not say what hardware cluster %s has, so nobody has compared it with that of the job", c.ID))
	}
	for _, n := range needs {
		if c.Walltime > 0 && (n.Walltime == 0 || n.Walltime > c.Walltime) {
			list = append(list, fmt.Sprintf("cluster %s ends %d h after its start, and what runs there with it", c.ID, c.Walltime))
			break
		}
	}
	for _, n := range needs {
		if len(c.Installed) > 0 && !slices.Contains(c.Installed, n.Analysis) {
			list = append(list, fmt.Sprintf("cluster %s names %s as its software, and not %s", c.ID, strings.Join(c.Installed, ", "), n.Analysis))
			break
		}
	}
	return list
}

package cluster

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// environment is what a command sees: the caller's base, the platform's variables (rescale-api.md §10), the tile's
// own. The last setting of a name counts.
func (r *run) environment(t *disk.Tile) []string {
	env := slices.DeleteFunc(slices.Clone(r.c.cfg.Env), ours)
	env = append(env,
		r.homeEntry(),
		"RESCALE_API_KEY="+r.key,
		"RESCALE_JOB_ID="+r.job.ID,
		"RESCALE_CLUSTER_ID="+r.job.ID+"-cluster",
		"RESCALE_CORE_TYPE="+t.CoreType,
		"RESCALE_PROVIDER=local",
		"RESCALE_INTERCONNECT=ethernet",
		"RESCALE_PREFERRED_REMSH=ssh",
		"RESCALE_IG_RESTART_COUNT="+strconv.Itoa(r.job.Restarts),
	)
	if origin := r.c.origin(r.job); origin != "" {
		env = append(env, "RESCALE_API_BASE_URL="+origin)
	}
	env = append(env, r.sizes(t)...)
	for name, value := range t.Env {
		env = append(env, name+"="+value)
	}
	return env
}

// homeEntry is the HOME of the run's commands. No other run has the same, so that it tells what belongs to the run.
func (r *run) homeEntry() string { return "HOME=" + r.home }

// ours reports whether a variable of the caller is about a platform: in a job, those of this platform hold alone.
func ours(variable string) bool { return strings.HasPrefix(variable, "RESCALE_") }

// origin prefers the server's own address; without one, the address that the submitting client used has to do.
func (c *Cluster) origin(job *disk.Job) string {
	if own := c.cfg.Origin(); own != "" {
		return own
	}
	return job.Base
}

func (r *run) sizes(t *disk.Tile) []string {
	perNode, gpus := t.CoresPerSlot, 0
	if cores, ok := r.c.cfg.Catalog.CoreType(t.CoreType); ok {
		perNode, gpus = cores.Node(t.CoresPerSlot)
	}
	nodes := max(1, (t.CoresPerSlot+perNode-1)/perNode)
	sizes := []struct {
		name  string
		value int
	}{
		{"CORES_PER_SLOT", t.CoresPerSlot},
		{"CORES_PER_NODE", perNode},
		{"THREADS_PER_SLOT", t.CoresPerSlot},
		{"THREADS_PER_NODE", perNode},
		{"NODES_PER_SLOT", nodes},
		{"SLOTS_PER_NODE", 1},
		{"GPUS_PER_NODE", gpus},
		{"GPUS_PER_SLOT", gpus * nodes},
	}
	out := make([]string, len(sizes))
	for i, s := range sizes {
		out[i] = "RESCALE_" + s.name + "=" + strconv.Itoa(s.value)
	}
	return out
}

package cluster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/cluster"
)

func zinc() rescale.Cluster {
	return rescale.Cluster{ID: "ClUsTe", CoreType: "zinc", Cores: 2, Walltime: 2, Installed: []string{"user_included"}, Status: "Started"}
}

func TestWhatClustersTake(t *testing.T) {
	t.Parallel()
	type answer struct{ Idle, Unfit string }
	fits := cluster.Need{Analysis: "user_included", CoreType: "zinc", Cores: 2, Slots: 1, Walltime: 1}
	for name, tc := range map[string]struct {
		change func(*rescale.Cluster, *cluster.Need)
		want   answer
	}{
		"it fits":          {func(*rescale.Cluster, *cluster.Need) {}, answer{}},
		"fewer cores":      {func(_ *rescale.Cluster, n *cluster.Need) { n.Cores = 1 }, answer{}},
		"on its way":       {func(c *rescale.Cluster, _ *cluster.Need) { c.Status = "Starting" }, answer{}},
		"another type":     {func(_ *rescale.Cluster, n *cluster.Need) { n.CoreType = "emerald" }, answer{Unfit: "cluster ClUsTe has core type zinc, not emerald"}},
		"more cores":       {func(_ *rescale.Cluster, n *cluster.Need) { n.Slots = 2 }, answer{Unfit: "cluster ClUsTe has 2 cores, and the job wants 4"}},
		"nothing is known": {func(c *rescale.Cluster, n *cluster.Need) { c.CoreType, c.Cores, n.Cores = "", 0, 64 }, answer{}},
		"never started":    {func(c *rescale.Cluster, _ *cluster.Need) { c.Status = "" }, answer{Idle: "cluster ClUsTe was never started"}},
		"stopped":          {func(c *rescale.Cluster, _ *cluster.Need) { c.Status = "Stopped" }, answer{Idle: "cluster ClUsTe takes no jobs: it is stopped"}},
		"an unknown word":  {func(c *rescale.Cluster, _ *cluster.Need) { c.Status = "Hibernating" }, answer{Idle: "cluster ClUsTe takes no jobs: it is hibernating"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, n := zinc(), fits
			tc.change(&c, &n)
			var got answer
			var hints [2]string
			got.Idle, hints[0] = cluster.Idle(c)
			got.Unfit, hints[1] = cluster.Unfit(c, n)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (got.Idle == "") != (hints[0] == "") || (got.Unfit == "") != (hints[1] == "") {
				t.Errorf("hints %q", hints)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	const billed = "it runs on cluster ClUsTe, which is billed as long as it is up, whatever runs there; the job itself is not billed for cores, and its amounts are its share of the cluster"
	c := zinc()
	if diff := cmp.Diff([]string{billed}, cluster.Notes(c, []cluster.Need{{Analysis: "user_included", Walltime: 1}})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	c.Status, c.CoreType = "Starting", ""
	want := []string{
		billed, "cluster ClUsTe is still starting",
		"the platform does not say what hardware cluster ClUsTe has, so nobody has compared it with that of the job",
		"cluster ClUsTe ends 2 h after its start, and what runs there with it",
		"cluster ClUsTe names user_included as its software, and not solver",
	}
	if diff := cmp.Diff(want, cluster.Notes(c, []cluster.Need{{Analysis: "solver"}})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

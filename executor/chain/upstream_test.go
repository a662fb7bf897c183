package chain_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/chain"
)

// solved is the upstream of a job that builds on a mesh and on three points, of which
// the runs have these versions.
func solved(versions ...chain.Version) (upstream string) {
	points := []string{"solve/re=1e+06", "solve/re=1e+07", "solve/re=1e+08"}
	jobs := []chain.Job{
		{Name: "post", Rank: 1, Needs: []chain.Need{{Name: "solve", Jobs: points}, {Name: "mesh", Jobs: []string{"mesh"}}}},
		{Name: "mesh"},
	}
	for _, name := range points {
		jobs = append(jobs, chain.Job{Name: name})
	}
	chain.Walk(jobs, func(i int, l string) chain.Version {
		switch i {
		case 0:
			upstream = l
		case 1:
			return chain.Version{Generation: 1, Attempt: 1}
		default:
			return versions[i-2]
		}
		return chain.Version{}
	})
	return upstream
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	one, two, next := chain.Version{Generation: 1, Attempt: 1}, chain.Version{Generation: 1, Attempt: 2}, chain.Version{Generation: 2, Attempt: 1}
	before := solved(one, one, one)
	for name, tc := range map[string]struct {
		versions []chain.Version
		want     string
		again    []string // since all of them had run once
		back     []string // when that is wanted again
		builds   []bool   // on the second run of each point
	}{
		"all once":       {[]chain.Version{one, one, one}, "1.1:mesh 1.1:solve", nil, nil, []bool{false, false, false}},
		"all twice":      {[]chain.Version{two, two, two}, "1.1:mesh 1.2:solve", []string{"solve"}, []string{"solve"}, []bool{true, true, true}},
		"one again":      {[]chain.Version{one, two, one}, "1.1:mesh 1.1:solve+1.2:solve/re=1e+07", []string{"solve/re=1e+07"}, []string{"solve/re=1e+07"}, []bool{false, true, false}},
		"all but one":    {[]chain.Version{one, two, two}, "1.1:mesh 1.2:solve+1.1:solve/re=1e+06", []string{"solve"}, []string{"solve"}, []bool{false, true, true}},
		"all different":  {[]chain.Version{next, two, one}, "1.1:mesh 1.1:solve+1.2:solve/re=1e+07+2.1:solve/re=1e+06", []string{"solve/re=1e+06", "solve/re=1e+07"}, []string{"solve/re=1e+06", "solve/re=1e+07"}, []bool{false, true, false}},
		"one, then next": {[]chain.Version{one, one, next}, "1.1:mesh 1.1:solve+2.1:solve/re=1e+08", []string{"solve/re=1e+08"}, []string{"solve/re=1e+08"}, []bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := solved(tc.versions...)
			if upstream != tc.want {
				t.Errorf("%q, want %q", upstream, tc.want)
			}
			if diff := cmp.Diff(tc.again, chain.RanAgain(before, upstream)); diff != "" {
				t.Errorf("ran again (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.back, chain.RanAgain(upstream, before)); diff != "" {
				t.Errorf("back again (-want +got)\n%s", diff)
			}
			need := chain.Need{Name: "solve"}
			builds := []bool{
				chain.Builds(upstream, need, "solve/re=1e+06", two), chain.Builds(upstream, need, "solve/re=1e+07", two),
				chain.Builds(upstream, need, "solve/re=1e+08", two),
			}
			if diff := cmp.Diff(tc.builds, builds); diff != "" {
				t.Errorf("builds on second runs (-want +got)\n%s", diff)
			}
		})
	}
}

// TestAJobThatLeavesIsNotGiven as one that may begin.
func TestAJobThatLeavesIsNotGiven(t *testing.T) {
	t.Parallel()
	gates := wing()
	if gates.Leave("solve/a=1") {
		t.Error("solve/a=1 was given before the mesh ended")
	}
	if diff := cmp.Diff([]string{"solve/a=2"}, gates.End("mesh", chain.End{})); diff != "" {
		t.Errorf("ready (-want +got)\n%s", diff)
	}
	if !gates.Leave("solve/a=2") {
		t.Error("solve/a=2 was given")
	}
}

// FuzzRanAgain reads upstreams that people have written into variables of their jobs.
func FuzzRanAgain(f *testing.F) {
	f.Add("1.1:mesh 1.1:solve+1.2:solve/a=1e+06", "+1 2+:+")
	f.Fuzz(func(t *testing.T, before, now string) {
		if names := chain.RanAgain(before, now); slices.Contains(names, "") {
			t.Errorf("%q after %q: %q", now, before, names)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for upstream, want := range map[string][]string{
		"":                                   nil,
		"1.1:mesh":                           {"mesh"},
		"1.1:aoa+1.2:aoa/aoa=1e+06 2.1:mesh": {"aoa", "mesh"},
		"somebody wrote: this":               nil,
	} {
		if diff := cmp.Diff(want, chain.Names(upstream)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", upstream, diff)
		}
	}
}

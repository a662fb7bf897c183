package pruning

import (
	"path/filepath"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
)

func TestManifestsOfAFolder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		folder, manifest string
		flat, below      bool
	}{
		{"jobs", "jobs/job.yaml", true, true},
		{"jobs", "jobs/heat/job.yaml", false, true},
		{"jobs", "jobs2/job.yaml", false, false},
		{"jobs", "job.yaml", false, false},
		{".", "job.yaml", true, true},
		{".", "jobs/job.yaml", false, true},
		{".", "", false, false},
		{".", "../job.yaml", false, false},
		{"jobs", "jobs/../other/job.yaml", false, false},
		{".", "/job.yaml", false, false},
	} {
		flat, below := scope{folder: tc.folder}, scope{folder: tc.folder, below: true}
		if got := []bool{flat.holds(tc.manifest), below.holds(tc.manifest)}; got[0] != tc.flat || got[1] != tc.below {
			t.Errorf("%s in %s: %v", tc.manifest, tc.folder, got)
		}
	}
}

func TestWhatMayBeProtected(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"protected: true": true, "{name: a, protected: true}": true, `"protected": true`: true, "'protected' : yes": true, "protected: ${{ vars.p }}": true,
		"protected:\n  true": true, "protected: &p true": true, "protected: falsehood": true, "protected: false\n---\nprotected: true": true,
		"protected: false": false, "protected:   false # as it is": false, "name: a": false, "title: it is protected": false,
	} {
		if got := spokeOfProtection(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestOnlyFoldersArePruned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		wanted  bool
		m       options.Manifests
		refused bool
	}{
		"not wanted": {false, options.Manifests{Files: []string{"-"}, Targets: []string{"heat"}}, false},
		"folders":    {true, options.Manifests{Files: []string{dir, dir}}, false},
		"a target":   {true, options.Manifests{Files: []string{dir}, Targets: []string{"heat"}}, true},
		"stdin":      {true, options.Manifests{Files: []string{dir, "-"}}, true},
		"a pattern":  {true, options.Manifests{Files: []string{filepath.Join(dir, "*.yaml")}}, true},
	} {
		err := Check(options.Pruning{Wanted: tc.wanted}, tc.m)
		if (err != nil) != tc.refused || err != nil && exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A folder that git does not know may be on another machine, with its run.
func TestPointsOfTheDiskStay(t *testing.T) {
	t.Parallel()
	s := scope{manifests: map[string]string{"here/job.yaml": "jobs/job.yaml"}}
	steps := []planner.Step{
		{Job: resolver.Job{Name: "wing/case=Run_1", Manifest: "here/job.yaml", Found: true}},
		{Job: resolver.Job{Name: "tail/aoa=1", Manifest: "here/job.yaml"}},
	}
	for _, tc := range []struct {
		job, manifest string
		want          bool
	}{
		{"wing/case=Run_2", "jobs/job.yaml", true},
		{"wing/case=Run_2", "jobs/other.yaml", false},
		{"tail/aoa=2", "jobs/job.yaml", false},
		{"gone/case=Run_1", "jobs/job.yaml", false},
	} {
		row := roster.Row{Manifest: tc.job, Source: source.Source{Path: tc.manifest}}
		if got := s.onDisk(row, steps); got != tc.want {
			t.Errorf("%s of %s: %v", tc.job, tc.manifest, got)
		}
	}
}

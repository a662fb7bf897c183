package workspace_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const readsVariable = `version: 1
name: a
vars: {n: 1, unused: 1}
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
command: echo ${{ vars.n }}
`

const twoJobs = `version: 1
name: a
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
command: "true"
---
version: 1
name: b
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
command: "true"
`

// manifest writes files into a new folder and loads job.yaml.
func manifest(t *testing.T, texts map[string]string, set ...spec.Setting) (w *workspace.Workspace, dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	around := workspace.Surroundings{Getenv: func(string) string { return "" }, Notice: func(string) {}, Warn: func(string) {}}
	var scope options.Scope
	scope.Settings = set
	scope.Files = []string{filepath.Join(dir, "job.yaml")}
	if w, err = around.Load(scope); err != nil {
		t.Fatal(err)
	}
	return w, dir
}

// A lock pins versions, and so belongs to what a job is made of; where none was read,
// nothing is pinned.
func TestMadeOfALock(t *testing.T) {
	t.Parallel()
	w, dir := manifest(t, map[string]string{"job.yaml": twoJobs, "rescale.lock.yaml": "formatVersion: 1\nanalyses: []\n"})
	jobs := []resolver.Job{{Name: "b", Manifest: filepath.Join(dir, "job.yaml")}}
	if made := w.Made(jobs); len(made[0].Files) > 0 {
		t.Errorf("without the lock: %v", made)
	}
	if err := w.ReadLocks(); err != nil {
		t.Fatal(err)
	}
	made := w.Made(jobs)
	if diff := cmp.Diff([]string{filepath.Join(dir, "rescale.lock.yaml")}, made[0].Files); diff != "" || made[0].Manifest != filepath.Join(dir, "job.yaml") {
		t.Errorf("%v (-want +got):\n%s", made, diff)
	}
}

func TestMadeOfWhatWasTyped(t *testing.T) {
	t.Parallel()
	w, dir := manifest(t, map[string]string{"job.yaml": readsVariable}, spec.Setting{Name: "n", Text: "7"}, spec.Setting{Name: "unused", Text: "7"})
	made := w.Made([]resolver.Job{{Name: "a", Manifest: filepath.Join(dir, "job.yaml")}})
	if diff := cmp.Diff([]string{"n"}, made[0].Vars); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The points of a sweep share what they are made of: thousands of them may have thousands
// of files.
func TestMadeIsShared(t *testing.T) {
	t.Parallel()
	w, dir := manifest(t, map[string]string{"job.yaml": twoJobs})
	tree := &pack.Archive{Files: []pack.File{{Path: filepath.Join(dir, "case", "a")}, {Path: filepath.Join(dir, "case", "b")}}}
	job := resolver.Job{Manifest: filepath.Join(dir, "job.yaml"), Inputs: []files.Input{{Path: filepath.Join(dir, "mesh")}, {Path: filepath.Join(dir, "case"), Archive: tree}}}
	other := job
	other.Inputs = []files.Input{{Path: filepath.Join(dir, "other")}, job.Inputs[1]}
	made := w.Made([]resolver.Job{job, job, other})
	want := [][]string{{filepath.Join(dir, "case", "a"), filepath.Join(dir, "case", "b")}}
	if diff := cmp.Diff(want, made[0].Shared); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if &made[0].Files[0] != &made[1].Files[0] || &made[0].Shared[0][0] != &made[2].Shared[0][0] {
		t.Error("equal lists are there several times")
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "other")}, made[2].Files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

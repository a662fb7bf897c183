package stop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const manifest = `version: 1
name: wing
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
command: "true"
`

// plan is what `rescale-apply plan` decides by a journal.
func (w *world) plan(t *testing.T, dir, manifest string, snapshot state.Snapshot) planner.Plan {
	t.Helper()
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(manifest)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	resolved, problems, err := resolver.Resolve(t.Context(), jobs, w.client, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	seen, err := planner.Observe(t.Context(), w.client, resolved, snapshot, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return planner.New(resolved.Jobs, snapshot, seen, planner.Options{})
}

func read(t *testing.T, path string) state.Snapshot {
	t.Helper()
	snapshot, err := state.Read(path, identity())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func identity() state.Identity {
	return state.Identity{Tool: "stop", Platform: "http://localhost", Account: "ada@example.com"}
}

// applied starts the run of the manifest with a journal, and gives its id.
func (w *world) applied(t *testing.T, dir, manifest, path string) string {
	t.Helper()
	journal, err := state.Open(path, identity())
	if err != nil {
		t.Fatal(err)
	}
	run := executor.Executor{Platform: w.client, Journal: journal, Owner: "ada@example.com", NoWait: true}
	report, err := run.Apply(t.Context(), w.plan(t, dir, manifest, journal.Snapshot()))
	if err != nil || report.Outcomes[0].Err != nil {
		t.Fatal(err, report)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(booting)
	return report.Outcomes[0].ID
}

// TestWhatWasStoppedStaysStopped: a stop records nothing, and the next plan knows of it
// all the same, with the journal and without. rerun.onFailure is about runs that failed.
func TestWhatWasStoppedStaysStopped(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		further string // of the manifest
		edited  string // what its command is then; empty leaves it
		want    planner.Action
		reason  string
	}{
		"as it is":                  {want: planner.Unchanged, reason: "stopped as"},
		"failures are to run again": {further: "rerun: {onFailure: always}\n", want: planner.Unchanged, reason: "stopped as"},
		"it changed":                {edited: "false", want: planner.Rerun, reason: "command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, emulator.Switches{})
				defer w.close(t)
				dir := t.TempDir()
				path, text := filepath.Join(dir, "state.jsonl"), manifest+tc.further
				id := w.applied(t, dir, text, path)
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				got, err := w.stopper(stop.Mode{}).Run(t.Context(), []stop.Run{{Name: "wing", ID: id}})
				if err != nil || got[0].Outcome != stop.Stopped {
					t.Fatal(got, err)
				}
				if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
					t.Errorf("the journal changed: %v", err)
				}
				if tc.edited != "" {
					text = strings.Replace(text, `"true"`, `"`+tc.edited+`"`, 1)
				}
				for memory, snapshot := range map[string]state.Snapshot{"with its journal": read(t, path), "without": read(t, path+".lost")} {
					step := w.plan(t, dir, text, snapshot).Steps[0]
					if step.Action != tc.want || !strings.Contains(strings.Join(step.Reasons, " "), tc.reason) {
						t.Errorf("%s: %s %q", memory, step.Action, step.Reasons)
					}
				}
			})
		})
	}
}

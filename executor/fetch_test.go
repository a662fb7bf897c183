package executor_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// crashing is a platform on which every run fails and leaves a log.
type crashing struct {
	*fake
	size   int64 // of the log, of which only the last line is there
	whole  bool  // it sends no parts
	listed bool  // something asked for all files
	spans  []rescale.Span
}

const lastLine = "the mesh is tangled\n"

func (c *crashing) SubmitJob(ctx context.Context, id string) error {
	err := c.fake.SubmitJob(ctx, id)
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	c.fake.history[id] = plantest.History("Completed", "A run failed", "Executing", "", "Pending", "")
	return err
}

func (c *crashing) JobFiles(ctx context.Context, _, search string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.listed = c.listed || search == ""
	return []rescale.File{{ID: "log", Name: "process_output.log", RelativePath: "process_output.log", Size: c.size, Complete: true}}, nil
}

func (c *crashing) Download(ctx context.Context, _ string, span rescale.Span) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.spans = append(c.spans, span)
	if c.whole && span != (rescale.Span{}) {
		return nil, rescale.ErrNoSpans
	}
	return io.NopCloser(strings.NewReader(lastLine)), nil
}

// The end of a long log is asked for by itself. A platform that sends only whole files
// is asked for those that are not too long.
func TestTheEndOfALog(t *testing.T) {
	t.Parallel()
	const kib, mib = 1 << 10, 1 << 20
	tail := func(size int64) rescale.Span { return rescale.Span{Start: size - 32*kib} }
	for name, tc := range map[string]struct {
		size  int64
		whole bool
		spans []rescale.Span
		want  []string
	}{
		"empty":               {0, false, nil, []string{"(empty)"}},
		"short":               {int64(len(lastLine)), true, []rescale.Span{{}}, []string{"the mesh is tangled"}},
		"long":                {100 * mib, false, []rescale.Span{tail(100 * mib)}, []string{"the mesh is tangled"}},
		"whole only":          {mib, true, []rescale.Span{tail(mib), {}}, []string{"the mesh is tangled"}},
		"whole only and long": {100 * mib, true, []rescale.Span{tail(100 * mib)}, []string{"(105 MB, too long to show)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &crashing{fake: newFake(), size: tc.size, whole: tc.whole}
			report := apply(t.Context(), t, p, &memory{}, plain("a"))
			if diff := cmp.Diff(tc.want, report.Outcomes[0].Log); diff != "" {
				t.Errorf("log (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.spans, p.spans); diff != "" {
				t.Errorf("spans (-want +got)\n%s", diff)
			}
		})
	}
}

// What a failed run left is fetched when the manifest says so, and once.
func TestResultsOfAFailedRun(t *testing.T) {
	t.Parallel()
	for _, onFailure := range []bool{false, true} {
		t.Run(fmt.Sprint(onFailure), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			job := plain("a")
			job.Dir, job.Results = dir, "out"
			job.Outputs = spec.Outputs{Download: []spec.Value[string]{{V: "*.log"}}, OnFailure: spec.Value[bool]{V: onFailure}}
			p, journal := &crashing{fake: newFake(), size: int64(len(lastLine))}, &memory{}
			out := apply(t.Context(), t, p, journal, job).Outcomes[0]
			if out.Verdict != verdict.Failed || out.Err != nil || len(out.Log) != 1 {
				t.Fatalf("outcome %+v", out)
			}
			_, err := os.Stat(filepath.Join(dir, "out", "process_output.log"))
			recorded := strings.HasSuffix(journal.kinds(), "finished downloaded")
			if fetched := err == nil; fetched != onFailure || recorded != onFailure || p.listed != onFailure {
				t.Errorf("fetched: %v, recorded: %v, listed: %v", fetched, recorded, p.listed)
			}
		})
	}
}

// A failed run whose results are not here is fetched, not run again.
func TestAFailedRunMayMissResults(t *testing.T) {
	t.Parallel()
	j := plantest.Job("a=1")
	failed := plantest.Ended(plantest.Run(j, state.StageFinished, "Abc"), verdict.Failed)
	snapshot := state.Snapshot{Runs: map[string][]state.Run{j.Name: {failed}}}
	seen := planner.Observation{Since: noon, Missing: map[string][]string{j.Name: {"a.csv"}}}
	step := planner.New([]resolver.Job{j}, snapshot, seen, planner.Options{}).Steps[0]
	want := []string{"failed as Abc", "because", "a.csv is missing or changed here"}
	if diff := cmp.Diff(want, step.Reasons); diff != "" || step.Action != planner.Fetch || step.Hint == "" {
		t.Errorf("%s %q (-want +got)\n%s", step.Action, step.Hint, diff)
	}
}

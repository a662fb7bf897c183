package adoption_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

const owner = "ada@example.com"

// platform holds jobs, newest last, and what became of each.
type platform struct {
	jobs    []rescale.Job
	history map[string][]rescale.Status
}

func (p *platform) Jobs(ctx context.Context, _ rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	for _, j := range slices.Backward(p.jobs) {
		item := rescale.JobItem{ID: j.ID, Name: j.Name, Owner: j.Owner, DateInserted: j.DateInserted}
		if history := p.history[j.ID]; len(history) > 0 {
			item.Status = history[0].Status
		}
		yield(item)
	}
	return rescale.Listing{Count: len(p.jobs), Stable: true}, ctx.Err()
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	for _, j := range p.jobs {
		if j.ID == id {
			return j, ctx.Err()
		}
	}
	return rescale.Job{}, &rescale.Error{Status: http.StatusNotFound}
}

func (p *platform) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	return p.history[id], ctx.Err()
}

func (*platform) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return nil, ctx.Err()
}

func (*platform) Tags(ctx context.Context, _ string) ([]rescale.Tag, error) { return nil, ctx.Err() }

func (*platform) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return nil, ctx.Err()
}

func (*platform) Download(ctx context.Context, _ string, _ rescale.Span) (io.ReadCloser, error) {
	return nil, ctx.Err()
}

func (*platform) File(ctx context.Context, id string) (rescale.File, error) {
	return rescale.File{ID: id, Name: "deck.k", SHA512: "aa"}, ctx.Err()
}

func (*platform) Files(ctx context.Context, _ string, _ func(rescale.File) bool) error {
	return ctx.Err()
}

// manifest is a job that adopts another, with a command.
func manifest(command string) resolver.Job {
	job := resolver.Job{
		Name: "wing", Namespace: "n", Tiles: []resolver.Tile{{Analysis: "solver", Cores: 1, Slots: 1}},
		Adopt: spec.Value[string]{V: "Hand"}, Parts: []resolver.Part{{Field: "command", Value: command}},
		Request: rescale.JobRequest{Name: "wing", JobAnalyses: []rescale.JobAnalysis{{
			Analysis: rescale.AnalysisRef{Code: "solver", Version: "1"}, Command: command,
			Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1, Slots: 1},
		}}},
	}
	job.Adopt.Pos.Line = 3
	job.Digest = resolver.DigestOf(job.Parts)
	return job
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at adds a job that says what the manifest says.
func (p *platform) at(id string, minute int, request rescale.JobRequest, words ...string) {
	tile := request.JobAnalyses[0]
	p.jobs = append(p.jobs, rescale.Job{
		ID: id, Name: request.Name, Owner: owner, DateInserted: noon.Add(time.Duration(minute) * time.Minute),
		Tiles: []rescale.Tile{{
			AnalysisCode: "solver", VersionCode: "1", Command: tile.Command, CoreType: "emerald", CoresPerSlot: 1, Slots: 1,
			EnvVars: tile.EnvVars, InputFiles: []rescale.TileFile{},
		}},
	})
	if p.history == nil {
		p.history = make(map[string][]rescale.Status)
	}
	for i := 0; i+1 < len(words); i += 2 {
		p.history[id] = append(p.history[id], rescale.Status{Status: words[i], Reason: words[i+1], Date: noon.Add(time.Hour)})
	}
}

// own is a run of this tool with the key of a manifest.
func own(job resolver.Job, attempt int) rescale.JobRequest {
	return once.Key{Digest: job.Digest, Name: job.Name, Generation: 1, Attempt: attempt}.Sign(job.Request, job.Namespace)
}

func decided(t *testing.T, p *platform, job resolver.Job, known state.Snapshot) planner.Plan {
	t.Helper()
	result := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{job}}
	seen, err := planner.Observe(t.Context(), p, result, known, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return planner.New(result.Jobs, known, seen, planner.Options{})
}

// TestEveryMachineFindsTheAdoptedRun enumerates what a machine may know: nothing, or what
// another apply has written before it died, up to each of its records. Nobody ever pays,
// and all of them say the same.
func TestEveryMachineFindsTheAdoptedRun(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		platform func(p *platform, job resolver.Job)
		action   planner.Action
		id       string // empty: the one that the machine knows of
	}{
		"it succeeded": {func(p *platform, job resolver.Job) {
			p.at("Hand", 0, job.Request, "Completed", "Completed successfully", "Executing", "")
		}, planner.Unchanged, "Hand"},
		"it failed": {func(p *platform, job resolver.Job) {
			p.at("Hand", 0, job.Request, "Completed", "A run failed", "Executing", "")
		}, planner.Unchanged, "Hand"},
		"it runs": {func(p *platform, job resolver.Job) {
			p.at("Hand", 0, job.Request, "Executing", "")
		}, planner.Running, "Hand"},
		"a run of ours is older": {func(p *platform, job resolver.Job) {
			p.at("Own", 0, own(job, 1), "Completed", "A run failed", "Executing", "")
			p.at("Hand", 5, job.Request, "Completed", "Completed successfully", "Executing", "")
		}, planner.Unchanged, "Hand"},
		"a run of ours is newer": {func(p *platform, job resolver.Job) {
			p.at("Hand", 0, job.Request, "Completed", "A run failed", "Executing", "")
			p.at("Own", 5, own(job, 2), "Completed", "Completed successfully", "Executing", "")
		}, planner.Unchanged, ""},
		"a draft of ours": {func(p *platform, job resolver.Job) {
			p.at("Hand", 0, job.Request, "Completed", "Completed successfully", "Executing", "")
			p.at("Draft", 5, own(job, 1))
		}, planner.Unchanged, "Hand"},
		"it is ours, of another name": {func(p *platform, job resolver.Job) {
			job.Name = "former"
			p.at("Hand", 0, own(job, 1), "Completed", "Completed successfully", "Executing", "")
		}, planner.Unchanged, "Hand"},
		"another content": {func(p *platform, job resolver.Job) {
			other := manifest("other")
			p.at("Hand", 0, other.Request, "Completed", "Completed successfully", "Executing", "")
			p.at("Own", 5, own(job, 1), "Completed", "Completed successfully", "Executing", "")
		}, planner.Unchanged, "Own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, job := new(platform), manifest("run")
			tc.platform(p, job)
			first := decided(t, p, job, state.Snapshot{})
			for n := range len(first.Recalled) + 1 {
				known := state.Snapshot{}.With(first.Recalled[:n]...)
				got := decided(t, p, job, known)
				if step := got.Steps[0]; step.Action != tc.action || tc.id != "" && step.ID != tc.id || len(got.Spending()) > 0 {
					t.Errorf("after %d of %d records: %s %s %v", n, len(first.Recalled), step.Action, step.ID, step.Reasons)
				}
			}
		})
	}
}

// TestAttemptsCountOn: what follows an adopted run has a number of its own, whatever else
// was made before.
func TestAttemptsCountOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		own  int // attempt of a run of ours that is older
		want string
	}{"alone": {0, "2"}, "after one": {1, "3"}} {
		p, job := new(platform), manifest("run")
		job.Rerun.OnFailure = spec.Value[spec.OnFailure]{V: spec.Always}
		if tc.own > 0 {
			p.at("Own", 0, own(job, tc.own), "Completed", "A run failed", "Executing", "")
		}
		p.at("Hand", 5, job.Request, "Completed", "A run failed", "Executing", "")
		first := decided(t, p, job, state.Snapshot{})
		for _, known := range []state.Snapshot{{}, state.Snapshot{}.With(first.Recalled...)} {
			if step := decided(t, p, job, known).Steps[0]; step.Action != planner.Rerun || fmt.Sprint(step.Key.Attempt) != tc.want {
				t.Errorf("%s: %s of attempt %d, want %s", name, step.Action, step.Key.Attempt, tc.want)
			}
		}
	}
}

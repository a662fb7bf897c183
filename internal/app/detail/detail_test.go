package detail_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/app/detail"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// platform has one job.
type platform struct {
	job      rescale.Job
	history  []rescale.Status
	cluster  []rescale.Status
	tags     []rescale.Tag
	types    []rescale.CoreType
	projects []rescale.Project
	errs     map[string]error // by call

	mu    sync.Mutex
	calls []string
}

func (p *platform) call(ctx context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, name)
	return errors.Join(ctx.Err(), p.errs[name])
}

func (p *platform) JobURL(id string) string { return "https://eu.rescale.com/jobs/" + id + "/" }

func (p *platform) Job(ctx context.Context, _ string) (rescale.Job, error) {
	return p.job, p.call(ctx, "job")
}

func (p *platform) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return p.history, p.call(ctx, "statuses")
}

func (p *platform) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return p.cluster, p.call(ctx, "cluster")
}

func (p *platform) Tags(ctx context.Context, _ string) ([]rescale.Tag, error) {
	return p.tags, p.call(ctx, "tags")
}

func (p *platform) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return p.types, p.call(ctx, "coretypes")
}

func (p *platform) ComputePrices(ctx context.Context) ([]rescale.Price, error) {
	return nil, p.call(ctx, "prices")
}

func (p *platform) Projects(ctx context.Context) ([]rescale.Project, error) {
	return p.projects, p.call(ctx, "projects")
}

func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

// history takes lines of a span before noon, status and reason, newest first.
func history(lines ...string) (list []rescale.Status) {
	for _, line := range lines {
		fields := strings.SplitN(line, " ", 3)
		minutes, err := time.ParseDuration(fields[0])
		if err != nil {
			panic(err)
		}
		reason := ""
		if len(fields) > 2 {
			reason = fields[2]
		}
		list = append(list, rescale.Status{Status: strings.ReplaceAll(fields[1], "_", " "), Reason: reason, Date: noon().Add(-minutes)})
	}
	return list
}

// wing is a run of a manifest on granite that goes on.
func wing() *platform {
	body := once.Key{Digest: "d1", Name: "wing/aoa=2", Generation: 1, Attempt: 1}.Sign(rescale.JobRequest{Name: "Wing", JobAnalyses: make([]rescale.JobAnalysis, 1)}, "acme/sims")
	return &platform{
		job: rescale.Job{
			ID: "QwErTy", Name: body.Name, Owner: "ada@example.com", DateInserted: noon().Add(-3 * time.Hour), ProjectID: "pAero", Tags: []string{"naca", "aero"},
			Tiles: []rescale.Tile{{AnalysisCode: "openfoam_plus", VersionCode: "v2312+", CoreType: "granite", CoresPerSlot: 4, Slots: 1, Walltime: 8, EnvVars: body.JobAnalyses[0].EnvVars}},
		},
		history:  history("90m Executing", "95m Validated", "96m Started", "170m Queued", "171m Pending"),
		cluster:  history("91m Started", "95m Starting", "170m Not_Started"),
		types:    []rescale.CoreType{{Code: "granite", Name: "Granite", Price: 0.11, LowPriorityPrice: 0.042, Active: true}},
		projects: []rescale.Project{{ID: "pAero", Name: "Aero", Remaining: []string{"All: My budget ($100.00 available)"}}},
	}
}

// platforms are jobs in every state.
func platforms() map[string]*platform {
	failed := wing()
	failed.history = history("10m Completed A run failed", "11m Stopping A run failed", "71m Executing", "80m Pending")
	failed.cluster = history("5m Stopped", "9m Stopping", "75m Started")
	checked := wing()
	checked.history = history("10m Completed Completed successfully", "71m Executing", "80m Pending")
	checked.job.Tags = []string{"naca", "ra:success-check-failed:01234567"}
	economy := wing()
	economy.job.IsLowPriority, economy.job.Tiles[0].Slots = true, 2
	queued := wing()
	queued.history, queued.cluster = history("50m Waiting_for_Queue", "51m Pending"), nil
	hidden := wing()
	hidden.types[0].Price, hidden.types[0].LowPriorityPrice = 0, 0
	hidden.errs = map[string]error{}
	for _, call := range []string{"tags", "prices", "projects"} {
		hidden.errs[call] = &rescale.Error{Status: http.StatusForbidden}
	}
	hidden.job.Tags = nil
	foreign := &platform{job: rescale.Job{ID: "AbCdEf", Name: "By hand", Owner: "bob@example.com", ClonedFrom: "QwErTy", DateInserted: noon(), Tiles: []rescale.Tile{
		{AnalysisCode: "user_included", CoreType: "opal", CoresPerSlot: 1}, {AnalysisCode: "vasp", VersionCode: "6", CoreType: "granite", CoresPerSlot: 2, Slots: 1, Walltime: 1},
	}}, tags: []rescale.Tag{{Name: "old"}}, types: wing().types}
	return map[string]*platform{
		"executing": wing(), "failed": failed, "checked": checked, "economy": economy, "queued": queued, "free": wing(), "hidden": hidden, "draft": foreign,
	}
}

func TestBothForms(t *testing.T) {
	t.Parallel()
	for name, p := range platforms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := detail.Collect(t.Context(), p, p.job.ID, noon())
			if err != nil {
				t.Fatal(err)
			}
			if name == "failed" {
				d.Runs = []detail.Run{{ID: "1", Started: noon().Add(-71 * time.Minute), Ended: noon().Add(-11 * time.Minute), Files: 3}, {ID: "2"}}
				d.Log = []string{"  Time = 12\x1b[31m", "FOAM FATAL ERROR"}
			}
			d.Free = name == "free"
			compare(t, name, d)
		})
	}
}

// TestAJobThatCannotStart has nothing on the platform.
func TestAJobThatCannotStart(t *testing.T) {
	t.Parallel()
	d := detail.Detail{Key: once.Key{Name: "polar"}, Namespace: "acme/sims", Blocked: "blocked by wing/aoa=2 (failed)"}
	compare(t, "blocked", d)
	d.Blocked = ""
	compare(t, "new", d)
}

func compare(t *testing.T, name string, d detail.Detail) {
	t.Helper()
	var text, object bytes.Buffer
	d.Text(&text)
	if err := d.JSON(&object); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, filepath.Join("testdata", name+".txt"), text.String())
	golden.Equal(t, filepath.Join("testdata", name+".json"), object.String())
}

// TestRequests: what the job does not need is not asked for.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"executing": {"cluster", "coretypes", "job", "projects", "statuses"},
		"draft":     {"cluster", "coretypes", "job", "statuses", "tags"},
		"hidden":    {"cluster", "coretypes", "job", "prices", "projects", "statuses", "tags"},
	} {
		p := platforms()[name]
		if _, err := detail.Collect(t.Context(), p, p.job.ID, noon()); err != nil {
			t.Fatal(err)
		}
		slices.Sort(p.calls)
		if diff := cmp.Diff(want, p.calls); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCollectFails(t *testing.T) {
	t.Parallel()
	outage := &rescale.Error{Status: http.StatusBadGateway}
	for _, call := range []string{"job", "statuses", "cluster", "coretypes", "projects"} {
		p := wing()
		p.errs = map[string]error{call: outage}
		if _, err := detail.Collect(t.Context(), p, "QwErTy", noon()); !errors.Is(err, outage) {
			t.Errorf("%s: got %v", call, err)
		}
	}
	p := wing()
	p.errs = map[string]error{"job": &rescale.Error{Status: http.StatusNotFound}}
	if _, err := detail.Collect(t.Context(), p, "QwErTy", noon()); !patience.NotFound(err) {
		t.Errorf("got %v", err)
	}
}

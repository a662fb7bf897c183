package executor_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

const owner = "ada@example.com"

var noon = plantest.Noon()

var errLost = errors.New("connection reset by peer")

// fake is a platform with one account, in memory, that goes wrong on request.
// What it cannot do panics: a test that needs it says so.
type fake struct {
	executor.Platform

	mu       sync.Mutex
	jobs     []rescale.Job
	history  map[string][]rescale.Status
	clusters map[string][]rescale.Status
	calls    []string
	updates  []rescale.JobRequest
	unstable bool
	unsorted bool            // listings are in the order of jobs, not newest first
	hidden   map[string]bool // ids that listings do not show yet
	gone     map[string]bool // ids that were deleted
	tags     map[string][]string

	createErr, submitErr, listErr, stopErr error
	loseEffect                             bool // a failing create or submit did nothing
	checksum                               string
	after                                  func(call string) // runs after every call
}

func newFake() *fake {
	return &fake{history: make(map[string][]rescale.Status), clusters: make(map[string][]rescale.Status)}
}

func (f *fake) called(call string) {
	f.calls = append(f.calls, call)
	if f.after != nil {
		f.after(call)
	}
}

func (f *fake) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

func (f *fake) countPrefix(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(f.calls), func(call string) bool { return !strings.HasPrefix(call, prefix) }))
}

func (f *fake) Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Listing{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called("list")
	listed := slices.Clone(f.jobs)
	if !f.unsorted {
		slices.SortStableFunc(listed, func(a, b rescale.Job) int { return b.DateInserted.Compare(a.DateInserted) })
	}
	for _, j := range listed {
		if f.hidden[j.ID] {
			continue
		}
		item := rescale.JobItem{ID: j.ID, Name: j.Name, Owner: j.Owner, DateInserted: j.DateInserted}
		if h := f.history[j.ID]; len(h) > 0 {
			item.Status = h[0].Status
		}
		if query.State == rescale.StateNotCompleted && (item.Status == "" || verdict.Terminal(item.Status)) {
			continue
		}
		if h := f.clusters[j.ID]; len(h) > 0 {
			item.ClusterStatus = h[0].Status
		}
		if !yield(item) {
			break
		}
	}
	return rescale.Listing{At: noon, Count: len(f.jobs), Stable: !f.unstable}, f.listErr
}

func (f *fake) Job(ctx context.Context, id string) (rescale.Job, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Job{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return rescale.Job{}, &rescale.Error{Status: http.StatusNotFound}
}

func (f *fake) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called("statuses")
	if f.gone[id] {
		return nil, &rescale.Error{Status: http.StatusNotFound}
	}
	return f.history[id], nil
}

func (f *fake) ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clusters[id], nil
}

func (f *fake) CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Job{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.called("create")
	job := rescale.Job{ID: string(rune('A' + len(f.jobs) + len(f.gone))), Name: body.Name, Owner: owner, DateInserted: noon}
	for _, tile := range body.JobAnalyses {
		job.Tiles = append(job.Tiles, rescale.Tile{EnvVars: tile.EnvVars})
	}
	if f.createErr == nil || !f.loseEffect {
		f.jobs = append(f.jobs, job)
	}
	return job, f.createErr
}

func (f *fake) UpdateJob(ctx context.Context, _ string, body rescale.JobRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.called("update")
	f.updates = append(f.updates, body)
	return nil
}

func (f *fake) SubmitJob(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.called("submit")
	if f.gone[id] {
		return &rescale.Error{Status: http.StatusNotFound}
	}
	if f.submitErr == nil || !f.loseEffect {
		f.history[id] = plantest.History("Completed", "Completed successfully", "Executing", "", "Pending", "")
	}
	return f.submitErr
}

func (f *fake) StopJob(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.called("stop " + id)
	return f.stopErr
}

func (f *fake) DeleteJob(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.called("delete " + id)
	f.jobs = slices.DeleteFunc(f.jobs, func(j rescale.Job) bool { return j.ID == id })
	return nil
}

func (f *fake) Tags(ctx context.Context, id string) (tags []rescale.Tag, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range f.tags[id] {
		tags = append(tags, rescale.Tag{Name: name})
	}
	return tags, ctx.Err()
}

func (f *fake) AddTag(ctx context.Context, id, tag string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tags == nil {
		f.tags = make(map[string][]string)
	}
	f.tags[id] = append(f.tags[id], tag)
	return nil
}

func (f *fake) RemoveTag(ctx context.Context, id, tag string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tags[id] = slices.DeleteFunc(f.tags[id], func(t string) bool { return t == tag })
	return nil
}

func (*fake) Files(ctx context.Context, _ string, _ func(rescale.File) bool) error {
	return ctx.Err()
}

func (*fake) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return nil, ctx.Err()
}

func (f *fake) Upload(ctx context.Context, u rescale.Upload) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	body, err := u.Open()
	if err != nil {
		return rescale.File{}, err
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	u.Progress(n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called("upload")
	return rescale.File{ID: "file", Name: u.Name, Size: n, SHA512: f.checksum, Complete: true}, err
}

// memory is a journal that fails at its k-th write, if k is not 0.
type memory struct {
	mu       sync.Mutex
	records  []state.Record
	failAt   int
	snapshot state.Snapshot // of before
}

var errFull = errors.New("no space left on device")

func (m *memory) Append(records ...state.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failAt > 0 && len(m.records)+1 >= m.failAt {
		return errFull
	}
	m.records = append(m.records, records...)
	return nil
}

func (m *memory) Snapshot() state.Snapshot { return m.snapshot }

func (m *memory) kinds() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kinds []string
	for _, r := range m.records {
		kinds = append(kinds, string(r.Kind))
	}
	return strings.Join(kinds, " ")
}

// apply plans the jobs as new and applies the plan.
func apply(ctx context.Context, t *testing.T, p executor.Platform, m executor.Journal, jobs ...resolver.Job) executor.Report {
	t.Helper()
	plan := planner.New(jobs, state.Snapshot{}, planner.Observation{Since: noon}, planner.Options{})
	run := executor.Executor{Platform: p, Journal: m, Owner: owner}
	report, err := run.Apply(ctx, plan)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// plain is a job without inputs.
func plain(name string) resolver.Job {
	j := plantest.Job("command=" + name)
	j.Name, j.Inputs = name, nil
	j.Request = rescale.JobRequest{Name: name, JobAnalyses: []rescale.JobAnalysis{{Command: name}}}
	return j
}

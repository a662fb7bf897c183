package audit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

const ada = "ada@example.com"

// noon is when the audit is made.
func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

func ago(hours float64) time.Time { return noon().Add(-time.Duration(hours * float64(time.Hour))) }

// job is one on the platform.
type job struct {
	rescale.JobItem
	stored   rescale.Job
	history  []rescale.Status
	clusters []rescale.Status
	tags     []rescale.Tag
	err      error // of a look at it
}

// made is a job of ada without any history.
func made(id, name string, hours float64) *job {
	item := rescale.JobItem{ID: id, Name: name, Owner: ada, DateInserted: ago(hours)}
	tile := rescale.Tile{CoreType: "emerald", CoresPerSlot: 4, Slots: 1, EnvVars: map[string]string{}}
	return &job{JobItem: item, stored: rescale.Job{ID: id, Name: name, Owner: ada, DateInserted: item.DateInserted, ProjectID: "pAero", Tiles: []rescale.Tile{tile}}}
}

// run is a draft of a key.
func run(id, name string, attempt int, hours float64) *job {
	return made(id, "Title", hours).sign(once.Key{Digest: "d" + name, Name: name, Generation: 1, Attempt: attempt})
}

func (j *job) sign(k once.Key) *job {
	body := k.Sign(rescale.JobRequest{Name: j.Name, JobAnalyses: make([]rescale.JobAnalysis, 1)}, "acme")
	j.stored.Tiles[0].EnvVars = body.JobAnalyses[0].EnvVars
	return j.called(body.Name)
}

func (j *job) called(name string) *job {
	j.Name, j.stored.Name = name, name
	return j
}

// ended lets the command run for an hour, until some hours before noon.
func (j *job) ended(hours float64, reason string) *job {
	return j.with(status("Completed", reason, hours), status("Executing", "", hours+1), status("Validated", "", hours+1.25), status("Pending", "", hours+1.5))
}

func (j *job) good(hours float64) *job { return j.ended(hours, "Completed successfully") }

func (j *job) with(history ...rescale.Status) *job {
	j.history, j.Status = history, history[0].Status
	return j
}

func (j *job) from(s source.Source) *job {
	j.stored.Tiles[0].EnvVars[source.Variable] = fmt.Sprintf(`{"v":1,"repo":%q,"commit":%q,"path":%q,"more":%d}`, s.Repo, s.Commit, s.Path, s.More)
	return j
}

func status(name, reason string, hours float64) rescale.Status {
	return rescale.Status{Status: name, Reason: reason, Date: ago(hours)}
}

// platform has jobs in the order of its list.
type platform struct {
	jobs   []*job
	moving bool
	err    error // of the list

	mu    sync.Mutex
	reads []string
}

func (p *platform) Jobs(ctx context.Context, _ rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	for _, j := range p.jobs {
		if j.Name != "" && !yield(j.JobItem) {
			break
		}
	}
	return rescale.Listing{Pages: 1, Stable: !p.moving}, errors.Join(ctx.Err(), p.err)
}

func (p *platform) find(ctx context.Context, call, id string) (job, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads = append(p.reads, call+" "+id)
	i := slices.IndexFunc(p.jobs, func(j *job) bool { return j.ID == id })
	if i < 0 {
		return job{}, &rescale.Error{Status: http.StatusNotFound}
	}
	return *p.jobs[i], errors.Join(ctx.Err(), p.jobs[i].err)
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	j, err := p.find(ctx, "job", id)
	return j.stored, err
}

func (p *platform) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	j, err := p.find(ctx, "statuses", id)
	return j.history, err
}

func (p *platform) ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error) {
	j, err := p.find(ctx, "clusters", id)
	return j.clusters, err
}

func (p *platform) Tags(ctx context.Context, id string) ([]rescale.Tag, error) {
	j, err := p.find(ctx, "tags", id)
	return j.tags, err
}

func prices() map[string]audit.Price {
	return map[string]audit.Price{"emerald": {OnDemand: 0.5, Economy: 0.25}, "granite": {OnDemand: 1}}
}

func weigh(t *testing.T, p *platform, q audit.Query) audit.Audit {
	t.Helper()
	q.Owner = "Ada@Example.com"
	books, err := audit.Read(t.Context(), p, q)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Weigh(books, prices(), noon())
}

// short is remarks as a test compares them.
func short(a audit.Audit) (list []string) {
	for _, r := range a.Remarks {
		weight := []string{"breaks", "hides", "told"}[r.Weight]
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", weight, r.Kind, r.ID, r.Key, r.Why)))
	}
	return list
}

func verdictOf(a audit.Audit) string {
	switch err := a.Err().(type) { //nolint:errorlint // it is one of these itself
	case nil:
		return "balances"
	case *audit.UnbalancedError:
		return "wrong"
	case *audit.IncompleteError:
		return "unknown"
	default:
		return err.Error()
	}
}

// stuck was stopped before it was validated, and gets no further status.
func stuck(id, name string) *job {
	return run(id, name, 2, 4).with(status("Pending", "", 4))
}

func TestBalance(t *testing.T) {
	t.Parallel()
	const heat, wing = "1:dheat:1.1:heat", "1:dwing:1.1:wing"
	clone := run("Copy", "heat", 1, 1).good(0)
	clone.stored.ClonedFrom = "Heat"
	shared := run("Bobs", "heat", 1, 1).good(0)
	shared.Owner = "bob@example.com"
	partial := run("Part", "heat", 1, 1).good(0)
	partial.stored.Tiles = append(partial.stored.Tiles, rescale.Tile{})
	tomorrow := run("Morrow", "heat", 1, 1).good(0)
	tomorrow.stored.Tiles[0].EnvVars[once.KeyVariable] = "2:x"
	tampered := run("Changed", "heat", 2, 1).good(0).called(run("", "heat", 3, 0).Name)
	tamperedDraft := run("Changed", "heat", 2, 1).called(run("", "heat", 3, 0).Name)
	stopped := stuck("Stuck", "heat")
	stopped.clusters = []rescale.Status{{Status: "Stopped"}}
	slow := stuck("Slow", "heat")
	slow.stored.Tags = []string{"aero"}
	tagged := stuck("Stuck", "heat")
	tagged.tags = []rescale.Tag{{Name: stop.EarlyTag}}
	gone := run("Gone", "heat", 1, 1).good(0)
	gone.err = &rescale.Error{Status: http.StatusNotFound}
	goneDraft := run("Gone", "heat", 1, 1)
	goneDraft.err = gone.err
	hidden := run("Hidden", "heat", 1, 1).good(0)
	hidden.err = &rescale.Error{Status: http.StatusOK, Detail: "no job"}
	plain := made("Plain", "by hand", 1).good(0)
	plain.err = hidden.err
	active := func(id, name string, attempt int) *job {
		return run(id, name, attempt, 1).with(status("Executing", "", 0.5), status("Pending", "", 0.6))
	}
	for name, tc := range map[string]struct {
		jobs    []*job
		moving  bool
		verdict string
		want    []string
	}{
		"nothing":                     {verdict: "balances"},
		"a run, and one by hand":      {jobs: []*job{run("Heat", "heat", 1, 3).good(1), made("Plain", "by hand", 1).good(0)}, verdict: "balances"},
		"attempts are keys":           {jobs: []*job{run("Two", "heat", 2, 2).good(1), run("One", "heat", 1, 5).ended(3, "A run failed")}, verdict: "balances"},
		"a key twice":                 {jobs: []*job{run("Two", "heat", 1, 2).good(0), run("One", "heat", 1, 5).good(3)}, verdict: "wrong", want: []string{"breaks billed-twice One " + heat, "breaks billed-twice Two " + heat}},
		"twice, one never ran":        {jobs: []*job{run("Two", "heat", 1, 2).good(0), run("One", "heat", 1, 5).with(status("Stopped", "User Terminated", 3))}, verdict: "wrong", want: []string{"breaks billed-twice One " + heat, "breaks billed-twice Two " + heat}},
		"a run and a draft of a key":  {jobs: []*job{run("Two", "heat", 1, 2), run("One", "heat", 1, 5).good(3)}, verdict: "balances", want: []string{"told draft Two " + heat}},
		"two active of a name":        {jobs: []*job{active("Two", "wing", 2), active("One", "wing", 1)}, verdict: "wrong", want: []string{"breaks active-twice One " + wing + " acme", "breaks active-twice Two 1:dwing:1.2:wing acme"}},
		"one active of each name":     {jobs: []*job{active("Two", "wing", 1), active("One", "heat", 1)}, verdict: "balances"},
		"one active, one over":        {jobs: []*job{active("Two", "wing", 2), run("One", "wing", 1, 5).good(3)}, verdict: "balances"},
		"one active, one stuck":       {jobs: []*job{active("Two", "heat", 1), stopped}, verdict: "balances"},
		"one active, one tagged":      {jobs: []*job{active("Two", "heat", 1), tagged}, verdict: "balances"},
		"two active, one not begun":   {jobs: []*job{active("Two", "heat", 1), slow}, verdict: "wrong", want: []string{"breaks active-twice Two " + heat + " acme", "breaks active-twice Slow 1:dheat:1.2:heat acme"}},
		"a copy":                      {jobs: []*job{clone, run("Heat", "heat", 1, 3).good(2)}, verdict: "balances", want: []string{"told copy Copy"}},
		"another's":                   {jobs: []*job{shared, run("Heat", "heat", 1, 3).good(2)}, verdict: "balances"},
		"a marker of another key":     {jobs: []*job{tampered}, verdict: "wrong", want: []string{"breaks marker-and-key-differ Changed 1:dheat:1.2:heat the marker in its name is another key's"}},
		"such a draft":                {jobs: []*job{tamperedDraft}, verdict: "balances", want: []string{"told draft Changed 1:dheat:1.2:heat the marker in its name is another key's"}},
		"a marker of the old form":    {jobs: []*job{run("Old", "heat", 1, 3).good(2).called(strings.Replace(run("", "heat", 1, 0).Name, "[ra:"+once.Job{Namespace: "acme", Name: "heat"}.Code()+".", "[ra:", 1))}, verdict: "balances"},
		"a marker without a key":      {jobs: []*job{made("Bare", "X [ra:0123456789.1.1]", 1).good(0)}, verdict: "wrong", want: []string{"breaks marker-without-key Bare"}},
		"such a draft without one":    {jobs: []*job{made("Bare", "X [ra:0123456789.1.1]", 1)}, verdict: "balances", want: []string{"told draft Bare  it does not carry a key"}},
		"a key in some tiles":         {jobs: []*job{partial}, verdict: "wrong", want: []string{"breaks marker-without-key Part  not all of its analyses carry the same key"}},
		"a key of tomorrow":           {jobs: []*job{tomorrow}, verdict: "unknown", want: []string{"hides key-of-another-version Morrow"}},
		"a key without a marker":      {jobs: []*job{run("Heat", "heat", 1, 3).good(2).called("renamed")}, verdict: "balances", want: []string{"told key-without-marker Heat " + heat}},
		"its double has no marker":    {jobs: []*job{run("Two", "heat", 1, 3).good(2).called("renamed"), run("One", "heat", 1, 5).good(4)}, verdict: "wrong", want: []string{"breaks billed-twice One " + heat, "breaks billed-twice Two " + heat, "told key-without-marker Two " + heat}},
		"gone meanwhile":              {jobs: []*job{gone}, verdict: "unknown", want: []string{"hides vanished Gone"}},
		"a draft that is gone":        {jobs: []*job{goneDraft}, verdict: "balances", want: []string{"told vanished Gone"}},
		"a body that says nothing":    {jobs: []*job{hidden}, verdict: "unknown", want: []string{"hides not-read Hidden   : 200 OK: no job"}},
		"one by hand that does":       {jobs: []*job{plain}, verdict: "balances", want: []string{"told not-read Plain   : 200 OK: no job"}},
		"a list that moves":           {jobs: []*job{run("Heat", "heat", 1, 3).good(2)}, moving: true, verdict: "unknown"},
		"wrong weighs more than that": {jobs: []*job{tampered}, moving: true, verdict: "wrong", want: []string{"breaks marker-and-key-differ Changed 1:dheat:1.2:heat the marker in its name is another key's"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := weigh(t, &platform{jobs: tc.jobs, moving: tc.moving}, audit.Query{})
			if diff := cmp.Diff(tc.want, short(a)); diff != "" || verdictOf(a) != tc.verdict {
				t.Errorf("it %s, want %s; remarks (-want +got):\n%s", verdictOf(a), tc.verdict, diff)
			}
		})
	}
}

// TestJournals know runs that were deleted since, and what runs are.
func TestJournals(t *testing.T) {
	t.Parallel()
	recorded := func(id, key string) state.Run {
		k, _ := once.ParseKey(key)
		return state.Run{
			Job: k.Name, Key: key, ID: id, Stage: state.StageFinished, Verdict: "succeeded", Inserted: ago(9), SubmittedAt: ago(8),
			Started: ago(7), Ended: ago(5), CoreHours: 8, Cost: 2,
		}
	}
	draft := recorded("Draft", "1:dheat:1.1:heat")
	draft.Stage = state.StageCreated
	const heat = "1:dheat:1.1:heat"
	for name, tc := range map[string]struct {
		jobs     []*job
		recorded []state.Run
		since    time.Time
		verdict  string
		cost     float64
		want     []string
	}{
		"what the platform has":      {jobs: []*job{run("Heat", "heat", 1, 3).good(1)}, recorded: []state.Run{recorded("Heat", heat)}, verdict: "balances", cost: 2},
		"deleted since":              {recorded: []state.Run{recorded("Gone", heat)}, verdict: "balances", cost: 2, want: []string{"told deleted Gone " + heat}},
		"in two journals":            {recorded: []state.Run{recorded("Gone", heat), recorded("Gone", heat)}, verdict: "balances", cost: 2, want: []string{"told deleted Gone " + heat}},
		"deleted, and paid again":    {jobs: []*job{run("Heat", "heat", 1, 3).good(1)}, recorded: []state.Run{recorded("Gone", heat)}, verdict: "wrong", cost: 4, want: []string{"breaks billed-twice Gone " + heat, "breaks billed-twice Heat " + heat, "told deleted Gone " + heat}},
		"deleted before":             {recorded: []state.Run{recorded("Gone", heat)}, since: ago(7), verdict: "balances"},
		"a draft that was deleted":   {recorded: []state.Run{draft}, verdict: "balances"},
		"another key":                {jobs: []*job{run("Heat", "heat", 1, 3).good(1)}, recorded: []state.Run{recorded("Heat", "1:other:1.1:heat")}, verdict: "wrong", cost: 2, want: []string{"breaks marker-and-key-differ Heat " + heat + " its record names key 1:other:1.1:heat"}},
		"neither a key nor a marker": {jobs: []*job{made("Heat", "by hand", 3).good(1)}, recorded: []state.Run{recorded("Heat", heat)}, verdict: "wrong", want: []string{"breaks marker-without-key Heat"}},
		"one in the trash":           {jobs: []*job{run("Heat", "heat", 1, 3).good(1).called("")}, recorded: []state.Run{recorded("Heat", heat)}, verdict: "balances", cost: 2, want: []string{"told deleted Heat " + heat}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := weigh(t, &platform{jobs: tc.jobs}, audit.Query{Recorded: tc.recorded, Since: tc.since})
			if diff := cmp.Diff(tc.want, short(a)); diff != "" || verdictOf(a) != tc.verdict || a.Total.Cost != tc.cost {
				t.Errorf("it %s, want %s; cost %v, want %v; remarks (-want +got):\n%s", verdictOf(a), tc.verdict, a.Total.Cost, tc.cost, diff)
			}
		})
	}
}

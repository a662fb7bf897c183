package audit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// account has a run of each kind.
func account() *platform {
	git := source.Source{Repo: "https://github.com/acme/sims", Commit: "7ba84b4", Path: "jobs/wing.yaml"}
	dirty := git
	dirty.More = 1
	economy := run("Eco", "wing/aoa=2", 1, 30).good(20).from(git)
	economy.stored.IsLowPriority = true
	large := run("Large", "wing/aoa=4", 1, 30).good(19).from(dirty)
	large.stored.ProjectID = ""
	large.stored.Tiles = append(large.stored.Tiles, rescale.Tile{CoreType: "granite", CoresPerSlot: 8, Slots: 2, EnvVars: large.stored.Tiles[0].EnvVars})
	unpriced := run("Dark", "polar/n=1", 1, 9).ended(2, "User Terminated")
	unpriced.stored.Tiles[0].CoreType = "onyx"
	october := run("Oct", "polar/n=2", 1, 900).good(890)
	queued := run("Wait", "polar/n=3", 1, 8).with(status("Completed", "User Terminated", 7), status("Pending", "", 8))
	open := run("Open", "polar/n=4", 1, 7).with(status("Executing", "", 0.5), status("Pending", "", 1))
	return &platform{jobs: []*job{open, queued, unpriced, run("Draft", "heat", 1, 10), economy, large, october}}
}

func TestSums(t *testing.T) {
	t.Parallel()
	a := weigh(t, account(), audit.Query{})
	const wing, repo = "jobs/wing.yaml", "https://github.com/acme/sims"
	want := audit.Totals{
		Keys: 6, PerKey: 1, Drafts: 1, Active: 1, NeverBegan: 1, Stopped: 2, NoCommit: 4, Dirty: 1,
		Sum: audit.Sum{Runs: 6, CoreHours: 30, Cost: 1 + 2 + 16 + 1, Unpriced: 1, Open: 1},
	}
	if diff := cmp.Diff(want, a.Total); diff != "" || !a.Total.AtLeast() {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	polar := audit.Sum{Name: "polar", Runs: 4, CoreHours: 10, Cost: 3, Unpriced: 1, Open: 1}
	if diff := cmp.Diff([]audit.Sum{{Name: wing, Repo: repo, Runs: 2, CoreHours: 20, Cost: 17}, polar}, a.Manifests); diff != "" {
		t.Errorf("manifests (-want +got):\n%s", diff)
	}
	aero := audit.Sum{Name: "pAero", Runs: 5, CoreHours: 14, Cost: 4, Unpriced: 1, Open: 1}
	if diff := cmp.Diff([]audit.Sum{{Runs: 1, CoreHours: 16, Cost: 16}, aero}, a.Projects); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
	months := []audit.Sum{{Name: "2026-09", Runs: 1, CoreHours: 4, Cost: 2}, {Name: "2026-11", Runs: 4, CoreHours: 26, Cost: 18, Unpriced: 1, Open: 1}}
	if diff := cmp.Diff(months, a.Months); diff != "" {
		t.Errorf("months (-want +got):\n%s", diff)
	}
	var order []string
	for _, r := range a.Runs {
		order = append(order, r.ID)
	}
	if diff := cmp.Diff([]string{"Open", "Dark", "Wait", "Large", "Eco", "Oct"}, order); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

// TestUse is what one run has taken, and by which price.
func TestUse(t *testing.T) {
	t.Parallel()
	recorded := []state.Run{{ID: "Dark", Job: "polar/n=1", Key: "1:dpolar/n=1:1.1:polar/n=1", Stage: state.StageFinished, SubmittedAt: ago(8), CoreHours: 2, Cost: 4}}
	a := weigh(t, account(), audit.Query{Recorded: recorded})
	usd := func(amount float64) *float64 { return &amount }
	want := map[string]audit.Use{
		"Open":  {Open: true, CoreType: "emerald", Cores: 4, CoreHours: 2, Rate: 0.5, Cost: usd(1)},
		"Dark":  {CoreType: "onyx", Cores: 4, CoreHours: 4, Rate: 2, Cost: usd(8)}, // by the price of its time
		"Wait":  {CoreType: "emerald", Cores: 4, Rate: 0.5, Cost: usd(0)},
		"Large": {CoreType: "granite", Cores: 16, CoreHours: 16, Rate: 1, Cost: usd(16)},
		"Eco":   {CoreType: "emerald", Cores: 4, CoreHours: 4, Rate: 0.25, Cost: usd(1)},
		"Oct":   {CoreType: "emerald", Cores: 4, CoreHours: 4, Rate: 0.5, Cost: usd(2)},
	}
	got := make(map[string]audit.Use)
	for _, r := range a.Runs {
		got[r.ID] = r.Use
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSince looks at no older job but those that the list shows beside a younger one.
func TestSince(t *testing.T) {
	t.Parallel()
	active := func(id, name string, attempt int, hours float64) *job {
		return run(id, name, attempt, hours).with(status("Executing", "", hours-1))
	}
	p := &platform{jobs: []*job{
		run("Young", "heat", 1, 1).good(0), active("Now", "wing", 2, 2), run("Alone", "polar", 1, 3).good(1),
		run("Twin", "heat", 1, 50).good(48), active("Still", "wing", 1, 51), active("Other", "old", 1, 52), active("Other2", "old", 2, 53),
		run("Past", "past", 1, 54).good(50), run("Past2", "past", 1, 55).good(50), run("Renamed", "polar", 1, 56).good(50).called("polar"), made("Hand", "by hand", 57),
	}}
	a := weigh(t, p, audit.Query{Since: ago(24)})
	want := []string{
		"breaks active-twice Still 1:dwing:1.1:wing acme", "breaks active-twice Now 1:dwing:1.2:wing acme",
		"breaks billed-twice Twin 1:dheat:1.1:heat", "breaks billed-twice Young 1:dheat:1.1:heat",
	}
	if diff := cmp.Diff(want, short(a)); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
	if a.Total.PerKey != 2 {
		t.Errorf("at most %d runs of a key: the older double is missing", a.Total.PerKey)
	}
	if a.Total.Runs != 3 || a.Total.Keys != 3 || len(a.Runs) != 3 {
		t.Errorf("older runs are in the sums: %+v", a.Total)
	}
	slices.Sort(p.reads)
	reads := []string{"job Alone", "job Now", "job Still", "job Twin", "job Young", "statuses Alone", "statuses Now", "statuses Still", "statuses Twin", "statuses Young"}
	if diff := cmp.Diff(reads, slices.DeleteFunc(p.reads, func(r string) bool { return r[:2] == "cl" || r[:2] == "ta" })); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
}

// TestALargeAccount is read with one GET for a job and one more for a run, which is said
// before, and with few at once.
func TestALargeAccount(t *testing.T) {
	t.Parallel()
	const runs, others = 6000, 4000
	p := &large{byID: make(map[string]*job)}
	for i := range runs + others {
		j := made(fmt.Sprint("J", i), "by hand", 9)
		if i < runs {
			j = run(j.ID, fmt.Sprint("sweep/n=", i), 1, 9)
		}
		p.byID[j.ID] = j.good(2)
		p.jobs = append(p.jobs, j)
	}
	told := 0
	books, err := audit.Read(t.Context(), p, audit.Query{Owner: ada, Tell: func(requests int) { told = requests }})
	if err != nil {
		t.Fatal(err)
	}
	a := audit.Weigh(books, prices(), noon())
	if a.Total.Keys != runs || a.Total.PerKey != 1 || a.Err() != nil || told != 2*runs+others {
		t.Errorf("%+v, %v, told of %d requests", a.Total, a.Err(), told)
	}
	if p.gets != told || p.most > 16 {
		t.Errorf("%d requests, %d at once", p.gets, p.most)
	}
}

// large is an account that counts what it is asked.
type large struct {
	platform
	byID            map[string]*job
	gets, now, most int
}

func (p *large) get(ctx context.Context, id string) (*job, error) {
	p.mu.Lock()
	p.gets++
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	return p.byID[id], ctx.Err()
}

func (p *large) Job(ctx context.Context, id string) (rescale.Job, error) {
	j, err := p.get(ctx, id)
	return j.stored, err
}

func (p *large) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	j, err := p.get(ctx, id)
	return j.history, err
}

// TestReadFails: what would meet every job ends the audit, what meets one does not.
func TestReadFails(t *testing.T) {
	t.Parallel()
	broken, auth := errors.New("broken"), &rescale.Error{Status: http.StatusUnauthorized}
	failing := func(err error, n int) *platform {
		p := &platform{}
		for i := range n {
			j := run(fmt.Sprint("J", i), "heat", i, 1).good(0)
			j.err = err
			p.jobs = append(p.jobs, j)
		}
		return p
	}
	for name, tc := range map[string]struct {
		p     *platform
		cause error // nil: it is read
	}{
		"the list":      {&platform{err: broken}, broken},
		"the key":       {failing(auth, 1), auth},
		"one outage":    {failing(&rescale.OutageError{Err: broken}, 1), nil},
		"many outages":  {failing(&rescale.OutageError{Err: broken}, 9), broken},
		"many refusals": {failing(&rescale.Error{Status: http.StatusForbidden}, 9), nil},
	} {
		_, err := audit.Read(t.Context(), tc.p, audit.Query{Owner: ada})
		if !errors.Is(err, tc.cause) || (err == nil) != (tc.cause == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := audit.Read(ctx, failing(nil, 2), audit.Query{Owner: ada}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

package roster_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

const ada = "ada@example.com"

// job is one on the platform.
type job struct {
	rescale.JobItem
	stored  rescale.Job
	history []rescale.Status
	gone    bool // since the list
}

// platform has jobs in the order of its list.
type platform struct {
	jobs []job
	err  error // of every read by id

	mu     sync.Mutex
	listed int
	query  rescale.JobQuery
	reads  []string
}

func (p *platform) Jobs(ctx context.Context, q rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	p.query = q
	for _, j := range p.jobs {
		if p.listed++; !yield(j.JobItem) {
			break
		}
	}
	return rescale.Listing{Stable: true}, ctx.Err()
}

func (p *platform) find(ctx context.Context, call, id string) (job, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads = append(p.reads, call+" "+id)
	if err := errors.Join(ctx.Err(), p.err); err != nil {
		return job{}, err
	}
	i := slices.IndexFunc(p.jobs, func(j job) bool { return j.ID == id && !j.gone })
	if i < 0 {
		return job{}, &rescale.Error{Status: http.StatusNotFound}
	}
	return p.jobs[i], nil
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	j, err := p.find(ctx, "job", id)
	return j.stored, err
}

func (p *platform) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	j, err := p.find(ctx, "statuses", id)
	return j.history, err
}

// noon is when the newest job was made; each further one is an hour older.
func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

// made is a job of ada that was made some hours before noon.
func made(id, name string, hours int) job {
	return job{JobItem: rescale.JobItem{ID: id, Name: name, Owner: ada, DateInserted: noon().Add(-time.Duration(hours) * time.Hour)}}
}

// at gives a job a status, with a reason.
func (j job) at(status, reason string) job {
	j.Status = status
	j.history = []rescale.Status{{Status: status, Reason: reason, Date: noon()}}
	return j
}

// run makes a job a run of a manifest.
func (j job) run(name string) job {
	body := once.Key{Digest: "d", Name: name, Generation: 1, Attempt: 1}.Sign(rescale.JobRequest{Name: j.Name, JobAnalyses: make([]rescale.JobAnalysis, 1)}, "acme/sims")
	j.Name = body.Name
	j.stored = rescale.Job{ID: j.ID, Name: j.Name, DateInserted: j.DateInserted, Tiles: []rescale.Tile{{EnvVars: body.JobAnalyses[0].EnvVars}}}
	return j
}

// account has one job of each kind.
func account() *platform {
	clone := made("Clone", "Wing", 3).at("Executing", "").run("wing/aoa=2")
	clone.stored.ClonedFrom = "Wing"
	shared := made("Shared", "Bob's", 4).at("Executing", "")
	shared.Owner = "bob@example.com"
	gone := made("Gone", "Gone", 8).at("Completed", "Completed successfully")
	gone.gone = true
	return &platform{jobs: []job{
		made("Draft", "Heat", 0).run("heat"),
		made("Wing", "Wing", 1).at("Executing", "").run("wing/aoa=2"),
		made("Plain", "By hand", 2).at("Queued", ""),
		clone, shared,
		made("Good", "By hand", 5).at("Completed", "Completed successfully"),
		made("Bad", "Heat", 6).at("Completed", "A run failed").run("heat"),
		made("Ended", "By hand", 7).at("Completed", "User Terminated"),
		gone,
		made("Known", "Old", 9).at("Completed", "Completed successfully").run("old"),
	}}
}

// short is a row as a test compares it.
func short(rows []roster.Row) (list []string) {
	for _, r := range rows {
		list = append(list, fmt.Sprintf("%s %q=%s@%s %s %s %s", r.ID, r.Name, r.Manifest, r.Namespace, r.Status, r.Verdict, r.Reason))
	}
	return list
}

func TestRead(t *testing.T) {
	t.Parallel()
	const (
		draft = `Draft "Heat"=heat@acme/sims   `
		wing  = `Wing "Wing"=wing/aoa=2@acme/sims Executing  `
		plain = `Plain "By hand"=@ Queued  `
		clone = `Clone "Wing"=@ Executing  `
		good  = `Good "By hand"=@ Completed succeeded Completed successfully`
		bad   = `Bad "Heat"=heat@acme/sims Completed failed A run failed`
		ended = `Ended "By hand"=@ Completed stopped User Terminated`
		known = `Known "Old"=old@here Completed success-check-failed no end`
	)
	journal := map[string]roster.Known{"Known": {Job: once.Job{Namespace: "here", Name: "old"}, Verdict: verdict.SuccessCheckFailed, Reason: "no end"}}
	for name, tc := range map[string]struct {
		query roster.Query
		want  []string
		more  bool
	}{
		"all":           {roster.Query{}, []string{draft, wing, plain, clone, good, bad, ended, known}, false},
		"active":        {roster.Query{Which: roster.Active}, []string{wing, plain, clone}, false},
		"failed":        {roster.Query{Which: roster.Failed}, []string{bad, ended, known}, false},
		"ours":          {roster.Query{Ours: true}, []string{draft, wing, bad, known}, false},
		"a family":      {roster.Query{Name: "wing", Ours: true}, []string{wing}, false},
		"a title":       {roster.Query{Name: "by*"}, []string{plain, good, ended}, false},
		"a point":       {roster.Query{Name: "wing/*"}, []string{wing}, false},
		"since":         {roster.Query{Since: noon().Add(-2 * time.Hour)}, []string{draft, wing, plain}, false},
		"the first two": {roster.Query{Most: 2}, []string{draft, wing}, true},
		"exactly all":   {roster.Query{Most: 8}, []string{draft, wing, plain, clone, good, bad, ended, known}, false},
		"nothing":       {roster.Query{Name: "none"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.query.Owner, tc.query.Known = "Ada@Example.com", journal
			got, err := roster.Read(t.Context(), account(), tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, short(got.Rows)); diff != "" || got.More != tc.more || got.Loose {
				t.Errorf("more %v, loose %v, rows (-want +got):\n%s", got.More, got.Loose, diff)
			}
		})
	}
}

// Of a commit are the runs that say so, and no more of them are read than is bearable.
func TestRunsOfACommit(t *testing.T) {
	t.Parallel()
	p := account()
	p.jobs[1].stored.Tiles[0].EnvVars[source.Variable] = `{"v":1,"commit":"7ba84b41"}`
	p.jobs[6].stored.Tiles[0].EnvVars[source.Variable] = `{"v":1,"commit":"7ba84b42"}`
	p.jobs[3].stored.Tiles[0].EnvVars[source.Variable] = `{"v":1,"commit":"7ba84b41"}`
	for commit, want := range map[string][]string{"7ba84b4": {"Wing", "Bad"}, "7BA84B41": {"Wing"}, "00000000": nil} {
		got, err := roster.Read(t.Context(), p, roster.Query{Owner: ada, Commit: commit})
		var ids []string
		for _, row := range got.Rows {
			ids = append(ids, row.ID)
		}
		if diff := cmp.Diff(want, ids); diff != "" || err != nil || got.Cut {
			t.Errorf("%s: %v (-want +got):\n%s", commit, err, diff)
		}
	}
	many := &platform{}
	for i := range roster.MaxRead + 100 {
		many.jobs = append(many.jobs, made(fmt.Sprint("J", i), "Heat", i).run("heat"))
	}
	if got, err := roster.Read(t.Context(), many, roster.Query{Owner: ada, Commit: "7ba84b4"}); err != nil || !got.Cut || len(many.reads) > 2*roster.MaxRead {
		t.Errorf("cut %v after %d reads, %v", got.Cut, len(many.reads), err)
	}
	for _, text := range []string{"7ba84b", "main", "7ba84b4 "} {
		var wrong *roster.CommitError
		if err := (roster.Query{Commit: text}).Check(); !errors.As(err, &wrong) || wrong.Hint() == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReadsNoMoreThanNeeded: what the list shows is not asked for again.
func TestReadsNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query roster.Query
		reads []string
		state string
	}{
		"active":    {roster.Query{Which: roster.Active}, []string{"job Clone", "job Wing", "statuses Wing"}, rescale.StateNotCompleted},
		"others":    {roster.Query{Which: roster.Active, Ours: true, Without: map[string]bool{once.Job{Namespace: "acme/sims", Name: "wing/aoa=2"}.Code(): true}}, nil, rescale.StateNotCompleted},
		"by title":  {roster.Query{Name: "by*", Since: noon().Add(-5 * time.Hour)}, []string{"job Clone", "job Draft", "job Wing", "statuses Draft", "statuses Good", "statuses Wing"}, ""},
		"a journal": {roster.Query{Known: map[string]roster.Known{"Wing": {Verdict: verdict.Failed}}, Since: noon().Add(-time.Hour)}, []string{"job Draft", "statuses Draft"}, ""},
	} {
		p := account()
		tc.query.Owner = ada
		if _, err := roster.Read(t.Context(), p, tc.query); err != nil {
			t.Fatal(err)
		}
		slices.Sort(p.reads)
		if diff := cmp.Diff(tc.reads, p.reads); diff != "" || p.query.State != tc.state {
			t.Errorf("%s: state %q, reads (-want +got):\n%s", name, p.query.State, diff)
		}
	}
}

// TestALongListIsLeft when there are enough rows, or the rest is too old; one that is not
// newest first is read to its end.
func TestALongListIsLeft(t *testing.T) {
	t.Parallel()
	many := func() *platform {
		p := &platform{}
		for i := range 200 {
			p.jobs = append(p.jobs, made(fmt.Sprint("J", i), "By hand", i).at("Completed", "Completed successfully"))
		}
		return p
	}
	mixed := many()
	mixed.jobs[10], mixed.jobs[90] = mixed.jobs[90], mixed.jobs[10]
	for name, tc := range map[string]struct {
		p     *platform
		query roster.Query
		rows  int
		least int // entries of the list
		most  int
	}{
		"enough rows": {many(), roster.Query{Most: 30}, 30, 31, 60},
		"too old":     {many(), roster.Query{Since: noon().Add(-50 * time.Hour)}, 51, 51, 52},
		"mixed":       {mixed, roster.Query{Since: noon().Add(-9 * time.Hour)}, 10, 10, 11},
		"unsorted":    {mixed, roster.Query{Since: noon().Add(-95 * time.Hour)}, 96, 200, 200},
	} {
		tc.query.Owner, tc.p.listed = ada, 0
		got, err := roster.Read(t.Context(), tc.p, tc.query)
		if err != nil || len(got.Rows) != tc.rows || tc.p.listed < tc.least || tc.p.listed > tc.most {
			t.Errorf("%s: %v, %d rows after %d entries", name, err, len(got.Rows), tc.p.listed)
		}
		if !slices.IsSortedFunc(got.Rows, func(a, b roster.Row) int { return b.Created.Compare(a.Created) }) {
			t.Errorf("%s: not newest first", name)
		}
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	p := account()
	p.err = broken
	if _, err := roster.Read(t.Context(), p, roster.Query{Owner: ada}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	var wrong *roster.PatternError
	if _, err := roster.Read(t.Context(), account(), roster.Query{Owner: ada, Name: "a[", Most: 1}); !errors.As(err, &wrong) || wrong.Hint() == "" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := roster.Read(ctx, account(), roster.Query{Owner: ada}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

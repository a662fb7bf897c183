package ledger_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/app/ledger"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

func ago(hours int) time.Time { return noon().Add(-time.Duration(hours) * time.Hour) }

// platform has jobs with their histories, and bills by month.
type platform struct {
	jobs      map[string]rescale.Job
	history   map[string][]rescale.Status
	unstable  bool
	workspace rescale.Workspace
	bills     map[string]rescale.Bill
	errs      map[string]error // by call

	mu    sync.Mutex
	calls map[string]int
}

func (p *platform) called(ctx context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[name]++
	return errors.Join(ctx.Err(), p.errs[name])
}

func (p *platform) Jobs(ctx context.Context, _ rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	var items []rescale.JobItem
	for id, job := range p.jobs {
		item := rescale.JobItem{ID: id, Name: job.Name, Owner: "ada@example.com", DateInserted: job.DateInserted}
		if len(p.history[id]) > 0 {
			item.Status = p.history[id][0].Status
		}
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b rescale.JobItem) int { return b.DateInserted.Compare(a.DateInserted) })
	for _, item := range items {
		yield(item)
	}
	return rescale.Listing{Pages: 1, Stable: !p.unstable}, p.called(ctx, "jobs")
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	return p.jobs[id], p.called(ctx, "job")
}

func (p *platform) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	return p.history[id], p.called(ctx, "statuses")
}

func (p *platform) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return nil, p.called(ctx, "clusters")
}

func (p *platform) Tags(ctx context.Context, _ string) ([]rescale.Tag, error) {
	return nil, p.called(ctx, "tags")
}

func (p *platform) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return []rescale.CoreType{{Code: "emerald", Price: 0.5, LowPriorityPrice: 0.25, Active: true}}, p.called(ctx, "coretypes")
}

func (p *platform) ComputePrices(ctx context.Context) ([]rescale.Price, error) {
	return nil, p.called(ctx, "prices")
}

func (p *platform) Projects(ctx context.Context) ([]rescale.Project, error) {
	return []rescale.Project{{ID: "pAero", Name: "aero-2026"}}, p.called(ctx, "projects")
}

func (p *platform) Workspace(ctx context.Context) (rescale.Workspace, error) {
	if err := p.called(ctx, "workspace"); err != nil {
		return rescale.Workspace{}, err
	}
	return p.workspace, nil
}

func (p *platform) Bill(ctx context.Context, _ rescale.Workspace, month time.Time) (rescale.Bill, error) {
	return p.bills[month.Format("2006-01")], p.called(ctx, "bill")
}

func (p *platform) JobURL(id string) string { return "https://eu.rescale.com/jobs/" + id + "/" }

func (p *platform) BaseURL() string { return "https://eu.rescale.com" }

func empty() *platform {
	return &platform{
		jobs: make(map[string]rescale.Job), history: make(map[string][]rescale.Status), errs: make(map[string]error), calls: make(map[string]int),
		workspace: rescale.Workspace{ID: "04-1", CompanyCode: "acme"},
	}
}

// run adds a run of an hour on four cores, or a draft.
func (p *platform) run(id, name string, hours int, history ...rescale.Status) rescale.Job {
	key := once.Key{Digest: "3f2a91c0d1e2f3a4b5c6", Name: name, Generation: 1, Attempt: 1}
	body := key.Sign(rescale.JobRequest{Name: "Title of " + name, JobAnalyses: make([]rescale.JobAnalysis, 1)}, "acme")
	tile := rescale.Tile{CoreType: "emerald", CoresPerSlot: 4, EnvVars: body.JobAnalyses[0].EnvVars}
	job := rescale.Job{ID: id, Name: body.Name, DateInserted: ago(hours), ProjectID: "pAero", Tiles: []rescale.Tile{tile}}
	p.jobs[id], p.history[id] = job, history
	return job
}

func over(reason string, hours int) []rescale.Status {
	return []rescale.Status{
		{Status: "Completed", Reason: reason, Date: ago(hours)}, {Status: "Executing", Date: ago(hours + 1)}, {Status: "Pending", Date: ago(hours + 2)},
	}
}

// committed gives a job its source.
func (p *platform) committed(job rescale.Job, s string) { job.Tiles[0].EnvVars[source.Variable] = s }

// quiet is an account in order, with all that is told.
func quiet() *platform {
	p := empty()
	p.committed(p.run("Wing", "wing/aoa=2", 60, over("Completed successfully", 50)...),
		`{"v":1,"repo":"https://github.com/acme/sims","commit":"7ba84b4","ref":"refs/heads/main","path":"jobs/wing.yaml","actor":"ada"}`)
	p.committed(p.run("Dirty", "wing/aoa=4", 61, over("Completed successfully", 49)...),
		`{"v":1,"repo":"https://github.com/acme/sims","commit":"7ba84b4","path":"jobs/wing.yaml","dirty":["a","b"],"more":2,"actor":"=HYPERLINK(\"x\")"}`)
	dark := p.run("Dark", "polar", 40, over("User Terminated", 10)...)
	dark.Tiles[0].CoreType = "onyx"
	plain := p.run("Open", "heat", 5, rescale.Status{Status: "Executing", Date: ago(2)}, rescale.Status{Status: "Pending", Date: ago(4)})
	plain.ProjectID = ""
	p.jobs["Open"] = plain
	p.run("Draft", "draft", 3)
	copied := p.run("Copy", "wing/aoa=2", 2, over("Completed successfully", 0)...)
	copied.ClonedFrom = "Wing"
	p.jobs["Copy"] = copied
	p.bills = map[string]rescale.Bill{"2026-11": {Jobs: 12, CoreHours: 40, Hardware: 30, Software: 5.5, Total: 41}}
	return p
}

func TestForms(t *testing.T) {
	t.Parallel()
	broken := quiet()
	broken.run("Twice", "polar", 39, over("Completed successfully", 9)...)
	broken.jobs["Bare"] = rescale.Job{ID: "Bare", Name: "\x1b[31m=bare [ra:0123456789.1.1]", DateInserted: ago(8)}
	broken.history["Bare"] = over("Completed successfully", 6)
	moving := quiet()
	moving.unstable = true
	for i := range 14 {
		moving.run(fmt.Sprintf("Draft%02d", i), fmt.Sprintf("more%02d", i), i+10)
	}
	moving.errs["bill"] = &rescale.Error{Status: http.StatusForbidden, Detail: "no permission"}
	for name, p := range map[string]*platform{"none": empty(), "quiet": quiet(), "broken": broken, "moving": moving} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := ledger.Collect(t.Context(), p, audit.Query{Owner: "ada@example.com", Since: ago(24 * 30)}, noon())
			if err != nil {
				t.Fatal(err)
			}
			var text, object bytes.Buffer
			l.Text(&text)
			table := l.CSV()
			if err := l.JSON(&object); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, filepath.Join("testdata", name+".txt"), text.String())
			golden.Equal(t, filepath.Join("testdata", name+".json"), object.String())
			golden.Equal(t, filepath.Join("testdata", name+".csv"), strings.ReplaceAll(table, "\r\n", "\n"))
			rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
			if err != nil || len(rows) != len(l.Runs)+1 || strings.Count(table, "\r\n") != len(rows) {
				t.Errorf("%v, %d rows of %d runs", err, len(rows), len(l.Runs))
			}
		})
	}
}

// TestFormulas: no cell is one for a spreadsheet, in whatever country, nor a command for a
// terminal or a runner.
func TestFormulas(t *testing.T) {
	t.Parallel()
	p := empty()
	for i, tc := range formulas {
		actor, _ := json.Marshal(tc.actor)
		p.committed(p.run(fmt.Sprint("J", i), fmt.Sprint("j", i), 9, over("Completed successfully", i)...), fmt.Sprintf(`{"v":1,"commit":"c","actor":%s}`, actor))
	}
	l, err := ledger.Collect(t.Context(), p, audit.Query{Owner: "ada@example.com"}, noon())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(l.CSV(), "\r\n")
	rows, err := csv.NewReader(strings.NewReader(l.CSV())).ReadAll()
	if err != nil || len(rows) != len(formulas)+1 {
		t.Fatalf("%v: %d rows", err, len(rows))
	}
	column := slices.Index(rows[0], "actor")
	for i, tc := range formulas {
		if diff := cmp.Diff(tc.want, rows[i+1][column]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.actor, diff)
		}
		if quoted := strings.Contains(lines[i+1], `,"`); quoted != strings.ContainsAny(tc.want, ";,") {
			t.Errorf("%q in quotes: %v, in %s", tc.actor, quoted, lines[i+1])
		}
	}
}

var formulas = []struct{ actor, want string }{
	{"ada", "ada"},
	{"a=b", "a=b"},
	{"=1", "'=1"},
	{"+1", "'+1"},
	{"-1", "'-1"},
	{"@sum", "'@sum"},
	{"＝1", "'＝1"},
	{"＋1", "'＋1"},
	{"－1", "'－1"},
	{"＠sum", "'＠sum"},
	{" =1,2", "' =1,2"},
	{"\u3000\u200d=1", "'\u3000\u200d=1"},
	{"\t=1;", "' =1;"},
	{"\n=1;", "' =1;"},
	{"\r=1;", "' =1;"},
	{"ada;b", "ada;b"},
	{"ada;=1", "ada;'=1"},
	{`ada;b; "＝1`, `ada;b;' "＝1`},
	{"ada, \"the\" count\nof", "ada, \"the\" count of"},
	{"a\u001b[2Jd\u2028a\u202e", "a[2Jd a"},
	{"##[warning]b,", "## [warning]b,"},
}

// TestRequests: bills are asked for by month, and not at all where no command began.
func TestRequests(t *testing.T) {
	t.Parallel()
	denied := quiet()
	denied.errs["bill"] = &rescale.Error{Status: http.StatusForbidden}
	for name, tc := range map[string]struct {
		p    *platform
		want map[string]int
	}{
		"nothing":         {empty(), map[string]int{"jobs": 1, "coretypes": 1, "projects": 1}},
		"two months":      {quiet(), map[string]int{"jobs": 1, "job": 6, "statuses": 5, "coretypes": 1, "projects": 1, "workspace": 1, "bill": 2}},
		"they are denied": {denied, map[string]int{"jobs": 1, "job": 6, "statuses": 5, "coretypes": 1, "projects": 1, "workspace": 1, "bill": 1}},
	} {
		_, err := ledger.Collect(t.Context(), tc.p, audit.Query{Owner: "ada@example.com"}, noon())
		if diff := cmp.Diff(tc.want, tc.p.calls); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestWhatIsRefused beside the jobs is left out, and what fails is an error.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	forbidden := &rescale.Error{Status: http.StatusForbidden, Detail: "no permission"}
	expired := &rescale.Error{Status: http.StatusUnauthorized}
	down := errors.New("down")
	for name, tc := range map[string]struct {
		call string
		err  error
		want string // in the text; empty: an error
	}{
		"prices":         {"coretypes", forbidden, "without a price +4"},
		"projects":       {"projects", forbidden, "pAero "},
		"no workspace":   {"workspace", forbidden, "No bill: the platform does not name the workspace"},
		"no bill":        {"bill", &rescale.Error{Status: http.StatusNotFound}, "No bill: the platform does not show"},
		"no key":         {"projects", expired, ""},
		"no jobs":        {"jobs", forbidden, ""},
		"trouble":        {"coretypes", down, ""},
		"trouble of v3":  {"workspace", down, ""},
		"a broken bill":  {"bill", down, ""},
		"an expired one": {"bill", expired, ""},
	} {
		p := quiet()
		p.errs[tc.call] = tc.err
		l, err := ledger.Collect(t.Context(), p, audit.Query{Owner: "ada@example.com"}, noon())
		var text bytes.Buffer
		if err == nil {
			l.Text(&text)
		}
		if (err == nil) != (tc.want != "") || err == nil && !regexp.MustCompile(tc.want).MatchString(text.String()) || err != nil && !errors.Is(err, tc.err) {
			t.Errorf("%s: %v\n%s", name, err, text.String())
		}
	}
}

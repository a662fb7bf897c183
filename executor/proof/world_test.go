package proof_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const (
	key   = "1111111111111111111111111111111111111111"
	owner = "ada@example.com"
)

// open starts a platform whose commands are all /bin/true. At speed 0 they run at
// once, at a low speed practically never.
func open(t *testing.T, speed float64) *emulator.Server {
	t.Helper()
	return openWith(t, speed, nil)
}

// openWith also limits requests.
func openWith(t *testing.T, speed float64, limits map[emulator.Scope]emulator.Rate) *emulator.Server {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "proof"), Shell: "true", Env: []string{"PATH=" + os.Getenv("PATH")}, Speed: speed, Throttle: limits,
		Accounts: []emulator.Account{{Key: key, Email: owner, CompanyCode: "acme", Projects: []emulator.Project{{ID: "pCfd", Name: "cfd"}}}},
		// Who pays has to be said in a call of its own.
		Switches: emulator.Switches{IgnoreProjects: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// site is a folder with a manifest, as one machine has it.
type site struct {
	dir      string
	manifest string
}

// newSite writes the files and takes the first of them, job.yaml, for the manifest.
func newSite(t *testing.T, manifest string, files map[string]string) site {
	t.Helper()
	s := site{dir: scratch.Dir(t, "proof"), manifest: manifest}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s site) journal() string { return filepath.Join(s.dir, "state.jsonl") }

func (s site) loseState(t *testing.T) {
	t.Helper()
	if err := os.Remove(s.journal()); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// runner is one process that applies.
type runner struct {
	site      site
	base      string // of the platform; empty for one on this machine
	transport http.RoundTripper
	wrap      func(state.Appender) state.Appender
	parallel  int
	noWait    bool
	patience  time.Duration // 0 means the usual one
	timeout   time.Duration // of one try where time is real, so that pauses are short; 0 means the usual one
	options   planner.Options
}

// errNotSucceeded is exit code 100.
var errNotSucceeded = errors.New("a job did not succeed")

// config is how it asks the platform.
func (r runner) config() rescale.Config {
	c := rescale.Config{BaseURL: cmp.Or(r.base, "http://localhost"), Key: rescale.NewSecret(key), Transport: r.transport, Timeout: r.timeout}
	if r.timeout > 0 {
		c.Retry = rescale.Retry{Base: time.Millisecond}
	}
	return c
}

// plan is what `rescale-apply plan` decides.
func (r runner) plan(ctx context.Context, snapshot func(state.Identity) (state.Snapshot, error)) (planner.Plan, resolver.Result, *rescale.Client, error) {
	client, err := rescale.New(r.config())
	if err != nil {
		return planner.Plan{}, resolver.Result{}, nil, err
	}
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		text, err := os.ReadFile(name)
		return diag.Source{Name: name, Text: text}, err
	}}
	jobs, problems := loader.Load([]diag.Source{{Name: "job.yaml", Dir: r.site.dir, Text: []byte(r.site.manifest)}})
	if len(problems) > 0 {
		return planner.Plan{}, resolver.Result{}, client, problems
	}
	resolved, problems, err := resolver.Resolve(ctx, jobs, client, files.Reading{})
	if err != nil || len(problems) > 0 {
		return planner.Plan{}, resolved, client, errors.Join(err, asError(problems))
	}
	snap, err := snapshot(identity())
	if err != nil {
		return planner.Plan{}, resolved, client, err
	}
	seen, err := planner.Observe(ctx, client, resolved, snap, r.options)
	if err != nil {
		return planner.Plan{}, resolved, client, err
	}
	return planner.New(resolved.Jobs, snap, seen, r.options), resolved, client, nil
}

func asError(problems diag.List) error {
	if len(problems) == 0 {
		return nil
	}
	return problems
}

func identity() state.Identity {
	return state.Identity{Tool: "proof", Platform: "http://localhost", Account: owner}
}

// patience ends an apply that waits for a run which never begins. The time is not real.
const patience = time.Hour

// apply is what `rescale-apply -f job.yaml` does; nil means exit code 0.
func (r runner) apply(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.patience, patience))
	defer cancel()
	var journal *state.Journal
	defer func() {
		if journal != nil {
			err = errors.Join(err, journal.Close())
		}
	}()
	wrap := r.wrap
	if wrap == nil {
		wrap = func(a state.Appender) state.Appender { return a }
	}
	plan, resolved, client, err := r.plan(ctx, func(id state.Identity) (state.Snapshot, error) {
		if journal, err = state.OpenWith(r.site.journal(), id, wrap); err != nil {
			return state.Snapshot{}, err
		}
		return journal.Snapshot(), nil
	})
	if err != nil {
		return err
	}
	run := executor.Executor{Platform: client, Journal: journal, Owner: resolved.User.Email, Company: resolved.User.CompanyCode, Parallel: r.parallel, NoWait: r.noWait}
	if r.timeout > 0 {
		run.Interval = time.Millisecond
	}
	report, err := run.Apply(ctx, plan)
	for _, o := range report.Outcomes {
		err = errors.Join(err, o.Err)
		if o.Err == nil && !r.noWait && o.Verdict != "succeeded" {
			err = errors.Join(err, fmt.Errorf("%w: %s is %q", errNotSucceeded, o.Job, o.Verdict))
		}
	}
	return err
}

// pending reports whether `plan --detailed-exitcode` would exit 2.
func (r runner) pending(ctx context.Context) (bool, error) {
	plan, _, _, err := r.plan(ctx, func(id state.Identity) (state.Snapshot, error) { return state.Read(r.site.journal(), id) })
	return plan.Pending(), err
}

// bill is what the platform has of our jobs.
type bill struct {
	submitted map[string]int // jobs that were ever submitted, by key
	drafts    int            // that are still there
}

func billOf(server *emulator.Server) (bill, error) {
	b := bill{submitted: make(map[string]int)}
	for _, j := range server.Jobs() {
		if j.Draft {
			if !j.Deleted {
				b.drafts++
			}
			continue
		}
		var body struct {
			JobAnalyses []struct {
				EnvVars map[string]string `json:"envVars"`
			} `json:"jobanalyses"`
		}
		if err := json.Unmarshal(j.Body, &body); err != nil {
			return b, err
		}
		key := body.JobAnalyses[0].EnvVars[once.KeyVariable]
		for _, tile := range body.JobAnalyses {
			if tile.EnvVars[once.KeyVariable] != key {
				return b, fmt.Errorf("an analysis of job %s has another key", j.Name)
			}
		}
		if b.submitted[key]++; len(body.JobAnalyses) > 1 && j.ProjectID != "pCfd" {
			return b, fmt.Errorf("job %s is billed to project %q", j.Name, j.ProjectID)
		}
	}
	return b, nil
}

// check returns what is wrong when each of n keys must have one submitted job, and
// nothing else may be left.
func (b bill) check(n int) error {
	var wrong []error
	if len(b.submitted) != n {
		wrong = append(wrong, fmt.Errorf("%d keys were submitted, want %d", len(b.submitted), n))
	}
	for key, count := range b.submitted {
		if count != 1 {
			wrong = append(wrong, fmt.Errorf("%d jobs of key %.20s… were submitted", count, key))
		}
	}
	if b.drafts != 0 {
		wrong = append(wrong, fmt.Errorf("%d drafts are left over", b.drafts))
	}
	return errors.Join(wrong...)
}

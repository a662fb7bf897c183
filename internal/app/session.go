package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/detail"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/reporting"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// session is a workspace that is connected with its platform.
type session struct {
	*workspace.Workspace
	*connect.Connection
	tool    *tool
	secrets map[string]rescale.Secret
	user    rescale.User
	project string // that the jobs bill, in words
}

// load reads and checks manifests.
func (t *tool) load(scope options.Scope) (*workspace.Workspace, error) {
	t.reports.Asked(scope.Manifests)
	return t.surroundings().Load(scope)
}

func (t *tool) surroundings() workspace.Surroundings {
	return workspace.Surroundings{Stdin: t.env.Stdin, Getenv: t.env.Getenv, Environ: t.env.Environ, Notice: t.Line, Warn: t.Warn, Found: t.reports.Found}
}

// session connects a workspace with its platform and does the work of one verb on it.
// Nothing is sent before the work begins.
func (t *tool) session(ctx context.Context, w *workspace.Workspace, platform options.Platform, work func(*session) error) error {
	if _, unfit := secrets(w.Jobs, t.env.Getenv); len(unfit) > 0 && t.effect == options.Changes {
		return w.Problems(unfit)
	}
	return t.lookBack(ctx, w, platform, work)
}

// lookBack is session for verbs that send nothing of a manifest: they do without secrets.
func (t *tool) lookBack(ctx context.Context, w *workspace.Workspace, platform options.Platform, work func(*session) error) error {
	values, hidden := t.hide(w.Jobs)
	if err := w.NameSpaces(ctx); err != nil {
		return err
	}
	wish := connect.Wish{Platform: platform, LocalFolder: w.LocalPlatform(), Hide: hidden}
	return t.connected(ctx, wish, func(c *connect.Connection) error {
		return work(&session{Workspace: w, Connection: c, tool: t, secrets: values})
	})
}

// hide keeps the secrets of jobs out of all that is shown.
func (t *tool) hide(jobs []spec.Job) (values map[string]rescale.Secret, hidden []rescale.Secret) {
	values, _ = secrets(jobs, t.env.Getenv)
	hidden = slices.Collect(maps.Values(values))
	t.Hide(append(secretsOf(t.env), hidden...))
	return values, hidden
}

// visit connects with the platform without a manifest and does the work of a verb.
func (t *tool) visit(ctx context.Context, platform options.Platform, work func(*connect.Connection) error) error {
	return t.connected(ctx, connect.Wish{Platform: platform, LocalFolder: workspace.LocalPlatformHere()}, work)
}

func (t *tool) connected(ctx context.Context, wish connect.Wish, work func(*connect.Connection) error) (err error) {
	caller := connect.Caller{
		Agent: options.Program + "/" + Version(), Getenv: t.env.Getenv, Environ: t.env.Environ,
		Effect: t.effect, Notices: t.Notices, Notice: t.Line,
	}
	c, err := caller.Open(ctx, wish)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return work(c)
}

// resolved resolves with what is remembered of digests, and shows long hashing.
// The embedded platform has a catalog of its own, which no lock is about.
func (s *session) resolved(ctx context.Context) (resolver.Result, diag.List, error) {
	if !s.Alone() {
		if err := s.ReadLocks(); err != nil {
			return resolver.Result{}, nil, err
		}
	}
	memory, keep := s.Digests()
	defer keep()
	shown, done := s.tool.Reading()
	defer done()
	reading := s.Reading()
	reading.Memory, reading.Tell = memory, shown.Tell
	resolved, problems, err := resolver.Resolve(ctx, s.Jobs, s.Platform, reading)
	s.user = resolved.User
	return resolved, problems, err
}

// resolve checks the jobs against the catalogs and the disk.
func (s *session) resolve(ctx context.Context) (resolver.Result, error) {
	resolved, problems, err := s.resolved(ctx)
	refused := s.Drifted(resolved.Drift, problems)
	switch {
	case err != nil:
		return resolved, s.Refused(err)
	case refused != nil:
		return resolved, refused
	case len(problems) > 0:
		return resolved, s.Problems(problems)
	}
	for _, job := range resolved.Jobs {
		if err := s.tool.reports.Apart(job.Inputs); err != nil {
			return resolved, err
		}
	}
	s.WarnOfSlips()
	return resolved, nil
}

// planned is a plan as reports show it. What is on this machine has no address.
func (s *session) planned(plan planner.Plan, style show.Style) reporting.Planned {
	return reporting.Planned{Plan: plan, Style: style, Site: s.site()}
}

func (s *session) site() reporting.Site {
	return reporting.Site{URL: s.url, Free: s.Alone(), Log: func(ctx context.Context, id string) []string { return detail.Log(ctx, s.Platform, id) }}
}

func (s *session) url(id string) string {
	if s.Alone() {
		return ""
	}
	return s.Platform.JobURL(id)
}

// identity is what the state file belongs to.
func (s *session) identity() state.Identity {
	return state.Identity{Tool: toolName(), Platform: s.Account, Account: s.user.Email}
}

// reviewed is what a review of a plan is about.
func (s *session) reviewed(plan planner.Plan) review.Plan {
	id := s.identity()
	return review.Of(plan, id.Platform, id.Account)
}

// toolName is what a state file says of the program that wrote it.
func toolName() string { return options.Program + " " + Version() }

// ask asks the platform who the account is.
func (s *session) ask(ctx context.Context) (err error) {
	if s.user, err = s.Platform.Me(ctx); err != nil {
		return s.Refused(fmt.Errorf("asking the platform for your account: %w", err))
	}
	return nil
}

// recall gives what the journal and the platform know of the runs of the jobs, without
// resolving the manifest: verbs that look back know the jobs by name.
func (s *session) recall(ctx context.Context) (planner.Observation, state.Snapshot, error) {
	if err := s.ask(ctx); err != nil {
		return planner.Observation{}, state.Snapshot{}, err
	}
	snapshot, err := s.ReadJournals(s.identity())
	if err != nil {
		return planner.Observation{}, snapshot, err
	}
	return planner.Recollect(ctx, s.Platform, s.user.Email, past(s.Jobs), snapshot)
}

// past is what verbs that look back go by.
func past(jobs []spec.Job) (list []planner.Past) {
	for _, job := range jobs {
		list = append(list, planner.Past{Name: job.Name.V, Namespace: job.Namespace.V, Success: job.Success, Adopt: job.Adopt})
	}
	return list
}

// tellOfLooks tells how long so many requests take, where a person would wonder.
func (s *session) tellOfLooks(requests int) {
	if least := s.Platform.LooksTake(requests); least > patience.LongWait {
		s.tool.Line(fmt.Sprintf("%s take at least %s, by the platform's limits", humanize.Plural(requests, "request"), humanize.Forecast(least)))
	}
}

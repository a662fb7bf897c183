package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/adoption"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/account"
	"github.com/rescale-apply/rescale-apply/internal/app/approval"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/provenance"
	"github.com/rescale-apply/rescale-apply/internal/app/pruning"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/asked"
	"github.com/rescale-apply/rescale-apply/spec"
)

// spending are the options of the verbs that plan: what may be bought, and what for.
type spending struct {
	costs     costs
	rerun     options.Rerun
	transfers options.Transfers
	source    options.Provenance
	prune     options.Pruning
	full      bool // the plan shows each point of a matrix
}

// fullFlag is the flag of a plan that is shown point by point.
func (o *spending) fullFlag() options.Flags {
	return options.Flags{{Name: "full", Into: &o.full, Usage: "show each point of a matrix, also those that are alike"}}
}

// costs bound what may be spent.
type costs struct{ options.Costs }

// limit refuses a plan that can cost more than --max-cost. A plan whose cost has no known
// upper bound can.
func (o costs) limit(plan planner.Plan) error {
	if !o.Limited {
		return nil
	}
	total := 0.0
	for _, step := range plan.Spending() {
		if why, hint := guard.Unknown(step.Job); why != "" {
			return &exit.GuardError{
				Message: fmt.Sprintf("what a run of job %q can cost is not known: %s; --max-cost is %s", step.Job.Name, why, guard.USD(o.Max)), Help: hint,
			}
		}
		total += step.Job.Estimate.Cost
	}
	if guard.Exceeds(total, o.Max) {
		return &exit.GuardError{
			Message: fmt.Sprintf("the new runs can cost %s, and --max-cost is %s", guard.AtMost(total), guard.USD(o.Max)),
			Help:    "shorten the walltime, choose fewer jobs with --target, or raise --max-cost; nothing was uploaded or started",
		}
	}
	return nil
}

// overLimits are the refusals of a plan that costs more than a manifest allows.
func overLimits(plan planner.Plan) diag.List {
	return slices.DeleteFunc(plan.Refusals(), func(d diag.Diagnostic) bool { return d.Rule != diag.OverLimit })
}

// planCode ends a plan: a limit that apply would refuse counts whether or not the exit
// code is asked for.
func (t *tool) planCode(s *session, plan planner.Plan, o planOptions) error {
	err := errors.Join(s.Forbidden(overLimits(plan)), o.costs.limit(plan))
	if !o.detailed {
		return err
	}
	if err == nil {
		err = ending.Pending(plan)
	}
	if !o.output.JSON() {
		ending.Mark(t.Out, exit.Of(err))
	}
	return err
}

// wishes are what the flags want of a plan. Command is how the tool was called.
func (o spending) wishes(w *workspace.Workspace, command string) (planner.Options, error) {
	wishes := planner.Options{
		After: make(map[string]string), Failed: o.rerun.Failed, NoReuse: o.transfers.NoReuse,
		NoFetch: o.transfers.NoDownload, Command: command,
	}
	if o.costs.Locked {
		if err := w.HoldToLocks(); err != nil {
			return wishes, err
		}
	}
	if o.rerun.Running {
		wishes.Rivals = planner.StopRivals
	}
	replace := make(map[string]bool)
	for _, word := range o.rerun.Replace {
		name, id := replacement(w, word)
		jobs, err := w.Called([]string{name}, "--replace ")
		switch {
		case err != nil:
			return wishes, err
		case id == "":
			maps.Copy(replace, jobs)
			continue
		case len(jobs) > 1:
			return wishes, options.Usage(fmt.Sprintf("--replace %s: %d jobs cannot all be after one run", word, len(jobs)), "name one job: --replace NAME="+id)
		}
		for job := range jobs {
			wishes.After[job] = id
		}
	}
	wishes.Replace = slices.Sorted(maps.Keys(replace))
	return wishes, nil
}

// replacement takes NAME or NAME=ID apart. Names of points have equals signs of their
// own, so that what is a name as a whole is one.
func replacement(w *workspace.Workspace, word string) (name, id string) {
	at := strings.LastIndexByte(word, '=')
	if at < 0 || w.HasName(word) {
		return word, ""
	}
	return word[:at], word[at+1:]
}

// paysAgain reports whether the command starts another run each time it is given.
func (o applyOptions) paysAgain(w *workspace.Workspace) bool {
	return o.rerun.Failed || slices.ContainsFunc(o.rerun.Replace, func(word string) bool {
		_, id := replacement(w, word)
		return id == ""
	})
}

// repeatable refuses what would pay again each time it is run where nobody looks: a
// pipeline is run again with a button. The hint is the command that pays once.
func (o applyOptions) repeatable(t *tool, plan planner.Plan) error {
	var bare, pattern string
	for _, word := range o.rerun.Replace {
		if options.IsPattern(word) {
			pattern = word
		} else if !strings.Contains(word, "=") || planned(plan, word) {
			bare = word
		}
	}
	switch {
	case bare != "" && t.env.Getenv("CI") != "":
		return o.once(plan, fmt.Sprintf("--replace %s pays again each time it is given, and a pipeline may run twice (CI is set)", bare))
	case pattern != "" && !t.Stderr:
		return o.once(plan, fmt.Sprintf("--replace %s pays again each time it is given, and no terminal is here", pattern))
	case o.rerun.Failed && !t.Stderr:
		return o.once(plan, "--replace-failed pays again each time a run fails, and no terminal is here")
	}
	return nil
}

// planned reports whether a word is the name of a job as a whole.
func planned(plan planner.Plan, word string) bool {
	return slices.ContainsFunc(plan.Steps, func(s planner.Step) bool { return s.Job.Name == word })
}

// once refuses a command and gives the one that pays once.
func (o applyOptions) once(plan planner.Plan, why string) error {
	var runs []planner.Rival
	for _, step := range plan.Steps {
		if step.Replaces && step.Last.ID != "" {
			runs = append(runs, planner.Rival{ID: step.Last.ID, Key: step.Key.String()})
		}
	}
	if len(runs) == 0 {
		return options.Usage(why, "leave it out: no job has a run that it would follow; the form that pays once is --replace NAME=ID")
	}
	return options.Usage(why, planner.Again(o.Typed(), runs...))
}

// planAhead plans without the journal's lock.
func (s *session) planAhead(ctx context.Context, o planOptions, wishes planner.Options) (planner.Plan, error) {
	resolved, err := s.resolveFrom(ctx, o.source)
	if err != nil {
		return planner.Plan{}, err
	}
	snapshot, err := s.ReadJournals(s.identity())
	if err != nil {
		return planner.Plan{}, err
	}
	plan, err := s.plan(ctx, resolved, snapshot, wishes)
	if err == nil {
		err = s.require(ctx, plan)
	}
	if err == nil {
		err = s.pruned(ctx, o.Manifests, o.prune, &plan)
	}
	return plan, err
}

// pruned adds to a plan the runs that --prune stops, or without it would stop.
func (s *session) pruned(ctx context.Context, m options.Manifests, wish options.Pruning, plan *planner.Plan) error {
	search := pruning.Search{Manifests: m, Workspace: s.Workspace, Platform: s.Platform, Owner: s.user.Email, Notice: s.Notice}
	switch {
	case wish.Wanted:
		return search.Find(ctx, plan)
	case s.Alone():
		return nil
	}
	return search.Note(ctx, plan)
}

// resolveFrom resolves jobs, and refuses what their commit does not have.
func (s *session) resolveFrom(ctx context.Context, source options.Provenance) (resolver.Result, error) {
	resolved, err := s.resolve(ctx)
	if err == nil {
		err = provenance.Require(ctx, s.Workspace, source, resolved.Jobs)
	}
	return resolved, err
}

// plan observes and decides. The jobs of the session are in the plan then, and nowhere
// else: those of a large sweep are as large again.
func (s *session) plan(ctx context.Context, resolved resolver.Result, snapshot state.Snapshot, wishes planner.Options) (planner.Plan, error) {
	bill, err := s.bill(ctx)
	if err != nil {
		return planner.Plan{}, err
	}
	if s.tool.env.Getenv("CI") != "" && !s.Alone() {
		s.tool.warnOfAttempts(s.Jobs)
	}
	s.project, s.Jobs = bill, nil
	seen, err := planner.Observe(ctx, s.Platform, resolved, snapshot, wishes)
	var unadoptable *adoption.Error
	if errors.As(err, &unadoptable) {
		return planner.Plan{}, s.Problems(unadoptable.Problems.Sort())
	}
	if err != nil {
		return planner.Plan{}, err
	}
	return planner.New(resolved.Jobs, snapshot, seen, wishes), nil
}

// require refuses a plan to submit jobs without the custom fields that the workspace
// requires: the platform would say so only after all uploads. What would not be submitted
// needs none, and then nobody asks.
func (s *session) require(ctx context.Context, plan planner.Plan) error {
	spending := plan.Spending()
	if s.Alone() || len(spending) == 0 {
		return nil
	}
	fields, err := asked.Read(ctx, s.Platform)
	switch {
	case ctx.Err() != nil || rescale.IsAuth(err):
		return s.Refused(err)
	case err != nil: // no run depends on a call that is not documented
		s.tool.Warn(fmt.Sprintf("%v; a job that lacks a required one will be refused at its submit", err))
		return nil
	}
	var problems diag.Gathering
	for i := range spending {
		problems.Add(fields.Check(spending[i].Job.Pos, spending[i].Job.FieldsAt))
	}
	if list := problems.List(); len(list) > 0 {
		return s.Problems(list.Sort())
	}
	return nil
}

// warnOfAttempts warns of jobs that a pipeline, which runs on a schedule or again with a
// button, may pay for without an end.
func (t *tool) warnOfAttempts(jobs []spec.Job) {
	var names []string
	for _, job := range jobs {
		if job.Rerun.OnFailure.V == spec.Always && !job.Rerun.AtMost.Written() && !job.Protected.V {
			names = append(names, job.Name.V)
		}
	}
	if len(names) > 0 {
		t.Warn(humanize.Others(names) + ": each apply may pay for another attempt (CI is set); rerun.atMost bounds them")
	}
}

// bill names what the jobs bill, the account's own project where they name none.
func (s *session) bill(ctx context.Context) (string, error) {
	if s.Alone() {
		return "", nil // nothing is billed here
	}
	var own string
	if slices.ContainsFunc(s.Jobs, func(job spec.Job) bool { return job.Project.V == "" }) {
		var err error
		if own, err = account.Own(ctx, s.Platform); err != nil {
			return "", err
		}
	}
	var names []string
	for _, job := range s.Jobs {
		if name := cmp.Or(job.Project.V, own); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and "), nil
}

// style also says what the platform's limits take; here: results do not come.
func (s *session) style(here bool) show.Style {
	style := s.tool.Style()
	style.Free, style.Limits.Submits = s.Alone(), s.Platform.SubmitsTake
	if !s.Alone() {
		style.As = account.Line(s.user.Email, s.Account, s.project)
	}
	if !here {
		style.Limits.Downloads = s.Platform.DownloadsTake
	}
	return style
}

// showPlan prints a plan in the wanted form.
func (t *tool) showPlan(s *session, plan planner.Plan, o planOptions) error {
	style := s.style(o.transfers.NoDownload)
	style.Full = o.full
	t.reports.Planned(s.planned(plan, style))
	switch o.output.Format {
	case "json":
		return show.WritePlan(t.Out, plan)
	case "md":
		fmt.Fprint(t.Out, t.reports.Markdown(s.planned(plan, style)))
	default:
		style.Plan(t.Out, plan)
	}
	return nil
}

// save writes a plan for a review, where that is wanted.
func (s *session) save(ctx context.Context, place approval.Place, plan planner.Plan, o planOptions) error {
	if o.out == "" {
		return nil
	}
	from, err := provenance.Together(ctx, s.Workspace, o.source, plan)
	if err != nil {
		return err
	}
	id := s.identity()
	s.tool.reports.Saved(o.out)
	return place.Write(plan, approval.Header{Platform: id.Platform, Account: id.Account, Source: from}, s.Platform.Redact)
}

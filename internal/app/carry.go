package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/approval"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/pruning"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// work is a plan that is carried out.
type work struct {
	applyOptions
	plan    planner.Plan
	journal *workspace.Journals
	again   bool // the same command would pay again

	approved approval.Approval
}

func (t *tool) carryOut(ctx context.Context, s *session, w work) error {
	if err := s.require(ctx, w.plan); err != nil {
		return err
	}
	style := s.style(w.transfers.NoDownload || w.waiting.No)
	style.Full = w.full
	t.reports.Planned(s.planned(w.plan, style))
	if !w.output.JSON() {
		style.Plan(t.Out, w.plan)
	}
	if err := errors.Join(s.Forbidden(w.plan.Refusals()), w.costs.limit(w.plan), w.approved.Check(s.reviewed(w.plan), w.Typed())); err != nil {
		return err
	}
	if err := w.askUnbounded(ctx, t, s); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, w.waiting.Timeout)
	defer cancel()
	last := s.lastLine(ctx, w.output.Format, w.lastLog && len(w.plan.Steps) == 1)
	defer last.Close()
	view := live(style, w.plan)
	view.Log = last.Of()
	watcher := t.Watch(w.output.Format, view)
	defer watcher.Close()
	if err := pruning.Stop(ctx, s.Platform, w.plan.Prune, watcher.Event); err != nil {
		return err
	}
	report, err := w.executor(s, last.Through(watcher.Event)).Apply(ctx, w.plan)
	watcher.Close()
	if err != nil {
		return err
	}
	t.reports.Applied(ctx, report)
	if !w.output.JSON() && (w.plan.Pending() || w.plan.Count(planner.Running) > 0) {
		fmt.Fprintln(t.Out, show.Applied(report))
		style.Failures(t.Out, report, func(runs []planner.Rival) string { return planner.Again(w.Typed(), runs...) })
	}
	return ending.Ending{Report: report, Alone: s.Alone(), Again: w.again, Passes: w.review.Collect, Stop: w.Stopping}.Conclude(ctx, t.Screen)
}

// askUnbounded asks in the one case in which nothing bounds what is spent, and a person is
// there: a job without a walltime runs, and is billed, until somebody stops it.
func (w work) askUnbounded(ctx context.Context, t *tool, s *session) error {
	var names []string
	for _, step := range w.plan.Spending() {
		if !step.Job.Estimate.Bounded {
			names = append(names, step.Job.Name)
		}
	}
	if len(names) == 0 || s.Alone() || !t.Stdin || !t.Stderr {
		return nil
	}
	return w.ask(ctx, t, "nothing bounds what "+diag.Line(humanize.Others(names))+" can cost, without a walltime; start?")
}

func (w work) executor(s *session, notify func(executor.Event)) *executor.Executor {
	run := &executor.Executor{
		Platform: s.Platform, Journal: w.journal, Owner: s.user.Email, Company: s.user.CompanyCode,
		Parallel: w.waiting.Parallel, Secrets: s.secrets, Redact: s.Platform.Redact,
		Interval: w.waiting.Every(s.Platform.Local), NoWait: w.waiting.No, NoQueue: w.waiting.No, Alone: s.Alone(),
		NoFetch: w.transfers.NoDownload, NoReuse: w.transfers.NoReuse, Command: w.Typed(), Notify: notify, Permit: w.approved.Permit(),
	}
	if w.output.JSON() {
		run.Pace = time.Second // programs read each line of a transfer
	}
	return run
}

// live is what the live view has to know of a plan.
func live(style show.Style, plan planner.Plan) show.Screen {
	view := show.Screen{Style: style}
	for _, step := range plan.Steps {
		view.Order = append(view.Order, step.Job.Name)
	}
	view.Uploads.Files = len(plan.Uploads)
	for _, in := range plan.Uploads {
		view.Uploads.Bytes += in.Size
	}
	return view
}

// withTimeout bounds ctx by --timeout; 0 means no bound.
func withTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, exit.ErrTimeout)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
)

// work is a plan that is carried out.
type work struct {
	applyOptions
	plan    planner.Plan
	journal *workspace.Journals
	again   bool // the same command would pay again
}

func (t *tool) carryOut(ctx context.Context, s *session, w work) error {
	style := s.style(w.transfers.NoDownload || w.waiting.No)
	style.Full = w.full
	if !w.output.JSON() {
		style.Plan(t.Out, w.plan)
	}
	if err := errors.Join(s.Forbidden(w.plan.Refusals()), w.costs.limit(w.plan)); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, w.waiting.Timeout)
	defer cancel()
	watcher := t.Watch(w.output.Format, live(style, w.plan))
	defer watcher.Close()
	report, err := w.executor(s, watcher.Event).Apply(ctx, w.plan)
	watcher.Close()
	if err != nil {
		return err
	}
	if !w.output.JSON() && (w.plan.Pending() || w.plan.Count(planner.Running) > 0) {
		fmt.Fprintln(t.Out, show.Applied(report))
		style.Failures(t.Out, report, func(runs []planner.Rival) string { return planner.Again(w.Typed(), runs...) })
	}
	return ending.Ending{Report: report, Alone: s.Alone(), Again: w.again, Stop: w.Stopping}.Conclude(ctx, t.Screen)
}

func (w work) executor(s *session, notify func(executor.Event)) *executor.Executor {
	run := &executor.Executor{
		Platform: s.Platform, Journal: w.journal, Owner: s.user.Email, Company: s.user.CompanyCode,
		Parallel: w.waiting.Parallel, Secrets: s.secrets, Redact: s.Platform.Redact,
		Interval: w.waiting.Every(s.Platform.Local), NoWait: w.waiting.No, NoQueue: w.waiting.No, Alone: s.Alone(),
		NoFetch: w.transfers.NoDownload, NoReuse: w.transfers.NoReuse, Command: w.Typed(), Notify: notify,
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

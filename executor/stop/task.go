package stop

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// interval is the longest pause between two looks at a run: the platform takes seconds or
// minutes for a stop.
const interval = 2 * time.Second

// task is the stopping of one run.
type task struct {
	Stopper
	Run
	outcome Outcome
	judged  verdict.Judgement
	history history // as it was seen last
	sent    bool    // a stop that may have had its effect
	err     error
}

// done is true of a run for which nothing is left to do: it is no active run, or went wrong.
func (t *task) done() bool {
	return t.err != nil || t.outcome != "" && t.outcome != Asked
}

func (t *task) progress(step Step, err error) {
	if t.Stopper.Tell != nil {
		t.Stopper.Tell(Progress{Name: t.Name, ID: t.ID, Step: step, Err: err})
	}
}

// look reads what the run is now.
func (t *task) look(ctx context.Context) {
	t.history, t.err = t.Platform.Statuses(ctx, t.ID)
	if patience.NotFound(t.err) {
		t.outcome, t.err = Gone, nil
		return
	}
	judged, over := verdict.Judge(t.history)
	switch {
	case t.err != nil:
	case len(t.history) == 0:
		t.outcome = Draft
	case over:
		t.end(judged)
	}
}

// end takes the judgement on a run that has ended. What a person stopped may have been
// stopped here, or by another before.
func (t *task) end(judged verdict.Judgement) {
	t.judged = judged
	if (t.sent || t.outcome == Asked) && judged.Verdict == verdict.Stopped {
		t.outcome = Stopped
		return
	}
	t.outcome = Over
}

// tell sends what the mode wants: the platform offers the second step only after the first
// (rescale-api.md §14 A2).
func (t *task) tell(ctx context.Context) {
	if verdict.Stopping(t.history) {
		t.outcome = Asked
		t.progress(Stopping, nil)
	} else if t.change(ctx, t.Platform.StopJob, verdict.Stopping); t.outcome == Asked {
		t.progress(Told, nil)
	}
	if !t.Mode.Force || t.done() || forced(t.history) {
		return
	}
	if t.change(ctx, t.Platform.ForceStopJob, forced); !t.done() {
		t.progress(Forced, nil)
	}
}

// forced finds the second step in a history.
func forced(h history) bool {
	return slices.ContainsFunc(h, func(s rescale.Status) bool { return s.Status == "Force Stop" })
}

// change sends one step. After a lost answer it looks whether the run has been told, or is
// over, before it sends the step again. So it does after a refusal, which an end of the run
// can explain.
func (t *task) change(ctx context.Context, send func(ctx context.Context, id string) error, told func(history) bool) {
	var refused error
	for _, pause := range patience.SettlePauses() {
		if t.err = patience.Sleep(ctx, pause); t.err != nil {
			return
		}
		refused = patience.Throttled(ctx, func() error { return send(ctx, t.ID) })
		t.sent = t.sent || refused == nil || patience.OutcomeUnknown(refused)
		if refused != nil {
			t.look(ctx)
		}
		switch {
		case t.err != nil:
			t.err = errors.Join(refused, t.err)
			return
		case t.done():
			return
		case refused == nil, told(t.history):
			t.outcome = Asked
			return
		}
		if !patience.OutcomeUnknown(refused) {
			break
		}
	}
	t.err = refused
}

// wait waits for the end of a run that was told to stop.
func (t *task) wait(ctx context.Context) {
	shown := verdict.Stopping(t.history)
	judged, err := watch.New(t.Platform, interval, nil, nil).Stopped(ctx, t.ID, func(latest rescale.Status) {
		if !shown && verdict.Stopping(history{latest}) {
			shown = true
			t.progress(Stopping, nil)
		}
	})
	if err != nil {
		t.err = err
		return
	}
	t.end(judged)
	if judged.Status == "" {
		t.tag(ctx)
	}
}

// tag says on the platform what nothing else there shows.
func (t *task) tag(ctx context.Context) {
	err := patience.Settle(ctx, func() error { return t.Platform.AddTag(ctx, t.ID, EarlyTag) })
	if err != nil && !patience.NotFound(err) {
		t.progress(Untagged, err)
	}
}

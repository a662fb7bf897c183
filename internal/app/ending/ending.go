// Package ending says what became of jobs, when a command that waits for them ends: with
// which code, what goes on without it, and what to type next.
package ending

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
)

// Ending is how a command came to its end.
type Ending struct {
	Report executor.Report
	Alone  bool                        // the platform ends with this process
	Again  bool                        // the same command would pay again
	Passes bool                        // it comes by on a schedule: its code says whether anything runs
	Stop   func(names []string) string // the command that stops jobs; optional
}

// Conclude turns outcomes into the error that ends the command: first what went wrong
// with the work itself, then an interrupt, then what became of the jobs.
func (e Ending) Conclude(ctx context.Context, s *screen.Screen) error {
	found := e.judge(ctx)
	switch {
	case found.worst != nil:
		for _, hint := range exit.Hints(found.worst) {
			s.Hint(hint)
		}
		if !e.Alone && e.active() {
			s.Hint("run the same command again to continue: nothing is started twice")
		}
		e.withoutReplace(s)
		return exit.With(exit.Of(found.worst))
	case found.cut:
		defer e.withoutReplace(s)
		return e.interrupted(ctx, s)
	case found.codes[exit.JobFailed]:
		return exit.With(exit.JobFailed)
	case found.codes[exit.JobStopped]:
		return exit.With(exit.JobStopped)
	case found.codes[exit.Running]:
		if !e.Passes {
			s.Hint("apply again when the jobs that run have ended; it starts those that wait for them")
		}
		return exit.With(exit.Running)
	}
	return nil
}

// judgement is what outcomes add up to.
type judgement struct {
	worst error // what a person must see first
	cut   bool  // the context ended
	codes map[exit.Code]bool
}

func (e Ending) judge(ctx context.Context) judgement {
	j := judgement{codes: make(map[exit.Code]bool)}
	j.codes[exit.Running] = e.Passes && e.active()
	for _, o := range e.Report.Outcomes {
		var waiting *executor.WaitingError
		switch {
		case exit.ByContext(ctx, o.Err):
			j.cut = true
		case errors.As(o.Err, &waiting):
			j.codes[exit.Running] = true
		case o.Err != nil:
			j.worst = worse(j.worst, o.Err)
		case o.Verdict == verdict.Stopped:
			j.codes[exit.JobStopped] = true
		case o.Verdict != "" && o.Verdict != verdict.Succeeded:
			j.codes[exit.JobFailed] = true
		}
	}
	return j
}

// worse is the error that a person must see first: what is wrong with the key, then with
// the state, then the rest.
func worse(a, b error) error {
	rank := func(err error) int {
		return slices.Index([]exit.Code{exit.Error, exit.Conflict, exit.Auth}, exit.Of(err))
	}
	if a == nil || rank(b) > rank(a) {
		return b
	}
	return a
}

// withoutReplace says what must not be typed again: --replace is a wish for one more run
// each time it is given for a run that is over.
func (e Ending) withoutReplace(s *screen.Screen) {
	if e.Again {
		s.Hint("leave out --replace then: a replacement that is over would be started once more")
	}
}

// active reports whether a run may go on without us. A draft that was made has an id too.
func (e Ending) active() bool {
	return len(e.running()) > 0
}

// running are the names of jobs whose run may go on without us.
func (e Ending) running() (names []string) {
	for _, o := range e.Report.Outcomes {
		if o.ID != "" && o.Verdict == "" && o.Blocked == "" && o.Withheld == "" {
			names = append(names, o.Job)
		}
	}
	return names
}

// interrupted says what goes on without us, and how to come back to it.
func (e Ending) interrupted(ctx context.Context, s *screen.Screen) error {
	code, what := exit.Interrupted, "interrupted"
	if errors.Is(context.Cause(ctx), exit.ErrTimeout) {
		code, what = exit.Running, exit.ErrTimeout.Error()
	}
	fate, hint := "submitted jobs go on running on the platform", "run the same command again to continue waiting: nothing is started twice"
	switch {
	case e.Alone:
		fate, hint = "the local platform ends with this command", "run the same command again: jobs that had not finished start over"
	case !e.active():
		fate, hint = "no job of this apply is left running on the platform", "run the same command again to continue"
	}
	s.Line(fmt.Sprintf("%s: %s; %s", options.Program, what, fate))
	s.Hint(hint)
	if running := e.running(); !e.Alone && e.Stop != nil && len(running) > 0 {
		s.Hint("to stop what runs: " + e.Stop(running))
	}
	return exit.With(code)
}

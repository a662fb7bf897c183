// Package exit is how the program ends: the codes, what they mean, and which error ends it
// with which of them.
package exit

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/scaffold"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Code is how the process tells its outcome. Codes below 100 speak of the tool, codes from
// 100 on of the jobs.
type Code int

// The codes; Codes has them with their meaning.
const (
	OK          Code = 0
	Error       Code = 1
	Pending     Code = 2
	Usage       Code = 3
	Auth        Code = 4
	Guard       Code = 5
	Conflict    Code = 6
	JobFailed   Code = 100
	Running     Code = 101
	JobStopped  Code = 102
	Interrupted Code = 130
)

// Meaning is one row of the table in the README.
type Meaning struct {
	Code    Code
	Meaning string
}

// Codes lists every code with its meaning, for the README and for help.
func Codes() []Meaning {
	return []Meaning{
		{OK, "desired state reached, or nothing to do"},
		{Error, "unexpected error, or platform error after retries"},
		{Pending, "`plan --detailed-exitcode`: changes are pending, as the plan's last line says"},
		{Usage, "usage or manifest: fix the text (YAML, schema, rules, catalog)"},
		{Auth, "authentication: missing, wrong or expired key, deactivated user"},
		{Guard, "refused by a guard: cost limit, protected job, `--locked`"},
		{Conflict, "state conflict: locked, other account, changed while running, unresolved create"},
		{JobFailed, "a job failed"},
		{Running, "still running at --timeout; with --no-wait: a job waits for one that runs"},
		{JobStopped, "a job was stopped"},
		{Interrupted, "interrupted; state is consistent, run again to continue"},
	}
}

// With ends a command with a code when everything worth saying has been said already.
func With(code Code) error { return silent(code) }

type silent Code

// Error is only seen by programmers.
func (c silent) Error() string { return fmt.Sprintf("exit %d", int(c)) }

// Said reports whether an error is only a code.
func Said(err error) bool { return is[silent](err) }

// ErrTimeout is the cause of a context that --timeout ended.
var ErrTimeout = errors.New("still running at --timeout")

// LostOutputError is standard output that did not take what was to be printed.
type LostOutputError struct{ Err error }

// Error is the act and the cause.
func (e *LostOutputError) Error() string { return "writing the output: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *LostOutputError) Unwrap() error { return e.Err }

// GuardError is a limit that the user set and that would be passed.
type GuardError struct{ Message, Help string }

// Error is the fact.
func (e *GuardError) Error() string { return e.Message }

// Hint is what to do instead.
func (e *GuardError) Hint() string { return e.Help }

// Of maps an error to its code: one table for the whole tool.
func Of(err error) Code {
	var code silent
	switch {
	case err == nil:
		return OK
	case errors.As(err, &code) && code == silent(Pending) && is[*LostOutputError](err):
		return Error // the line that tells what 2 means is not there
	case errors.As(err, &code):
		return Code(code)
	case is[diag.List](err), is[*cmdline.UsageError](err), is[*rescale.HostError](err), is[*login.ProxyError](err), is[*content.BadPatternError](err), is[*namespace.UnreadableError](err), is[*catalog.KindError](err), is[*roster.PatternError](err),
		is[*scaffold.MissingAnswerError](err), is[*scaffold.BadAnswerError](err), is[*scaffold.FolderError](err), is[*scaffold.ExistsError](err), is[*scaffold.PlaceError](err):
		return Usage
	case is[*login.MissingKeyError](err), is[*login.HomelessKeyError](err), is[*login.Error](err), is[*rescale.KeyError](err), rescale.IsAuth(err):
		return Auth
	case is[*GuardError](err), is[*guard.Error](err), is[*workspace.RefusedError](err):
		return Guard
	case is[*executor.ConflictError](err), is[*once.UnresolvedError](err), is[*once.UnstableError](err), is[*once.InvisibleError](err), is[*once.MovingError](err), is[*once.OtherRunsError](err), is[*once.RivalError](err), is[*once.WaitError](err), is[*once.UndeletableError](err), is[*rescale.OutcomeUnknownError](err),
		is[*state.LockedError](err), is[*state.ForeignError](err), is[*state.DamagedError](err), is[*state.NewerError](err):
		return Conflict
	case errors.Is(err, ErrTimeout):
		return Running
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Error
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

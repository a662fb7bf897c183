// Package exit is how the program ends: the codes, what they mean, and which error ends it
// with which of them.
package exit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/attach"
	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/app/converting"
	"github.com/rescale-apply/rescale-apply/internal/app/importing"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
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
		{Guard, "refused by a guard: cost limit, protected job, `--locked`; `audit`: out of balance"},
		{Conflict, "state conflict: locked, other account, changed while running, unresolved create, not as reviewed; `audit`: not known"},
		{JobFailed, "a job failed"},
		{Running, "still running at --timeout; with --no-wait: a job waits for one that runs; with --collect: a job runs"},
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

// ErrInterrupted is what people read of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted; nothing was left half done, run the same command again to continue")

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
	case errors.As(err, &code) && code == silent(Pending) && (is[*LostOutputError](err) || is[*report.WriteError](err)):
		return Error // what tells what 2 means is not there
	case errors.As(err, &code):
		return Code(code)
	case oneOf(err, wrong()):
		return Usage
	case oneOf(err, strange()), rescale.IsAuth(err):
		return Auth
	case oneOf(err, forbidden()):
		return Guard
	case oneOf(err, disputed()):
		return Conflict
	case errors.Is(err, ErrTimeout):
		return Running
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Error
}

// kind reports whether an error is of one type.
type kind func(error) bool

func oneOf(err error, kinds []kind) bool {
	return slices.ContainsFunc(kinds, func(of kind) bool { return of(err) })
}

// wrong are errors about what a person has written.
func wrong() []kind {
	return []kind{
		is[*catalog.KindError],
		is[*cmdline.UsageError],
		is[*content.BadPatternError],
		is[diag.List],
		is[*importing.DraftError], is[*importing.ExistsError], is[*importing.UnsaidError],
		is[*login.ProxyError],
		is[*namespace.UnreadableError],
		is[*rescale.HostError],
		is[*review.FileError],
		is[*roster.CommitError], is[*roster.PatternError],
		is[*scaffold.BadAnswerError], is[*scaffold.ExistsError], is[*scaffold.FolderError], is[*scaffold.MissingAnswerError], is[*scaffold.PlaceError],
		is[*converting.ExistsError], is[*converting.FileError], is[*converting.FormatError],
	}
}

// strange are errors about keys that open nothing.
func strange() []kind {
	return []kind{
		is[*login.Error], is[*login.HomelessKeyError], is[*login.MissingKeyError],
		is[*rescale.KeyError],
	}
}

// forbidden are errors about what a person does not want.
func forbidden() []kind {
	return []kind{
		is[*GuardError],
		is[*attach.StoppedError],
		is[*audit.UnbalancedError],
		is[*guard.Error],
		is[*workspace.RefusedError],
	}
}

// disputed are errors about what must be settled first.
func disputed() []kind {
	return []kind{
		is[*attach.Error],
		is[*audit.IncompleteError],
		is[*executor.ChoiceError], is[*executor.ConflictError],
		is[*once.InvisibleError], is[*once.MovingError], is[*once.OtherRunsError], is[*once.RivalError], is[*once.UndeletableError], is[*once.UnresolvedError], is[*once.UnstableError], is[*once.WaitError],
		is[*rescale.OutcomeUnknownError],
		is[*review.DifferenceError],
		is[*state.DamagedError], is[*state.ForeignError], is[*state.LockedError], is[*state.NewerError],
	}
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

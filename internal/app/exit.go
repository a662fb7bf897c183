package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// ExitCode is how the process tells its outcome. Codes below 100 speak of the
// tool, codes from 100 on of the jobs.
type ExitCode int

// The exit codes; ExitCodes has them with their meaning.
const (
	ExitOK          ExitCode = 0
	ExitError       ExitCode = 1
	ExitPending     ExitCode = 2
	ExitUsage       ExitCode = 3
	ExitAuth        ExitCode = 4
	ExitGuard       ExitCode = 5
	ExitConflict    ExitCode = 6
	ExitJobFailed   ExitCode = 100
	ExitRunning     ExitCode = 101
	ExitJobStopped  ExitCode = 102
	ExitInterrupted ExitCode = 130
)

// CodeMeaning is one row of the table in the README.
type CodeMeaning struct {
	Code    ExitCode
	Meaning string
}

// ExitCodes lists every code with its meaning, for the README and for help.
func ExitCodes() []CodeMeaning {
	return []CodeMeaning{
		{ExitOK, "desired state reached, or nothing to do"},
		{ExitError, "unexpected error, or platform error after retries"},
		{ExitPending, "`plan --detailed-exitcode`: changes are pending, as the plan's last line says"},
		{ExitUsage, "usage or manifest: fix the text (YAML, schema, rules, catalog)"},
		{ExitAuth, "authentication: missing, wrong or expired key, deactivated user"},
		{ExitGuard, "refused by a guard: cost limit, protected job"},
		{ExitConflict, "state conflict: locked, other account, changed while running, unresolved create"},
		{ExitJobFailed, "a job failed"},
		{ExitRunning, "still running at --timeout; with --no-wait: a job waits for one that runs"},
		{ExitJobStopped, "a job was stopped"},
		{ExitInterrupted, "interrupted; state is consistent, run again to go on"},
	}
}

// codeError ends a command with a code when everything worth saying has been
// said already.
type codeError ExitCode

// Error is only seen by programmers.
func (c codeError) Error() string { return fmt.Sprintf("exit %d", int(c)) }

// errTimeout is the cause of a context that --timeout ended.
var errTimeout = errors.New("still running at --timeout")

// exitCode maps an error to its code: one table for the whole tool.
func exitCode(err error) ExitCode {
	var code codeError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &code) && code == codeError(ExitPending) && is[*lostOutputError](err):
		return ExitError // the line that tells what 2 means is not there
	case errors.As(err, &code):
		return ExitCode(code)
	case is[diag.List](err), is[*cmdline.UsageError](err), is[*rescale.HostError](err), is[*login.ProxyError](err), is[*content.BadPatternError](err), is[*namespace.UnreadableError](err):
		return ExitUsage
	case is[*login.MissingKeyError](err), is[*login.HomelessKeyError](err), is[*login.Error](err), is[*rescale.KeyError](err), rescale.IsAuth(err):
		return ExitAuth
	case is[*GuardError](err), is[*guard.Error](err):
		return ExitGuard
	case is[*executor.ConflictError](err), is[*once.UnresolvedError](err), is[*once.UnstableError](err), is[*once.InvisibleError](err), is[*once.MovingError](err), is[*once.OtherRunsError](err), is[*once.RivalError](err), is[*once.WaitError](err), is[*once.UndeletableError](err), is[*rescale.OutcomeUnknownError](err),
		is[*state.LockedError](err), is[*state.ForeignError](err), is[*state.DamagedError](err), is[*state.NewerError](err):
		return ExitConflict
	case errors.Is(err, errTimeout):
		return ExitRunning
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	}
	return ExitError
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// report prints an error for people, once, and gives the exit code. What was
// said already (a code, problems of a manifest) is not said again.
func (t *tool) report(ctx context.Context, err error) int {
	code := exitCode(err)
	for _, e := range unsaid(err) {
		if ctx.Err() != nil && errors.Is(e, context.Canceled) {
			e = errInterrupted
		}
		fmt.Fprintf(t.Stderr, "%s: %s\n", programName, diag.Line(strings.ReplaceAll(e.Error(), "\n", "; ")))
		t.hint(e)
	}
	return int(code)
}

// warn prints something that does not end the command.
func (t *tool) warn(message string) {
	fmt.Fprintf(t.Stderr, "warning: %s\n", diag.Line(message))
}

// plainly is how notices are shown while nothing is drawn.
func (t *tool) plainly() showing {
	return showing{t.warn, func(line string) { fmt.Fprintln(t.Stderr, diag.Line(line)) }}
}

// errInterrupted is what people read of a context that a signal ended.
var errInterrupted = errors.New("interrupted; nothing was left half done, run the same command again to go on")

// unsaid takes an error apart into those that nobody has printed yet.
func unsaid(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, unsaid(e)...)
		}
		return list
	}
	if err == nil || is[codeError](err) || is[diag.List](err) {
		return nil
	}
	return []error{err}
}

// hints collects the advice along the chain, each once, outermost first.
func hints(err error) []string {
	var list []string
	seen := make(map[string]bool)
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" && !seen[h.Hint()] {
			seen[h.Hint()] = true
			list = append(list, h.Hint())
		}
		switch u := err.(type) { //nolint:errorlint // this walks the chain itself
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return list
}

// Package app is the command line: one file for each verb, which reads options, calls a
// stage of the tool, and shows what came of it. It decides nothing about jobs itself.
// Everything enters through one Env and leaves as one int.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/reporting"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Env is the process as the tool sees it.
type Env struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Environ []string // for commands that --local runs
	Screen  Screen
}

// Screen is what Stdout and Stderr are.
type Screen = screen.Terminal

// tool is one call of the program.
type tool struct {
	*screen.Screen
	env     Env
	effect  options.Effect // of the command that runs
	verb    string         // as it is typed
	reports *reporting.Clerk
}

// verbs are all commands, in the order of the help page.
func (t *tool) verbs() []options.Command {
	return []options.Command{
		t.applyVerb(), t.planVerb(), t.validateVerb(),
		t.statusVerb(), t.watchVerb(), t.logsVerb(), t.listVerb(), t.auditVerb(),
		t.stopVerb(), t.downloadVerb(), t.deleteVerb(),
		t.catalogVerb(), t.whoamiVerb(), t.explainVerb(),
		t.initVerb(), t.importVerb(), t.convertVerb(), t.renderVerb(), t.schemaVerb(), t.reportVerb(),
		t.stateVerbs(), t.doctorVerb(),
		t.emulateVerb(),
		t.completionVerb(), t.versionVerb(), t.helpVerb(),
	}
}

// Main runs one command and gives the exit code of the process.
func Main(ctx context.Context, env Env) int {
	out := &remembering{Writer: env.Stdout}
	t := &tool{env: env, Screen: screen.New(env.Screen, out, env.Stderr, env.Getenv)}
	t.Hide(secretsOf(env))
	t.reports = reporting.New(reporting.Desk{Getenv: env.Getenv, Warn: t.Warn, Commands: t.Commands(), Hide: t.Veiled, Version: Version()})
	if t.completes(env.Args) {
		return int(exit.OK)
	}
	commands := t.commands()
	args, err := cmdline.Arrange(env.Args, commands)
	if err == nil {
		err = t.application(commands).RunContext(ctx, append([]string{options.Program}, args...))
	}
	t.Flush()
	if out.lost != nil && !errors.Is(err, out.lost) {
		err = errors.Join(err, out.lost)
	}
	err = errors.Join(err, t.reports.Write(ctx, err))
	defer t.Close()
	return t.report(ctx, err)
}

func (t *tool) commands() []*cli.Command {
	return options.Build(t.verbs(), func(call options.Call) {
		t.effect, t.verb, t.NoColor = call.Effect, call.Verb, call.NoColor
	})
}

// usage is what the tool does.
const usage = "make the Rescale platform have run what a manifest says, once"

// application hands parsing and help pages to the library, and keeps errors and exit
// codes for report: the library prints on stdout and exits by itself.
func (t *tool) application(commands []*cli.Command) *cli.App {
	return &cli.App{
		Name:                      options.Program,
		Usage:                     usage,
		UsageText:                 "rescale-apply -f job.yaml [flags]\n   rescale-apply COMMAND [flags] [arguments]",
		CustomAppHelpTemplate:     appHelp,
		Writer:                    t.Out,
		ErrWriter:                 t.Err,
		Commands:                  commands,
		HideHelpCommand:           true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		CommandNotFound:           func(*cli.Context, string) {},
	}
}

// overview writes the help page of the whole tool.
func (t *tool) overview(commands []*cli.Command) {
	cli.HelpPrinter(t.Out, appHelp, t.application(commands))
}

// report prints an error for people, once, and gives the exit code.
func (t *tool) report(ctx context.Context, err error) int {
	code := exit.Of(err)
	for _, e := range exit.Unsaid(err) {
		if ctx.Err() != nil && errors.Is(e, context.Canceled) {
			e = exit.ErrInterrupted
		}
		if !t.reportTexts(e) {
			t.Line(options.Program + ": " + oneLine(e))
		}
		for _, hint := range exit.Hints(e) {
			t.Hint(hint)
		}
	}
	return int(code)
}

// reportTexts prints what is wrong with texts, with their lines.
func (t *tool) reportTexts(err error) bool {
	var wrong *workspace.ProblemsError
	var refused *workspace.RefusedError
	switch {
	case errors.As(err, &wrong):
		t.Problems(diag.Cut(wrong.List), wrong.Texts)
		t.Line(fmt.Sprintf("%s: %s, nothing was uploaded or started", options.Program, humanize.Plural(len(wrong.List), "problem")))
	case errors.As(err, &refused):
		t.Problems(refused.List, refused.Texts)
		t.Line(fmt.Sprintf("%s: refused by %s, nothing was changed", options.Program, humanize.Plural(len(refused.List), "guard")))
	default:
		return false
	}
	return true
}

func oneLine(err error) string { return diag.Line(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// remembering keeps the first error of a writer: output that got lost must not
// end with success, whoever wrote it.
type remembering struct {
	io.Writer
	mu   sync.Mutex
	lost error // a *exit.LostOutputError
}

// Write passes p on, until a part was lost: what follows it would be misread.
func (r *remembering) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost != nil {
		return 0, r.lost
	}
	n, err := r.Writer.Write(p)
	if err != nil {
		r.lost = &exit.LostOutputError{Err: err}
	}
	return n, r.lost
}

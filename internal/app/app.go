// Package app is the command line: commands, flags, what people and programs
// read, and exit codes. It wires the stages together and decides nothing about
// jobs itself. Everything enters through one Env and leaves as one int.
package app

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
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

// Screen tells what Stdout and Stderr are.
type Screen struct {
	Stdout bool                                 // a terminal
	Stderr bool                                 // a terminal
	Size   func() (columns, lines int, ok bool) // of the terminal
}

// tool is one call of the program.
type tool struct {
	Env
}

// Main runs one command and gives the exit code of the process.
func Main(ctx context.Context, env Env) int {
	t := &tool{env}
	if len(env.Args) > 0 && env.Args[0] == cmdline.CompleteCommand {
		for _, candidate := range cmdline.Complete(env.Args[1:], t.commands()) {
			fmt.Fprintln(t.Stdout, candidate)
		}
		return int(ExitOK)
	}
	args, err := cmdline.Arrange(env.Args, t.commands())
	if err == nil {
		err = t.application().RunContext(ctx, append([]string{programName}, args...))
	}
	return t.report(ctx, err)
}

const programName = "rescale-apply"

func (t *tool) commands() []*cli.Command {
	return []*cli.Command{
		t.applyCommand(), t.planCommand(), t.validateCommand(), t.statusCommand(), t.downloadCommand(),
		t.schemaCommand(), t.emulateCommand(), t.completionCommand(), t.versionCommand(), t.helpCommand(),
	}
}

// application hands parsing and help pages to the library, and keeps errors and
// exit codes for report: the library prints on stdout and exits by itself.
func (t *tool) application() *cli.App {
	return &cli.App{
		Name:                      programName,
		Usage:                     "make the Rescale platform have run what a manifest says, once",
		UsageText:                 "rescale-apply -f job.yaml [flags]\n   rescale-apply COMMAND [flags] [arguments]",
		CustomAppHelpTemplate:     appHelp,
		Writer:                    t.Stdout,
		ErrWriter:                 t.Stderr,
		Commands:                  t.commands(),
		HideHelpCommand:           true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return &cmdline.UsageError{Message: err.Error()} },
		CommandNotFound:           func(*cli.Context, string) {},
	}
}

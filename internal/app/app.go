// Package app is the command line: commands, flags, what people and programs
// read, and exit codes. It wires the stages together and decides nothing about
// jobs itself. Everything enters through one Env and leaves as one int.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
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

	// Foreground tells that the terminal is ours, and not that of the shell whose job in
	// the background we are. Optional.
	Foreground func() bool

	// Suspend hands a wish to stop, as by Ctrl-Z, to handle, which calls stop when the
	// screen is clean; stop comes back when the program goes on. Optional.
	Suspend func(handle func(stop func())) (release func())
}

// tool is one call of the program. Its Stdout and Stderr clean what goes through them.
type tool struct {
	Env
	bytes io.Writer // standard output as it is
	ink   screen.Ink
	clean struct{ stdout, stderr *screen.Writer }
	veil  func(text string) string // hides secrets
}

// Main runs one command and gives the exit code of the process.
func Main(ctx context.Context, env Env) int {
	out := &remembering{Writer: env.Stdout}
	t := newTool(env, out)
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
	_ = t.clean.stdout.Close() // out remembers its error
	if out.lost != nil && !errors.Is(err, out.lost) {
		err = errors.Join(err, out.lost)
	}
	code := t.report(ctx, err)
	_ = t.clean.stderr.Close() // there is nowhere left to tell of it
	return code
}

// newTool puts the writers that clean in front of those of the process.
func newTool(env Env, stdout io.Writer) *tool {
	t := &tool{Env: env, bytes: stdout, ink: screen.NewInk()}
	t.clean.stdout, t.clean.stderr = screen.NewWriter(stdout, t.ink), screen.NewWriter(env.Stderr, t.ink)
	t.Stdout, t.Stderr = t.clean.stdout, t.clean.stderr
	t.hide(secretsOf(env))
	return t
}

// hide keeps secrets out of all that is shown from now on, and out of nothing else.
func (t *tool) hide(secrets []rescale.Secret) {
	t.veil = func(text string) string { return text }
	if len(secrets) > 0 {
		t.veil = rescale.Hider(secrets)
	}
	t.clean.stdout.Hide(t.veil)
	t.clean.stderr.Hide(t.veil)
}

// secretName tells a variable of the environment that holds a secret, as far as its name
// can tell.
var secretName = regexp.MustCompile(`(?i)(api_?key|secret|token|passw|credential|private_?key|access_?key)`)

// secretsOf are the secrets of the environment. A path to one is none.
func secretsOf(env Env) (list []rescale.Secret) {
	if env.Getenv != nil {
		list = append(list, rescale.NewSecret(env.Getenv("RESCALE_API_KEY")))
	}
	for _, variable := range env.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if secretName.MatchString(name) && !filepath.IsAbs(value) {
			list = append(list, rescale.NewSecret(value))
		}
	}
	return slices.DeleteFunc(list, rescale.Secret.IsZero)
}

// whole is standard output for texts that must arrive byte for byte. A terminal gets
// what can be shown of them.
func (t *tool) whole() io.Writer {
	if t.Screen.Stdout {
		return t.Stdout
	}
	return t.bytes
}

// remembering keeps the first error of a writer: output that got lost must not
// end with success, whoever wrote it.
type remembering struct {
	io.Writer
	mu   sync.Mutex
	lost error // a *lostOutputError
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
		r.lost = &lostOutputError{err}
	}
	return n, r.lost
}

// lostOutputError tells that standard output did not take what was to be printed.
type lostOutputError struct{ err error }

// Error is the act and the cause.
func (e *lostOutputError) Error() string { return "writing the output: " + e.err.Error() }

// Unwrap gives the cause.
func (e *lostOutputError) Unwrap() error { return e.err }

const programName = "rescale-apply"

func (t *tool) commands() []*cli.Command {
	commands := []*cli.Command{
		t.applyCommand(), t.planCommand(), t.validateCommand(), t.statusCommand(), t.downloadCommand(), t.stateCommand(),
		t.renderCommand(), t.explainCommand(), t.schemaCommand(), t.emulateCommand(), t.completionCommand(), t.versionCommand(), t.helpCommand(),
	}
	equip(commands)
	return commands
}

// equip gives commands what they all have.
func equip(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelpCommand = true // or an argument "help" would be taken for it
		c.OnUsageError = badFlag
		c.CustomHelpTemplate = helpPage(c)
		for _, sub := range c.Subcommands {
			sub.HelpName = programName + " " + c.Name + " " + sub.Name
		}
		equip(c.Subcommands)
	}
}

// verb is how the running command is typed, such as "plan" or "state list".
func verb(c *cli.Context) string { return strings.TrimPrefix(c.Command.HelpName, programName+" ") }

// badFlag is for a flag whose value cannot be read.
func badFlag(c *cli.Context, err error, _ bool) error {
	return cmdline.BadValue(err, c.Command.Flags, verb(c))
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
		OnUsageError:              badFlag,
		CommandNotFound:           func(*cli.Context, string) {},
	}
}

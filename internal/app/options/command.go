// Package options is the command line: commands with their flags, and how those become
// checked structs, one for each concern. Nothing behind it knows the library that parses.
package options

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// Program is how the tool is typed.
const Program = "rescale-apply"

// Effect is what a command may do to the platform.
type Effect int

// Looks sends GET requests only; the client refuses to send anything else. Changes may
// send more.
const (
	Looks Effect = iota
	Changes
)

// Part is a title on the help page of the whole tool.
type Part string

// Command is one verb of the tool, or a group of verbs.
type Command struct {
	Name     string
	Part     Part     // of the help page of the whole tool; empty: that of the command before
	Usage    string   // one line
	Args     string   // names of its arguments, for its page and for completion; empty: it takes none
	Complete string   // what completion offers where that is not what Args names, in the same form
	Examples []string // lines that can be typed; the first ones of its page
	Effect   Effect
	Concerns []Concern // in the order of its page
	Do       func(context.Context, Call) error
	Group    []Command // of a command that does nothing by itself
}

// Concern is a group of flags that belong together and the struct that they fill.
type Concern interface {
	// Flags are the flags, in the order of a page, with where their values go.
	Flags() []Flag
	// Check refuses values that make no sense, once all flags have theirs.
	Check(Call) error
}

// Flags are the flags of one command that no other one has.
type Flags []Flag

// Flags are the flags themselves.
func (f Flags) Flags() []Flag { return f }

// Check has nothing to refuse.
func (Flags) Check(Call) error { return nil }

// Call is how a command was typed.
type Call struct {
	Verb    string // such as "plan" or "state list"
	Effect  Effect
	Args    []string
	NoColor bool
	given   func(flag string) bool
}

// Given reports whether a flag was typed.
func (c Call) Given(flag string) bool { return c.given(flag) }

// Build turns commands into those of the library. Begin is called before a command does
// anything.
func Build(commands []Command, begin func(Call)) []*cli.Command {
	return build(commands, Program, begin)
}

func build(commands []Command, prefix string, begin func(Call)) []*cli.Command {
	var list []*cli.Command
	for _, c := range commands {
		list = append(list, c.built(prefix, begin))
	}
	return list
}

func (c Command) built(prefix string, begin func(Call)) *cli.Command {
	path := prefix + " " + c.Name
	verb := strings.TrimPrefix(path, Program+" ")
	built := &cli.Command{
		Name: c.Name, Category: string(c.Part), Usage: c.Usage, ArgsUsage: c.Args, UsageText: strings.Join(c.Examples, "\n   "),
		HelpName:        path,
		HideHelpCommand: true, // or an argument "help" would be taken for it
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return cmdline.BadValue(err, c.flags(), verb)
		},
		Flags:       c.flags(),
		Subcommands: build(c.Group, path, begin),
	}
	if c.Do != nil {
		built.Action = func(in *cli.Context) error { return c.run(in, verb, begin) }
	}
	built.CustomHelpTemplate = page(built)
	return built
}

func (c Command) flags() (list []cli.Flag) {
	for _, concern := range c.Concerns {
		for _, flag := range concern.Flags() {
			list = append(list, flag.parsed())
		}
	}
	return list
}

// run fills the concerns, checks them, and does the work.
func (c Command) run(in *cli.Context, verb string, begin func(Call)) error {
	call := Call{
		Verb: verb, Effect: c.Effect,
		Args: in.Args().Slice(), NoColor: in.Bool("no-color"), given: in.IsSet,
	}
	begin(call)
	var wrong error
	for _, concern := range c.Concerns {
		for _, flag := range concern.Flags() {
			wrong = errors.Join(wrong, flag.take(in))
		}
	}
	if c.Args == "" {
		wrong = errors.Join(wrong, noArguments(call))
	}
	for _, concern := range c.Concerns {
		wrong = errors.Join(wrong, concern.Check(call))
	}
	if wrong != nil {
		return wrong
	}
	return c.Do(in.Context, call)
}

// noArguments refuses words that a command has no use for, before they are silently
// ignored.
func noArguments(call Call) error {
	if len(call.Args) == 0 {
		return nil
	}
	word := call.Args[0]
	message := fmt.Sprintf("%s takes no argument %q", call.Verb, word)
	if IsManifest(word) {
		return Usage(message, fmt.Sprintf("%s %s -f %s", Program, call.Verb, word))
	}
	return Usage(message, "see "+Program+" "+call.Verb+" --help")
}

// IsManifest reports whether a word looks like the name of a manifest.
func IsManifest(word string) bool {
	return strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml")
}

// Usage makes an error for a command line that cannot be understood; hint may be empty.
func Usage(message, hint string) error { return cmdline.Usage(message, hint) }

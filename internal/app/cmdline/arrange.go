// Package cmdline reads command lines as people type them: flags before or after
// arguments, the command left out, words half typed. It knows the shape of the
// commands, not what they do.
package cmdline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// UsageError is a command line that cannot be understood.
type UsageError struct {
	Message string
	Advice  string
}

// Error is the fact.
func (e *UsageError) Error() string { return e.Message }

// Hint is what to type instead.
func (e *UsageError) Hint() string { return e.Advice }

// Usage makes a UsageError; hint may be empty.
func Usage(message, hint string) error { return &UsageError{Message: message, Advice: hint} }

// Arrange puts a command line into the order that the library needs: command,
// flags, "--", arguments. People put flags after arguments, and leave out
// "apply". The library would take such flags for arguments, silently.
func Arrange(args []string, commands []*cli.Command) ([]string, error) {
	line := split(args, valueFlags(commands))
	command, rest := defaultCommand, line.words
	if len(line.words) > 0 && !line.literal {
		command, rest = line.words[0], line.words[1:]
	}
	if len(line.words) == 0 && len(line.flags) == 0 {
		return []string{"help"}, nil
	}
	if len(line.words) == 0 && isHelp(line.flags[0]) {
		return []string{"help"}, nil
	}
	if len(line.words) == 0 && line.flags[0] == "--version" {
		return []string{"version"}, nil
	}
	i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(command) })
	if i < 0 {
		return nil, unknownCommand(command, commands)
	}
	if err := checkFlags(line.flags, commands[i]); err != nil {
		return nil, err
	}
	return slices.Concat([]string{command}, line.flags, []string{"--"}, rest), nil
}

const defaultCommand = "apply"

// commandLine is what was typed, sorted into flags (each with its value, if it
// takes one) and words.
type commandLine struct {
	flags   []string
	words   []string
	literal bool // the first word stands after "--"
}

func split(args []string, takesValue map[string]bool) commandLine {
	var line commandLine
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			line.literal = len(line.words) == 0
			line.words = append(line.words, args[i+1:]...)
			return line
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			line.words = append(line.words, arg)
		case takesValue[flagName(arg)] && !strings.Contains(arg, "=") && i+1 < len(args):
			i++
			line.flags = append(line.flags, arg, args[i])
		default:
			line.flags = append(line.flags, arg)
		}
	}
	return line
}

func flagName(arg string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return name
}

func isHelp(arg string) bool { return slices.Contains(cli.HelpFlag.Names(), flagName(arg)) }

func valueFlags(commands []*cli.Command) map[string]bool {
	takes := make(map[string]bool)
	for _, c := range commands {
		for _, f := range c.Flags {
			documented, ok := f.(cli.DocGenerationFlag)
			for _, name := range f.Names() {
				takes[name] = ok && documented.TakesValue()
			}
		}
	}
	return takes
}

func unknownCommand(word string, commands []*cli.Command) error {
	if strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml") {
		return Usage(fmt.Sprintf("unknown command %q", word), "to apply a manifest: rescale-apply -f "+word)
	}
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return Usage(fmt.Sprintf("unknown command %q", word), diag.DidYouMean(word, names))
}

// checkFlags refuses flags that the command does not have, and a flag without
// its value, with a suggestion.
func checkFlags(flags []string, command *cli.Command) error {
	takesValue := valueFlags([]*cli.Command{command})
	for _, name := range cli.HelpFlag.Names() {
		takesValue[name] = false
	}
	names := slices.Sorted(maps.Keys(takesValue))
	for i := 0; i < len(flags); i++ {
		name := flagName(flags[i])
		if !slices.Contains(names, name) {
			return Usage(fmt.Sprintf("%s has no flag %s", command.Name, dashed(name)), flagHint(name, names, command.Name))
		}
		if !takesValue[name] || strings.Contains(flags[i], "=") {
			continue
		}
		if i++; i == len(flags) {
			return Usage(fmt.Sprintf("%s needs a value", dashed(name)), "see rescale-apply "+command.Name+" --help")
		}
	}
	return nil
}

func flagHint(name string, known []string, command string) string {
	if near := diag.Nearest(name, known); len(near) > 0 && len(name) > 1 {
		return "did you mean " + dashed(near[0]) + "?"
	}
	return "see rescale-apply " + command + " --help"
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

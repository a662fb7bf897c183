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
	Help    string
}

// Error is the fact.
func (e *UsageError) Error() string { return e.Message }

// Hint is what to type instead.
func (e *UsageError) Hint() string { return e.Help }

// Usage makes a UsageError; hint may be empty.
func Usage(message, hint string) error { return &UsageError{Message: message, Help: hint} }

// Arrange puts a command line into the order that the library needs: command,
// flags, "--", arguments. People put flags after arguments, and leave out
// "apply". The library would take such flags for arguments, silently.
func Arrange(args []string, commands []*cli.Command) ([]string, error) {
	line := understood(args, commands)
	if word := line.about(); word != "" {
		return []string{word}, nil
	}
	if len(line.words) == 0 || line.literal {
		line.words = append([]string{DefaultCommand}, line.words...)
	}
	path, rest := Find(line.words, commands)
	if len(path) == 0 {
		// The word may be the value of a flag that there is not, and must not be repeated.
		if name := foreignFlag(line.flags, commands); name != "" {
			return nil, Usage("no command has a flag "+dashed(name), flagHint(name, nil, DefaultCommand))
		}
		return nil, unknownCommand(rest[0], commands)
	}
	names := make([]string, len(path))
	for i, c := range path {
		names[i] = c.Name
	}
	if slices.ContainsFunc(line.flags, isHelp) {
		return append([]string{"help", "--"}, names...), nil
	}
	command, name := path[len(path)-1], strings.Join(names, " ")
	if len(command.Subcommands) > 0 && command.Action == nil {
		return nil, unknownSubcommand(name, rest, command.Subcommands)
	}
	if err := checkFlags(line.flags, command, name); err != nil {
		return nil, err
	}
	return slices.Concat(names, line.flags, []string{"--"}, rest), nil
}

// understood splits a command line by the flags of its command. As long as that is not
// known, a flag is what it is for any command; then it is what it is for this one, which
// may be something else.
func understood(args []string, commands []*cli.Command) commandLine {
	takes := valueFlags(commands)
	line := split(args, takes)
	path, _ := Find(line.words, commands)
	if len(path) == 0 {
		return line
	}
	maps.Copy(takes, valueFlags(path[len(path)-1:]))
	return split(args, takes)
}

// about is the command that a line without a word asks for, if it is about the tool itself.
func (l commandLine) about() string {
	switch {
	case len(l.words) > 0:
	case len(l.flags) == 0, isHelp(l.flags[0]):
		return "help"
	case l.flags[0] == "--version":
		return "version"
	}
	return ""
}

// DefaultCommand is the command that is meant where none is typed.
const DefaultCommand = "apply"

// Find gives the command that words begin with, and what follows it. The path is the
// command, below it its sub-command, and so on; it is empty for a word that is none.
func Find(words []string, commands []*cli.Command) (path []*cli.Command, rest []string) {
	for len(words) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(words[0]) })
		if i < 0 {
			break
		}
		path, words, commands = append(path, commands[i]), words[1:], commands[i].Subcommands
	}
	return path, words
}

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

func isHelp(arg string) bool {
	return strings.HasPrefix(arg, "-") && slices.Contains(cli.HelpFlag.Names(), flagName(arg))
}

func valueFlags(commands []*cli.Command) map[string]bool {
	takes := make(map[string]bool)
	for _, c := range commands {
		for _, f := range c.Flags {
			documented, ok := f.(cli.DocGenerationFlag)
			for _, name := range f.Names() {
				takes[name] = ok && documented.TakesValue()
			}
		}
		maps.Copy(takes, valueFlags(c.Subcommands))
	}
	return takes
}

func unknownCommand(word string, commands []*cli.Command) error {
	if strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml") {
		return Usage(fmt.Sprintf("unknown command %q", word), "to apply a manifest: rescale-apply -f "+word)
	}
	return Usage(fmt.Sprintf("unknown command %q", word), diag.DidYouMean(word, commandNames(commands)))
}

// unknownSubcommand is for a command that does nothing by itself.
func unknownSubcommand(group string, rest []string, commands []*cli.Command) error {
	if len(rest) == 0 {
		return Usage(group+" is several commands", "type one of them after it: "+strings.Join(commandNames(commands), ", "))
	}
	return Usage(fmt.Sprintf("%s has no command %q", group, rest[0]), diag.DidYouMean(rest[0], commandNames(commands)))
}

func commandNames(commands []*cli.Command) []string {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.Name
	}
	return names
}

// checkFlags refuses flags that the command does not have, and a flag without
// its value, with a suggestion. Path is how the command is typed.
func checkFlags(flags []string, command *cli.Command, path string) error {
	takesValue := valueFlags([]*cli.Command{command})
	for _, name := range cli.HelpFlag.Names() {
		takesValue[name] = false
	}
	names := slices.Sorted(maps.Keys(takesValue))
	for i := 0; i < len(flags); i++ {
		name := flagName(flags[i])
		if !slices.Contains(names, name) {
			return Usage(fmt.Sprintf("%s has no flag %s", path, dashed(name)), flagHint(name, names, path))
		}
		if !takesValue[name] || strings.Contains(flags[i], "=") {
			continue
		}
		if i++; i == len(flags) {
			return Usage(fmt.Sprintf("%s needs a value", dashed(name)), "see rescale-apply "+path+" --help")
		}
	}
	return nil
}

// foreignFlag is the first flag that no command has.
func foreignFlag(flags []string, commands []*cli.Command) string {
	known := valueFlags(commands)
	for _, flag := range flags {
		if name := flagName(flag); strings.HasPrefix(flag, "-") && !isHelp(flag) {
			if _, ok := known[name]; !ok {
				return name
			}
		}
	}
	return ""
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

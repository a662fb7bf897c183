package options

import (
	"maps"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// typed is the finished part of a command line.
type typed struct {
	command Command   // whose flags and arguments can follow
	group   []Command // one of which can follow
	words   []string  // all of them, commands and arguments
	args    []string
	flags   map[string][]string // values by the long name, "" of a switch
	pending string              // the flag whose value comes next; empty: none
	literal bool                // "--" was typed
}

// read takes words apart. As for a whole command line, flags stand anywhere, and without
// a command apply is meant.
func (c Completer) read(words []string) typed {
	line := typed{flags: make(map[string][]string)}
	known := flagsOf(c.Commands)
	for _, word := range words {
		name, value, joined := strings.Cut(strings.TrimLeft(word, "-"), "=")
		flag, ok := known[name]
		switch {
		case line.pending != "":
			line.flags[line.pending] = append(line.flags[line.pending], word)
			line.pending = ""
		case line.literal || !cmdline.IsFlag(word):
			line.words = append(line.words, word)
		case word == "--":
			line.literal = true
		case ok && flag.takesValue() && !joined:
			line.pending = flag.Name
		case ok:
			line.flags[flag.Name] = append(line.flags[flag.Name], value)
		}
	}
	line.command, line.group, line.args = descend(line.words, c.Commands)
	if line.literal && len(line.words) == 0 {
		line.group = nil
	}
	return line
}

// descend finds the command that words begin with, those below it, and what follows.
func descend(words []string, commands []Command) (command Command, group []Command, rest []string) {
	named := func(name string) int {
		return slices.IndexFunc(commands, func(c Command) bool { return c.Name == name })
	}
	if i := named(cmdline.DefaultCommand); i >= 0 {
		command = commands[i]
	}
	for len(words) > 0 {
		i := named(words[0])
		if i < 0 {
			break
		}
		command, words, commands = commands[i], words[1:], commands[i].Group
	}
	return command, commands, words
}

// manifests are those that the flags of the line name. What --target chose so far bounds
// no other name.
func (t typed) manifests() Manifests {
	var m Manifests
	for _, flag := range m.Flags() {
		switch into := flag.Into.(type) {
		case *bool:
			*into = len(t.flags[flag.Name]) > 0
		case *[]string:
			*into = t.flags[flag.Name]
		}
	}
	if m.Check(Call{}) != nil {
		m.Settings = nil
	}
	m.Targets = nil
	return m
}

// flagNames are the flags that can follow. One that was typed follows again only if it
// may be repeated.
func (t typed) flagNames() (list []cmdline.Candidate) {
	flags := flagsOf([]Command{t.command})
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		flag := flags[name]
		if _, repeats := flag.Into.(*[]string); len(t.flags[flag.Name]) > 0 && !repeats {
			continue
		}
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		list = append(list, cmdline.Candidate{Value: dashes + name, Usage: strings.ReplaceAll(flag.Usage, "`", "")})
	}
	return append(list, cmdline.Candidate{Value: "--help", Usage: "show the flags of the command"})
}

// flagsOf are the flags of commands by all of their names.
func flagsOf(commands []Command) map[string]Flag {
	known := make(map[string]Flag)
	for _, command := range commands {
		for _, concern := range command.Concerns {
			for _, flag := range concern.Flags() {
				known[flag.Name] = flag
				if flag.Alias != "" {
					known[flag.Alias] = flag
				}
			}
		}
		maps.Copy(known, flagsOf(command.Group))
	}
	return known
}

func (f Flag) takesValue() bool {
	_, alone := f.Into.(*bool)
	return f.Into != nil && !alone
}

// values are the names of what can be the value, as in Command.Args.
func (f Flag) values() string {
	_, name, _ := strings.Cut(f.Usage, "`")
	name, _, _ = strings.Cut(name, "`")
	if f.Complete == "" && (name == "FILE" || name == "FOLDER") {
		return name
	}
	return f.Complete
}

// arguments are the names of what can be the arguments.
func (c Command) arguments() string {
	if c.Complete != "" {
		return c.Complete
	}
	return c.Args
}

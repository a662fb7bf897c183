package options

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// maxCandidates bounds what is offered at once: a shell lists no more of use.
const maxCandidates = 1000

// Words gives the words that can stand at a place of a command line. Those that do not
// begin as the typed one are left out later.
type Words func(Place) []cmdline.Candidate

// Place is where a person types.
type Place struct {
	Before    []string  // arguments in front of it, without the command
	Manifests Manifests // that the flags of the line name
}

// Completer finds the words that can follow on a command line.
type Completer struct {
	Commands []Command

	// Words are by the names that stand for words in Command.Args and Flag.Complete, such
	// as JOB. A name that is not in here has no candidates.
	Words map[string]Words
}

// Complete gives the candidates for the word last behind the words done.
func (c Completer) Complete(done []string, last string) []cmdline.Candidate {
	line := c.read(done)
	name, value, joined := strings.Cut(last, "=")
	var all []cmdline.Candidate
	switch {
	case line.pending != "":
		all = c.values(line, line.pending)
	case line.literal || !strings.HasPrefix(last, "-"):
		all = c.words(line)
	case joined:
		return prefixed(name+"=", starting(c.values(line, strings.TrimLeft(name, "-")), value))
	default:
		all = line.flagNames()
	}
	return starting(all, last)
}

// starting keeps the candidates that begin as the typed word.
func starting(all []cmdline.Candidate, typed string) (list []cmdline.Candidate) {
	for _, candidate := range all {
		fits := strings.HasPrefix(candidate.Value, typed) || candidate == cmdline.AnyFile()
		if fits && len(list) < maxCandidates && !slices.Contains(list, candidate) {
			list = append(list, candidate)
		}
	}
	return list
}

// prefixed puts a flag in front of its values. Of files the shell knows the flag.
func prefixed(flag string, list []cmdline.Candidate) []cmdline.Candidate {
	for i := range list {
		if list[i] != cmdline.AnyFile() {
			list[i].Value = flag + list[i].Value
		}
	}
	return list
}

// words are the commands that can follow, and the arguments of the command.
func (c Completer) words(line typed) (list []cmdline.Candidate) {
	if len(line.group) > 0 && len(line.args) == 0 {
		list = usages(line.group)
	}
	if line.command.Do == nil {
		return list
	}
	place := Place{Before: line.args, Manifests: line.manifests()}
	return append(list, c.meant(argument(line.command.arguments(), len(line.args)), place)...)
}

// values are those of a flag.
func (c Completer) values(line typed, name string) []cmdline.Candidate {
	flag, known := flagsOf([]Command{line.command})[name]
	if !known {
		flag = flagsOf(c.Commands)[name]
	}
	return c.meant(strings.Split(flag.values(), "|"), Place{Manifests: line.manifests()})
}

// meant gives the words that names stand for. A name in small letters is the word itself.
func (c Completer) meant(names []string, place Place) (list []cmdline.Candidate) {
	for _, name := range names {
		switch words := c.Words[name]; {
		case words != nil:
			list = append(list, words(place)...)
		case name == "FILE" || name == "FOLDER":
			list = append(list, cmdline.AnyFile())
		case name == "COMMAND":
			list = append(list, c.below(place.Before)...)
		case name != "" && name == strings.ToLower(name):
			list = append(list, cmdline.Candidate{Value: name})
		}
	}
	return list
}

// below are the commands that can follow words, which are commands themselves.
func (c Completer) below(words []string) []cmdline.Candidate {
	_, group, rest := descend(words, c.Commands)
	if len(rest) > 0 {
		return nil
	}
	return usages(group)
}

func usages(commands []Command) (list []cmdline.Candidate) {
	for _, command := range commands {
		list = append(list, cmdline.Candidate{Value: command.Name, Usage: command.Usage})
	}
	return list
}

// argument gives the names that Args has for an argument, of which at others stand in
// front. Alternatives for one argument are joined, as in NAME|FILE; whole lists of
// arguments have spaces around the stroke; a last "..." repeats what it follows.
func argument(args string, at int) (names []string) {
	args = strings.NewReplacer("[", " ", "]", " ", "...", " ... ").Replace(args)
	for list := range strings.SplitSeq(strings.Join(strings.Fields(args), " "), " | ") {
		fields := strings.Fields(list)
		own := at
		if last := len(fields) - 1; last > 0 && fields[last] == "..." {
			fields, own = fields[:last], min(at, last-1)
		}
		if own < len(fields) {
			names = append(names, strings.Split(fields[own], "|")...)
		}
	}
	return names
}

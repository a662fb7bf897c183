package cmdline

import (
	"embed"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The completion scripts ask the hidden command CompleteCommand for candidates.
//
//go:embed completion
var scripts embed.FS

// Shells are those that completion scripts are there for.
func Shells() []string { return []string{"bash", "fish", "powershell", "zsh"} }

// Script is the completion script of one of Shells.
func Script(shell string) []byte {
	script, err := scripts.ReadFile("completion/" + shell)
	if err != nil {
		panic("cmdline: no script is embedded for " + shell)
	}
	return script
}

// CompleteCommand is the first word that the completion scripts send; the words
// typed so far follow, the unfinished one last.
const CompleteCommand = "__complete"

// Complete gives the candidates for the last of words.
func Complete(words []string, commands []*cli.Command) []string {
	if len(words) == 0 {
		return nil
	}
	done, last := words[:len(words)-1], words[len(words)-1]
	path, _ := Find(split(done, valueFlags(commands)).words, commands)
	candidates, command := commandNames(commands), commands[0]
	if len(path) > 0 {
		command = path[len(path)-1]
		candidates = commandNames(command.Subcommands)
	}
	if strings.HasPrefix(last, "-") {
		candidates = longFlags(command)
	}
	if command.Name == "completion" && len(done) > 0 {
		candidates = Shells()
	}
	return slices.DeleteFunc(candidates, func(c string) bool { return !strings.HasPrefix(c, last) })
}

func longFlags(c *cli.Command) []string {
	var names []string
	for _, f := range c.Flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				names = append(names, "--"+name)
			}
		}
	}
	slices.Sort(names)
	return names
}

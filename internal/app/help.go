package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/manual"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/release"
	"github.com/rescale-apply/rescale-apply/internal/app/topics"
)

// appHelp is the page of the whole tool: what to type first, then the rest.
const appHelp = `rescale-apply - {{.Usage}}

Usage:
   {{.UsageText}}

First steps:
` + firstSteps + `
{{range .Commands}}{{with .Category}}{{if ne . "Run"}}

{{end}}{{.}}:{{end}}
   {{printf "%-12s" .Name}} {{.Usage}}{{end}}

` + lastWords

const firstSteps = `   rescale-apply -f job.yaml --local    run a manifest on this machine, without an account
   rescale-apply plan -f job.yaml       show what would be done on the platform, and why
   rescale-apply -f job.yaml            do it: upload, create, submit, wait, download
`

const lastWords = `"rescale-apply COMMAND --help" shows the flags of a command.
"rescale-apply help forks" tells what is safe to run for pull requests of forks.
"rescale-apply help guarantee" tells what is promised about money, and what has gone wrong.
The API key comes from RESCALE_API_KEY, --token-file or a profile, never from the command line.
`

func (t *tool) helpVerb() options.Command {
	var man string
	return options.Command{
		Name:     "help",
		Usage:    "show this page, or that of a command or topic",
		Args:     "[COMMAND ... | TOPIC]",
		Examples: []string{"rescale-apply help plan", "rescale-apply help guarantee", "rescale-apply help --man /usr/local/share/man/man1"},
		Concerns: []options.Concern{options.Flags{{Name: "man", Into: &man, Usage: "write the pages into `FOLDER`, for man"}}},
		Do: func(_ context.Context, call options.Call) error {
			if call.Given("man") {
				return t.manual(man, call.Args)
			}
			return t.help(call.Args)
		},
	}
}

// manual writes the help pages of all commands as those of man.
func (t *tool) manual(folder string, words []string) error {
	if folder == "" || len(words) > 0 {
		return options.Usage("help --man takes one folder, and writes all pages", "rescale-apply help --man man1")
	}
	return manual.Manual{
		Build: release.Current(), Usage: usage, Pages: options.Pages(t.verbs()),
		FirstSteps: firstSteps, LastWords: lastWords, Exits: exit.Codes(),
	}.Write(folder)
}

func (t *tool) help(words []string) error {
	commands := t.commands()
	if len(words) == 0 {
		t.overview(commands)
		return nil
	}
	if page := topics.Text(words[0]); page != "" && len(words) == 1 {
		fmt.Fprint(t.Out, page)
		return nil
	}
	return options.Help(t.Out, words, commands, topics.Names())
}

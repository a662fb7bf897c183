package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/topics"
)

// appHelp is the page of the whole tool: what to type first, then the rest.
const appHelp = `rescale-apply - {{.Usage}}

Usage:
   {{.UsageText}}

First steps:
   rescale-apply -f job.yaml --local    run a manifest on this machine, without an account
   rescale-apply plan -f job.yaml       show what would be done on the platform, and why
   rescale-apply -f job.yaml            do it: upload, create, submit, wait, download

{{range .Commands}}{{with .Category}}{{if ne . "Run"}}

{{end}}{{.}}:{{end}}
   {{printf "%-12s" .Name}} {{.Usage}}{{end}}

"rescale-apply COMMAND --help" shows the flags of a command.
"rescale-apply help forks" tells what is safe to run for pull requests of forks.
"rescale-apply help guarantee" tells what is promised about money, and what has gone wrong.
The API key comes from RESCALE_API_KEY, --token-file or a profile, never from the command line.
`

func (t *tool) helpVerb() options.Command {
	return options.Command{
		Name:  "help",
		Usage: "show this page, or that of a command or topic",
		Args:  "[COMMAND ... | TOPIC]",
		Do:    func(_ context.Context, call options.Call) error { return t.help(call.Args) },
	}
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

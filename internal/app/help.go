package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// appHelp is the page of the whole tool: what to type first, then the rest.
const appHelp = `rescale-apply - {{.Usage}}

Usage:
   {{.UsageText}}

First steps:
   rescale-apply -f job.yaml --local    run a manifest on this machine, without an account
   rescale-apply plan -f job.yaml       show what would be done on the platform, and why
   rescale-apply -f job.yaml            do it: upload, create, submit, wait, download

Commands:{{range .VisibleCommands}}
   {{printf "%-12s" .Name}} {{.Usage}}{{end}}

"rescale-apply COMMAND --help" shows the flags of a command.
The API key comes from RESCALE_API_KEY, --token-file or a profile, never from the command line.
`

// commandHelp is the page of one command.
const commandHelp = `{{.HelpName}} - {{.Usage}}

Usage:
   {{.UsageText}}
{{if .VisibleFlags}}
Flags:{{range .VisibleFlags}}
   {{.}}{{end}}
{{end}}`

func (t *tool) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show this page, or the page of a command",
		ArgsUsage: "[COMMAND]",
		Action:    t.help,
	}
}

func (t *tool) help(c *cli.Context) error {
	if c.NArg() == 0 {
		return cli.ShowAppHelp(c)
	}
	name := c.Args().First()
	var names []string
	for _, command := range c.App.Commands {
		names = append(names, command.Name)
		if command.HasName(name) {
			return cli.ShowCommandHelp(c.Lineage()[1], name)
		}
	}
	return cmdline.Usage(fmt.Sprintf("unknown command %q", name), diag.DidYouMean(name, names))
}

package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/topics"
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
"rescale-apply help forks" tells what is safe to run for pull requests of forks.
"rescale-apply help guarantee" tells what is promised about money, and what has gone wrong.
The API key comes from RESCALE_API_KEY, --token-file or a profile, never from the command line.
`

// commandHelp is the page of one command.
const commandHelp = `{{.HelpName}} - {{.Usage}}

Usage:
   {{.UsageText}}
`

// groupHelp is the page of a command that is several.
const groupHelp = commandHelp + `
Commands:{{range .Subcommands}}
   {{printf "%-12s" .Name}} {{.Usage}}{{end}}

"{{.HelpName}} COMMAND --help" shows the flags of one.
`

// helpPage is the page of a command with its flags, each on lines of its own
// width, the way gh and kubectl show them.
func helpPage(c *cli.Command) string {
	if len(c.Subcommands) > 0 {
		return groupHelp
	}
	if len(c.Flags) == 0 {
		return commandHelp
	}
	var rows [][]string
	for _, f := range c.Flags {
		documented, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		value, usage := placeholder(documented.GetUsage())
		if text := strings.Trim(documented.GetDefaultText(), `"`); text != "" && text != "0s" && text != "false" {
			usage += " (default: " + text + ")"
		}
		rows = append(rows, []string{flagNames(f) + value, usage})
	}
	var page strings.Builder
	page.WriteString(commandHelp + "\nFlags:\n")
	show.Table(&page, rows)
	return page.String()
}

// flagNames is "-f, --filename", the long name always in the same column.
func flagNames(f cli.Flag) string {
	short, long := "    ", ""
	for _, name := range f.Names() {
		if len(name) == 1 {
			short = "-" + name + ", "
		} else {
			long = "--" + name
		}
	}
	return short + long
}

// placeholder takes the name of the value out of its quotes in a usage text.
func placeholder(usage string) (value, text string) {
	before, rest, found := strings.Cut(usage, "`")
	name, after, closed := strings.Cut(rest, "`")
	if !found || !closed {
		return "", usage
	}
	return " " + name, before + name + after
}

func (t *tool) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show this page, or that of a command or topic",
		ArgsUsage: "[COMMAND ... | TOPIC]",
		Action:    t.help,
	}
}

func (t *tool) help(c *cli.Context) error {
	if c.NArg() == 0 {
		return cli.ShowAppHelp(c)
	}
	if page := topics.Text(c.Args().First()); page != "" && c.NArg() == 1 {
		fmt.Fprint(t.Stdout, page)
		return nil
	}
	path, rest := cmdline.Find(c.Args().Slice(), c.App.Commands)
	if len(rest) > 0 {
		known := c.App.Commands
		if len(path) > 0 {
			known = path[len(path)-1].Subcommands
		}
		names := topics.Names()
		for _, command := range known {
			names = append(names, command.Name)
		}
		return cmdline.Usage(fmt.Sprintf("unknown command %q", strings.Join(c.Args().Slice(), " ")), diag.DidYouMean(rest[0], names))
	}
	command := path[len(path)-1]
	cli.HelpPrinter(t.Stdout, command.CustomHelpTemplate, command)
	return nil
}

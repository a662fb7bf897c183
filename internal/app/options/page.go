package options

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// commandPage is the help page of one command.
const commandPage = `{{.HelpName}} - {{.Usage}}

Usage:
   {{.UsageText}}
`

// groupPage is the help page of a command that is several.
const groupPage = commandPage + commandsPart

// commandsPart lists the commands below one.
const commandsPart = `
Commands:{{range .Subcommands}}
   {{printf "%-12s" .Name}} {{.Usage}}{{end}}

"{{.HelpName}} COMMAND --help" shows the flags of one.
`

// page is the help page of a command with its flags, each on lines of its own width,
// the way gh and kubectl show them.
func page(c *cli.Command) string {
	if len(c.Subcommands) > 0 && c.Action == nil {
		return groupPage
	}
	if len(c.Flags) == 0 {
		return commandPage
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
	var out strings.Builder
	out.WriteString(commandPage + "\nFlags:\n")
	show.Table(&out, rows)
	if len(c.Subcommands) > 0 {
		out.WriteString(commandsPart)
	}
	return out.String()
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

// Help writes the page of the command that words name; topics are other words that help
// knows, for the hint where there is no such command.
func Help(w io.Writer, words []string, commands []*cli.Command, topics []string) error {
	path, rest := cmdline.Find(words, commands)
	if len(rest) == 0 {
		command := path[len(path)-1]
		cli.HelpPrinter(w, command.CustomHelpTemplate, command)
		return nil
	}
	if len(path) > 0 {
		commands = path[len(path)-1].Subcommands
	}
	names := topics
	for _, command := range commands {
		names = append(names, command.Name)
	}
	return Usage(`unknown command "`+strings.Join(words, " ")+`"`, diag.DidYouMean(rest[0], names))
}

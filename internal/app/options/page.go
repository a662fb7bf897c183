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
	for _, f := range flagTexts(c.Flags) {
		rows = append(rows, []string{f.aligned(), f.Text})
	}
	var out strings.Builder
	out.WriteString(commandPage + "\nFlags:\n")
	show.Table(&out, rows)
	if len(c.Subcommands) > 0 {
		out.WriteString(commandsPart)
	}
	return out.String()
}

// Page is what the help of one command says, for other forms of it.
type Page struct {
	Name     string // as it is typed, such as "rescale-apply state list"
	Part     Part   // of the help page of the whole tool; empty: that of the page before
	Usage    string // one line
	Args     string
	Examples []string
	Flags    []FlagText
	Below    []Page // of a command that is several
}

// FlagText is what a page says of one flag.
type FlagText struct {
	Short, Long string // with their dashes; Short may be empty
	Value       string // name of its value; empty: it takes none
	Text        string // with the default
}

// Pages are those of all commands, in their order.
func Pages(commands []Command) []Page { return pages(commands, Program) }

func pages(commands []Command, prefix string) (list []Page) {
	for _, c := range commands {
		path := prefix + " " + c.Name
		list = append(list, Page{
			Name: path, Part: c.Part, Usage: c.Usage, Args: c.Args, Examples: c.Examples,
			Flags: flagTexts(c.flags()), Below: pages(c.Group, path),
		})
	}
	return list
}

func flagTexts(flags []cli.Flag) (list []FlagText) {
	for _, f := range flags {
		documented, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		var text FlagText
		text.Value, text.Text = placeholder(documented.GetUsage())
		if usual := strings.Trim(documented.GetDefaultText(), `"`); usual != "" && usual != "0s" && usual != "false" {
			text.Text += " (default: " + usual + ")"
		}
		for _, name := range f.Names() {
			if len(name) == 1 {
				text.Short = "-" + name
			} else {
				text.Long = "--" + name
			}
		}
		list = append(list, text)
	}
	return list
}

// aligned is "-f, --filename FILE", the long name always in the same column.
func (f FlagText) aligned() string {
	short := "    "
	if f.Short != "" {
		short = f.Short + ", "
	}
	return strings.TrimRight(short+f.Long+" "+f.Value, " ")
}

// placeholder takes the name of the value out of its quotes in a usage text.
func placeholder(usage string) (value, text string) {
	before, rest, found := strings.Cut(usage, "`")
	name, after, closed := strings.Cut(rest, "`")
	if !found || !closed {
		return "", usage
	}
	return name, before + name + after
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

package app

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// manifestFlags say which jobs.
func manifestFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "filename", Aliases: []string{"f"}, Usage: "manifest `FILE`, folder or pattern; - reads standard input; may be repeated"},
		&cli.BoolFlag{Name: "recursive", Aliases: []string{"R"}, Usage: "of a folder, also the manifests in the folders below"},
		&cli.StringSliceFlag{Name: "var", KeepSpace: true, Usage: "value of a variable, as `NAME=VALUE`; may be repeated"},
		&cli.StringSliceFlag{Name: "var-file", Usage: "YAML `FILE` with values of variables; may be repeated"},
		&cli.StringSliceFlag{Name: "target", Usage: "only the job `NAME`, a matrix with all points, one point, or a pattern such as 'big/*'; may be repeated"},
		&cli.BoolFlag{Name: "contained", Usage: "refuse every path outside of the manifest's repository; on where a CI runs a fork's pull request"},
	}
}

// rerunFlags say what runs again, and at whose expense.
func rerunFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "replace", Usage: "run a job again although nothing changed, `NAME=ID`: once, after its run ID; NAME or a pattern: each time; may be repeated"},
		&cli.BoolFlag{Name: "replace-failed", Usage: "run again all jobs whose newest run failed or was stopped"},
		&cli.BoolFlag{Name: "replace-running", Usage: "stop the active run of a job that changed, then start the new one"},
	}
}

// resultFlags say whether results are wanted on this machine.
func resultFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "no-download", Usage: "leave results on the platform: they are not wanted here"},
	}
}

// costFlags say what may be spent.
func costFlags() []cli.Flag {
	return []cli.Flag{
		&cli.Float64Flag{Name: "max-cost", DefaultText: "no limit", Usage: "refuse to start runs that can cost more than `USD` together"},
	}
}

// uploadFlags say what is uploaded.
func uploadFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "no-reuse", Usage: "upload every input of a new run, also those that the platform has"},
	}
}

// platformFlags say which platform, with which key.
func platformFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "local", Usage: "run on this machine, on the embedded platform: no account, no cost"},
		&cli.StringFlag{Name: "profile", Usage: "key and address of section `NAME` of ~/.config/rescale/apiconfig"},
		&cli.StringFlag{Name: "api-url", Usage: "platform `URL` (default: RESCALE_API_URL, the profile, or " + login.DefaultURL + ")"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` that holds the API key (default: RESCALE_API_KEY, or the profile)"},
		&cli.StringFlag{Name: "state", Usage: "state `FILE` (default: .rescale/MANIFEST.state.jsonl beside the manifest)"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show every request on stderr"},
	}
}

// outputFlags say how to print; formats are the allowed values, the default first.
func outputFlags(formats ...string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formats[0], Usage: "`FORMAT`: " + strings.Join(formats, ", ")},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours (also: NO_COLOR)"},
	}
}

// format checks -o against what the command can print.
func format(c *cli.Context, formats ...string) (string, error) {
	chosen := c.String("output")
	if !slices.Contains(formats, chosen) {
		return "", cmdline.Usage(fmt.Sprintf("%s cannot print %q", verb(c), chosen), "-o takes "+strings.Join(formats, ", "))
	}
	return chosen, nil
}

// onlyFormat is format for a command that takes no arguments.
func onlyFormat(c *cli.Context, formats ...string) (string, error) {
	chosen, err := format(c, formats...)
	if err != nil {
		return "", err
	}
	return chosen, noArguments(c)
}

// noArguments refuses words that a command has no use for, before they are
// silently ignored.
func noArguments(c *cli.Context) error {
	if c.NArg() == 0 {
		return nil
	}
	word := c.Args().First()
	if strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml") {
		return cmdline.Usage(fmt.Sprintf("%s takes no argument %q", verb(c), word), fmt.Sprintf("rescale-apply %s -f %s", verb(c), word))
	}
	return cmdline.Usage(fmt.Sprintf("%s takes no argument %q", verb(c), word), "see rescale-apply "+verb(c)+" --help")
}

// positive refuses a number or a duration below zero.
func positive(c *cli.Context, names ...string) error {
	for _, name := range names {
		if c.Int(name) < 0 || c.Duration(name) < 0 || c.Float64(name) < 0 || math.IsNaN(c.Float64(name)) {
			return cmdline.Usage(fmt.Sprintf("--%s must be a number of 0 or more", name), "")
		}
	}
	return nil
}

// style is how text on stdout may look: NO_COLOR, a pipe and --no-color all
// switch colours off.
func (t *tool) style(c *cli.Context) show.Style {
	dir, err := os.Getwd()
	if err != nil {
		dir = "." // only makes paths longer
	}
	return show.Style{Color: t.Screen.Stdout && t.colors(c), Ink: t.ink, Free: c.Bool("local"), Dir: dir}
}

// styleOf also tells what the platform's limits take.
func (t *tool) styleOf(c *cli.Context, s *session) show.Style {
	style := t.style(c)
	style.Limits.Submits = s.platform.SubmitsTake
	if !c.Bool("no-download") && !c.Bool("no-wait") {
		style.Limits.Downloads = s.platform.DownloadsTake
	}
	return style
}

func (t *tool) colors(c *cli.Context) bool {
	return !c.Bool("no-color") && t.Getenv("NO_COLOR") == "" && t.Getenv("TERM") != "dumb"
}

// How often the platform is asked for the state of jobs. An emulator on this
// machine needs no sparing.
const (
	defaultInterval = 30 * time.Second
	localInterval   = 100 * time.Millisecond
)

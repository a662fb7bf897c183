package options

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// Flag is one flag and where its value goes.
type Flag struct {
	Name     string
	Alias    string // of one letter; empty for none
	Usage    string // the name of the value stands in backquotes
	Default  string // the default in words; empty: what Into holds
	Verbatim bool   // spaces around a value belong to it
	Filled   bool   // an empty value is refused: it is a variable that is not set, and not a flag that nobody wrote
	Complete string // what completion offers, such as JOB or text|json; empty: files where the value is a FILE or FOLDER

	// Into takes the value, and holds the default before: a *bool, *string, *[]string,
	// *int, *uint64, *float64 or *time.Duration. Numbers are 0 or more.
	Into any
}

// parsed is the flag as the library knows it.
func (f Flag) parsed() cli.Flag {
	var aliases []string
	if f.Alias != "" {
		aliases = []string{f.Alias}
	}
	switch into := f.Into.(type) {
	case *bool:
		return &cli.BoolFlag{Name: f.Name, Aliases: aliases, Usage: f.Usage}
	case *string:
		return &cli.StringFlag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, Value: *into}
	case *[]string:
		return &cli.StringSliceFlag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, KeepSpace: f.Verbatim}
	case *int:
		return &cli.IntFlag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, Value: *into}
	case *uint64:
		return &cli.Uint64Flag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, Value: *into}
	case *float64:
		return &cli.Float64Flag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, Value: *into}
	case *time.Duration:
		return &cli.DurationFlag{Name: f.Name, Aliases: aliases, Usage: f.Usage, DefaultText: f.Default, Value: *into}
	}
	panic("options: no kind of flag is known for the value of --" + f.Name)
}

// take stores the value that was typed, or else the default.
func (f Flag) take(in *cli.Context) error {
	negative := false
	if f.Filled && in.IsSet(f.Name) && strings.TrimSpace(in.String(f.Name)) == "" {
		return noValue(f.Name)
	}
	switch into := f.Into.(type) {
	case *bool:
		*into = in.Bool(f.Name)
	case *string:
		*into = in.String(f.Name)
	case *[]string:
		*into = in.StringSlice(f.Name)
	case *uint64:
		*into = in.Uint64(f.Name)
	case *int:
		*into = in.Int(f.Name)
		negative = *into < 0
	case *float64:
		*into = in.Float64(f.Name)
		negative = *into < 0 || math.IsNaN(*into)
	case *time.Duration:
		*into = in.Duration(f.Name)
		negative = *into < 0
	}
	if negative {
		return Usage(fmt.Sprintf("--%s must be a number of 0 or more", f.Name), "")
	}
	return nil
}

// noValue refuses an empty value.
func noValue(flag string) error {
	return Usage("--"+flag+" has no value", "leave it out, or look whether the variable is set that was to fill it")
}

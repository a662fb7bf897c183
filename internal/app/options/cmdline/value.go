package cmdline

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/urfave/cli/v2"
)

// badValue is how the library tells of a value that it cannot read, such as
// `invalid value "5" for flag -timeout: parse error`.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([A-Za-z-]+): `)

// BadValue puts the library's words about a flag's value into those of people. Path
// is how the command is typed.
func BadValue(err error, flags []cli.Flag, path string) error {
	see := "see rescale-apply " + path + " --help"
	found := badValue.FindStringSubmatch(err.Error())
	if found == nil {
		return Usage(err.Error(), see)
	}
	value, name := found[1], found[2]
	i := slices.IndexFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return Usage(err.Error(), see)
	}
	wanted, hint := "another value", see
	switch flags[i].(type) {
	case *cli.DurationFlag:
		wanted, hint = "a time", "a time has a unit, such as 30s or 2h"
	case *cli.IntFlag, *cli.Uint64Flag:
		wanted, hint = "a whole number", "write plain digits, such as 4"
	case *cli.Float64Flag:
		wanted, hint = "a number", "write plain digits, such as 50 or 0.5"
	case *cli.BoolFlag:
		wanted, hint = "no value", "write "+dashed(name)+" alone"
	}
	return Usage(fmt.Sprintf("%s wants %s, not %q", dashed(name), wanted, value), hint)
}

package cmdline

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// way tells how to do what a flag of other tools does.
type way struct {
	hint string
	flag string // that the command must have for it; empty: any command
}

var (
	planInstead  = way{hint: "plan shows what apply would do, and does nothing: rescale-apply plan -f job.yaml"}
	keyElsewhere = way{hint: "the key is never on the command line, where others see it: put it into the variable RESCALE_API_KEY, or into a file for --token-file"}
	neverAsks    = way{"write -y; --max-cost bounds what apply may spend", "yes"}
	runsAgain    = way{hint: "apply runs a job again with --replace NAME"}
	waitsAnyway  = way{hint: "apply waits until the jobs have ended; --no-wait and --timeout change that"}
	manifest     = way{"write -f job.yaml", "filename"}
	address      = way{"write --api-url and the platform's address, such as --api-url https://eu.rescale.com", "api-url"}
	requests     = way{"-v shows every request", "verbose"}
	oneStream    = way{hint: "results go to standard output and all else to standard error, which 2>/dev/null leaves out"}
	nothingGoes  = way{hint: "delete removes runs from the platform; state rm only forgets them here"}
)

// elsewhere is by the names of flags in lower case, without dashes.
var elsewhere = map[string]way{
	"n":           planInstead,
	"dry":         planInstead,
	"dryrun":      planInstead,
	"check":       planInstead,
	"key":         keyElsewhere,
	"apikey":      keyElsewhere,
	"token":       keyElsewhere,
	"apitoken":    keyElsewhere,
	"password":    keyElsewhere,
	"force":       runsAgain,
	"rerun":       runsAgain,
	"autoapprove": neverAsks,
	"wait":        waitsAnyway,
	"file":        manifest,
	"manifest":    manifest,
	"url":         address,
	"endpoint":    address,
	"debug":       requests,
	"q":           oneStream,
	"quiet":       oneStream,
	"destroy":     nothingGoes,
	"json":        {"write -o json", "output"},
	"set":         {"write --var NAME=VALUE", "var"},
	"version":     {hint: "type rescale-apply version"},
}

func flagHint(name string, known []string, command string) string {
	plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
	if there, ok := elsewhere[plain]; ok && (there.flag == "" || slices.Contains(known, there.flag)) {
		return there.hint
	}
	if near := diag.Nearest(name, known); len(near) > 0 && len(name) > 1 {
		return "did you mean " + dashed(near[0]) + "?"
	}
	return "see rescale-apply " + command + " --help"
}

package convert

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Given is a variable as it stands in a file.
type Given struct {
	Pos diag.Position // of its name
	Variable
}

// server is port@host, one or several, as license.servers takes them.
var server = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9]{1,5}@[^@\s:;,]+([:;,][0-9]{1,5}@[^@\s:;,]+)*$`)
})

// variableName is what a manifest takes as the name of a variable.
var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`) })

// Environment gives a tile its variables: port@host goes to the servers of its license, and
// names that look like secrets to those of the job. RESCALE_* variables, which the platform
// or this tool set, are left out. What is not taken as it stands is a warning of f.
//
// The license must be set before: Rescale's and a seller's take no servers, and then
// port@host stays a variable.
func (f *Found) Environment(job *Job, tile *Tile, given []Given) {
	for _, v := range given {
		switch {
		case ours(v.Name):
		case strings.HasPrefix(v.Name, "RESCALE_"):
			f.Warn(v.Pos, "", "variable %s is left out: the platform sets its own", diag.Short(v.Name))
		case !variableName().MatchString(v.Name):
			f.Warn(v.Pos, "", "variable %q is left out: a manifest has no variable of that name", diag.Short(v.Name))
		case Secret(v.Variable):
			if !slices.Contains(job.Secrets, v.Name) {
				job.Secrets = append(job.Secrets, v.Name)
			}
			f.Warn(v.Pos, "export "+v.Name+"=… where rescale-apply runs", "%s looks like a secret: its value is not written, only its name", v.Name)
		case server().MatchString(v.Value) && !tile.License.Rescale && tile.License.Seller == "":
			tile.License.Servers = append(tile.License.Servers, v.Variable)
		default:
			tile.Env = append(tile.Env, v.Variable)
		}
	}
}

// ours reports whether this tool sets a variable itself.
func ours(name string) bool { return strings.HasPrefix(name, "RESCALE_APPLY_") }

var word = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^_.\-]+`) })

// Secret reports whether a variable looks like one whose value must not stand in a file.
func Secret(v Variable) bool {
	if v.Value == "" || server().MatchString(v.Value) {
		return false
	}
	words := word().FindAllString(strings.ToUpper(v.Name), -1)
	for i, w := range words {
		last := i == len(words)-1
		switch w {
		case "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "SECRETS", "CREDENTIAL", "CREDENTIALS", "APIKEY", "PASS":
			return !namesPlace(words)
		case "TOKEN", "AUTH":
			return !namesPlace(words) && strings.Trim(v.Value, "0123456789") != ""
		case "KEY", "PWD":
			if last && len(words) > 1 && strings.Trim(v.Value, "0123456789") != "" {
				return true
			}
		}
	}
	return known().MatchString(v.Value)
}

// known matches keys whose form their makers fixed.
var known = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|glpat-[A-Za-z0-9_-]{20,}|xox[abpr]-\S{10,}|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$`)
})

// namesPlace reports whether a variable names where something is, and not what it is.
func namesPlace(words []string) bool {
	return len(words) > 0 && slices.Contains([]string{"FILE", "PATH", "DIR", "URL", "HOST", "USER"}, words[len(words)-1])
}

// marker is what this tool puts behind the name of a job.
var marker = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\s*\[ra:(?:[0-9a-f]{8}\.)?[0-9a-f]{10}\.\d+\.\d+\]\s*$`)
})

// Unmarked returns the name of a job without the marker of this tool.
func Unmarked(name string) string { return marker().ReplaceAllString(name, "") }

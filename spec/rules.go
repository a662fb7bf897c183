package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// check is one rule about a single job. It looks at written values only, as
// values with a problem read as not written.
type check func(job *Job, list *diag.List)

func checks() []check {
	return []check{
		checkTags, checkWalltime, checkVariables, checkFeatures,
		checkInputForms, checkInputNames, checkPatterns, checkLogs,
	}
}

// checkName reports a name that an earlier document has; names holds those.
func checkName(name Value[string], file string, names map[string]diag.Position) diag.List {
	if !name.Written() {
		return nil
	}
	first, taken := names[name.V]
	if !taken {
		names[name.V] = name.Pos
		return nil
	}
	var list diag.List
	if first == name.Pos {
		list.Add(name.Pos, diag.DuplicateName, "give every file once", "%s is given twice", diag.FileName(file))
		return list
	}
	list.Add(name.Pos, diag.DuplicateName, "names tell jobs apart; give one of them another name",
		"job name %q is already used at %s", name.V, first)
	return list
}

// folder is a folder for results, and the place that chose it.
type folder struct {
	name string
	pos  diag.Position
}

// checkFolder reports a folder for results that an earlier job has: the files of
// one job would take the place of the other's. On many machines A and a are one.
func checkFolder(job Job, folders map[string]folder) diag.List {
	if len(job.Outputs.Download) == 0 || !job.Name.Written() {
		return nil
	}
	own := folder{job.ResultsFolder(), job.Name.Pos}
	if job.Outputs.To.Written() {
		own.pos = job.Outputs.To.Pos
	}
	path := strings.ToLower(job.ResultsPath())
	first, taken := folders[path]
	if !taken {
		folders[path] = own
		return nil
	}
	var list diag.List
	switch {
	case first.pos != own.pos:
		list.Add(own.pos, diag.DuplicateFolder, "give one of the jobs another folder, or leave out to: for results/NAME",
			"the results of another job go to %q too, see %s", diag.Short(own.name), first.pos)
	case first.name != own.name:
		list.Add(own.pos, diag.DuplicateFolder, "give one of the points another value",
			"the results of two points go to %q and %q, which is one folder on many machines", diag.Short(first.name), diag.Short(own.name))
	default:
		list.Add(own.pos, diag.DuplicateFolder, "write to: results/${{ job.name }}, or leave out to:",
			"the results of every point of the matrix go to %q", diag.Short(own.name))
	}
	return list
}

func checkTags(job *Job, list *diag.List) {
	first := make(map[string]diag.Position)
	for _, tag := range job.Tags {
		if at, seen := first[tag.V]; seen {
			list.Add(tag.Pos, diag.DuplicateTag, "delete one of the two", "tag %q is already there, first %s", diag.Short(tag.V), nearby(at, tag.Pos))
			continue
		}
		first[tag.V] = tag.Pos
	}
}

// nearby names an earlier place seen from a later one.
func nearby(first, here diag.Position) string {
	if first.Line == here.Line {
		return fmt.Sprintf("at column %d", first.Col)
	}
	return fmt.Sprintf("at line %d", first.Line)
}

// longest is more than any platform allows; what is above it is a slip.
const longest = 365 * 24 * time.Hour

func checkWalltime(job *Job, list *diag.List) {
	w := job.Hardware.Walltime
	switch {
	case !w.Written():
	case w.V <= 0:
		list.Add(w.Pos, diag.BadWalltime, "delete the key to use the platform's limit", "hardware.walltime is zero")
	case w.V > longest:
		list.Add(w.Pos, diag.BadWalltime, "m is minutes, h is hours, d is days", "hardware.walltime is longer than a year")
	}
}

// reservedPrefix begins the variables that the platform sets in every job and
// that this tool uses to recognize its jobs (rescale-api.md §10).
const reservedPrefix = "RESCALE_"

func checkVariables(job *Job, list *diag.List) {
	first := make(map[string]diag.Position)
	for _, v := range job.Env {
		first[v.Name.V] = v.Name.Pos
		checkReserved(v, list)
	}
	for _, v := range job.License.Servers {
		checkReserved(v, list)
		if at, seen := first[v.Name.V]; seen {
			list.Add(v.Name.Pos, diag.BadChoice, "keep one of the two",
				"variable %s is also set under env, %s", diag.Short(v.Name.V), nearby(at, v.Name.Pos))
		}
	}
}

func checkReserved(v Variable, list *diag.List) {
	if strings.HasPrefix(v.Name.V, reservedPrefix) {
		list.Add(v.Name.Pos, diag.ReservedEnv, "the platform sets these variables itself; choose another name",
			"variable %s belongs to the platform", diag.Short(v.Name.V))
	}
}

func checkFeatures(job *Job, list *diag.List) {
	first := make(map[string]diag.Position)
	for _, feature := range job.License.Features {
		if at, seen := first[feature.Name]; seen {
			list.Add(feature.Pos, diag.BadValue, "list it once, with the sum of both counts",
				"license feature %q is already there, first %s", diag.Short(feature.Name), nearby(at, feature.Pos))
			continue
		}
		first[feature.Name] = feature.Pos
	}
}

// checkLogs reports checks of a log that no log can pass, and those that say nothing.
func checkLogs(job *Job, list *diag.List) {
	wanted := make(map[string][]Value[string]) // by file
	for _, log := range job.Success.Logs {
		if !log.Idle.IsZero() {
			list.Add(log.Idle, diag.MissingKey, "add what it must say, as contains: End, or must not say, as lacks: FATAL", "the check of log %s has neither contains nor lacks", log.File.V)
		}
		wanted[log.File.V] = append(wanted[log.File.V], log.Contains...)
	}
	for _, log := range job.Success.Logs {
		for _, lacks := range log.Lacks {
			i := slices.IndexFunc(wanted[log.File.V], func(w Value[string]) bool { return strings.Contains(w.V, lacks.V) })
			if i < 0 {
				continue
			}
			contains := wanted[log.File.V][i]
			list.Add(lacks.Pos, diag.BadChoice, "delete one of the two, or write more of the line",
				"no log that contains %q, %s, can lack %q", diag.Short(contains.V), nearby(contains.Pos, lacks.Pos), diag.Short(lacks.V))
		}
	}
}

package spec

import (
	"fmt"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// check is one rule about a single job. It looks at written values only, as
// values with a problem read as not written.
type check func(job *Job, list *diag.List)

func checks() []check {
	return []check{
		checkTags, checkWalltime, checkVariables, checkFeatures,
		checkInputForms, checkInputNames, checkPatterns,
	}
}

// checkName reports a name that an earlier document has; names holds those.
func checkName(job Job, names map[string]diag.Position) diag.List {
	if !job.Name.Written() {
		return nil
	}
	first, taken := names[job.Name.V]
	if !taken {
		names[job.Name.V] = job.Name.Pos
		return nil
	}
	var list diag.List
	if first == job.Name.Pos {
		list.Add(job.Name.Pos, diag.DuplicateName, "give every file once", "%s is given twice", diag.FileName(job.File))
		return list
	}
	list.Add(job.Name.Pos, diag.DuplicateName, "names tell jobs apart; give one of them another name",
		"job name %q is already used at %s", job.Name.V, first)
	return list
}

// checkFolder reports a folder for results that an earlier document has: the
// files of one job would take the place of the other's.
func checkFolder(job Job, folders map[string]diag.Position) diag.List {
	if len(job.Outputs.Download) == 0 || !job.Name.Written() {
		return nil
	}
	here := job.Name.Pos
	if job.Outputs.To.Written() {
		here = job.Outputs.To.Pos
	}
	first, taken := folders[job.ResultsPath()]
	if !taken {
		folders[job.ResultsPath()] = here
		return nil
	}
	var list diag.List
	list.Add(here, diag.DuplicateFolder, "give one of the jobs another folder, or leave out to: for results/NAME",
		"the results of another job go to %q too, see %s", diag.Short(job.ResultsFolder()), first)
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

// checkReferences refuses ${{ }}. A shell cannot read it either, so a job that
// was sent with one would be paid for and fail.
func checkReferences(doc *yamlsrc.Document, list *diag.List) {
	walkTexts(doc.Value, "", func(pointer, text string) {
		before, _, found := strings.Cut(text, "${{")
		if !found {
			return
		}
		pos := doc.Inside(pointer, len([]rune(before)))
		pos.Width = len("${{")
		list.Add(pos, diag.BadValue, "write the value itself; $VAR and ${VAR} reach the shell unchanged",
			"${{ }} is not known in this version of the manifest")
	})
}

package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec/access"
	"github.com/rescale-apply/rescale-apply/spec/folders"
)

// check is one rule about a single job. It looks only at written values: values with a
// problem read as not written.
type check func(job *Job, list *diag.List)

func checks() []check {
	return []check{
		checkTags, checkWalltime, checkVariables, checkLicense,
		checkInputForms, checkInputNames, checkPatterns, checkLogs,
		checkSecrets, checkScripts, checkExtra, checkSSH, checkAutomations, checkInteractive, checkSweep,
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
	list.Add(name.Pos, diag.DuplicateName, "jobs are told apart by name; give one of them another name",
		"job name %q is already used at %s", name.V, first)
	return list
}

// checkLines reports commands that YAML would change: it would join lines, so that cd
// case and ./solve run as one command, or cut off what it takes for a comment. A run
// costs money.
func checkLines(doc *yamlsrc.Document) diag.List {
	var list diag.List
	walkTexts(doc.Value, "", func(pointer, text string) {
		switch {
		case !isCommand(yamlsrc.Path(pointer)):
		case doc.Joined(pointer):
			list.Add(doc.At(pointer), diag.BadValue, "write command: | to keep the lines, or command: >- to make one line of them on purpose",
				"command goes over several lines, and YAML would make one line of them")
		case doc.Commented(pointer) && endsQuoted(text):
			list.Add(doc.At(pointer), diag.BadValue, "write command: |, and the command on the next line",
				"command ends inside a quotation: YAML takes # and what follows for a comment")
		}
	})
	return list
}

// endsQuoted reports whether a shell text ends inside a quotation.
func endsQuoted(command string) bool {
	var open rune
	escaped := false
	for _, r := range command {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && open != '\'':
			escaped = true
		case r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open = r
		}
	}
	return open != 0
}

// isCommand reports whether a path is the command of a job, of one of its analyses, or
// of a script.
func isCommand(path []string) bool {
	if len(path) > 2 && path[0] == "analyses" {
		path = path[2:]
	}
	if len(path) > 1 && (path[0] == "preProcess" || path[0] == "postProcess") {
		path = path[1:]
	}
	return len(path) == 1 && path[0] == "command"
}

// checkFolder reports a folder for results that another job has.
func checkFolder(job Job, taken *folders.Taken) diag.List {
	if len(job.Outputs.Download) == 0 || !job.Name.Written() {
		return nil
	}
	own := folders.Folder{Name: job.ResultsFolder(), Path: job.ResultsPath(), Job: job.Name.V, Pos: job.Name.Pos}
	if job.Outputs.To.Written() {
		own.Pos = job.Outputs.To.Pos
	}
	return taken.Add(own)
}

// checkAdopted reports a job on the platform that cannot be the run of this one: another
// job has it, or nobody can compare what it builds on.
func checkAdopted(job Job, taken map[string]Value[string]) (list diag.List) {
	adopt := job.Adopt
	if !adopt.Written() {
		return nil
	}
	other, twice := taken[adopt.V]
	fromOthers := slices.ContainsFunc(job.Inputs, func(in Input) bool { return in.From.Written() })
	switch {
	case twice && other.Pos == adopt.Pos: // one key for all points
		list.Add(adopt.Pos, diag.BadChoice, "write adopt: ${{ matrix.adopt }}, and the id of each point in its table",
			"job %s is adopted by %s and by %s", adopt.V, diag.Short(other.V), diag.Short(job.Name.V))
	case twice:
		list.Add(adopt.Pos, diag.BadChoice, "leave adopt with the one that it ran for",
			"job %s is adopted by %s and, at %s, by %s", adopt.V, diag.Short(job.Name.V), other.Pos, diag.Short(other.V))
	case fromOthers || len(job.DependsOn) > 0:
		list.Add(adopt.Pos, diag.BadChoice, "delete adopt, or name the results by id: inputs: [{id: AbCdEf}]",
			"adopt cannot be beside what builds on other jobs: a stored job does not say on which runs")
	}
	if !twice {
		taken[adopt.V] = Value[string]{V: job.Name.V, Pos: adopt.Pos}
	}
	return list
}

func checkTags(job *Job, list *diag.List) {
	once("tag", job.Tags, list)
	once("tag", job.Uploads.Tags, list)
	once("storage", job.Storage, list)
}

// once reports values that are there twice.
func once(what string, values []Value[string], list *diag.List) {
	first := make(map[string]diag.Position)
	for _, v := range values {
		if at, seen := first[v.V]; seen {
			list.Add(v.Pos, diag.DuplicateTag, "delete one of the two", "%s %q is already there, first %s", what, diag.Short(v.V), nearby(at, v.Pos))
			continue
		}
		first[v.V] = v.Pos
	}
}

// nearby names an earlier place as seen from a later one.
func nearby(first, here diag.Position) string {
	if first.Line == here.Line {
		return fmt.Sprintf("at column %d", first.Col)
	}
	return fmt.Sprintf("at line %d", first.Line)
}

// longest is more than any platform allows; a longer walltime is a slip.
const longest = 365 * 24 * time.Hour

func checkWalltime(job *Job, list *diag.List) {
	seen := make(map[diag.Position]bool) // several tiles can have the same
	for i, tile := range job.Tiles {
		w := tile.Hardware.Walltime
		switch {
		case !w.Written() || seen[w.Pos]:
		case w.V <= 0:
			list.Add(w.Pos, diag.BadWalltime, "delete the key to use the platform's limit", "%shardware.walltime is zero", place(job, i))
		case w.V > longest:
			list.Add(w.Pos, diag.BadWalltime, "m is minutes, h is hours, d is days", "%shardware.walltime is longer than a year", place(job, i))
		}
		seen[w.Pos] = true
	}
}

// reservedPrefix begins the variables that the platform sets in every job and
// that this tool uses to recognize its jobs (rescale-api.md §10).
const reservedPrefix = "RESCALE_"

func checkVariables(job *Job, list *diag.List) {
	checked := make(map[diag.Position]bool) // variables of the job are those of every tile
	for _, tile := range job.Tiles {
		first := make(map[string]diag.Position)
		for _, v := range tile.Env {
			first[v.Name.V] = v.Name.Pos
			if !checked[v.Name.Pos] {
				checkReserved(v.Name, list)
			}
			checked[v.Name.Pos] = true
		}
		for _, v := range tile.License.Env() {
			checkReserved(v.Name, list)
			if at, seen := first[v.Name.V]; seen {
				list.Add(v.Name.Pos, diag.BadChoice, "keep one of the two",
					"variable %s is also set elsewhere, %s", diag.Short(v.Name.V), nearby(at, v.Name.Pos))
			}
			first[v.Name.V] = v.Name.Pos
		}
	}
}

func checkReserved(name Value[string], list *diag.List) {
	if strings.HasPrefix(name.V, reservedPrefix) {
		list.Add(name.Pos, diag.ReservedEnv, "the platform and this tool set these variables themselves; choose another name",
			"variable %s belongs to the platform", diag.Short(name.V))
	}
}

// checkLicense reports a license from two places, and duplicate features.
func checkLicense(job *Job, list *diag.List) {
	for _, tile := range job.Tiles {
		license := tile.License
		if len(license.Features) > 0 && len(license.Sets) > 0 {
			list.Add(license.Features[0].Pos, diag.BadChoice, "write the features as one more entry of featureSets", "license has both features and featureSets")
		}
		if seller := license.Seller; seller.Written() && len(license.Servers)+len(license.FeatureSets()) > 0 {
			list.Add(seller.Pos, diag.BadChoice, "delete seller, or servers and features", "license has both a seller and servers of your own")
		}
		names := make(map[string]diag.Position)
		for _, set := range license.FeatureSets() {
			checkFeatures(set.Features, list)
			if at, seen := names[set.Name.V]; seen && set.Name.Written() {
				list.Add(set.Name.Pos, diag.BadValue, "give each set a name of its own, or none", "feature set %q is already there, first %s", diag.Short(set.Name.V), nearby(at, set.Name.Pos))
			}
			names[set.Name.V] = set.Name.Pos
		}
	}
}

func checkFeatures(features []Feature, list *diag.List) {
	first := make(map[string]diag.Position)
	for _, feature := range features {
		if at, seen := first[feature.Name]; seen {
			list.Add(feature.Pos, diag.BadValue, "list it once, with the sum of both counts",
				"license feature %q is already there, first %s", diag.Short(feature.Name), nearby(at, feature.Pos))
			continue
		}
		first[feature.Name] = feature.Pos
	}
}

// checkLogs reports checks that no log can pass, and empty ones.
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

// place returns how a person would call a tile: empty for the only one.
func place(job *Job, tile int) string {
	if len(job.Tiles) == 1 {
		return ""
	}
	return "analyses[" + strconv.Itoa(tile) + "]."
}

// besides reports keys of a single analysis that stand beside a list of them, and
// entries of the list without hardware.
func (p *page) besides(doc node, list *diag.List) {
	tiles, several := tilesOf(doc)
	if !several {
		return
	}
	mapping, _ := doc.value.(map[string]any)
	for _, key := range []string{"analysis", "license", "inputs", "command", "preProcess", "postProcess"} {
		if mapping[key] != nil {
			list.Add(doc.doc.KeyAt("/"+key), diag.BadChoice, "move it into an entry of analyses", "%s stands beside analyses, and belongs to one of them", key)
		}
	}
	if mapping["hardware"] != nil {
		return
	}
	for _, tile := range tiles {
		if own, _ := tile.value.(map[string]any); own != nil && own["hardware"] == nil {
			list.Add(doc.doc.At(tile.pointer), diag.MissingKey, "add hardware: {coreType: emerald, coresPerSlot: 4} here, or at the top for all analyses",
				"key \"hardware\" is missing under %s", strings.NewReplacer("/analyses/", "analyses[").Replace(tile.pointer)+"]")
		}
	}
}

func checkSecrets(job *Job, list *diag.List) {
	first := make(map[string]Value[string])
	for _, tile := range job.Tiles {
		for _, v := range tile.Env {
			first[v.Name.V] = v.Name
		}
		for _, v := range tile.License.Env() {
			first[v.Name.V] = v.Name
		}
	}
	for _, secret := range job.Secrets {
		checkReserved(secret, list)
		if before, seen := first[secret.V]; seen {
			list.Add(secret.Pos, diag.BadChoice, "keep one of the two", "variable %s is also set elsewhere, %s", diag.Short(secret.V), nearby(before.Pos, secret.Pos))
			continue
		}
		first[secret.V] = secret
	}
}

// checkScripts reports scripts without a known way to start them.
func checkScripts(job *Job, list *diag.List) {
	for _, tile := range job.Tiles {
		for use, script := range map[Use]Script{Before: tile.PreProcess, After: tile.PostProcess} {
			switch {
			case script.ID.Written() && script.Path.Written():
				list.Add(script.ID.Pos, diag.BadChoice, "keep one of the two", "script is a file of this machine, and id one of the platform")
			case script.ID.Written() && script.Command.V == "":
				list.Add(script.ID.Pos, diag.MissingKey, fmt.Sprintf("write %s: {id: %s, command: bash NAME}, with the name that it has on the platform", use, script.ID.V),
					"it is unknown how to start file %s", script.ID.V)
			case !script.Path.Written():
			case isPattern(script.Path.V):
				list.Add(script.Path.Pos, diag.BadInputName, "write the path of one file", "a script is one file, not a pattern: %s", diag.Short(script.Path.V))
			case script.Command.V == "":
				list.Add(script.Path.Pos, diag.MissingKey, fmt.Sprintf("write %s: {script: %s, command: …}", use, diag.Short(script.Path.V)),
					"it is unknown how to start %s", diag.Short(script.Path.V))
			}
		}
	}
}

func checkAutomations(job *Job, list *diag.List) {
	first := make(map[string]diag.Position)
	for _, a := range job.Automations {
		if at, seen := first[a.ID.V]; seen {
			list.Add(a.ID.Pos, diag.BadValue, "delete one of the two", "automation %s is already there, first %s", a.ID.V, nearby(at, a.ID.Pos))
			continue
		}
		first[a.ID.V] = a.ID.Pos
	}
}

func checkSSH(job *Job, list *diag.List) {
	if key := job.SSH.PublicKey; key.Written() {
		if why, hint := access.KeyProblem(key.V); why != "" {
			list.Add(key.Pos, diag.BadPublicKey, hint, "%s", why)
		}
	}
	for _, network := range job.SSH.CIDR {
		if hint := access.NetworkHint(network.V); hint != "" && (network.V != "" || len(job.SSH.CIDR) > 1) {
			list.Add(network.Pos, diag.BadValue, hint, "ssh.cidr cannot be %q", diag.Short(network.V))
		}
	}
}

// maxRunning is the pointer of the key.
const maxRunning = "/limits/maxRunning"

// seat puts a job among those that one written maxRunning bounds together. What a
// reference in it stands for can differ between them.
func (r *reader) seat(job *Job, written diag.Position, list *diag.List) {
	most := job.Limits.MaxRunning
	if !most.Written() {
		return
	}
	shared := r.seats[written]
	if shared == nil {
		shared = &Seats{Most: most.V}
		r.seats[written] = shared
	}
	if shared.Most != most.V {
		list.Add(most.Pos, diag.BadChoice, "write a number, or a variable that all of them share",
			"limits.maxRunning bounds these jobs together: it cannot be %d for %s and %d for %s", shared.Most, diag.Short(shared.Jobs[0]), most.V, diag.Short(job.Name.V))
	}
	shared.Jobs = append(shared.Jobs, job.Name.V)
	job.Limits.Seats = shared
}

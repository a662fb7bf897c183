package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec/body"
)

// ownFields returns fields of the body that extra may not set, and the keys to use
// instead. Some of them identify a job as the run of its manifest; the others would be
// set twice.
func ownFields() map[string]string {
	return map[string]string{
		"name": "title", "description": "description", "tags": "tags", "customFields": "customFields",
		"isLowPriority": "priority", "billingPriorityValue": "priority", "projectId": "project", "project_id": "project",
		"publicKey": "ssh.publicKey", "cidrRule": "ssh.cidr", "sshPort": "ssh.port", "clusterId": "clusterId", "jobAutomations": "automations",
	}
}

// ownTileFields returns the same for one analysis.
func ownTileFields() map[string]string {
	return map[string]string{
		"analysis": "analysis", "command": "command", "envVars": "env", "inputFiles": "inputs",
		"useRescaleLicense": "license", "onDemandLicenseSeller": "license.seller", "userDefinedLicenseSettings": "license.features",
		"preProcessScript": "preProcess.script", "preProcessScriptCommand": "preProcess.command",
		"postProcessScript": "postProcess.script", "postProcessScriptCommand": "postProcess.command",
	}
}

// ownHardware returns the same for a tile's hardware.
func ownHardware() []string { return []string{"coreType", "coresPerSlot", "slots", "walltime"} }

// apart takes the fields of an analysis out of the extra of a job that has only one:
// there all keys of the analysis stand at the top.
func apart(fields []Field) (job, tile []Field) {
	for _, field := range fields {
		if level, _ := body.Home(field.Name.V); level == body.Analysis {
			tile = append(tile, field)
		} else {
			job = append(job, field)
		}
	}
	return job, tile
}

func checkExtra(job *Job, list *diag.List) {
	own := ownFields()
	for _, field := range job.Extra {
		switch name := field.Name.V; {
		case field.Value.V == nil:
			missesValue(field, list)
		case name == "jobanalyses":
			list.Add(field.Name.Pos, diag.ReservedField, "write the job as analyses: [{analysis: …, command: …, extra: {…}}]",
				"extra cannot set jobanalyses as a whole")
		case name == "clonedFrom":
			list.Add(field.Name.Pos, diag.ReservedField, "delete it; clones are left alone, and this job would not be found again",
				"extra cannot make a job a clone")
		default:
			checkOwn(field, own[name], list)
			job.checkHome(field, body.Job, list)
		}
	}
	for _, tile := range job.Tiles {
		for _, field := range tile.Extra {
			job.checkTileField(field, list)
			checkDesktopField(tile, field, list)
		}
	}
}

// missesValue reports a field without a value, which would be left out and have no
// effect.
func missesValue(field Field, list *diag.List) {
	list.Add(field.Name.Pos, diag.WrongType, "write a value, or delete it", "extra.%s has no value", diag.Short(field.Name.V))
}

func (job *Job) checkTileField(field Field, list *diag.List) {
	_, mapping := field.Value.V.(map[string]any)
	switch {
	case field.Value.V == nil:
		missesValue(field, list)
		return
	case field.Name.V != "hardware":
		checkOwn(field, ownTileFields()[field.Name.V], list)
	case !mapping:
		list.Add(field.Value.Pos, diag.WrongType, "write something like extra: {hardware: {type: interactive}}", "extra.hardware must be a mapping")
	}
	job.checkHome(field, body.Analysis, list)
	if field.Name.V == "hardware" {
		job.checkHardware(field.Below, list)
	}
}

// checkHardware checks what extra puts into the hardware of an analysis.
func (job *Job) checkHardware(fields []Field, list *diag.List) {
	for _, field := range fields {
		if name := field.Name.V; slices.Contains(ownHardware(), name) {
			list.Add(field.Name.Pos, diag.ReservedField, "use the key hardware."+name+" instead", "extra cannot set hardware.%s", name)
		}
		job.checkHome(field, body.Hardware, list)
	}
}

// checkHome reports a field at a level where the platform does not look for it, and
// warns about an unknown one: it may be new, or misspelled.
func (job *Job) checkHome(field Field, here body.Level, list *diag.List) {
	name := field.Name.V
	switch home, known := body.Home(name); {
	case home == here:
	case known:
		list.Add(field.Name.Pos, diag.MisplacedField, rightPlace(name, home), "%s is a field of the %s, and stands in the %s here", name, home, here)
	case name == "storageDevices":
		job.Warnings.Add(field.Name.Pos, diag.UnknownKey, "", "the platform attaches storage by a call of its own, and reads no storageDevices in the body of a job")
	case body.Answered(name):
		job.Warnings.Add(field.Name.Pos, diag.UnknownKey, "", "%s is known from answers of the platform only, which may leave it out", name)
	default:
		job.Warnings.Add(field.Name.Pos, diag.UnknownKey, diag.DidYouMean(name, job.fieldsAt(here)),
			"no field %q of the %s is known; it is sent, and the platform may leave it out", diag.Short(name), here)
	}
}

// fieldsAt returns the fields that can be written at a level.
func (job *Job) fieldsAt(level body.Level) []string {
	if level == body.Job && len(job.Tiles) == 1 {
		return slices.Concat(body.Fields(body.Job), body.Fields(body.Analysis))
	}
	return body.Fields(level)
}

// rightPlace says where a misplaced field belongs.
func rightPlace(name string, home body.Level) string {
	switch key := ownTileFields()[name]; {
	case name == "jobanalyses" || name == "clonedFrom":
		return "delete it; extra cannot set it anywhere"
	case key != "":
		return fmt.Sprintf("use the key %s instead", key)
	case home == body.Analysis:
		return fmt.Sprintf("move it into the entry of analyses that it is for, as extra: {%s: …}", name)
	case home == body.Job && ownFields()[name] != "":
		return fmt.Sprintf("use the key %s at the top of the job instead", ownFields()[name])
	case home == body.Job:
		return fmt.Sprintf("move it to the top of the job, as extra: {%s: …}", name)
	}
	if slices.Contains(ownHardware(), name) {
		return "use the key hardware." + name + " instead"
	}
	return fmt.Sprintf("write it below hardware, as extra: {hardware: {%s: …}}", name)
}

// fieldHint says how to write a field of the platform that stands among the keys of a
// job, of an analysis or of its hardware; empty for any other key.
func fieldHint(v schema.Violation) string {
	name, above := v.Key, ofAnalysis.ReplaceAllString(v.Pointer, "")
	home, known := body.Home(name)
	switch key := cmp.Or(ownTileFields()[name], ownFields()[name]); {
	case !slices.Contains([]string{"", "/analysis", "/hardware"}, above), !known, above != "" && home == body.Job, name == "jobanalyses", name == "clonedFrom":
		return ""
	case key != "":
		return fmt.Sprintf("use the key %s instead", key)
	case name == "paramFile" || name == "templateTasks":
		return "use the key doe instead, which uploads the files; an id of the platform belongs into extra: {" + name + ": …}"
	case home == body.Hardware:
		return rightPlace(name, home)
	}
	return fmt.Sprintf("a field of the platform without a key of its own belongs into extra: {%s: …}", name)
}

func checkOwn(field Field, key string, list *diag.List) {
	if key != "" {
		list.Add(field.Name.Pos, diag.ReservedField, fmt.Sprintf("use the key %s instead", key), "extra cannot set %s", field.Name.V)
	}
}

// checkDesktopField reports a field that interactive sets.
func checkDesktopField(tile Tile, field Field, list *diag.List) {
	if !tile.Interactive.V {
		return
	}
	own := map[string][]string{"flags": {"runForever", "igCv"}, "hardware": {"type"}}[field.Name.V]
	for _, below := range field.Below {
		if slices.Contains(own, below.Name.V) {
			list.Add(below.Name.Pos, diag.ReservedField, "delete it here", "interactive sets %s.%s already", field.Name.V, below.Name.V)
		}
	}
}

// checkInteractive reports what a desktop cannot have, and one that would be billed
// without an end.
func checkInteractive(job *Job, list *diag.List) {
	told := make(map[diag.Position]bool) // tiles can share the key
	desktop := false
	for i, tile := range job.Tiles {
		at := tile.Interactive.Pos
		if !tile.Interactive.V {
			continue
		}
		desktop = true
		if w := tile.Hardware.Walltime; !w.Written() && tile.Hardware.Pos.Line > 0 && !told[at] {
			told[at] = true
			list.Add(at, diag.MissingKey, "say how long at most, under hardware, as walltime: 8h",
				"%sinteractive: it is billed until somebody stops it, and has no walltime", place(job, i))
		}
	}
	if desktop && !job.Success.Pos.IsZero() {
		list.Add(job.Success.Pos, diag.BadChoice, "delete success", "an interactive job ends when it is stopped, and no check says how it went")
	}
}

// withoutCommand reports a violation that is none, because a desktop needs no command.
func (d *document) withoutCommand(v schema.Violation) bool {
	pointer, missing := v.Pointer, v.Kind == schema.MissingKey && v.Key == "command"
	if !missing {
		text, found := d.at(pointer).(string)
		if tile, isCommand := strings.CutSuffix(pointer, "/command"); isCommand && found && text == "" {
			pointer, missing = tile, true
		}
	}
	return missing && d.interactive(pointer)
}

// interactive reports whether a tile is a desktop, or may be one: the value of a reference
// is not known everywhere.
func (d *document) interactive(tile string) bool {
	for _, pointer := range []string{tile, ""} {
		pointer = yamlsrc.Member(pointer, "interactive")
		if said, known := d.at(pointer).(bool); known {
			return said
		}
		if strings.Contains(d.Document.Text(pointer), "${{") {
			return true
		}
	}
	return false
}

// at returns the value at a pointer, nil when there is none.
func (d *document) at(pointer string) any {
	here := d.value
	for _, key := range yamlsrc.Path(pointer) {
		switch above := here.(type) {
		case map[string]any:
			here = above[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(above) {
				return nil
			}
			here = above[i]
		default:
			return nil
		}
	}
	return here
}

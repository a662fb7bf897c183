package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
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

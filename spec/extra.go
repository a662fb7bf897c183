package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/body"
)

// ownFields are fields of the body that extra may not set, and the key to use
// instead. By some of them a job is recognized as the one run of its manifest; the
// others would be said twice.
func ownFields() map[string]string {
	return map[string]string{
		"name": "title", "description": "description", "tags": "tags", "customFields": "customFields",
		"isLowPriority": "priority", "billingPriorityValue": "priority", "projectId": "project", "project_id": "project",
		"publicKey": "ssh.publicKey", "cidrRule": "ssh.cidr", "sshPort": "ssh.port", "clusterId": "clusterId", "jobAutomations": "automations",
	}
}

// ownTileFields are the same of one analysis.
func ownTileFields() map[string]string {
	return map[string]string{
		"analysis": "analysis", "command": "command", "envVars": "env", "inputFiles": "inputs",
		"useRescaleLicense": "license", "onDemandLicenseSeller": "license.seller", "userDefinedLicenseSettings": "license.features",
		"preProcessScript": "preProcess.script", "preProcessScriptCommand": "preProcess.command",
		"postProcessScript": "postProcess.script", "postProcessScriptCommand": "postProcess.command",
	}
}

// ownHardware are fields of a tile's hardware.
func ownHardware() []string { return []string{"coreType", "coresPerSlot", "slots", "walltime"} }

// apart takes the fields of an analysis out of the extra of a job that has only one: in
// such a job all keys of the analysis stand at the top.
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
	ownOfTile := ownTileFields()
	for _, tile := range job.Tiles {
		for _, field := range tile.Extra {
			checkOwn(field, ownOfTile[field.Name.V], list)
			job.checkHome(field, body.Analysis, list)
			hardware, _ := field.Value.V.(map[string]any)
			if field.Name.V == "hardware" {
				job.checkHardware(field, hardware, list)
			}
		}
	}
}

// checkHardware is about what extra puts into the hardware of an analysis.
func (job *Job) checkHardware(field Field, hardware map[string]any, list *diag.List) {
	for _, name := range ownHardware() {
		if _, set := hardware[name]; set {
			list.Add(field.Name.Pos, diag.ReservedField, "use the key hardware."+name+" instead", "extra cannot set hardware.%s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(hardware)) {
		job.checkHome(Field{Name: Value[string]{V: name, Pos: field.Name.Pos}}, body.Hardware, list)
	}
}

// checkHome reports a field at a level where the platform does not look for it, and
// warns of one that nobody knows: it may be new, or misspelt.
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

// fieldsAt are the fields that can be written at a level.
func (job *Job) fieldsAt(level body.Level) []string {
	if level == body.Job && len(job.Tiles) == 1 {
		return slices.Concat(body.Fields(body.Job), body.Fields(body.Analysis))
	}
	return body.Fields(level)
}

// rightPlace tells where a misplaced field belongs.
func rightPlace(name string, home body.Level) string {
	switch key := ownTileFields()[name]; {
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

func checkOwn(field Field, key string, list *diag.List) {
	if key != "" {
		list.Add(field.Name.Pos, diag.ReservedField, fmt.Sprintf("use the key %s instead", key), "extra cannot set %s", field.Name.V)
	}
}

package wire

import (
	"encoding/json"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// Job renders a whole job (§6.1, §12.5). file finds input files; a file that is gone leaves only its id.
func (s Style) Job(j *disk.Job, c *catalog.Catalog, file func(id string) (*disk.File, bool)) map[string]any {
	out := object{}
	for name, value := range j.Spec.Echo {
		out[name] = value
	}
	out["id"] = j.ID
	out["name"] = j.Spec.Name
	out["description"] = j.Spec.Description
	out["owner"] = j.Owner
	out["dateInserted"] = s.inserted(j)
	out["isLowPriority"] = j.Spec.LowPriority
	out["billingPriorityValue"] = j.Spec.BillingPriority
	out["projectId"] = j.Spec.ProjectID
	if !s.HideTags {
		out["userTags"] = Tags(j.Tags)
	}
	out["sharedWith"] = orEmpty(j.SharedWith)
	out["elapsedWalltimeSeconds"] = nil
	out["isTemplateDryRun"] = j.Spec.RenderOnly
	out["paramFile"] = s.optionalFile(j.Spec.ParamFile, file)
	out["caseFile"] = s.optionalFile(j.Spec.CaseFile, file)
	out["expectedRuns"] = nil // not known before the submit
	if len(j.Runs) > 0 {
		out["expectedRuns"] = len(j.Runs)
	}
	tiles := make([]object, len(j.Spec.Tiles))
	for i := range j.Spec.Tiles {
		tiles[i] = s.tile(&j.Spec.Tiles[i], c, file)
	}
	out["jobanalyses"] = tiles
	return out
}

func (s Style) tile(t *disk.Tile, c *catalog.Catalog, file func(id string) (*disk.File, bool)) object {
	inputs := make([]object, len(t.Inputs))
	for i, input := range t.Inputs {
		inputs[i] = s.fileOrID(input.ID, file)
		inputs[i]["decompress"] = input.Decompress
	}
	out := object{}
	for name, value := range t.Echo {
		out[name] = value
	}
	out["analysis"] = object{"code": t.Code, "version": t.Version, "name": t.Name, "versionName": t.VersionName}
	out["command"] = t.Command
	out["envVars"] = t.Env
	out["useRescaleLicense"] = t.UseRescaleLicense
	out["preProcessScript"] = s.optionalFile(t.PreScript, file)
	out["preProcessScriptCommand"] = t.PreCommand
	out["postProcessScript"] = s.optionalFile(t.PostScript, file)
	out["postProcessScriptCommand"] = t.PostCommand
	out["inputFiles"] = inputs
	tasks := make([]object, len(t.Templates))
	for i, task := range t.Templates {
		tasks[i] = object{"templateFile": s.fileOrID(task.ID, file), "processedFilename": task.Path}
	}
	out["templateTasks"] = tasks
	out["hardware"] = s.hardware(t, c)
	return out
}

func (s Style) fileOrID(id string, file func(id string) (*disk.File, bool)) object {
	f, ok := file(id)
	switch {
	case !ok:
		return object{"id": id}
	case s.ShortInputs:
		return object{"id": f.ID, "name": f.Name, "typeId": f.TypeID, "decryptedSize": f.Size}
	}
	return s.File(f, nil)
}

func (s Style) optionalFile(id string, file func(id string) (*disk.File, bool)) any {
	if id == "" {
		return nil
	}
	return s.fileOrID(id, file)
}

func (s Style) hardware(t *disk.Tile, c *catalog.Catalog) object {
	out := object{
		"coreType":     t.CoreType,
		"coresPerSlot": t.CoresPerSlot,
		"slots":        t.Slots,
		"walltime":     t.Walltime,
		"type":         t.HardwareType,
	}
	cores, ok := c.CoreType(t.CoreType)
	if !ok {
		return out
	}
	if s.V3 || s.CoreTypeObjects {
		out["coreType"] = s.CoreType(cores)
	}
	node, gpus := cores.Node(t.CoresPerSlot)
	out["coreSummary"] = object{
		"storagePerNode": cores.Storage * node * 1000, // MB
		"memoryPerNode":  cores.Memory * node,         // MB
		"gpusPerNode":    gpus,
		"numberOfNodes":  nodes(t, node),
	}
	return out
}

// nodes is how many nodes the tile has, written as a float, as the platform does.
func nodes(t *disk.Tile, perNode int) json.Number {
	count := (t.CoresPerSlot*t.Slots + perNode - 1) / perNode
	return json.Number(strconv.Itoa(count) + ".0")
}

// JobItem renders a job in a listing (§8.4), with the status it had then. storage is in bytes.
func (s Style) JobItem(j *disk.Job, storage int64) map[string]any {
	names := make([]string, len(j.Spec.Tiles))
	for i, tile := range j.Spec.Tiles {
		names[i] = tile.Name
	}
	out := object{
		"id": j.ID, "name": j.Spec.Name, "owner": j.Owner,
		"dateInserted":         s.inserted(j),
		"analysisNames":        names,
		"jobStatus":            label(j.Status()),
		"clusterStatusDisplay": nil,
		"isVisible":            true,
		"sharedWith":           orEmpty(j.SharedWith),
		"storage":              storage,
	}
	if len(j.Cluster) > 0 {
		out["clusterStatusDisplay"] = label(j.ClusterStatus())
	}
	return out
}

func label(content string) object {
	return object{"content": content, "labelClass": "", "useLabel": false}
}

// Package validate checks the body of a job create request as strictly as the platform is known to, and strict where it
// is not known (rescale-api.md §6, Appendix A.4). It reports all problems of a body at once. It knows nothing of HTTP
// and stores nothing.
package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// World is what a body is checked against.
type World struct {
	Catalog         *catalog.Catalog
	Usable          func(fileID string) bool             // the caller may use this file as an input, and it is there
	IsOf            func(fileID string, typeID int) bool // it may be used as a file of that type
	Automations     []string                             // ids
	Clusters        []string                             // ids of persistent clusters
	Projects        []string                             // ids
	ProjectRequired bool
	MaxJobHours     int
	DefaultWalltime *int // hours; nil stores null
	StrictNames     bool // project_id is an unknown member (§6.1)
	// CoreTypeObjects demands hardware.coreType as an object, as API version 3 does. Version 2 takes both forms.
	CoreTypeObjects bool
}

// InvalidError holds the field errors of a refused body.
type InvalidError struct {
	// Fields marshals to the platform's answer.
	Fields json.Marshaler
}

func (e *InvalidError) Error() string {
	text, err := json.Marshal(e.Fields)
	if err != nil {
		return "invalid job"
	}
	return "invalid job: " + string(text)
}

// ErrCrash means that the platform is known to fail on this body with a 500 (§6.1, jobAutomations).
var ErrCrash = errors.New("automation without environmentVariables")

// Top-level members that are stored and shown, with their defaults (§6.1). The answer to a create always has them.
var topEcho = map[string]string{
	"jobvariables": "[]", "monteCarloIterations": "null", "includeNominalRun": "false", "resourceFilters": "[]",
	"archiveFilters": "[]", "remoteVizConfig": "null", "autoTerminateCluster": "true", "clusterId": "null",
	"sshPort": "22", "cidrRule": `""`, "publicKey": `""`, "jobAutomations": "[]", "isTemplate": "false",
	"templatedFrom": "null", "clonedFrom": "null", "inputFileParseTask": `""`, "folderId": "null",
}

// usualPriority is the one that pairs with isLowPriority where a body names none
// (rescale-api.md §6.1).
func usualPriority(low bool) string {
	if low {
		return "ON_DEMAND"
	}
	return "INSTANT"
}

var priorities = []string{"INSTANT", "ON_DEMAND", "RESERVED"}

// Read checks the body. Problems are an *InvalidError.
func (w World) Read(body json.RawMessage) (disk.Spec, error) {
	found := &problems{}
	top, ok := openForm(body, found)
	if !ok {
		return disk.Spec{}, &InvalidError{Fields: found}
	}
	low := top.flag("isLowPriority")
	spec := disk.Spec{
		Name:            top.requiredText("name"),
		Description:     top.text("description", ""),
		LowPriority:     low,
		BillingPriority: top.text("billingPriorityValue", usualPriority(low)),
		ProjectID:       w.project(top),
		Echo:            top.echo(topEcho),
	}
	if !slices.Contains(priorities, spec.BillingPriority) && found.field("billingPriorityValue").empty() {
		found.field("billingPriorityValue").add(fmt.Sprintf("%q is not a valid choice.", spec.BillingPriority))
	}
	checkPublicKey(top)
	spec.Tiles = w.tiles(top)
	w.design(top, &spec)
	w.checkCluster(top)
	w.checkAutomations(top)
	if !found.empty() {
		return disk.Spec{}, &InvalidError{Fields: found}
	}
	if !automationsComplete(top) {
		return disk.Spec{}, ErrCrash
	}
	return spec, nil
}

// project reads projectId, or project_id, as official scripts send it.
func (w World) project(top form) *string {
	name := "projectId"
	raw, ok := top.reference(name)
	if !ok && !w.StrictNames {
		name = "project_id"
		raw, ok = top.reference(name)
	}
	if !ok {
		if w.ProjectRequired {
			top.at.field("projectId").add("A project is required to create a job.")
		}
		return nil
	}
	id := top.stringOf(name, raw)
	if at := top.at.field(name); at.empty() && !slices.Contains(w.Projects, id) {
		noSuch(at, id)
	}
	return &id
}

var keyType = regexp.MustCompile(`^\s*(ssh-rsa|ssh-dss|ecdsa-sha2-nistp(256|384|521))\s`)

func checkPublicKey(top form) {
	key := top.text("publicKey", "")
	if key != "" && !keyType.MatchString(key) {
		top.at.field("publicKey").add("Unsupported SSH key type. Use ssh-rsa, ssh-dss or ecdsa-sha2-nistp256/384/521.")
	}
}

func (w World) checkCluster(top form) {
	raw, ok := top.reference("clusterId")
	if !ok {
		return
	}
	if id := top.stringOf("clusterId", raw); !slices.Contains(w.Clusters, id) {
		noSuch(top.at.field("clusterId"), id)
	}
}

// noSuch reports whether an id is not known, in the platform's words.
func noSuch(at *problems, id string) {
	if at.empty() {
		at.add(fmt.Sprintf("Invalid pk %q - object does not exist.", id))
	}
}

func (w World) checkAutomations(top form) {
	items := top.list("jobAutomations")
	for i, at := range top.at.field("jobAutomations").list(len(items)) {
		entry, ok := openForm(items[i], at)
		if !ok {
			continue
		}
		raw, ok := entry.required("automation")
		if _, complete := entry.optional("environmentVariables"); !ok || !complete {
			continue // a missing map is worse: see automationsComplete
		}
		automation, ok := openForm(raw, at.field("automation"))
		if !ok {
			continue
		}
		if id := automation.requiredText("id"); automation.at.empty() && !slices.Contains(w.Automations, id) {
			noSuch(automation.at.field("id"), id)
		}
	}
}

// automationsComplete reports whether every automation has its map of variables, which the platform does not check.
func automationsComplete(top form) bool {
	for _, raw := range top.list("jobAutomations") {
		var automation struct {
			EnvironmentVariables map[string]any `json:"environmentVariables"`
		}
		if json.Unmarshal(raw, &automation) != nil || automation.EnvironmentVariables == nil {
			return false
		}
	}
	return true
}

func (w World) tiles(top form) []disk.Tile {
	if _, ok := top.required("jobanalyses"); !ok {
		return nil
	}
	items := top.list("jobanalyses")
	at := top.at.field("jobanalyses")
	if len(items) == 0 {
		if at.empty() {
			at.add("This list may not be empty.")
		}
		return nil
	}
	out := make([]disk.Tile, len(items))
	for i, place := range at.list(len(items)) {
		if tile, ok := openForm(items[i], place); ok {
			out[i] = w.tile(tile)
		}
	}
	return out
}

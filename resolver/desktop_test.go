package resolver_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// The fields are those of a create body that a public script sends for two desktops.
func TestADesktopIsSentAsThePlatformWantsIt(t *testing.T) {
	t.Parallel()
	job := written(t, t.TempDir(), `name: desk
hardware: {coreType: big, coresPerSlot: 4, walltime: 3h}
interactive: true
analyses:
  - {analysis: {code: solver, version: "24.2"}, command: "export PATH=/opt/app/bin:${PATH}", inputs: [{id: AbCdEf}]}
  - {analysis: {code: solver, version: "24.2"}}
`)
	text, err := json.Marshal(job.Request.JobAnalyses)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, tile := range got {
		for name := range tile {
			if !slices.Contains([]string{"command", "flags", "hardware"}, name) {
				delete(tile, name)
			}
		}
	}
	tile := func(command string) map[string]any {
		return map[string]any{
			"command":  command,
			"flags":    map[string]any{"igCv": true, "runForever": true},
			"hardware": map[string]any{"coreType": "big", "coresPerSlot": 4.0, "slots": 1.0, "walltime": 3.0, "type": "interactive"},
		}
	}
	if diff := cmp.Diff([]map[string]any{tile("export PATH=/opt/app/bin:${PATH}"), tile("")}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !slices.Contains(job.Notes, resolver.Open) || !job.Desktop() {
		t.Errorf("nothing says that it is a desktop: %q", job.Notes)
	}
}

func TestAComputingJobIsSentAsBefore(t *testing.T) {
	t.Parallel()
	job := written(t, t.TempDir(), single)
	want := rescale.Hardware{CoreType: "big", CoresPerSlot: 4, Slots: 1}
	if tile := job.Request.JobAnalyses[0]; tile.Flags != nil || tile.Hardware != want || job.Desktop() {
		t.Errorf("%+v", tile)
	}
}

func TestScriptsByID(t *testing.T) {
	t.Parallel()
	job := written(t, t.TempDir(), single+"preProcess: {id: AbC, command: bash mesh.msh}\npostProcess: {id: DeF, command: bash b}\n")
	type use struct {
		Use  spec.Use
		ID   string
		Name string
	}
	var got []use
	for _, in := range job.Inputs {
		got = append(got, use{in.Use, in.ID, in.Name})
	}
	if diff := cmp.Diff([]use{{spec.Before, "AbC", "mesh.msh"}, {spec.After, "DeF", "mesh.msh"}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if tile := job.Request.JobAnalyses[0]; tile.PreProcessScriptCommand != "bash mesh.msh" || tile.PostProcessScriptCommand != "bash b" {
		t.Errorf("%+v", tile)
	}
	var fields []string
	for _, part := range job.Parts[6:] {
		fields = append(fields, part.Field+" = "+part.Value[:6])
	}
	want := []string{"postProcess mesh.msh = id:DeF", "postProcess.command = sha256", "preProcess mesh.msh = id:AbC", "preProcess.command = sha256"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

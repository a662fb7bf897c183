package executor_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// sweeping has a sweep whose table is an input as well, and a job that takes the results of
// all of its runs.
const sweeping = `version: 1
name: wing
analysis: {code: user_included}
hardware: {coreType: emerald, coresPerSlot: 2, slots: 2}
inputs: [p.csv]
command: run
doe: {params: p.csv, templates: [{path: U, to: case/0/U}, {path: V, to: V}]}
---
version: 1
name: mean
analysis: {code: user_included}
hardware: {coreType: emerald, coresPerSlot: 2}
inputs: [{from: wing, files: [process_output.log], into: runs}]
command: run
`

// TestASweepIsSentAsThePlatformWantsIt, which takes no file of another type, and may not
// learn the type from the upload.
func TestASweepIsSentAsThePlatformWantsIt(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]emulator.Switches{
		"types of uploads":       {StrictTypes: true},
		"types are changed only": {StrictTypes: true, IgnoreTypes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := applied(t, sweeping, switches)
				job := s.stored(t)
				type sent struct {
					Params    string
					Type      rescale.FileType
					Templates map[string]string // names by places
				}
				got := sent{job.Params.File.Name, job.Params.File.Type, make(map[string]string)}
				for _, task := range job.Tiles[0].Templates {
					got.Templates[task.To] = task.File.Name
					if task.File.Type != rescale.TemplateFile {
						t.Errorf("%s has type %d", task.File.Name, task.File.Type)
					}
				}
				if diff := cmp.Diff(sent{"p.csv", rescale.ParamFile, map[string]string{"case/0/U": "U", "V": "V"}}, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if in := job.Tiles[0].InputFiles; len(in) != 1 || in[0].ID == job.Params.File.ID {
					t.Errorf("inputs %+v", in)
				}
				runs, err := s.client.Runs(t.Context(), job.ID)
				if err != nil || len(runs) != 2 || !cmp.Equal([]rescale.Variable{{Name: "x", Value: "2"}}, runs[1].Variables) {
					t.Errorf("runs %+v, %v", runs, err)
				}
			})
		})
	}
}

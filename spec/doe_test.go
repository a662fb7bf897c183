package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// sweepJob loads a job over a table and templates, by their names.
func sweepJob(t *testing.T, text string, files map[string]string) []spec.Job {
	t.Helper()
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		return diag.Source{Name: name, Text: []byte(files[name])}, nil
	}}
	jobs, list := loader.Load([]diag.Source{{Name: "f", Text: []byte("version: 1\nname: lift\nanalysis: {code: x}\ncommand: run\n" + text)}})
	if len(list) > 0 {
		t.Fatal(list)
	}
	return jobs
}

// TestSweepOnOneCluster is about what a doe adds to its job: files with their uses, and
// what tells its runs apart.
func TestSweepOnOneCluster(t *testing.T) {
	t.Parallel()
	files := map[string]string{"p-1.csv": "x,y\n5,2\n5,3\n", "p-2.csv": "x,y\n1,1\n", "U": "${x} ${y}", "V": "${x}"}
	jobs := sweepJob(t, `hardware: {coreType: e, coresPerSlot: 1, slots: 2}
matrix: {a: [1, 2]}
inputs: [deck.k]
doe: {params: "p-${{ matrix.a }}.csv", templates: [{path: U, to: case/0/U}, {path: V, to: V}]}
`, files)
	type input struct {
		use      spec.Use
		path, to string
	}
	var got []any
	for _, job := range jobs {
		var inputs []input
		for _, in := range job.Inputs {
			inputs = append(inputs, input{in.Use, in.Path.V, in.To.V})
		}
		got = append(got, inputs, job.Success.Runs, job.Outputs.Runs, len(job.Warnings))
	}
	want := []any{
		[]input{{"", "deck.k", ""}, {"doe.params", "p-1.csv", ""}, {"doe.templates", "U", "case/0/U"}, {"doe.templates", "V", "V"}},
		[]string{"x=5,y=2", "x=5,y=3"},
		2, 0,
		[]input{{"", "deck.k", ""}, {"doe.params", "p-2.csv", ""}, {"doe.templates", "U", "case/0/U"}, {"doe.templates", "V", "V"}},
		[]string{"x=1,y=1"},
		1, 1,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(input{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := jobs[1].Warnings[0].Message; got != "hardware.slots is 2, more than the rows of the table (1): slots without a run are paid for, too" {
		t.Errorf("warning: %s", got)
	}
}

// TestPatternsOfRuns: results are shown as run1/f.csv, so people write that.
func TestPatternsOfRuns(t *testing.T) {
	t.Parallel()
	jobs := sweepJob(t, `hardware: {coreType: e, coresPerSlot: 1}
doe: {params: p.csv, templates: [{path: U, to: U}]}
outputs: {download: [run1/f.csv, g.csv]}
success: {files: ["run*/f.csv"]}
---
version: 1
name: sum
analysis: {code: x}
hardware: {coreType: e, coresPerSlot: 1}
command: run
inputs: [{from: lift, files: [run2/f.csv], into: runs}]
`, map[string]string{"p.csv": "x\n1\n2\n", "U": "${x}"})
	var got []string
	for _, job := range jobs {
		for _, w := range job.Warnings {
			got = append(got, w.Message+"; "+w.Hint)
		}
	}
	want := []string{
		`pattern "run1/f.csv" is looked for below the folder of each run; write f.csv`,
		`pattern "run*/f.csv" is looked for below the folder of each run; write f.csv`,
		`pattern "run2/f.csv" is looked for below the folder of each run; write f.csv`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

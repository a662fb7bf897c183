package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.FromSlash("../testdata/manifest/ok/chain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	jobs, problems := spec.Load([]diag.Source{{Name: "chain.yaml", Text: text}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := make(map[string]string)
	for _, job := range jobs {
		words := []string{fmt.Sprint(job.Rank)}
		for _, need := range job.Needs {
			words = append(words, fmt.Sprint(need.Name.V, " ", need.Jobs))
		}
		got[job.Name.V] = strings.Join(words, ", ")
	}
	want := map[string]string{
		"mesh":        "0",
		"check/aoa=0": "0",
		"check/aoa=4": "0",
		"solve/aoa=0": "1, mesh [mesh], check/aoa=0 [check/aoa=0]",
		"solve/aoa=4": "1, mesh [mesh], check/aoa=4 [check/aoa=4]",
		"post":        "2, solve [solve/aoa=0 solve/aoa=4], mesh [mesh]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needs (-want +got)\n%s", diff)
	}
}

// TestNeedsOfManyOnMany has ten thousand jobs that all need ten thousand others:
// a hundred million pairs, which nobody may look at one by one.
func TestNeedsOfManyOnMany(t *testing.T) {
	t.Parallel()
	const text = `
kind: defaults
version: 1
analysis: {code: solver}
hardware: {coreType: big, coresPerSlot: 4}
command: ./run.sh
---
name: solve
matrix: {n: {from: 1, to: 10000, step: 1}}
---
name: check
dependsOn: [solve]
matrix: {n: {from: 1, to: 10000, step: 1}}
`
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: []byte(text)}})
	if len(problems) > 0 || len(jobs) != 20_000 {
		t.Fatal(len(jobs), problems)
	}
	first, last := jobs[10_000].Needs[0], jobs[19_999].Needs[0]
	if len(first.Jobs) != 10_000 || &first.Jobs[0] != &last.Jobs[0] || jobs[19_999].Rank != 1 {
		t.Errorf("%d jobs, rank %d", len(first.Jobs), jobs[19_999].Rank)
	}
}

// TestRunsOfOneName: each run of a sweep on one cluster can leave a file, so one name does
// not hold them all, which has to be known before the runs are paid.
func TestRunsOfOneName(t *testing.T) {
	t.Parallel()
	const head = "kind: defaults\nversion: 1\nanalysis: {code: x}\nhardware: {coreType: e, coresPerSlot: 1}\ncommand: run\n---\n" +
		"name: lift\ndoe: {params: p.csv, templates: [{path: U, to: U}]}\n---\nname: sum\ninputs:\n"
	const twice = "two inputs would be named %q in the job: job lift has 2 runs, and each can leave one"
	for name, tc := range map[string]struct{ input, table, want string }{
		"their names":     {"- {from: lift, files: [f.csv]}", "x\n1\n2\n", fmt.Sprintf(twice, "f.csv")},
		"one name":        {"- {from: lift, files: [f.csv], as: g.csv}", "x\n1\n2\n", fmt.Sprintf(twice, "g.csv")},
		"one run":         {"- {from: lift, files: [f.csv], as: g.csv}", "x\n1\n", ""},
		"a folder":        {"- {from: lift, files: [f.csv], into: runs}", "x\n1\n2\n", ""},
		"nobody knows":    {"- {from: lift, files: ['*.csv']}", "x\n1\n2\n", ""},
		"folder of a run": {"- {from: lift, files: [run2/f.csv]}", "x\n1\n2\n", fmt.Sprintf(twice, "f.csv")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
				return diag.Source{Name: name, Text: []byte(map[string]string{"p.csv": tc.table, "U": "${x}"}[name])}, nil
			}}
			_, list := loader.Load([]diag.Source{{Name: "m.yaml", Text: []byte(head + tc.input + "\n")}})
			var got []string
			for _, d := range list {
				got = append(got, d.Message)
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

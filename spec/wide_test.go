package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// told is what a job of a table says, in short.
func told(job spec.Job) string {
	var inputs []string
	for _, in := range job.Inputs {
		inputs = append(inputs, fmt.Sprintf("%s%s@%d:%d %v", in.ID.V, in.Path.V, in.Pos.Line, in.Pos.Col, in.Decompress.V))
	}
	tile := job.Tiles[0]
	return fmt.Sprintf("%s project=%s tags=%s seller=%s slots=%d walltime=%s inputs=%s", job.Name.V, job.Project.V, strings.Join(spec.Texts(job.Tags), "+"),
		tile.License.Seller.V, tile.Hardware.Slots.V, tile.Hardware.Walltime.V, strings.Join(inputs, ","))
}

// TestRowsOfTheVendor reads a table of the vendor's client, row by row, with one document:
// a key is there or not, and a list has as many items as its cell.
func TestRowsOfTheVendor(t *testing.T) {
	t.Parallel()
	jobs, list, texts := load(t, corpus+"/ok/wide.yaml")
	if len(list) > 0 {
		t.Fatal(printed(texts, list))
	}
	var got []string
	for _, job := range jobs {
		got = append(got, told(job))
	}
	want := []string{
		"wide/JobName=Wing_1 project=PrOjA tags=Wing_1+sweep+wing+pur seller= slots=1 walltime=1h30m0s inputs=./Run_1/.@38:5 true",
		"wide/JobName=Wing_2 project= tags=Wing_2+pur seller=rescale slots=1 walltime=12h0m0s inputs=AbCdEf@37:5 false,GhIjKl@37:5 false,./Run_2/input@38:5 true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestListsAndNothing: what is wrong with an item of a list is reported where its value
// stands, and what follows it keeps its place.
func TestListsAndNothing(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nname: a\nanalysis: {code: x}\nhardware: {coreType: e, coresPerSlot: 1}\ncommand: run\n" +
		"matrix: {csv: {path: t.csv, name: [n], types: {l: list}, blank: {k: null}}}\n"
	for name, tc := range map[string]struct {
		text, table string
		want        []string // problems, or what the jobs say
	}{
		"an item":          {"tags: [a, \"${{ matrix.l }}\", b]\n", "n,l,k\n1,x;y,\n2,,\n", []string{"a/n=1 project= tags=a+x+y+b", "a/n=2 project= tags=a+b"}},
		"the whole list":   {"tags: ${{ matrix.l }}\n", "n,l,k\n1,\"x,y\",\n2,,\n", []string{"a/n=1 project= tags=x+y", "a/n=2 project= tags="}},
		"in a text":        {"tags: [\"${{ matrix.l }}.\"]\nproject: ${{ matrix.l }}\n", "n,l,k\n1,x;y,\n", []string{"a/n=1 project=x,y tags=x,y."}},
		"nothing":          {"project: ${{ matrix.k }}\ntags: [\"${{ matrix.k }}\", b]\n", "n,l,k\n1,,\n2,,z\n", []string{"a/n=1 project= tags=b", "a/n=2 project=z tags=z+b"}},
		"nothing wanted":   {"outputs: {download: [\"*\"], to: \"${{ matrix.k }}\"}\nenv: {X: \"${{ matrix.k }}\"}\n", "n,l,k\n1,,\n", []string{"a/n=1 project= tags="}},
		"twice":            {"tags: [\"${{ matrix.l }}\", b]\n", "n,l,k\n1,x;b,\n", []string{"m.yaml:7:27 tag \"b\" is already there, first at line 2"}},
		"a bad item":       {"inputs: [{id: \"${{ matrix.l }}\"}, {id: a-b}]\n", "n,l,k\n1,Ab;C-d,\n", []string{"m.yaml:7:40 inputs[1].id cannot be \"a-b\"", "t.csv:2:3 inputs[0].id cannot be \"C-d\""}},
		"a part of a text": {"inputs: [{id: \"x-${{ matrix.n }}\"}]\n", "n,l,k\n1,,\n2,,\n", []string{"t.csv:2:1 inputs[0].id cannot be \"x-1\"", "t.csv:3:1 inputs[0].id cannot be \"x-2\""}},
		"two cells":        {"inputs: [{id: \"x-${{ matrix.n }}${{ matrix.l }}\"}]\n", "n,l,k\n1,y,\n", []string{"m.yaml:7:15 inputs[0].id cannot be \"x-1y\""}},
		"a needed key":     {"ssh: {cidr: 10.0.0.0/8, publicKey: \"${{ matrix.k }}\"}\ninputs: [{path: \"${{ matrix.k }}\", as: b}]\n", "n,l,k\n1,,\n", []string{"m.yaml:8:10 "}},
		"several analyses": {
			"tags: [\"${{ matrix.l }}\"]\n---\nversion: 1\nname: b\nmatrix: {csv: {path: t.csv, name: [n], types: {l: list}, blank: {k: null}}}\nanalyses: [{analysis: {code: x}, hardware: {coreType: e, coresPerSlot: 1}, command: c, inputs: [\"${{ matrix.l }}\", z]}]\n",
			"n,l,k\n1,x;y,\n",
			[]string{"a/n=1 project= tags=x+y", "b/n=1 project= tags= inputs=x,y,z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loader := spec.Loader{Open: func(_, _ string) (diag.Source, error) {
				return diag.Source{Name: "t.csv", Text: []byte(tc.table)}, nil
			}}
			jobs, list := loader.Load([]diag.Source{{Name: "m.yaml", Text: []byte(head + tc.text)}})
			var got []string
			for _, job := range jobs {
				line, _, _ := strings.Cut(told(job), " seller")
				if len(job.Inputs) > 0 {
					line += " inputs=" + job.Inputs[0].Path.V + "," + job.Inputs[1].Path.V + "," + job.Inputs[2].Path.V
				}
				got = append(got, line)
			}
			for i, d := range list {
				line := d.Pos.String() + " " + d.Message
				if i < len(tc.want) && strings.HasPrefix(line, tc.want[i]) {
					line = tc.want[i]
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A version is not what it is worth as a number.
func TestVersionAsWritten(t *testing.T) {
	t.Parallel()
	const text = "version: 1\nname: a\nanalysis: {code: x, version: \"${{ matrix.v }}\"}\nhardware: {coreType: e, coresPerSlot: 1}\ncommand: run ${{ matrix.v }}\n"
	for matrix, want := range map[string][]string{
		"matrix: {csv: t.csv}\n":        {"a/v=9.1: 9.10, run 9.1", "a/v=10: 10.0, run 10"},
		"matrix: {v: [9.10, \"9.20\"]}": {"a/v=9.1: 9.10, run 9.1", "a/v=9.20: 9.20, run 9.20"},
	} {
		loader := spec.Loader{Open: func(_, _ string) (diag.Source, error) {
			return diag.Source{Name: "t.csv", Text: []byte("v\n9.10\n10.0\n")}, nil
		}}
		jobs, list := loader.Load([]diag.Source{{Name: "m.yaml", Text: []byte(text + matrix)}})
		var got []string
		for _, job := range jobs {
			got = append(got, fmt.Sprintf("%s: %s, %s", job.Name.V, job.Tiles[0].Analysis.Version.V, job.Tiles[0].Command.V))
		}
		if diff := cmp.Diff(want, got); diff != "" || len(list) > 0 {
			t.Errorf("%v (-want +got)\n%s", list, diff)
		}
	}
}

package spec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// good reads a manifest of the corpus that has no problem.
func good(t *testing.T, name string) []spec.Job {
	t.Helper()
	jobs, list, src := load(t, corpus+"/ok/"+name+".yaml")
	if len(list) > 0 {
		t.Fatal(printed(src, list))
	}
	return jobs
}

func names(jobs []spec.Job) []string {
	var all []string
	for _, job := range jobs {
		all = append(all, job.Name.V)
	}
	return all
}

// place writes a position as file:line:col+width.
func place(p diag.Position) string { return fmt.Sprintf("%s+%d", p, p.Width) }

func TestSweepNames(t *testing.T) {
	t.Parallel()
	want := []string{
		"airfoil/aoa=0,cores=4,mesh=fine", "airfoil/aoa=0,cores=4,mesh=very%20coarse",
		"airfoil/aoa=0,cores=10,mesh=fine", "airfoil/aoa=0,cores=10,mesh=very%20coarse",
		"airfoil/aoa=0.2,cores=4,mesh=fine", "airfoil/aoa=0.2,cores=4,mesh=very%20coarse",
		"airfoil/aoa=0.2,cores=10,mesh=fine", "airfoil/aoa=0.2,cores=10,mesh=very%20coarse",
		"airfoil/aoa=0.3,cores=4,mesh=fine", "airfoil/aoa=0.3,cores=4,mesh=very%20coarse",
		"airfoil/aoa=12,cores=18,mesh=fine",
	}
	if diff := cmp.Diff(want, names(good(t, "sweep"))); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// Every kind of key gets the value in the type that it wants.
func TestSweepValues(t *testing.T) {
	t.Parallel()
	job := good(t, "sweep")[3]
	got := map[string]string{
		"family": job.Family, "title": job.Title.V, "description": job.Description.V, "project": job.Project.V, "tag": job.Tags[1].V,
		"namespace": job.Namespace.V,
		"version":   job.Tiles[0].Analysis.Version.V, "cores": fmt.Sprint(job.Tiles[0].Hardware.CoresPerSlot.V), "slots": fmt.Sprint(job.Tiles[0].Hardware.Slots.V),
		"walltime": job.Tiles[0].Hardware.Walltime.V.String(), "priority": string(job.Priority.V), "server": job.Tiles[0].License.Servers[0].Value.V,
		"path": job.Inputs[0].Path.V, "decompress": fmt.Sprint(job.Inputs[1].Decompress.V), "as": job.Inputs[2].As.V,
		"env": job.Tiles[0].Env[0].Value.V, "env name": job.Tiles[0].Env[1].Value.V, "command": job.Tiles[0].Command.V, "folder": job.ResultsFolder(),
	}
	want := map[string]string{
		"family": "airfoil", "title": "NACA0012 at 0 degrees, Mach 0.15", "description": "0", "project": "aero", "tag": "aoa-0",
		"namespace": "aero/polar-1",
		"version":   "9.10", "cores": "10", "slots": "1", "walltime": "8h0m0s", "priority": "economy", "server": "27000@license.example.com",
		"path": "decks/very coarse.k", "decompress": "false", "as": "airfoil-aoa=0,cores=10,mesh=very%20coarse.k",
		"env": "0", "env name": "airfoil/aoa=0,cores=10,mesh=very%20coarse", "command": "echo '0' ${{ this }} ${HOME} ${{\n",
		"folder": "results/airfoil-aoa=0,cores=10,mesh=very%20coarse",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if got := good(t, "sweep")[0].ResultsFolder(); got != "results/airfoil-aoa=0,cores=4,mesh=fine" {
		t.Errorf("folder %q", got)
	}
}

// What a catalog or a disk says about a value is said where the value stands: a
// number of the matrix, a default, or the text that the value is only part of.
func TestSweepPlaces(t *testing.T) {
	t.Parallel()
	job := good(t, "sweep")[2]
	got := []string{
		place(job.Pos), place(job.Tiles[0].Hardware.CoresPerSlot.Pos), place(job.Tiles[0].Hardware.Slots.Pos), place(job.Tiles[0].Hardware.Walltime.Pos),
		place(job.Tiles[0].Analysis.Version.Pos), place(job.Inputs[0].Path.Pos), place(job.Description.Pos),
	}
	want := []string{
		"sweep.yaml:3:7+7", "sweep.yaml:19:14+3", "sweep.yaml:16:60+1", "sweep.yaml:13:13+18",
		"sweep.yaml:16:45+6", "sweep.yaml:24:5+26", "sweep.yaml:18:8+1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	jobs := good(t, "table")
	want := []string{
		"doe/case=007,mach=0.1,cores=4,turbulence=true", "doe/case=007,mach=0.1,cores=4,turbulence=false",
		"doe/case=a%3Bb,mach=0.2,cores=4,turbulence=true", "doe/case=a%3Bb,mach=0.2,cores=4,turbulence=false",
		"doe/case=010,mach=0.3,cores=18,turbulence=true", "doe/case=010,mach=0.3,cores=18,turbulence=false",
	}
	if diff := cmp.Diff(want, names(jobs)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := place(jobs[5].Tiles[0].Hardware.CoresPerSlot.Pos); got != "table.csv:6:8+2" {
		t.Errorf("the place of a cell is %s", got)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	jobs := good(t, "defaults")
	if diff := cmp.Diff([]string{"wing/aoa=0", "wing/aoa=2", "tail/re=1000000"}, names(jobs)); diff != "" {
		t.Fatalf("names (-want +got):\n%s", diff)
	}
	summary := func(job spec.Job) string {
		var env, tags []string
		for _, v := range job.Tiles[0].Env {
			env = append(env, v.Name.V+"="+v.Value.V)
		}
		for _, tag := range job.Tags {
			tags = append(tags, tag.V)
		}
		license := fmt.Sprintf("%d servers %s", len(job.Tiles[0].License.Servers), job.Tiles[0].License.Seller.V)
		return fmt.Sprint(job.Tiles[0].Analysis.Code.V, " ", job.Tiles[0].Hardware.CoresPerSlot.V, " ", job.Tiles[0].Hardware.Walltime.V, " ", env, tags, license, " ", job.Tiles[0].Command.V)
	}
	for i, want := range map[int]string{
		1: "openfoam_plus 18 8h0m0s [A=1 B=2] [shared]1 servers  ./run fine 2",
		2: "openfoam_plus 36 8h0m0s [A=1 B=3 C=4] [own]0 servers rescale ./run coarse 1 1000000",
	} {
		if got := summary(jobs[i]); got != want {
			t.Errorf("job %d\n%s\nwant\n%s", i, got, want)
		}
	}
	if got := place(jobs[2].Tiles[0].Hardware.CoreType.Pos); got != "defaults.yaml:5:22+7" {
		t.Errorf("the place of a default is %s", got)
	}
}

// A job's own namespace wins over that of the defaults. None has a default here.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	var got []string
	for _, job := range slices.Concat(good(t, "namespace"), good(t, "minimal")) {
		got = append(got, job.Name.V+": "+job.Namespace.V)
	}
	if diff := cmp.Diff([]string{"wing: team-a/heat", "tail: Größe: 2 (neu)", "fin: team-b/heat", "hello: "}, got); diff != "" {
		t.Errorf("namespaces (-want +got):\n%s", diff)
	}
}

const swept = `version: 1
name: wing
analysis: {code: x}
hardware: {coreType: e, coresPerSlot: 1}
vars: {mach: 0.15, mesh: fine, restart: false, "on": "1.50"}
command: ${{ vars.mach }} ${{ vars.mesh }} ${{ vars.restart }} ${{ vars.on }}
`

// The command line wins over files, later files over earlier ones, files over
// defaults; every value keeps the type of its default.
func TestSettings(t *testing.T) {
	t.Parallel()
	file := func(text string) diag.Source { return diag.Source{Name: "v.yaml", Text: []byte(text)} }
	for name, tc := range map[string]struct {
		loader  spec.Loader
		command string
		problem string
	}{
		"defaults":     {command: "0.15 fine false 1.50"},
		"typed":        {loader: spec.Loader{Set: []spec.Setting{{"mach", "2.50e-1"}, {"mesh", "7"}, {"restart", "true"}}}, command: "0.25 7 true 1.50"},
		"last wins":    {loader: spec.Loader{Set: []spec.Setting{{"mach", "1"}, {"mach", "2"}}}, command: "2 fine false 1.50"},
		"files":        {loader: spec.Loader{Files: []diag.Source{file("mach: 3\nmesh: a"), file("{\"mach\": 4}")}}, command: "4 a false 1.50"},
		"all":          {loader: spec.Loader{Set: []spec.Setting{{"mach", "1"}}, Files: []diag.Source{file("mach: 3\nmesh: a\n")}}, command: "1 a false 1.50"},
		"braces":       {loader: spec.Loader{Set: []spec.Setting{{"mesh", "${{ vars.mach }}"}}}, command: "0.15 ${{ vars.mach }} false 1.50"},
		"no number":    {loader: spec.Loader{Set: []spec.Setting{{"mach", "fast"}}}, problem: "--var mach=fast: the variable must be a number [wrong-type]"},
		"hexadecimal":  {loader: spec.Loader{Set: []spec.Setting{{"mach", "0x10"}}}, problem: "--var mach=0x10: the variable must be a number [wrong-type]"},
		"yes":          {loader: spec.Loader{Set: []spec.Setting{{"restart", "yes"}}}, problem: "--var restart=yes: the variable must be true or false [wrong-type]"},
		"no text":      {loader: spec.Loader{Set: []spec.Setting{{"mesh", "\xff"}}}, problem: "--var mesh: the value is not UTF-8 [not-text]"},
		"not declared": {loader: spec.Loader{Set: []spec.Setting{{"mahc", "1"}}}, problem: "--var mahc: no manifest declares this variable [unknown-reference]"},
		"list":         {loader: spec.Loader{Files: []diag.Source{file("- a\n")}}, problem: "v.yaml:1:1: a file of variables has names and values [wrong-type]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jobs, list := tc.loader.Load([]diag.Source{{Name: "f", Text: []byte(swept)}})
			if tc.problem != "" {
				if len(list) != 1 || list[0].String() != tc.problem || list[0].Hint == "" {
					t.Errorf("problems: %v", list)
				}
				return
			}
			if len(list) > 0 || jobs[0].Tiles[0].Command.V != tc.command {
				t.Errorf("%v, problems %v", jobs, list)
			}
		})
	}
}

// A point is the same job whatever other points there are, and in whatever order.
func TestPointsAreStable(t *testing.T) {
	t.Parallel()
	read := func(matrix string) map[string]spec.Job {
		text := strings.Replace(swept, "vars:", "matrix: "+matrix+"\nvars:", 1) + "title: ${{ matrix.aoa }} ${{ job.name }}\n"
		jobs, list := spec.Load([]diag.Source{{Name: "f", Text: []byte(text)}})
		if len(list) > 0 {
			t.Fatal(list)
		}
		byName := make(map[string]spec.Job)
		for _, job := range jobs {
			byName[job.Name.V] = job
		}
		return byName
	}
	few, many := read("{aoa: [4, 2], mesh: [a]}"), read("{aoa: {from: 0, to: 10, step: 1}, mesh: [b, a, c]}")
	for name, job := range few {
		if other, ok := many[name]; !ok || job.Title.V != other.Title.V || job.Tiles[0].Command.V != other.Tiles[0].Command.V {
			t.Errorf("%s: %q and %q", name, job.Title.V, other.Title.V)
		}
	}
}

func TestCalled(t *testing.T) {
	t.Parallel()
	jobs := good(t, "defaults")
	for name, want := range map[string][]string{
		"wing": {"wing/aoa=0", "wing/aoa=2"}, "wing/aoa=2": {"wing/aoa=2"}, "wing/aoa": nil, "win": nil,
	} {
		got := names(slices.DeleteFunc(slices.Clone(jobs), func(j spec.Job) bool { return !j.Called(name) }))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// One wrong line of a large sweep is one problem.
func TestProblemsOfPointsAreOne(t *testing.T) {
	t.Parallel()
	text := strings.Replace(swept, "vars:", "matrix: {n: {from: 1, to: 1000, step: 1}}\ninputs: [\"a\\\\${{ matrix.n }}.k\"]\noutputs: {download: [\"*\"], to: here}\nvars:", 1)
	_, list := spec.Load([]diag.Source{{Name: "f", Text: []byte(text)}})
	var got []string
	for _, d := range list {
		got = append(got, d.String())
	}
	want := []string{
		`f:6:10: \ does not separate folders in a manifest [bad-glob]`,
		`f:7:32: the results of every point of the matrix go to "here" [duplicate-folder]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestWhatIsBoundedTogether: a matrix, a job, and what has the bound from the defaults.
func TestWhatIsBoundedTogether(t *testing.T) {
	t.Parallel()
	const shared = "kind: defaults\nversion: 1\nanalysis: {code: user_included, version: \"0\"}\n" +
		"hardware: {coreType: emerald, coresPerSlot: 1}\ncommand: \"true\"\n"
	for name, tc := range map[string]struct {
		text string
		want map[string][]string // who shares its bound, by job
	}{
		"a matrix":     {shared + "---\nname: a\nmatrix: {x: [1, 2]}\nlimits: {maxRunning: 3}\n---\nname: b\n", map[string][]string{"a/x=1": {"a/x=1", "a/x=2"}, "a/x=2": {"a/x=1", "a/x=2"}, "b": nil}},
		"the defaults": {shared + "limits: {maxRunning: 3}\n---\nname: a\nlimits: {maxCost: 1}\n---\nname: b\n", map[string][]string{"a": {"a", "b"}, "b": {"a", "b"}}},
		"its own":      {shared + "limits: {maxRunning: 3}\n---\nname: a\nlimits: {maxRunning: 3}\n---\nname: b\n", map[string][]string{"a": {"a"}, "b": {"b"}}},
		"a variable":   {shared + "vars: {seats: 3}\nlimits: {maxRunning: \"${{ vars.seats }}\"}\n---\nname: a\n---\nname: b\n", map[string][]string{"a": {"a", "b"}, "b": {"a", "b"}}},
		"two jobs with one variable": {
			shared + "vars: {seats: 3}\n---\nname: a\nlimits: {maxRunning: \"${{ vars.seats }}\"}\n---\nname: b\nlimits: {maxRunning: \"${{ vars.seats }}\"}\n",
			map[string][]string{"a": {"a"}, "b": {"b"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: []byte(tc.text)}})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			got := make(map[string][]string)
			for _, j := range jobs {
				got[j.Name.V] = nil
				if j.Limits.Seats != nil {
					got[j.Name.V] = j.Limits.Seats.Jobs
				}
				if j.Limits.Seats != nil && j.Limits.Seats.Most != 3 {
					t.Errorf("%s: at most %d", j.Name.V, j.Limits.Seats.Most)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("bounded together (-want +got)\n%s", diff)
			}
		})
	}
}

// TestABoundThatCannotBe tells where, and what to write instead.
func TestABoundThatCannotBe(t *testing.T) {
	t.Parallel()
	const job = "version: 1\nname: a\nanalysis: {code: user_included, version: \"0\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\n" +
		"command: \"true\"\nmatrix: {x: [1, 2]}\nlimits: {maxRunning: "
	const number = "write how many may run at a time, such as maxRunning: 4; without the key there is no limit"
	for name, tc := range map[string]struct{ value, at, message, hint string }{
		"none":          {"0", "job.yaml:7:22", "limits.maxRunning must be at least 1, not 0", number},
		"negative":      {"-1", "job.yaml:7:22", "limits.maxRunning must be at least 1, not -1", number},
		"no whole one":  {"1.5", "job.yaml:7:22", "limits.maxRunning cannot be 1.5", number},
		"of each point": {`"${{ matrix.x }}"`, "job.yaml:6:17", "limits.maxRunning bounds these jobs together: it cannot be 1 for a/x=1 and 2 for a/x=2", "write a number, or a variable that all of them share"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: []byte(job + tc.value + "}\n")}})
			if len(problems) != 1 {
				t.Fatal(problems)
			}
			if p := problems[0]; p.Pos.String() != tc.at || p.Message != tc.message || p.Hint != tc.hint {
				t.Errorf("%s: %s; hint: %s", p.Pos, p.Message, p.Hint)
			}
		})
	}
}

// What the command line says of a variable counts for the jobs that refer to it, where it
// is not what the files say anyway.
func TestTypedVariables(t *testing.T) {
	t.Parallel()
	const manifest = "version: 1\nname: wing\nanalysis: {code: x}\nhardware: {coreType: e, coresPerSlot: 1}\ncommand: run\nvars: {mach: 0.2, mesh: fine}\n"
	mach := []spec.Setting{{Name: "mach", Text: "0.3"}}
	for name, tc := range map[string]struct {
		rest string
		set  []spec.Setting
		file string
		want []string
	}{
		"used":                          {"title: a ${{ vars.mesh }} ${{ vars.mach }}\n", mach, "", []string{"mach"}},
		"both":                          {"title: a ${{ vars.mesh }} ${{ vars.mach }}\n", append(mach, spec.Setting{Name: "mesh", Text: "rough"}), "", []string{"mach", "mesh"}},
		"not used":                      {"title: a ${{ vars.mesh }}\n", mach, "", nil},
		"as its default":                {"title: ${{ vars.mach }}\n", []spec.Setting{{Name: "mach", Text: "0.20"}}, "", nil},
		"as a file says":                {"title: ${{ vars.mach }}\n", mach, "mach: 0.3\n", nil},
		"as its default, not as a file": {"title: ${{ vars.mach }}\n", []spec.Setting{{Name: "mach", Text: "0.2"}}, "mach: 0.3\n", []string{"mach"}},
		"in a matrix":                   {"matrix: {n: [1]}\ntitle: ${{ vars.mach }} ${{ matrix.n }}\n", mach, "", []string{"mach"}},
		"maybe in a template":           {"inputs: [{path: a.inp, template: true}]\n", mach, "", []string{"mach"}},
	} {
		loader := spec.Loader{Set: tc.set}
		if tc.file != "" {
			loader.Files = []diag.Source{{Name: "vars.yaml", Text: []byte(tc.file)}}
		}
		jobs, problems := loader.Load([]diag.Source{{Name: "job.yaml", Text: []byte(manifest + tc.rest)}})
		if len(problems) > 0 || len(jobs) != 1 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if diff := cmp.Diff(tc.want, jobs[0].Typed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

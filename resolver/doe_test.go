package resolver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// sweepFiles makes a folder with a table of two runs and two templates.
func sweepFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"p.csv": "x,y\n5,2\n5,3\n", "q.csv": "x,y\n5,2\n", "U.tmpl": "${x}", "V.tmpl": "${y}", "case/0/U": "base", "case/0/p": "base"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// swept resolves jobs over files of dir.
func swept(t *testing.T, dir, text string) ([]resolver.Job, diag.List) {
	t.Helper()
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		text, err := os.ReadFile(name)
		return diag.Source{Name: name, Text: text}, err
	}}
	jobs, problems := loader.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte("version: 1\n" + text)}})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	result, problems, err := resolver.Resolve(t.Context(), jobs, shop{price: 0.5}, files.Reading{})
	if err != nil {
		t.Fatal(err)
	}
	return result.Jobs, problems
}

const (
	onTwo   = "name: lift\nanalysis: {code: solver, version: \"24.2\"}\nhardware: {coreType: big, coresPerSlot: 4, slots: 2, walltime: 3h}\ncommand: run\n"
	sweepBy = "doe: {params: p.csv, templates: [{path: U.tmpl, to: case/0/U}, {path: V.tmpl, to: V}]}\n"
)

// TestSweepIsBilledAsOneJob: the walltime is that of the cluster, whatever runs on it.
func TestSweepIsBilledAsOneJob(t *testing.T) {
	t.Parallel()
	jobs, problems := swept(t, sweepFiles(t), onTwo+sweepBy)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	job := jobs[0]
	if diff := cmp.Diff([][]string{{"5", "2"}, {"5", "3"}}, job.Sweep.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if want := (resolver.Estimate{Bounded: true, CoreHours: 24, Rate: 0.5, Cost: 12}); job.Estimate != want {
		t.Errorf("estimate %+v", job.Estimate)
	}
	if diff := cmp.Diff([]string{"one job with 2 runs, 2 at a time; the walltime is that of all of them together"}, job.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	var fields []string
	for _, p := range job.Parts {
		if strings.HasPrefix(p.Field, "doe.") && strings.HasPrefix(p.Value, "sha512:") {
			fields = append(fields, p.Field)
		}
	}
	if diff := cmp.Diff([]string{"doe.params p.csv", "doe.templates V", "doe.templates case/0/U"}, fields); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// TestTemplateMeetsAnotherInput: what the platform does then is unknown. A file that a
// folder is packed from counts, and the template itself does not.
func TestTemplateMeetsAnotherInput(t *testing.T) {
	t.Parallel()
	dir := sweepFiles(t)
	for name, tc := range map[string]struct{ more, want string }{
		"packed":                        {"inputs: [{path: case, pack: case.tar.gz}]\n" + sweepBy, `two inputs would be named "case/0/U" in the job: case/0/U in case.tar.gz and U.tmpl`},
		"excluded":                      {"inputs: [{path: case, pack: case.tar.gz, exclude: [case/0/U]}]\n" + sweepBy, ""},
		"itself":                        {"inputs: [{path: case, pack: case.tar.gz}]\ndoe: {params: p.csv, templates: [{path: case/0/U, to: case/0/U}]}\n", ""},
		"its own":                       {"inputs: ['*.tmpl', p.csv]\n" + sweepBy, `"*.tmpl" matches only files that no pattern means`},
		"table":                         {"inputs: [p.csv]\n" + sweepBy, ""},
		"packed template":               {"inputs: [{path: case, pack: case.tar.gz, template: [0/U]}]\n" + sweepBy, `two inputs would be named "case/0/U" in the job: templates of case and U.tmpl`},
		"in the place of a packed file": {"inputs: [{path: case, pack: case.tar.gz}, {path: q.csv, as: case/0/p}]\ndoe: {params: p.csv, templates: [{path: U.tmpl, to: case/0/V}]}\n", ""},
		"through a file":                {"inputs: [{path: case, pack: case.tar.gz}]\ndoe: {params: p.csv, templates: [{path: U.tmpl, to: case/0/U/x}]}\n", `"case/0/U/x" would be a file and a folder in the job: case/0/U in case.tar.gz and U.tmpl`},
		"matched":                       {"inputs: ['*.csv']\ndoe: {params: p.csv, templates: [{path: U.tmpl, to: q.csv}]}\n", `two inputs would be named "q.csv" in the job: q.csv and U.tmpl`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := swept(t, dir, onTwo+tc.more)
			switch {
			case tc.want == "" && len(problems) > 0:
				t.Errorf("problems: %v", problems)
			case tc.want != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].Message, tc.want)):
				t.Errorf("problems: %v, want %s", problems, tc.want)
			}
		})
	}
}

// TestPartsOfASweep are bodies of which the platform shows more or less.
func TestPartsOfASweep(t *testing.T) {
	t.Parallel()
	jobs, _ := swept(t, sweepFiles(t), onTwo+sweepBy)
	job := jobs[0]
	for name, tc := range map[string]struct {
		change func(*rescale.Job)
		want   string
	}{
		"nothing":          {func(*rescale.Job) {}, ""},
		"nothing is shown": {func(j *rescale.Job) { j.Params, j.Tiles[0].Templates = rescale.Params{}, nil }, ""},
		"ids only": {func(j *rescale.Job) {
			j.Params.File, j.Tiles[0].Templates[0].File = rescale.File{ID: "f"}, rescale.File{ID: "f"}
		}, ""},
		"another table":          {func(j *rescale.Job) { j.Params.File.SHA512 = "ab" }, "doe.params p.csv: sha512:ab → sha512:b01"},
		"no table, no templates": {func(j *rescale.Job) { j.Params.File, j.Tiles[0].Templates = rescale.File{}, []rescale.TileTemplate{} }, "doe.params p.csv:  → sha512:b01, doe.templates V:  → sha512:ca7, doe.templates case/0/U:  → sha512:03f"},
		"a template elsewhere":   {func(j *rescale.Job) { j.Tiles[0].Templates[1].To = "W" }, "doe.templates V:  → sha512:ca7, doe.templates W: sha512:ca7 →"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := asStored(job)
			tc.change(&s)
			if diff := cmp.Diff(tc.want, differences(resolver.PartsOf(s, job, nil))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

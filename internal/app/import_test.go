package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// stores keeps a file on the platform, and gives its id.
func (p *platform) stores(t *testing.T, name, text string, kind rescale.FileType) string {
	t.Helper()
	file, err := p.client(t).Upload(t.Context(), rescale.Upload{Name: name, Type: kind, Size: int64(len(text)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return file.ID
}

// runs makes a job as the web UI does, submits it and waits for its end.
func (p *platform) runs(t *testing.T, body map[string]any) string {
	t.Helper()
	id := p.send(t, http.MethodPost, "/api/v2/jobs/", body)["id"].(string)
	p.send(t, http.MethodPost, "/api/v2/jobs/"+id+"/submit/", nil)
	if got := p.run(t, "watch", id, "--timeout", "1m"); got.code != 0 && got.code != 100 {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	return id
}

// changes are the requests that create, submit, upload, stop or delete.
func (p *platform) changes() (list []string) {
	for _, r := range p.server.Requests() {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/tags/") {
			list = append(list, r.Method+" "+r.Path)
		}
	}
	return list
}

type object = map[string]any

// tile is an entry of jobanalyses with further fields.
func tile(further ...object) object {
	one := object{
		"analysis": object{"code": "user_included", "version": "0"}, "command": "echo done >out.txt\nls",
		"hardware": object{"coreType": "emerald", "coresPerSlot": 1, "walltime": 2},
	}
	for _, fields := range further {
		for name, value := range fields {
			one[name] = value
		}
	}
	return one
}

// imported are jobs of the web UI.
func (p *platform) imported(t *testing.T) map[string]object {
	t.Helper()
	deck, zip := p.stores(t, "deck.k", "*KEYWORD", rescale.InputFile), p.stores(t, "mesh.dat", "nodes", rescale.InputFile)
	script := p.stores(t, "pre.sh", "echo before", rescale.ScriptFile)
	params := p.stores(t, "params.csv", "aoa\n1\n2\n", rescale.ParamFile)
	template := p.stores(t, "deck.tmpl", "aoa ${aoa}", rescale.TemplateFile)
	jobs := map[string]object{
		"plain": {"jobanalyses": []any{tile()}},
		"everything around": {
			"description": "two\nlines", "isLowPriority": true, "billingPriorityValue": "ON_DEMAND", "projectId": "pAero", "cidrRule": "203.0.113.0/24",
			"jobAutomations": []any{object{"automation": object{"id": "A"}, "environmentVariables": object{"LEVEL": "3"}}},
			"jobanalyses": []any{tile(object{"envVars": object{
				"OMP_NUM_THREADS": "4", "LM_LICENSE_FILE": "27000@license.example.com", "EMPTY": "", "RESCALE_X": "left out", "QUOTED": "a: 'b' ${{ vars.x }}",
			}})},
		},
		"inputs": {"jobanalyses": []any{tile(object{"inputFiles": []any{object{"id": deck}, object{"id": zip, "decompress": false}}})}},
		"an input of both": {"isLowPriority": true, "jobanalyses": []any{
			tile(object{"inputFiles": []any{object{"id": deck}}}),
			tile(object{"inputFiles": []any{object{"id": deck}, object{"id": zip}}}),
		}},
		"a secret": {"jobanalyses": []any{
			tile(object{"envVars": object{"TOKEN_A": "hunter2!"}}), tile(),
		}},
		"two of them": {"jobanalyses": []any{
			tile(object{"inputFiles": []any{object{"id": deck}}, "envVars": object{"STEP": "1"}}),
			tile(object{"command": " cd case && ls ", "hardware": object{"coreType": object{"code": "granite"}, "coresPerSlot": 4, "slots": 1}, "flags": object{"igCv": true}}),
		}},
		"by Rescale's license": {"jobanalyses": []any{tile(object{"analysis": object{"code": "ls_dyna", "version": "14.1.0"}, "useRescaleLicense": true})}},
		"a sweep": {"paramFile": object{"id": params}, "jobanalyses": []any{tile(object{
			"templateTasks": []any{object{"templateFile": object{"id": template}, "processedFilename": "deck.k"}}, "hardware": object{"coreType": "emerald", "coresPerSlot": 1, "slots": 2},
		})}},
		"scripts": {"jobanalyses": []any{tile(object{"preProcessScript": object{"id": script}, "preProcessScriptCommand": "bash pre.sh"})}},
	}
	for name, body := range jobs {
		body["name"] = "Job: " + name
	}
	return jobs
}

// TestImportedJobsAreTheirManifests: what import --adopt writes is unchanged at once, and
// an apply of it sends nothing, with the inputs as ids and as files.
func TestImportedJobsAreTheirManifests(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for name, body := range p.imported(t) {
		id := p.runs(t, body)
		p.send(t, http.MethodPost, "/api/v2/jobs/"+id+"/custom-fields/", object{"Cost center": "A-17"})
		p.send(t, http.MethodPost, "/api/v3/jobs/"+id+"/tags/", object{"name": "from the UI"})
		for _, flags := range [][]string{{}, {"--with-inputs"}} {
			if name == "scripts" && len(flags) == 0 {
				continue // preProcess: {id: ...}
			}
			t.Run(strings.Join(append(flags, name), " "), func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "job.yaml")
				got := p.run(t, append([]string{"import", id, "--adopt", "--to", file}, flags...)...)
				text, err := os.ReadFile(file)
				if got.code != 0 || err != nil {
					t.Fatalf("exit code %d, %v\n%s%s", got.code, err, got.stdout, got.stderr)
				}
				if again := p.run(t, append([]string{"import", id, "--adopt", "--to", file}, flags...)...); again.code != 0 {
					t.Errorf("imported twice: exit code %d\n%s", again.code, again.stderr)
				}
				if step := p.planned(t, dir, string(text)); step.Action != "unchanged" || step.ID != id {
					t.Errorf("%+v\n%s", step, text)
				}
				before := len(p.changes())
				got = p.run(t, "-f", file)
				if after := p.changes(); len(after) > before || got.code != 0 && got.code != 100 {
					t.Errorf("exit code %d, sent %q\n%s%s\n%s", got.code, after[before:], got.stdout, got.stderr, text)
				}
				if diff := cmp.Diff("", leftOver(string(text))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// leftOver is what must not be in a manifest.
func leftOver(text string) string {
	for _, word := range []string{"RESCALE_", "hunter2", "[ra:", "ra:succeeded"} {
		if strings.Contains(text, word) {
			return word + " in\n" + text
		}
	}
	return ""
}

// TestImportsThatFail write nothing.
func TestImportsThatFail(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	draft := p.send(t, http.MethodPost, "/api/v2/jobs/", body("true"))["id"].(string)
	seller := p.runs(t, object{"name": "odd", "jobanalyses": []any{tile(object{
		"analysis": object{"code": "ls_dyna", "version": "14.1.0"}, "useRescaleLicense": true,
		"userDefinedLicenseSettings": object{"featureSets": []any{object{"name": "a", "features": []any{object{"name": "f", "count": 1}}}}},
	})}})
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no id":             {nil, 3, "import needs the id of a job"},
		"unknown":           {[]string{"QwErTy"}, 3, `the platform has no job "QwErTy"`},
		"one of several":    {[]string{draft, "QwErTy"}, 3, `the platform has no job "QwErTy"`},
		"none":              {[]string{"../x"}, 3, `the platform has no job "../x"`},
		"a draft":           {[]string{draft, "--adopt"}, 3, "is a draft, which nobody has submitted: there is no run to adopt"},
		"it cannot be said": {[]string{seller}, 3, "license features are those of own servers"},
		"no manifest":       {[]string{draft, "--to", "x.txt"}, 3, "is no name of a manifest"},
		"inputs, nowhere":   {[]string{draft, "--with-inputs"}, 3, "--with-inputs needs --to"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.run(t, append([]string{"import"}, tc.args...)...); got.code != tc.code || got.stdout != "" || !strings.Contains(got.stderr, tc.says) {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
	if got := p.run(t, "import", draft); got.code != 0 || strings.Contains(got.stdout, "adopt") {
		t.Errorf("a draft as a manifest: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestImportedFiles lie beside the manifest, each under a path of its own, and none
// outside of its folder. Two jobs are two documents.
func TestImportedFiles(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	one, two := p.stores(t, "deck.k", "one", rescale.InputFile), p.stores(t, "deck.k", "two", rescale.InputFile)
	odd, hidden := p.stores(t, "case[1].k", "odd", rescale.InputFile), p.stores(t, ".netrc", "hidden", rescale.InputFile)
	own := p.stores(t, "Jobs.yaml", "own", rescale.InputFile)
	params, template := p.stores(t, "params.csv", "aoa\n1\n2\n", rescale.ParamFile), p.stores(t, "deck.tmpl", "aoa ${aoa}", rescale.TemplateFile)
	inputs := func(ids ...string) object {
		var list []any
		for _, id := range ids {
			list = append(list, object{"id": id})
		}
		return object{"inputFiles": list}
	}
	first := p.runs(t, object{"name": "Wing", "jobanalyses": []any{tile(inputs(one, odd, hidden, own))}})
	second := p.runs(t, object{"name": "Wing", "paramFile": object{"id": params}, "jobanalyses": []any{tile(inputs(two, one), object{
		"templateTasks": []any{object{"templateFile": object{"id": template}, "processedFilename": "case/0/U"}}, "hardware": object{"coreType": "emerald", "coresPerSlot": 1, "slots": 2},
	})}})
	file := filepath.Join(t.TempDir(), "jobs.yaml")
	got := p.run(t, "import", first, second, "--to", file, "--with-inputs", "-o", "json")
	text, err := os.ReadFile(file)
	if got.code != 0 || err != nil {
		t.Fatalf("exit code %d, %v\n%s%s", got.code, err, got.stdout, got.stderr)
	}
	var files []string
	if err := filepath.WalkDir(filepath.Dir(file), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(filepath.Dir(file), path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"deck.k", "deck.tmpl", "jobs.yaml", "params.csv", "wing/Jobs.yaml", "wing-2/deck.k"}, files); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, words := range []string{
		"name: wing\n", "name: wing-2\n", "- deck.k\n", "id: " + odd + "}", "id: " + hidden + "}", "- wing/Jobs.yaml\n", "- wing-2/deck.k\n  - {id: " + one + "}  # deck.k\n",
		"doe: {params: params.csv, templates: [{path: deck.tmpl, to: case/0/U}]}\n",
	} {
		if !strings.Contains(string(text), words) {
			t.Errorf("%q is missing in\n%s", words, text)
		}
	}
	if checked := p.run(t, "validate", "-f", file); checked.code != 0 {
		t.Errorf("exit code %d\n%s", checked.code, checked.stderr)
	}
	if !strings.Contains(got.stderr, "stays an id: a path in a manifest cannot have its name") || !strings.Contains(got.stdout, `"sha512"`) {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
}

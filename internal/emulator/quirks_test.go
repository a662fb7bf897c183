package emulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func TestCreateReadsValuesAsRealClientsSendThem(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	tile := func(job map[string]any) map[string]any { return job["jobanalyses"].([]any)[0].(map[string]any) }
	hardware := func(job map[string]any, name string) any { return tile(job)["hardware"].(map[string]any)[name] }
	tests := map[string]struct {
		pointer string
		value   any
		shows   func(job map[string]any) any
		want    any
	}{
		"number as text":          {"/tile/hardware/coresPerSlot", "4", func(j map[string]any) any { return hardware(j, "coresPerSlot") }, 4.0},
		"number as padded text":   {"/tile/hardware/walltime", " 24 ", func(j map[string]any) any { return hardware(j, "walltime") }, 24.0},
		"empty fraction as text":  {"/tile/hardware/slots", "2.0", func(j map[string]any) any { return hardware(j, "slots") }, 2.0},
		"number as float":         {"/tile/hardware/walltime", 24.0, func(j map[string]any) any { return hardware(j, "walltime") }, 24.0},
		"empty project":           {"/projectId", "", func(j map[string]any) any { return j["projectId"] }, nil},
		"empty cluster":           {"/clusterId", "", func(j map[string]any) any { return j["id"] != "" }, true},
		"truth as number":         {"/isLowPriority", 1, func(j map[string]any) any { return j["isLowPriority"] }, true},
		"truth as text":           {"/isLowPriority", "on", func(j map[string]any) any { return j["isLowPriority"] }, true},
		"truth in Python":         {"/isLowPriority", "True", func(j map[string]any) any { return j["isLowPriority"] }, true},
		"falsehood as number":     {"/isLowPriority", 0, func(j map[string]any) any { return j["isLowPriority"] }, false},
		"falsehood as text":       {"/tile/useRescaleLicense", "no", func(j map[string]any) any { return tile(j)["useRescaleLicense"] }, false},
		"version as number":       {"/tile/analysis/version", 0, func(j map[string]any) any { return tile(j)["analysis"].(map[string]any)["version"] }, "0"},
		"name as number":          {"/name", 7, func(j map[string]any) any { return j["name"] }, "7"},
		"env as number":           {"/tile/envVars", map[string]any{"OMP_NUM_THREADS": 4}, func(j map[string]any) any { return tile(j)["envVars"].(map[string]any)["OMP_NUM_THREADS"] }, "4"},
		"project of old scripts":  {"/project_id", "pRoJa", func(j map[string]any) any { return j["projectId"] }, "pRoJa"},
		"no seller, no licenses":  {"/tile/onDemandLicenseSeller", nil, func(j map[string]any) any { return tile(j)["onDemandLicenseSeller"] }, nil},
		"no automations":          {"/jobAutomations", []any{}, func(j map[string]any) any { return len(j["jobAutomations"].([]any)) }, 0},
		"env of nobody":           {"/tile/envVars", nil, func(j map[string]any) any { return len(tile(j)["envVars"].(map[string]any)) }, 0},
		"two tiles' worth of air": {"/tile/templateTasks", []any{}, func(j map[string]any) any { return len(tile(j)["templateTasks"].([]any)) }, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			job := p.want(201, "POST", "/api/v2/jobs/", edited(t, map[string]any{tc.pointer: tc.value}))
			if diff := cmp.Diff(tc.want, tc.shows(job)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateRefusesWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	p.key = key
	table := p.upload("runs.csv", []byte("a\n1\n"))["id"]
	const gone = `["Invalid pk \"nope\" - object does not exist."]`
	file := map[string]any{"id": "nope"}
	task := func(template, path any) map[string]any {
		return map[string]any{"/paramFile": map[string]any{"id": table}, "/tile/templateTasks": []any{
			map[string]any{"templateFile": map[string]any{"id": template}, "processedFilename": path},
		}}
	}
	tests := map[string]struct {
		edits map[string]any
		want  string
	}{
		"param file":    {map[string]any{"/paramFile": file}, `{"paramFile":{"id":` + gone + `}}`},
		"case file":     {map[string]any{"/caseFile": file}, `{"caseFile":{"id":` + gone + `}}`},
		"both":          {map[string]any{"/paramFile": map[string]any{"id": table}, "/caseFile": map[string]any{"id": table}}, `{"caseFile":["A job has a paramFile or a caseFile, not both."]}`},
		"template file": {task("nope", "deck"), `{"jobanalyses":[{"templateTasks":[{"templateFile":{"id":` + gone + `}}]}]}`},
		"template path": {task(table, "../deck"), `{"jobanalyses":[{"templateTasks":[{"processedFilename":["The path leaves the work folder."]}]}]}`},
		"templates of no runs": {
			map[string]any{"/tile/templateTasks": []any{map[string]any{"templateFile": map[string]any{"id": table}, "processedFilename": "deck"}}},
			`{"paramFile":["This field is required by templateTasks."]}`,
		},
		"generated runs": {map[string]any{"/jobvariables": []any{map[string]any{"name": "x"}}}, `{"jobvariables":["Runs of generated values are not emulated. Use a paramFile."]}`},
		"Monte Carlo":    {map[string]any{"/monteCarloIterations": 5}, `{"monteCarloIterations":["Runs of generated values are not emulated. Use a paramFile."]}`},
		"nominal run":    {map[string]any{"/includeNominalRun": true, "/paramFile": map[string]any{"id": table}}, `{"includeNominalRun":["A run of nominal values is not emulated."]}`},
		"cluster":        {map[string]any{"/clusterId": "nope"}, `{"clusterId":` + gone + `}`},
		"automation": {
			map[string]any{"/jobAutomations": []any{map[string]any{"automation": file, "environmentVariables": map[string]any{}}}},
			`{"jobAutomations":[{"automation":{"id":` + gone + `}}]}`,
		},
		"license of Rescale": {map[string]any{"/tile/useRescaleLicense": "true"}, `{"jobanalyses":[{"useRescaleLicense":["There is no Rescale license for analysis \"user_included\"."]}]}`},
		"license of a seller": {
			map[string]any{"/tile/onDemandLicenseSeller": map[string]any{"code": "rescale", "name": "Rescale"}},
			`{"jobanalyses":[{"onDemandLicenseSeller":{"code":["Nobody named \"rescale\" sells licenses for analysis \"user_included\"."]}}]}`,
		},
		"unknown seller": {
			map[string]any{"/tile/analysis/code": "ls_dyna", "/tile/analysis/version": nil, "/tile/onDemandLicenseSeller": map[string]any{"code": "nope"}},
			`{"jobanalyses":[{"onDemandLicenseSeller":{"code":["Nobody named \"nope\" sells licenses for analysis \"ls_dyna\"."]}}]}`,
		},
		"license settings":     {map[string]any{"/tile/userDefinedLicenseSettings": "{}"}, `{"jobanalyses":[{"userDefinedLicenseSettings":{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}}]}`},
		"license without sets": {map[string]any{"/tile/userDefinedLicenseSettings": map[string]any{}}, `{"jobanalyses":[{"userDefinedLicenseSettings":{"featureSets":["This field is required."]}}]}`},
		"license set without name": {
			licensed([]any{map[string]any{"features": []any{}}, "HPC"}),
			`{"jobanalyses":[{"userDefinedLicenseSettings":{"featureSets":[{"name":["This field is required."]},` +
				`{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}]}}]}`,
		},
		"license features as an object": {
			licensed([]any{map[string]any{"name": "A", "features": map[string]any{"hpc": 8}}}),
			`{"jobanalyses":[{"userDefinedLicenseSettings":{"featureSets":[{"features":["Expected a list of items but got type \"dict\"."]}]}}]}`,
		},
		"license feature without count": {
			licensed([]any{map[string]any{"name": "A", "features": []any{map[string]any{"name": "hpc", "count": 0}, map[string]any{"name": "hpc"}}}}),
			`{"jobanalyses":[{"userDefinedLicenseSettings":{"featureSets":[{"features":[{"count":["Ensure this value is greater than or equal to 1."]},` +
				`{"count":["This field is required."]}]}]}}]}`,
		},
		"seller as text": {
			map[string]any{"/tile/analysis/code": "ls_dyna", "/tile/analysis/version": nil, "/tile/onDemandLicenseSeller": "rescale"},
			`{"jobanalyses":[{"onDemandLicenseSeller":{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}}]}`,
		},
		"seller with a name that is none": {
			map[string]any{"/tile/analysis/code": "ls_dyna", "/tile/analysis/version": nil, "/tile/onDemandLicenseSeller": map[string]any{"code": "rescale", "name": []any{}}},
			`{"jobanalyses":[{"onDemandLicenseSeller":{"name":["Not a valid string."]}}]}`,
		},
		"truth":           {map[string]any{"/isLowPriority": "maybe"}, `{"isLowPriority":["Must be a valid boolean."]}`},
		"truth of a list": {map[string]any{"/isLowPriority": []any{}}, `{"isLowPriority":["Must be a valid boolean."]}`},
		"number of truth": {map[string]any{"/tile/hardware/slots": true}, `{"jobanalyses":[{"hardware":{"slots":["A valid integer is required."]}}]}`},
		"fraction text":   {map[string]any{"/tile/hardware/slots": "1.5"}, `{"jobanalyses":[{"hardware":{"slots":["A valid integer is required."]}}]}`},
		"empty number":    {map[string]any{"/tile/hardware/slots": ""}, `{"jobanalyses":[{"hardware":{"slots":["A valid integer is required."]}}]}`},
		"empty command":   {map[string]any{"/tile/command": ""}, `{"jobanalyses":[{"command":["This field may not be blank."]}]}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := p.do("POST", "/api/v2/jobs/", edited(t, tc.edits))
			if diff := cmp.Diff(tc.want, got.body); got.status != 400 || diff != "" {
				t.Errorf("status %d (-want +got):\n%s", got.status, diff)
			}
		})
	}
}

// Clients clone a job by sending what they read, without its id.
func TestWhatIsReadCanBeSent(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{table: "x\n1\n", template: "${x}", command: "true"})
	for _, version := range []string{"v2", "v3"} {
		jobs := "/api/" + version + "/jobs/"
		body := p.get(jobs + id + "/")
		delete(body, "id")
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		clone := p.want(201, "POST", jobs, string(text))
		p.want(200, "POST", "/api/v2/jobs/"+clone["id"].(string)+"/submit/", "")
		p.await(clone["id"].(string), completed)
		for _, name := range []string{"id", "dateInserted"} {
			delete(clone, name)
			delete(body, name)
		}
		if diff := cmp.Diff(body, clone); diff != "" {
			t.Errorf("%s (-read +clone):\n%s", version, diff)
		}
	}
}

func TestDesktopRunsUntilItIsStopped(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for name, edits := range map[string]map[string]any{
		"by type": {"/tile/command": "", "/tile/hardware/type": "interactive"},
		"by flag": {"/tile/command": "", "/tile/flags": map[string]any{"runForever": true}},
	} {
		t.Run(name, func(t *testing.T) {
			id := p.want(201, "POST", "/api/v2/jobs/", edited(t, edits))["id"].(string)
			p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
			p.await(id, func(j emulator.JobInfo) bool { return j.Status == "Executing" })
			p.want(202, "POST", "/api/v2/jobs/"+id+"/stop/", "")
			p.await(id, completed)
			if history := p.history(id); history[len(history)-2] != "Stopping: User Terminated" {
				t.Errorf("statuses %v", history)
			}
		})
	}
}

func TestWorkFolderIsThatOfThePlatform(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Env = append(cfg.Env, "RESCALE_API_URL=https://platform.rescale.com", "RESCALE_EMULATOR_X=1")
	p := open(t, cfg)
	program := p.upload("program", []byte("echo ran\n")) // neither an ending nor a first line says that it is one
	data := p.upload("case.zip", zipOf(t, map[string]string{"case/deck": "deck\n"}))
	id := p.run(job{
		Command: `test -x program && echo executable
env | grep -c '^RESCALE_EMULATOR\|^RESCALE_API_URL' || true
cat ~/work/case/deck ~/work/shared/case/deck
cd ~/work/shared; echo 1 > in-shared; echo 2 > ~/work/in-work; echo 3 > ~/work/case/in-case
mkdir shared; echo 4 > shared/own`,
		Inputs: []map[string]any{{"id": program["id"]}, {"id": data["id"]}},
	})
	want := map[string]string{
		"process_output.log": "executable\n0\ndeck\ndeck\n",
		"in-shared":          "1\n", "in-work": "2\n", "case/in-case": "3\n", "shared/own": "4\n",
	}
	if diff := cmp.Diff(want, p.outputs(id)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestCommandMayTidyItsHome(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.run(job{Command: "echo 1 > result; rm -rf ~/work"})
	if diff := cmp.Diff(map[string]string{"process_output.log": "", "result": "1\n"}, p.outputs(id)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestVersionThreeAnswersToo(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	input := p.upload("in.txt", []byte("line\n"))["id"].(string)
	id := p.run(job{Command: "echo out > out.txt", Inputs: []map[string]any{{"id": input}}})
	for _, path := range []string{
		"", "users/me/", "users/me/projects/", "coretypes/", "analyses/", "analyses/ls_dyna/", "automations/", "billing/computeprices/",
		"files/", "files/" + input + "/", "files/" + input + "/contents/", "files/" + input + "/lines/", "storage-devices/",
		"jobs/", "jobs/" + id + "/", "jobs/" + id + "/statuses/", "jobs/" + id + "/cluster_statuses/", "jobs/" + id + "/files/",
		"jobs/" + id + "/runs/", "jobs/" + id + "/runs/1/", "jobs/" + id + "/runs/1/files/", "jobs/" + id + "/instances/",
		"jobs/" + id + "/connection_details/", "jobs/" + id + "/tags/", "jobs/" + id + "/custom-fields/", "jobs/" + id + "/storage-devices/",
	} {
		two, three := p.do("GET", "/api/v2/"+path, ""), p.do("GET", "/api/v3/"+path, "")
		if two.status != 200 || three.status != 200 {
			t.Errorf("%s: version 2 answers %d, version 3 %d", path, two.status, three.status)
		}
	}
	if got := p.do("GET", "/api/v3/automations/", "").body; !strings.HasPrefix(got, `[{"id":"aUtoMa"`) {
		t.Errorf("automations %s", got)
	}
	first := func(query string) any { return p.results("/api/v3/files/?ordering=" + query)[0]["name"] }
	if diff := cmp.Diff([]any{"in.txt", "process_output.log"}, []any{first("name"), first("-name")}); diff != "" {
		t.Errorf("ordering (-want +got):\n%s", diff)
	}
}

func TestStorageIsMounted(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	p := open(t, cfg)
	device := p.want(201, "POST", "/api/v2/storage-devices/", `{"name":"fast","storageSize":100,"hardware":{"walltime":2}}`)["id"].(string)
	url := "/api/v2/storage-devices/" + device + "/"
	draft := p.create(job{Command: "echo kept > ~/storage_" + device + "/file"})
	attach := func(id string) string { return `{"storageDevice":{"id":"` + id + `"}}` }
	p.want(400, "POST", "/api/v2/jobs/"+draft+"/storage-devices/", attach("nope"))
	p.want(400, "POST", "/api/v2/jobs/"+draft+"/storage-devices/", attach(device))
	if got := p.results(url + "statuses/"); len(got) != 0 {
		t.Errorf("statuses before the submit: %v", got)
	}
	p.want(200, "POST", url+"submit/", "")
	if got := p.results(url + "statuses/")[0]["status"]; got != "Started" {
		t.Errorf("status %v", got)
	}
	p.want(201, "POST", "/api/v2/jobs/"+draft+"/storage-devices/", attach(device))
	p.want(200, "POST", "/api/v2/jobs/"+draft+"/submit/", "")
	p.await(draft, completed)
	p.want(400, "POST", "/api/v2/jobs/"+draft+"/storage-devices/", attach(device))
	other := *p
	other.key = otherKey
	other.want(404, "GET", url, "")
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, cfg)
	next := p.create(job{Command: "cat ~/storage_" + device + "/file"})
	p.want(201, "POST", "/api/v3/jobs/"+next+"/storage-devices/", strings.Replace(attach(device), "storageDevice", "storage_device", 1)) // as the old library
	p.want(200, "POST", "/api/v2/jobs/"+next+"/submit/", "")
	p.await(next, completed)
	if log := p.outputs(next)["process_output.log"]; log != "kept\n" {
		t.Errorf("log %q", log)
	}
}

func TestBodiesOfOtherKinds(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.create(job{Command: "true"})
	file := p.upload("pre.sh", nil)["id"].(string)
	multipart := "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nfrom multipart\r\n--b--\r\n"
	tests := []struct {
		method, path, kind, body string
		status                   int
	}{
		{"POST", "jobs/" + id + "/tags/", "application/x-www-form-urlencoded", "name=from+form", 201},
		{"POST", "jobs/" + id + "/tags/", "multipart/form-data; boundary=b", multipart, 201},
		{"POST", "jobs/" + id + "/tags/", "application/json; charset=utf-8", `{"name":"json"}`, 201},
		{"DELETE", "jobs/" + id + "/tags/", "application/x-www-form-urlencoded", "name=json", 204},
		{"PATCH", "files/" + file + "/", "application/json", `{"typeId":"4"}`, 200},
		{"PATCH", "files/" + file + "/", "application/x-www-form-urlencoded", "typeId=3", 200},
		{"PATCH", "files/" + file + "/", "application/json", `{"typeId":"x"}`, 400},
		{"POST", "jobs/", "application/x-www-form-urlencoded", "name=x", 400},
		{"POST", "jobs/", "application/x-www-form-urlencoded", job{Command: "true"}.body(), 400},
		{"POST", "jobs/", "application/json", "", 400},
		{"POST", "jobs/", "", job{Command: "true"}.body(), 415},
		{"POST", "jobs/", "text/plain", job{Command: "true"}.body(), 415},
		{"POST", "files/contents/", "multipart/form-data", multipart, 400},
		{"POST", "files/contents/", "application/octet-stream", "bytes", 415},
		{"OPTIONS", "jobs/", "", "", 200},
		{"HEAD", "files/" + file + "/contents/", "", "", 200},
		{"GET", "files/?page=last&page_size=1", "", "", 200},
	}
	for _, tc := range tests {
		request := p.request(tc.method, "/api/v2/"+tc.path, tc.body)
		request.Header.Del("Content-Type")
		request.Header.Set("Authorization", "TOKEN  "+key)
		if tc.kind != "" {
			request.Header.Set("Content-Type", tc.kind)
		}
		if got := p.send(request); got.status != tc.status {
			t.Errorf("%s %s (%s): %d %s, want %d", tc.method, tc.path, tc.kind, got.status, got.body, tc.status)
		}
	}
	want := `[{"name":"from form","normalizedName":"from form"},{"name":"from multipart","normalizedName":"from multipart"}]`
	if got := p.do(http.MethodGet, "/api/v3/jobs/"+id+"/tags/", "").body; got != want {
		t.Errorf("tags %s", got)
	}
}

func TestCatalogFromTheAPI(t *testing.T) {
	t.Parallel()
	write := func(text string) []string {
		name := filepath.Join(t.TempDir(), "catalog.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{name}
	}
	const solver = `{"count":1,"next":null,"previous":null,"results":[{"code":"my_solver","name":"My Solver","pricing":null,
"hasOnDemandLicense":true,"thumbnail":"https://img.example.com/x.png","versions":[{"id":"q","version":"2024 R2","versionCode":"2024r2","allowedCoreTypes":["big"],"eula":"yes"}]}]}`
	const big = `[{"code":"big","name":"Big","cores":[8,16],"gpuCounts":[0.0,0.0],"memory":4000,"io":"50.0","price":"0.5","lowPriorityPrice":0.2}]`
	body := edited(t, map[string]any{
		"/tile/analysis": map[string]any{"code": "my_solver", "version": "2024r2"}, "/tile/hardware/coreType": "big", "/tile/hardware/coresPerSlot": 8,
	})
	for name, text := range map[string]string{
		"one after the other": solver + "\n" + big,
		"as one object":       `{"coretypes":` + big + `,"analyses":` + solver + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			cfg.CatalogFiles = write(text)
			p := open(t, cfg)
			p.want(201, "POST", "/api/v2/jobs/", body)
			got := p.get("/api/v2/analyses/my_solver/")
			version := got["versions"].([]any)[0].(map[string]any)
			types := p.results("/api/v2/coretypes/?isActive=true")
			have := []any{got["thumbnail"], version["eula"], len(types), types[0]["price"], types[0]["gpuCounts"].([]any)[0]}
			if diff := cmp.Diff([]any{"https://img.example.com/x.png", "yes", 1, "0.5", 0.0}, have); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, shown := p.results("/api/v3/coretypes/")[0]["price"]; shown {
				t.Error("version 3 shows prices")
			}
			if got := p.do("GET", "/api/v2/billing/computeprices/", "").body; !strings.Contains(got, `"amount":"0.5000"`) {
				t.Errorf("prices %s", got)
			}
		})
	}
	t.Run("only analyses", func(t *testing.T) {
		cfg := config(t)
		cfg.CatalogFiles = write(solver)
		p := open(t, cfg)
		p.want(201, "POST", "/api/v2/jobs/", edited(t, map[string]any{"/tile/analysis": map[string]any{"code": "my_solver"}}))
	})
	t.Run("only core types", func(t *testing.T) {
		cfg := config(t)
		cfg.CatalogFiles = write(big)
		p := open(t, cfg)
		p.want(201, "POST", "/api/v2/jobs/", edited(t, map[string]any{"/tile/hardware/coreType": "big", "/tile/hardware/coresPerSlot": 16}))
	})
	t.Run("an analysis that a workspace hides all versions of", func(t *testing.T) {
		cfg := config(t)
		cfg.CatalogFiles = write(strings.Replace(solver, `"results":[`, `"results":[{"code":"hidden","versions":[]},`, 1))
		p := open(t, cfg)
		if got := p.get("/api/v2/analyses/")["count"]; got != 2.0 {
			t.Errorf("%v analyses", got)
		}
		got := p.do("POST", "/api/v2/jobs/", edited(t, map[string]any{"/tile/analysis": map[string]any{"code": "hidden"}}))
		if diff := cmp.Diff(`{"jobanalyses":[{"analysis":{"code":["Analysis \"hidden\" has no versions."]}}]}`, got.body); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	for text, want := range map[string]string{
		"":    "it holds neither analyses nor core types",
		"[1]": "an item of a list",
		strings.Replace(solver, `"count":1`, `"count":700`, 1): "it holds 1 of 700 analyses: ask for them with ?page_size=1000",
		`[{"code":"x"}]`:            `"x" is neither an analysis (with versions) nor a core type (with cores)`,
		`[{"code":"x","cores":[]}]`: `core type "x" has no cores`,
		"<html>":                    "invalid character",
	} {
		cfg := config(t)
		cfg.CatalogFiles = write(text)
		if _, err := emulator.Open(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// licensed edits a body so that it wants one of these sets of licensed features.
func licensed(sets []any) map[string]any {
	return map[string]any{"/tile/userDefinedLicenseSettings": map[string]any{"featureSets": sets}}
}

package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// design is a job with a table of runs, as the platform's own example of one.
type design struct {
	table, template string
	command         string
	edits           map[string]any
}

func (p *platform) design(d design) string {
	p.t.Helper()
	body := map[string]any{
		"/paramFile": map[string]any{"id": p.upload("runs.csv", []byte(d.table))["id"]},
		"/tile/templateTasks": []any{map[string]any{
			"templateFile":      map[string]any{"id": p.upload("U.template", []byte(d.template))["id"]},
			"processedFilename": "case/0/U",
		}},
		"/tile/inputFiles":               []any{map[string]any{"id": p.upload("case.zip", zipOf(p.t, map[string]string{"case/run": "x"}))["id"]}},
		"/tile/command":                  d.command,
		"/tile/hardware/slots":           1500,
		"/tile/postProcessScript":        map[string]any{"id": p.upload("extract.sh", []byte("echo extracted $1\n"))["id"]},
		"/tile/postProcessScriptCommand": "sh extract.sh Cd",
	}
	for pointer, value := range d.edits {
		body[pointer] = value
	}
	return p.want(201, "POST", "/api/v2/jobs/", edited(p.t, body))["id"].(string)
}

func TestDesignOfExperimentsRunsEachRow(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{
		table:    "label, x_velocity\nslow, 5\nfast, 10.126\n",
		template: `# ${label}` + "\n" + `uniform (${x_velocity?string("0.00")} 0)` + "\n",
		command:  "cat case/0/U; ls case; sed -n 1p case/0/U > label.txt",
	})
	url := "/api/v2/jobs/" + id + "/"
	if got := p.get(url); got["expectedRuns"] != nil || got["paramFile"].(map[string]any)["name"] != "runs.csv" {
		t.Errorf("draft: expected runs %v, table %v", got["expectedRuns"], got["paramFile"])
	}
	if got := p.results(url + "runs/"); len(got) != 0 {
		t.Errorf("runs of a draft: %v", got)
	}
	p.want(200, "POST", url+"submit/", "")
	p.await(id, completed)
	if got := p.get(url)["expectedRuns"]; got != 2.0 {
		t.Errorf("expected runs %v", got)
	}
	want := []map[string]string{
		{"process_output.log": "# slow\nuniform (5.00 0)\n0\nrun\nextracted Cd\n", "label.txt": "# slow\n", "case/0/U": "# slow\nuniform (5.00 0)\n"},
		{"process_output.log": "# fast\nuniform (10.13 0)\n0\nrun\nextracted Cd\n", "label.txt": "# fast\n", "case/0/U": "# fast\nuniform (10.13 0)\n"},
	}
	for i, files := range want {
		run := fmt.Sprintf("%sruns/%d/", url, i+1)
		if diff := cmp.Diff(files, p.contents(run+"files/?page_size=1000")); diff != "" {
			t.Errorf("files of run %d (-want +got):\n%s", i+1, diff)
		}
		if path := p.results(run + "files/?search=label")[0]["path"].(string); !strings.HasSuffix(path, fmt.Sprintf("/job_%s/run%d/label.txt", id, i+1)) {
			t.Errorf("path %s", path)
		}
	}
	if got := p.get(url + "files/")["count"]; got != 6.0 {
		t.Errorf("%v files of the job", got)
	}
	runs := p.results(url + "runs/?page_size=1848")
	variables, err := json.Marshal(runs[1]["variables"])
	if err != nil || len(runs) != 2 || runs[1]["id"] != "2" || runs[1]["dateStarted"] == nil || runs[1]["dateCompleted"] == nil || runs[1]["outputFileCount"] != 3.0 {
		t.Errorf("runs %v, %v", runs, err)
	}
	if diff := cmp.Diff(`[{"displayValue":"fast","isRelative":false,"name":"label","value":"fast"},{"displayValue":"10.126","isRelative":false,"name":"x_velocity","value":10.126}]`, string(variables)); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	p.want(404, "GET", url+"runs/3/", "")
	p.want(204, "DELETE", url, "")
}

func (p *platform) contents(list string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for _, file := range p.results(list) {
		out[file["relativePath"].(string)] = p.do("GET", "/api/v2/files/"+file["id"].(string)+"/contents/", "").body
	}
	return out
}

// TestADesignOfStrictTypes refuses a table and a template that are ordinary inputs.
func TestADesignOfStrictTypes(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Switches = emulator.Switches{StrictTypes: true}
	p := open(t, c)
	table, template := p.upload("runs.csv", []byte("x\n1\n"))["id"].(string), p.upload("U", []byte("${x}"))["id"].(string)
	body := edited(t, map[string]any{
		"/paramFile":          map[string]any{"id": table},
		"/tile/templateTasks": []any{map[string]any{"templateFile": map[string]any{"id": template}, "processedFilename": "U"}},
	})
	for _, each := range []struct{ id, typeID, words string }{{table, "3", "is not a parameter file"}, {template, "2", "is not a template"}} {
		refused := p.do("POST", "/api/v2/jobs/", body)
		if refused.status != 400 || !strings.Contains(refused.body, each.words) {
			t.Errorf("%d %s", refused.status, refused.body)
		}
		p.want(200, "PATCH", "/api/v2/files/"+each.id+"/", `{"typeId":`+each.typeID+`}`)
	}
	p.want(201, "POST", "/api/v2/jobs/", body)
}

func TestOneRunOfADesignFails(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{table: "x\n1\n2\n3\n", template: "${x}", command: "x=$(cat case/0/U); echo $x > x; [ $x != 2 ]"})
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	history := p.history(id)
	if diff := cmp.Diff([]string{"Stopping: A run failed", "Completed: A run failed"}, history[len(history)-2:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.results("/api/v2/jobs/" + id + "/files/?search=x"); len(got) != 3 {
		t.Errorf("the runs wrote %d files of that name", len(got))
	}
}

func TestUndefinedNameFailsTheRun(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{table: "x\n1\n", template: "a\n${HOME}\n", command: "echo never"})
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	if log := p.outputs(id)["process_output.log"]; log != "rescale emulator: rendering \"case/0/U\": line 2: \"HOME\" has no value\n" {
		t.Errorf("log %q", log)
	}
}

func TestDryRunOnlyRenders(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{table: "x\n7\n", template: "${x}", command: "echo never", edits: map[string]any{"/isTemplateDryRun": true}})
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	if diff := cmp.Diff(map[string]string{"case/0/U": "7", "process_output.log": ""}, p.outputs(id)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDesignThatCannotBeRunIsRefused(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for name, tc := range map[string]struct{ table, template, want string }{
		"directive":    {"x\n1\n", "<#if x>", `File "U.template": line 1: "<#i": only ${...} placeholders and comments are rendered`},
		"no rows":      {"x\n", "${x}", `File "runs.csv": it has names, but no row of values`},
		"uneven table": {"x,y\n1\n", "${x}", `File "runs.csv": record on line 2: wrong number of fields`},
	} {
		t.Run(name, func(t *testing.T) {
			id := p.design(design{table: tc.table, template: tc.template, command: "true"})
			got := p.want(400, "POST", "/api/v2/jobs/"+id+"/submit/", "")
			if diff := cmp.Diff(tc.want, got["detail"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if count := p.get("/api/v2/jobs/" + id + "/statuses/")["count"]; count != 0.0 {
				t.Errorf("%v statuses: no draft any more", count)
			}
		})
	}
	id := p.design(design{table: "x\n1\n", template: "${x}", command: "true"})
	table := p.get("/api/v2/jobs/" + id + "/")["paramFile"].(map[string]any)["id"].(string)
	p.want(204, "DELETE", "/api/v2/files/"+table+"/", "")
	p.want(400, "POST", "/api/v2/jobs/"+id+"/submit/", "")
}

func TestDesignIsStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	gate := t.TempDir()
	cfg.MaxRunning = 1
	cfg.Env = append(cfg.Env, "GATE="+gate)
	p := open(t, cfg)
	d := design{
		table: "x\n1\n2\n3\n", template: "${x}",
		command: `x=$(cat case/0/U); echo $x >> $GATE/$RESCALE_JOB_ID; [ $x = 1 ] || [ $RESCALE_IG_RESTART_COUNT = 1 ] || sleep 60`,
	}
	id := p.design(d)
	url := "/api/v2/jobs/" + id + "/"
	p.want(200, "POST", url+"submit/", "")
	second := func(p *platform) bool {
		runs := p.results(url + "runs/")
		return len(runs) == 3 && runs[0]["dateCompleted"] != nil && runs[1]["dateStarted"] != nil && runs[2]["dateStarted"] == nil
	}
	eventually(t, "the second run starts", func() bool { return second(p) })
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, cfg)
	p.await(id, completed)
	if history := p.history(id); history[len(history)-1] != "Completed: Completed successfully" {
		t.Errorf("statuses %v", history)
	}
	if got := p.get(url + "files/")["count"]; got != 6.0 {
		t.Errorf("%v files", got)
	}

	id = p.design(d)
	url = "/api/v2/jobs/" + id + "/"
	p.want(200, "POST", url+"submit/", "")
	eventually(t, "the second run starts", func() bool { return second(p) })
	p.want(202, "POST", url+"stop/", "")
	p.await(id, func(j emulator.JobInfo) bool { return j.Status == "Completed" && j.Reason == "User Terminated" })
	if got := p.results(url + "runs/")[2]; got["dateStarted"] != nil {
		t.Errorf("a run started after the stop: %v", got)
	}
}

// TestTailsOfADesign: each run shows its own work folder, as long as it goes on, though others are over.
func TestTailsOfADesign(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.MaxRunning, cfg.Switches.EarlyTails = 2, 1
	p := open(t, cfg)
	id := p.design(design{
		table: "label\nslow\nfast\n", template: "${label}\n",
		command: `cat case/0/U; grep -q fast case/0/U || while [ ! -e stop ]; do sleep 0.01; done`,
	})
	run := "/api/v2/jobs/" + id + "/runs/"
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	eventually(t, "the second run is over", func() bool {
		runs := p.results(run)
		return len(runs) == 2 && runs[1]["dateCompleted"] != nil
	})
	p.want(404, "GET", run+"2/tail/process_output.log?lines=5", "")
	p.want(404, "GET", run+"2/directory-contents/", "")
	const log = "1/tail/process_output.log?lines=5"
	if got := p.do("GET", run+log, ""); got.status != 200 || json.Valid([]byte(got.body)) {
		t.Errorf("an early tail is %d %s", got.status, got.body)
	}
	eventually(t, "the first run shows its log", func() bool { return strings.Contains(p.do("GET", run+log, "").body, "slow") })
	p.want(200, "POST", run+"1/stop/", "")
	p.await(id, completed)
	p.want(404, "GET", run+log, "")
}

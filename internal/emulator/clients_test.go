package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// paused starts a job that lies in wait with what its command wrote until the test ends.
func (p *platform) paused(command string) (id string) {
	p.t.Helper()
	id = p.start(job{Command: command + "; touch there; sleep 60"})
	eventually(p.t, "the command is there", func() bool {
		return strings.Contains(p.do("GET", "/api/v2/jobs/"+id+"/runs/1/directory-contents/", "").body, `"there"`)
	})
	return id
}

// A browser application cuts "/api/v2/" off the resource and puts its own address before the rest; the old
// documentation shows "/api/" for those who asked without a version.
func TestResourceOfALiveFileLeadsToIt(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.paused("printf 'one\\ntwo\\n' > log")
	for _, version := range []string{"/api/v2/", "/api/v3/", "/api/"} {
		var list []struct{ Path, Resource string }
		if err := json.Unmarshal([]byte(p.do("GET", version+"jobs/"+id+"/runs/1/directory-contents/?page_size=9999", "").body), &list); err != nil {
			t.Fatal(err)
		}
		for _, file := range list {
			if !strings.HasPrefix(file.Resource, version+"jobs/") {
				t.Errorf("%s: resource %s", version, file.Resource)
			}
			if got := p.do("GET", file.Resource, ""); got.status != 200 || file.Path == "log" && got.body != "one\ntwo\n" {
				t.Errorf("%s: %d %q", file.Resource, got.status, got.body)
			}
		}
	}
	got := p.get("/api/jobs/" + id + "/runs/1/tail/log?lines=9")["lines"]
	if diff := cmp.Diff([]any{"one", "two"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// The platform's old library renders the very script that it runs; its example of today prints "Cd<tab>0.1" after each
// run, and the documentation shows such values as numbers among the run's variables.
func TestDesignRunsItsTemplateAndMeasures(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{
		table: "x,label\n20.0,fast\n", template: "#!/bin/sh\necho started ${x}\n", command: "case/0/U",
		edits: map[string]any{"/tile/postProcessScriptCommand": `echo all is well; printf 'Cd\t-0.0187556\nCl\t*** not found ***\n'`},
	})
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	if log := p.outputs(id)["process_output.log"]; !strings.HasPrefix(log, "started 20.0\n") {
		t.Errorf("log %q", log)
	}
	want := []any{variable("x", "20.0", 20.0), variable("label", "fast", "fast"), variable("Cd", "-0.0187556", -0.0187556), variable("Cl", "*** not found ***", "*** not found ***")}
	if got := p.do("GET", "/api/v2/jobs/"+id+"/runs/1/", "").body; !strings.Contains(got, `"value":20.0`) {
		t.Errorf("no float in %s", got)
	}
	if diff := cmp.Diff(want, p.results("/api/v2/jobs/" + id + "/runs/")[0]["variables"]); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func variable(name, shown string, value any) any {
	return map[string]any{"name": name, "displayValue": shown, "isRelative": false, "value": value}
}

func TestStopOfOneRunLeavesTheOthers(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.design(design{table: "x\n1\n2\n", template: "${x}", command: `[ $(cat case/0/U) = 2 ] || sleep 60; echo done > out`})
	url := "/api/v2/jobs/" + id + "/"
	p.want(200, "POST", url+"submit/", "")
	eventually(t, "the first run starts", func() bool {
		runs := p.results(url + "runs/")
		return len(runs) == 2 && runs[0]["dateStarted"] != nil
	})
	p.want(200, "POST", url+"runs/1/stop/", "")
	p.await(id, completed)
	if history := p.history(id); history[len(history)-1] != "Completed: A run failed" {
		t.Errorf("statuses %v", history)
	}
	for run, want := range map[string]string{"1": "", "2": "done\n"} {
		if got := p.contents(url + "runs/" + run + "/files/")["out"]; got != want {
			t.Errorf("run %s left %q, want %q", run, got, want)
		}
	}
}

// A public script has a second job read what a first one left on shared storage, and shuts it down.
func TestJobsPassFilesOverStorage(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	var regions []struct{ ID, Name string }
	if err := json.Unmarshal([]byte(p.do("GET", "/api/v2/storage-devices/available-regions/", "").body), &regions); err != nil || len(regions) != 1 {
		t.Fatalf("regions %v, %v", regions, err)
	}
	device := p.want(201, "POST", "/api/v2/storage-devices/", `{"name":"fast","region":{"id":"`+regions[0].ID+`"}}`)["id"].(string)
	url := "/api/v2/storage-devices/" + device + "/"
	p.want(200, "POST", url+"submit/", "")
	attach := `{"storageDevice":{"id":"` + device + `"}}`
	chain := func(command string) (id string) {
		id = p.create(job{Command: command})
		p.want(201, "POST", "/api/v2/jobs/"+id+"/storage-devices/", attach)
		p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
		p.await(id, completed)
		return id
	}
	first := chain("echo hello > output.txt")
	second := chain("cat ~/storage_" + device + "/jobs/" + first + "/run/1/output.txt")
	if log := p.outputs(second)["process_output.log"]; log != "hello\n" {
		t.Errorf("log %q", log)
	}
	p.want(200, "POST", url+"shutdown/", "")
	if got := p.results(url + "statuses/"); len(got) != 2 || got[0]["status"] != "Stopped" {
		t.Errorf("statuses %v", got)
	}
	late := p.create(job{Command: "true"})
	p.want(400, "POST", "/api/v2/jobs/"+late+"/storage-devices/", attach)
}

package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func TestSwitches(t *testing.T) {
	t.Parallel()
	hardware := func(p *platform, id string) map[string]any {
		return p.get("/api/v2/jobs/" + id + "/")["jobanalyses"].([]any)[0].(map[string]any)["hardware"].(map[string]any)
	}
	noWalltime := func(p *platform) string {
		return p.want(201, "POST", "/api/v2/jobs/", edited(p.t, map[string]any{"/tile/hardware/walltime": nil}))["id"].(string)
	}
	tests := map[string]struct {
		switches emulator.Switches
		holds    func(p *platform) bool
	}{
		"md5 only": {emulator.Switches{Checksums: emulator.OnlyMD5}, func(p *platform) bool {
			file := p.upload("a", nil)
			return file["md5"] == "d41d8cd98f00b204e9800998ecf8427e" && len(file["fileChecksums"].([]any)) == 0
		}},
		"sha512 only": {emulator.Switches{Checksums: emulator.OnlySHA512}, func(p *platform) bool {
			file := p.upload("a", nil)
			return file["md5"] == nil && len(file["fileChecksums"].([]any)) == 1
		}},
		"no checksums": {emulator.Switches{Checksums: emulator.NoChecksums}, func(p *platform) bool {
			file := p.upload("a", nil)
			return file["md5"] == nil && len(file["fileChecksums"].([]any)) == 0
		}},
		"plain dates": {emulator.Switches{PlainDates: true}, func(p *platform) bool {
			return !strings.Contains(p.upload("a", nil)["dateUploaded"].(string), ".")
		}},
		"core type object": {emulator.Switches{CoreTypeObjects: true}, func(p *platform) bool {
			return hardware(p, p.create(job{Command: "true"}))["coreType"].(map[string]any)["code"] == "emerald"
		}},
		"walltime default":       {emulator.Switches{}, func(p *platform) bool { return hardware(p, noWalltime(p))["walltime"] == 750.0 }},
		"walltime other default": {emulator.Switches{DefaultWalltime: 5}, func(p *platform) bool { return hardware(p, noWalltime(p))["walltime"] == 5.0 }},
		"walltime null":          {emulator.Switches{DefaultWalltime: -1}, func(p *platform) bool { return hardware(p, noWalltime(p))["walltime"] == nil }},
		"hidden drafts": {emulator.Switches{HideDrafts: true}, func(p *platform) bool {
			p.create(job{Command: "true"})
			return len(p.results("/api/v2/jobs/?state=not_completed")) == 0 && len(p.results("/api/v2/jobs/")) == 1
		}},
		"shared jobs": {emulator.Switches{SharedJobs: true}, func(p *platform) bool {
			p.create(job{Command: "true"})
			bob := *p
			bob.key = otherKey
			return len(bob.results("/api/v2/jobs/")) == 1
		}},
		"strict names": {emulator.Switches{StrictNames: true}, func(p *platform) bool {
			device := p.want(201, "POST", "/api/v2/storage-devices/", `{"name":"fast"}`)["id"].(string)
			p.want(200, "POST", "/api/v2/storage-devices/"+device+"/submit/", "")
			draft := p.want(201, "POST", "/api/v2/jobs/", edited(p.t, map[string]any{"/project_id": "pRoJa"}))
			attached := p.do("POST", "/api/v2/jobs/"+draft["id"].(string)+"/storage-devices/", `{"storage_device":{"id":"`+device+`"}}`)
			return draft["projectId"] == nil && attached.body == `{"storageDevice":["This field is required."]}`
		}},
		"hidden attached storage": {emulator.Switches{HideAttached: true, RefuseReattach: true}, func(p *platform) bool {
			device := p.want(201, "POST", "/api/v2/storage-devices/", `{"name":"fast"}`)["id"].(string)
			p.want(200, "POST", "/api/v2/storage-devices/"+device+"/submit/", "")
			attached, attach := "/api/v2/jobs/"+p.create(job{Command: "true"})+"/storage-devices/", `{"storageDevice":{"id":"`+device+`"}}`
			p.want(201, "POST", attached, attach)
			p.want(405, "GET", attached, "")
			return p.do("POST", attached, attach).status == 400
		}},
		"lax attach": {emulator.Switches{LaxAttach: true}, func(p *platform) bool {
			device := p.want(201, "POST", "/api/v2/storage-devices/", `{"name":"fast"}`)["id"].(string)
			attached := "/api/v2/jobs/" + p.create(job{Command: "true"}) + "/storage-devices/"
			p.want(201, "POST", attached, `{"storageDevice":{"id":"`+device+`"}}`)
			return p.results(attached)[0]["id"] == device
		}},
		"custom fields": {emulator.Switches{Fields: []emulator.CustomField{
			{Name: "Cost center", Type: "select", Options: []string{"A-17", "B-2"}, Required: true}, {Name: "Note", Type: "text"},
		}}, func(p *platform) bool {
			const fields = "/api/v2/organizations/acme/workspaces/acme/custom-fields/"
			url := "/api/v2/jobs/" + p.create(job{Command: "true"}) + "/"
			p.want(400, "POST", url+"submit/", "")
			p.want(200, "POST", url+"custom-fields/", `{"Cost center":" ","Note":1}`)
			refused := p.do("POST", url+"submit/", "")
			choice := p.do("POST", url+"custom-fields/", `{"Cost center":"C"}`)
			p.want(200, "POST", url+"custom-fields/", `{"Cost center":"B-2"}`)
			p.do("POST", url+"submit/", "")
			p.want(200, "POST", url+"custom-fields/", `{"Note":"later"}`)
			frozen := p.do("POST", url+"custom-fields/", `{"Cost center":"A-17"}`)
			p.want(404, "GET", "/api/v2/organizations/acme/workspaces/other/custom-fields/", "")
			return refused.body == `{"detail":"The custom field \"Cost center\" is required to submit a job."}` &&
				choice.body == `{"Cost center":["\"C\" is not a valid choice."]}` && frozen.status == 400 &&
				p.do("GET", fields, "").body == `{"fields":{"compute":{"Context":[`+
					`{"name":"Cost center","valueType":"select","enumOptions":["A-17","B-2"],"isRequired":true},`+
					`{"name":"Note","valueType":"text","enumOptions":null,"isRequired":false}]}},"isEnabled":true}`
		}},
		"no custom fields": {emulator.Switches{}, func(p *platform) bool {
			return p.do("GET", "/api/v2/organizations/acme/workspaces/acme/custom-fields/", "").body == `{"fields":{"compute":{}},"isEnabled":false}`
		}},
		"ignored project": {emulator.Switches{IgnoreProjects: true}, func(p *platform) bool {
			body := edited(p.t, map[string]any{"/projectId": "pRoJa"})
			id := p.want(201, "POST", "/api/v2/jobs/", body)["id"].(string)
			before := p.get("/api/v2/jobs/" + id + "/")["projectId"]
			p.want(200, "POST", "/api/v2/jobs/"+id+"/project-assignment/", `{"projectId":"pRoJa"}`)
			p.want(200, "PUT", "/api/v2/jobs/"+id+"/", body)
			return before == nil && p.get("/api/v2/jobs/" + id + "/")["projectId"] == "pRoJa"
		}},
		"lost tags": {emulator.Switches{LoseTags: true}, func(p *platform) bool {
			id := p.create(job{Command: "true"})
			p.want(201, "POST", "/api/v2/jobs/"+id+"/tags/", `{"name":"aero"}`)
			return len(p.get("/api/v2/jobs/" + id + "/")["userTags"].([]any)) == 0
		}},
		"hidden tags": {emulator.Switches{HideTags: true}, func(p *platform) bool {
			_, shown := p.get("/api/v2/jobs/" + p.create(job{Command: "true"}) + "/")["userTags"]
			return !shown
		}},
		"short inputs": {emulator.Switches{ShortInputs: true}, func(p *platform) bool {
			id := p.create(job{Command: "true", Inputs: []map[string]any{{"id": p.upload("a", []byte("12"))["id"]}}})
			tile := p.get("/api/v2/jobs/" + id + "/")["jobanalyses"].([]any)[0].(map[string]any)
			input := tile["inputFiles"].([]any)[0].(map[string]any)
			return len(input) == 5 && input["name"] == "a" && input["decryptedSize"] == 2.0 && fmt.Sprint(input["decompress"]) == "true"
		}},
		"inputs among outputs": {emulator.Switches{ListInputs: true}, func(p *platform) bool {
			id := p.create(job{Command: "true", Inputs: []map[string]any{{"id": p.upload("deck.k", nil)["id"]}}})
			return len(p.results("/api/v2/jobs/"+id+"/files/")) == 1
		}},
		"strict types": {emulator.Switches{StrictTypes: true}, func(p *platform) bool {
			file := p.upload("pre.sh", nil)
			body := edited(p.t, map[string]any{"/tile/preProcessScript": map[string]any{"id": file["id"]}})
			p.want(400, "POST", "/api/v2/jobs/", body)
			p.want(200, "PATCH", "/api/v2/files/"+file["id"].(string)+"/", `{"typeId":4}`)
			p.want(201, "POST", "/api/v2/jobs/", body)
			return true
		}},
		"cut names": {emulator.Switches{NameLimit: 3}, func(p *platform) bool {
			id := p.want(201, "POST", "/api/v2/jobs/", edited(p.t, map[string]any{"/name": "höher"}))["id"].(string)
			before := p.get("/api/v2/jobs/" + id + "/")["name"]
			p.want(200, "PATCH", "/api/v2/jobs/"+id+"/", `{"name":"ab"}`)
			return before == "höh" && p.results("/api/v2/jobs/")[0]["name"] == "ab"
		}},
		"whole seconds": {emulator.Switches{WholeSeconds: true}, func(p *platform) bool {
			id := p.run(job{Command: "true"})
			date := p.get("/api/v2/jobs/" + id + "/")["dateInserted"].(string)
			changed := p.results("/api/v2/jobs/" + id + "/statuses/")[0]["statusDate"].(string)
			return !strings.Contains(date, ".") && date == p.results("/api/v2/jobs/")[0]["dateInserted"] && strings.Contains(changed, ".")
		}},
		"forced only after a stop": {emulator.Switches{ForceAfterStop: true}, func(p *platform) bool {
			url := "/api/v2/jobs/" + p.start(job{Command: "sleep 60"})
			p.want(400, "POST", url+"/force_stop/", "")
			p.want(202, "POST", url+"/stop/", "")
			p.want(202, "POST", url+"/force_stop/", "")
			return true
		}},
		"bills": {emulator.Switches{Bills: true}, func(p *platform) bool {
			id := p.run(job{Command: "true"})
			day, err := time.Parse(time.RFC3339Nano, p.results("/api/v2/jobs/" + id + "/statuses/")[0]["statusDate"].(string))
			if err != nil {
				p.t.Fatal(err)
			}
			bill := func(month time.Time) string {
				return fmt.Sprintf("/api/v2/organizations/acme/workspaces/acme/billing/?startYear=%d&startMonth=%d&endYear=%[1]d&endMonth=%[2]d", month.Year(), month.Month())
			}
			p.want(404, "GET", strings.Replace(bill(day), "workspaces/acme", "workspaces/other", 1), "")
			p.want(404, "GET", strings.Replace(bill(day), "organizations/acme", "organizations/other", 1), "")
			p.want(400, "GET", strings.Replace(bill(day), "endMonth=", "endMonth=9", 1), "")
			now := p.get(bill(day))
			return now["jobs"] == 1.0 && now["hardwareCharge"] == now["totalCharge"] && p.get(bill(day.AddDate(0, 0, -40)))["jobs"] == 0.0
		}},
		"no bills": {emulator.Switches{}, func(p *platform) bool {
			p.want(403, "GET", "/api/v2/organizations/acme/workspaces/acme/billing/?startYear=2026&startMonth=1&endYear=2026&endMonth=1", "")
			return true
		}},
		"failed reason": {emulator.Switches{FailedReason: "Something else"}, func(p *platform) bool {
			history := p.history(p.run(job{Command: "false"}))
			return strings.Join(history[len(history)-2:], "|") == "Stopping: A run failed|Completed: Something else"
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.Switches = tc.switches
			if p := open(t, cfg); !tc.holds(p) {
				t.Error("it does not hold")
			}
		})
	}
}

func TestScriptsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	before, after := p.upload("pre.sh", []byte("#!/bin/sh\necho pre\n")), p.upload("post.sh", []byte("#!/bin/sh\necho post\n"))
	body := edited(t, map[string]any{
		"/tile/command":          "echo main",
		"/tile/preProcessScript": map[string]any{"id": before["id"]}, "/tile/preProcessScriptCommand": "./pre.sh",
		"/tile/postProcessScript": map[string]any{"id": after["id"]}, "/tile/postProcessScriptCommand": "./post.sh",
	})
	id := p.want(201, "POST", "/api/v2/jobs/", body)["id"].(string)
	p.want(200, "POST", "/api/v3/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	if log := p.outputs(id)["process_output.log"]; log != "pre\nmain\npost\n" {
		t.Errorf("log %q", log)
	}
}

func TestBrokenArchiveFailsTheJob(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	file := p.upload("broken.zip", []byte("no zip"))
	id := p.run(job{Command: "echo never", Inputs: []map[string]any{{"id": file["id"]}}})
	outputs := p.outputs(id)
	if len(outputs) != 1 || !strings.Contains(outputs["process_output.log"], `preparing input "broken.zip"`) {
		t.Errorf("outputs %v", outputs)
	}
	if got := p.history(id); got[len(got)-1] != "Completed: A run failed" {
		t.Errorf("%v", got)
	}
}

func TestSmallEndpoints(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	input := p.upload("in.txt", []byte("x"))
	id := p.run(job{Command: "echo out > out.txt", Inputs: []map[string]any{{"id": input["id"]}}})
	url := "/api/v2/jobs/" + id
	if got := p.results(url + "/runs/1/files/?search=out.t"); len(got) != 1 || got[0]["typeId"] != 5.0 || !strings.HasSuffix(got[0]["path"].(string), "/output/job_"+id+"/run1/out.txt") {
		t.Errorf("run files %v", got)
	}
	if got := p.get(url + "/runs/1/"); got["dateCompleted"] == nil || got["type"] != 3.0 {
		t.Errorf("run %v", got)
	}
	p.want(404, "GET", url+"/runs/2/", "")
	p.get(url + "/connection_details/")
	p.get("/api/v2/")
	if got := p.results("/api/v3/analyses/"); len(got) != 10 || got[0]["supportDesks"] != nil {
		t.Errorf("analyses %v", got)
	}
	if got := p.results("/api/v3/jobs/" + id + "/statuses/"); got[0]["jobId"] != id {
		t.Errorf("statuses %v", got[0])
	}
	p.want(202, "POST", "/api/v3/jobs/"+id+"/stop/", "")
	draft := p.create(job{Command: "true"})
	p.want(400, "POST", "/api/v2/jobs/"+draft+"/stop/", "")
	p.want(200, "PUT", "/api/v2/jobs/"+draft+"/", job{Command: "false"}.body())
	p.want(400, "PUT", "/api/v2/jobs/"+draft+"/", `{"name":"only"}`)
	p.want(204, "DELETE", url+"/?deleteInputFiles=True", "")
	if got := p.results("/api/v2/files/"); len(got) != 0 {
		t.Errorf("files %v", got)
	}
	var created map[string]any
	if err := json.Unmarshal(p.server.Jobs()[1].Body, &created); err != nil || created["name"] != "test" {
		t.Errorf("body %v, %v", created, err)
	}
}

func TestUploadOfAnotherType(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	body, kind := form(t, "params.csv", []byte("a,b\n"))
	boundary := strings.TrimPrefix(kind, "multipart/form-data; boundary=")
	field := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"typeId\"\r\n\r\n3\r\n"
	request := p.request("PUT", "/api/v2/files/contents/", field+string(body))
	request.Header.Set("Content-Type", kind)
	got := p.send(request)
	if diff := cmp.Diff([]any{3.0, true}, []any{got.json(t)["typeId"], got.json(t)["viewInBrowser"]}); got.status != 201 || diff != "" {
		t.Errorf("%d %s", got.status, diff)
	}
}

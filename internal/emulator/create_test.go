package emulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// body builds a create request; edits are JSON pointers to values, nil removes.
func edited(t *testing.T, edits map[string]any) string {
	t.Helper()
	var body any
	if err := json.Unmarshal([]byte(job{Command: "true"}.body()), &body); err != nil {
		t.Fatal(err)
	}
	for pointer, value := range edits {
		keys := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
		at := body.(map[string]any)
		for _, key := range keys[:len(keys)-1] {
			if key == "tile" {
				at = at["jobanalyses"].([]any)[0].(map[string]any)
				continue
			}
			at = at[key].(map[string]any)
		}
		if value == nil {
			delete(at, keys[len(keys)-1])
		} else {
			at[keys[len(keys)-1]] = value
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	tests := map[string]struct {
		edits map[string]any
		want  string
	}{
		"no name":           {map[string]any{"/name": nil}, `{"name":["This field is required."]}`},
		"blank name":        {map[string]any{"/name": " "}, `{"name":["This field may not be blank."]}`},
		"name no string":    {map[string]any{"/name": true}, `{"name":["Not a valid string."]}`},
		"no tiles":          {map[string]any{"/jobanalyses": nil}, `{"jobanalyses":["This field is required."]}`},
		"empty tiles":       {map[string]any{"/jobanalyses": []any{}}, `{"jobanalyses":["This list may not be empty."]}`},
		"tiles no list":     {map[string]any{"/jobanalyses": map[string]any{}}, `{"jobanalyses":["Expected a list of items but got type \"dict\"."]}`},
		"unknown analysis":  {map[string]any{"/tile/analysis/code": "nope"}, `{"jobanalyses":[{"analysis":{"code":["Analysis \"nope\" does not exist."]}}]}`},
		"unknown version":   {map[string]any{"/tile/analysis/version": "9"}, `{"jobanalyses":[{"analysis":{"version":["Version \"9\" of analysis \"user_included\" does not exist."]}}]}`},
		"unknown core type": {map[string]any{"/tile/hardware/coreType": "ruby"}, `{"jobanalyses":[{"hardware":{"coreType":["Core type \"ruby\" does not exist."]}}]}`},
		"deprecated":        {map[string]any{"/tile/hardware/coreType": "hpc-1", "/tile/hardware/coresPerSlot": 8}, `{"jobanalyses":[{"hardware":{"coreType":["Core type \"hpc-1\" is deprecated and cannot be used for new jobs."]}}]}`},
		"not active":        {map[string]any{"/tile/hardware/coreType": "obsidian", "/tile/hardware/coresPerSlot": 22}, `{"jobanalyses":[{"hardware":{"coreType":["Core type \"obsidian\" is not available."]}}]}`},
		"not for version":   {map[string]any{"/tile/analysis/code": "calculix", "/tile/analysis/version": nil, "/tile/hardware/coreType": "dolomite", "/tile/hardware/coresPerSlot": 4}, `{"jobanalyses":[{"hardware":{"coreType":["Core type \"dolomite\" is not available for version \"2.21\" of analysis \"calculix\"."]}}]}`},
		"cores":             {map[string]any{"/tile/hardware/coreType": "granite", "/tile/hardware/coresPerSlot": 1}, `{"jobanalyses":[{"hardware":{"coresPerSlot":["1 cores are not available on granite. Use one of [2 4 8 16] or a multiple of 16."]}}]}`},
		"walltime needed":   {map[string]any{"/tile/hardware/coreType": "carbon", "/tile/hardware/coresPerSlot": 44, "/tile/hardware/walltime": nil}, `{"jobanalyses":[{"hardware":{"walltime":["This core type requires a walltime."]}}]}`},
		"walltime long":     {map[string]any{"/tile/hardware/walltime": 49}, `{"jobanalyses":[{"hardware":{"walltime":["Ensure this value is less than or equal to 48."]}}]}`},
		"walltime fraction": {map[string]any{"/tile/hardware/walltime": 1.5}, `{"jobanalyses":[{"hardware":{"walltime":["A valid integer is required."]}}]}`},
		"walltime text":     {map[string]any{"/tile/hardware/walltime": "1h"}, `{"jobanalyses":[{"hardware":{"walltime":["A valid integer is required."]}}]}`},
		"walltime zero":     {map[string]any{"/tile/hardware/walltime": 0}, `{"jobanalyses":[{"hardware":{"walltime":["Ensure this value is greater than or equal to 1."]}}]}`},
		"blank command":     {map[string]any{"/tile/command": "\n"}, `{"jobanalyses":[{"command":["This field may not be blank."]}]}`},
		"file":              {map[string]any{"/tile/inputFiles": []any{map[string]any{"id": "nope"}}}, `{"jobanalyses":[{"inputFiles":[{"id":["Invalid pk \"nope\" - object does not exist."]}]}]}`},
		"env":               {map[string]any{"/tile/envVars": map[string]any{"A": "1", "N": true}}, `{"jobanalyses":[{"envVars":{"N":["Not a valid string."]}}]}`},
		"project":           {map[string]any{"/projectId": "nope"}, `{"projectId":["Invalid pk \"nope\" - object does not exist."]}`},
		"priority":          {map[string]any{"/billingPriorityValue": "NOW"}, `{"billingPriorityValue":["\"NOW\" is not a valid choice."]}`},
		"ssh key":           {map[string]any{"/publicKey": "ssh-ed25519 AAAA me"}, `{"publicKey":["Unsupported SSH key type. Use ssh-rsa, ssh-dss or ecdsa-sha2-nistp256/384/521."]}`},
		"abaqus":            {map[string]any{"/tile/analysis/code": "abaqus", "/tile/analysis/version": nil, "/tile/command": "abaqus job=a"}, `{"jobanalyses":[{"command":["the 'interactive' flag must be present"]}]}`},
		"to be requested":   {map[string]any{"/tile/analysis/code": "matlab", "/tile/analysis/version": "r2024a"}, `{"jobanalyses":[{"analysis":{"version":["Version \"r2024a\" of analysis \"matlab\" must be requested first."]}}]}`},
		"all at once": {
			map[string]any{"/name": nil, "/tile/command": nil, "/tile/hardware/coresPerSlot": 5, "/projectId": "nope"},
			`{"jobanalyses":[{"command":["This field is required."],"hardware":{"coresPerSlot":["5 cores are not available on emerald. Use one of [1 2 4 9 18 36] or a multiple of 36."]}}],"name":["This field is required."],"projectId":["Invalid pk \"nope\" - object does not exist."]}`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := p.do("POST", "/api/v2/jobs/", edited(t, tc.edits))
			if diff := cmp.Diff(tc.want, got.body); got.status != 400 || diff != "" {
				t.Errorf("status %d (-want +got):\n%s", got.status, diff)
			}
		})
	}
	if jobs := p.server.Jobs(); len(jobs) != 0 {
		t.Errorf("refused jobs were stored: %v", jobs)
	}
}

func TestCreateAccepts(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	object := map[string]any{"code": "emerald"}
	for name, edits := range map[string]map[string]any{
		"several nodes":        {"/tile/hardware/coresPerSlot": 72},
		"core type as object":  {"/tile/hardware/coreType": object},
		"unknown keys":         {"/whatever": 1, "/tags": []any{"a"}, "/tile/more": 2},
		"boolean as string":    {"/tile/useRescaleLicense": "false"},
		"no version":           {"/tile/analysis/version": nil},
		"null project":         {"/projectId": "pRoJa"},
		"abaqus without check": {"/tile/analysis/code": "abaqus", "/tile/analysis/version": nil, "/tile/flags": map[string]any{"igCv": true}},
		"automation":           {"/jobAutomations": []any{map[string]any{"automation": map[string]any{"id": "aUtoMa"}, "environmentVariables": map[string]any{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			p.want(201, "POST", "/api/v2/jobs/", edited(t, edits))
		})
	}
	p.want(201, "POST", "/api/v3/jobs/", edited(t, map[string]any{"/tile/hardware/coreType": object}))
	p.want(400, "POST", "/api/v3/jobs/", edited(t, nil))
	p.want(500, "POST", "/api/v2/jobs/", edited(t, map[string]any{"/jobAutomations": []any{map[string]any{"automation": map[string]any{"id": "x"}}}}))
	for _, j := range p.server.Jobs() {
		if !j.Draft || len(j.Tags) != 0 {
			t.Errorf("%s: draft %v, tags %v", j.ID, j.Draft, j.Tags)
		}
	}
	p.key = otherKey
	if got := p.do("POST", "/api/v2/jobs/", edited(t, nil)); got.status != 400 || !strings.Contains(got.body, "projectId") {
		t.Errorf("without the required project: %d %s", got.status, got.body)
	}
}

func TestCreateEchoes(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	sent := edited(t, map[string]any{
		"/name": "polar [ra:0123456789.1.1]", "/clonedFrom": "AbCdEf", "/projectId": "pRoJa",
		"/tile/envVars": map[string]any{"RESCALE_APPLY_KEY": "k"},
	})
	id := p.want(201, "POST", "/api/v2/jobs/", sent)["id"].(string)
	got := p.get("/api/v2/jobs/" + id + "/")
	tile := got["jobanalyses"].([]any)[0].(map[string]any)
	want := []any{"polar [ra:0123456789.1.1]", "AbCdEf", "pRoJa", map[string]any{"RESCALE_APPLY_KEY": "k"}, "emerald"}
	have := []any{got["name"], got["clonedFrom"], got["projectId"], tile["envVars"], tile["hardware"].(map[string]any)["coreType"]}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	v3 := p.get("/api/v3/jobs/" + id + "/")["jobanalyses"].([]any)[0].(map[string]any)["hardware"].(map[string]any)["coreType"]
	if object, ok := v3.(map[string]any); !ok || object["code"] != "emerald" || object["price"] != nil {
		t.Errorf("version 3 core type: %v", v3)
	}
	if got := p.want(200, "PATCH", "/api/v2/jobs/"+id+"/", `{"name":"renamed"}`)["name"]; got != "renamed" {
		t.Errorf("patched name %v", got)
	}
	p.want(400, "PATCH", "/api/v2/jobs/"+id+"/", `{"name":""}`)
	p.want(415, "POST", "/api/v2/jobs/"+id+"/tags/", "")
	p.want(400, "POST", "/api/v2/jobs/", "{")
}

// sample reads a body recorded from the platform.
func sample(t *testing.T, name string) any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// covers checks that have has every member of want with a value of the same kind.
func covers(t *testing.T, at string, want, have any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, ok := have.(map[string]any)
		if !ok {
			t.Errorf("%s is %T, want an object", at, have)
			return
		}
		for name, value := range want {
			member, ok := object[name]
			if !ok {
				t.Errorf("%s/%s is missing", at, name)
				continue
			}
			covers(t, at+"/"+name, value, member)
		}
	case []any:
		list, ok := have.([]any)
		if !ok || len(want) > 0 && len(list) == 0 {
			t.Errorf("%s is %v, want a list like %v", at, have, want)
			return
		}
		if len(want) > 0 {
			covers(t, at+"/0", want[0], list[0])
		}
	case nil: // the sample does not show the type
	default:
		if cmp.Diff(kindOf(want), kindOf(have)) != "" {
			t.Errorf("%s is %v, want something like %v", at, have, want)
		}
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "other"
}

func TestAnswersHaveTheShapeOfThePlatforms(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	file := p.upload("input.zip", zipOf(t, map[string]string{"a": "b"}))
	covers(t, "upload", sample(t, "file-upload.json"), any(file))

	request := sample(t, "job-create-request.json").(map[string]any)
	tile := request["jobanalyses"].([]any)[0].(map[string]any)
	tile["inputFiles"] = []any{map[string]any{"id": file["id"]}}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	created := p.want(201, "POST", "/api/v2/jobs/", string(text))
	want := sample(t, "job-create-response.json").(map[string]any)
	covers(t, "create", want, any(created))
	hardware := func(job map[string]any) any {
		return job["jobanalyses"].([]any)[0].(map[string]any)["hardware"]
	}
	if diff := cmp.Diff(hardware(want), hardware(created)); diff != "" {
		t.Errorf("hardware (-want +got):\n%s", diff)
	}
	id := created["id"].(string)
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	covers(t, "statuses", sample(t, "job-statuses.json"), any(p.get("/api/v2/jobs/"+id+"/statuses/")))
}

// TestCreatePairsThePriorities: a body that only says isLowPriority is stored as economy in
// both fields (rescale-api.md §6.1).
func TestCreatePairsThePriorities(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for low, want := range map[bool]string{false: "INSTANT", true: "ON_DEMAND"} {
		got := p.do("POST", "/api/v2/jobs/", edited(t, map[string]any{"/isLowPriority": low, "/billingPriorityValue": nil}))
		if got.status != 201 || !strings.Contains(got.body, `"billingPriorityValue":"`+want+`"`) {
			t.Errorf("isLowPriority %v: %d %s, want %s", low, got.status, got.body, want)
		}
	}
}

package emulator_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The platform's old library has this example: no table, but a variable that runs through a range.
func TestDesignRunsThroughRanges(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	body := edited(t, map[string]any{
		"/jobvariables": []any{fixed("index", 9, 11, 1), fixed("angle", "0.1", 0.3, 0.1)},
		"/tile/command": "./run", "/tile/templateTasks": []any{map[string]any{
			"templateFile":      map[string]any{"id": p.upload("run", []byte("echo ${index} ${angle}\n"))["id"]},
			"processedFilename": "run",
		}},
	})
	id := p.want(201, "POST", "/api/v2/jobs/", body)["id"].(string)
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	var got []string
	for n := range int(p.get("/api/v2/jobs/" + id + "/")["expectedRuns"].(float64)) {
		got = append(got, p.contents(fmt.Sprintf("/api/v2/jobs/%s/runs/%d/files/", id, n+1))["process_output.log"])
	}
	want := []string{"9 0.1\n", "9 0.2\n", "9 0.3\n", "10 0.1\n", "10 0.2\n", "10 0.3\n", "11 0.1\n", "11 0.2\n", "11 0.3\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func fixed(name string, first, last, step any) any {
	return map[string]any{
		"name": name, "variableType": "Param", "valueGeneratorType": "FixedRange",
		"valueGeneratorSettings": map[string]any{"minvalue": first, "maxvalue": last, "increment": step},
	}
}

func TestRangesThatCannotBeRunAreRefused(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	settings := func(problem string) string {
		return `{"jobvariables":[{"valueGeneratorSettings":{` + problem + `}}]}`
	}
	for name, tc := range map[string]struct {
		variable any
		want     string
	}{
		"no step":      {fixed("x", 1, 2, 0), settings(`"increment":["Ensure this value is greater than 0."]`)},
		"backwards":    {fixed("x", 2, 1, 1), settings(`"maxvalue":["Ensure this value is not less than minvalue."]`)},
		"no number":    {fixed("x", "a", 1, 1), settings(`"minvalue":["A valid number is required."]`)},
		"no bound":     {fixed("x", 1, nil, 1), settings(`"maxvalue":["This field may not be null."]`)},
		"no name":      {fixed("", 1, 2, 1), `{"jobvariables":[{"name":["This field may not be blank."]}]}`},
		"without end":  {fixed("x", 1, 1e300, 1), `{"jobvariables":["The variables make more than 10000 runs."]}`},
		"another kind": {map[string]any{"name": "x", "valueGeneratorType": "Normal"}, `{"jobvariables":["Runs of generated values are not emulated. Use a paramFile."]}`},
	} {
		got := p.do("POST", "/api/v2/jobs/", edited(t, map[string]any{"/jobvariables": []any{tc.variable}}))
		if diff := cmp.Diff(tc.want, got.body); got.status != 400 || diff != "" {
			t.Errorf("%s: status %d (-want +got):\n%s", name, got.status, diff)
		}
	}
}

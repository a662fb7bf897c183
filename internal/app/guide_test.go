package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGuideBody applies the platform guide's job as a manifest and compares the
// create body with the one that the guide prints. Only what makes a run
// recognisable is added: the marker, the key, and an explicit decompress.
func TestGuideBody(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	got := p.run(t, "-f", filepath.Join(copied(t, "../../examples/ls-dyna"), "job.yaml"), "--no-wait", "--state", filepath.Join(t.TempDir(), "state"))
	if got.code != 0 {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	jobs := p.server.Jobs()
	if len(jobs) != 1 || jobs[0].Submitted != 1 {
		t.Fatalf("jobs: %+v", jobs)
	}
	want := readGuide(t)
	sent := decode(t, jobs[0].Body)
	tile := sent["jobanalyses"].([]any)[0].(map[string]any)

	env := tile["envVars"].(map[string]any)
	if key, _ := env["RESCALE_APPLY_KEY"].(string); !regexp.MustCompile(`^1:[0-9a-f]{64}:1\.1:neon$`).MatchString(key) || len(env) != 2 || env["RESCALE_APPLY_NAMESPACE"] == "" {
		t.Errorf("envVars: %v", env)
	}
	delete(tile, "envVars")
	input := tile["inputFiles"].([]any)[0].(map[string]any)
	if unpacked, _ := input["decompress"].(bool); !unpacked {
		t.Errorf("decompress: %v", input["decompress"])
	}
	delete(input, "decompress")
	input["id"] = "yMqdxd" // the guide's upload has another id than ours
	marked := regexp.MustCompile(` \[ra:[0-9a-f]{8}\.[0-9a-f]{10}\.1\.1\]$`)
	if name, _ := sent["name"].(string); !marked.MatchString(name) {
		t.Errorf("name %q has no marker", name)
	} else {
		sent["name"] = marked.ReplaceAllString(name, "")
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("create body (-guide +sent)\n%s", diff)
	}
}

func readGuide(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../rescale/testdata/job-create-request.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

func decode(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

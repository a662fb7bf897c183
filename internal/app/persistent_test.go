package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// post sends a request that this tool has no verb for.
func (p *platform) post(t *testing.T, path, body string) (id string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Token "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ ID string }
	if json.NewDecoder(response.Body).Decode(&made) != nil && response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
	return made.ID
}

// A job goes to a persistent cluster only when that is up and has the hardware, and before
// anything is sent.
func TestAJobOnAPersistentCluster(t *testing.T) {
	p := newPlatform(t)
	t.Chdir(t.TempDir())
	id := p.post(t, "/api/v3/clusters/", `{"hardware":{"coresPerSlot":4,"coreType":{"code":"emerald"},"walltime":2},"installedAnalyses":[{"analysis":{"code":"user_included","version":"0"}}]}`)
	write := func(hardware string) {
		text := "version: 1\nname: wing\nanalysis: {code: user_included, version: \"0\"}\nhardware: {" + hardware + "}\nclusterId: " + id + "\ncommand: touch a\n"
		if err := os.WriteFile("job.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(words string) {
		t.Helper()
		before := len(p.server.Requests())
		got := p.run(t, "-f", "job.yaml", "--state", filepath.Join(t.TempDir(), "state"))
		if got.code != 3 || !strings.Contains(got.stderr, words) {
			t.Errorf("exit code %d, want %q in\n%s", got.code, words, got.stderr)
		}
		for _, r := range p.server.Requests()[before:] {
			if r.Method != http.MethodGet {
				t.Errorf("%s %s was sent", r.Method, r.Path)
			}
		}
	}
	write("coreType: emerald, coresPerSlot: 4, walltime: 1h")
	refused("job.yaml:5:12: cluster " + id + " was never started [unfit-cluster]")
	p.post(t, "/api/v3/clusters/"+id+"/start/", "")
	write("coreType: emerald, coresPerSlot: 18, walltime: 1h")
	refused("cluster " + id + " has 4 cores, and the job wants 18 [unfit-cluster]")
	write("coreType: granite, coresPerSlot: 4, walltime: 1h")
	refused("cluster " + id + " has core type emerald, not granite [unfit-cluster]")

	write("coreType: emerald, coresPerSlot: 4, walltime: 1h")
	got := p.run(t, "-f", "job.yaml", "--state", filepath.Join(t.TempDir(), "state"), "--poll-interval", "1s")
	if got.code != 0 || !strings.Contains(got.stdout, "it runs on cluster "+id+", which is billed as long as it is up") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}

	p.post(t, "/api/v3/clusters/"+id+"/shutdown/", "")
	write("coreType: emerald, coresPerSlot: 2, walltime: 1h")
	refused("cluster " + id + " takes no jobs: it is stopped [unfit-cluster]")
}

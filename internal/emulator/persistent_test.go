package emulator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The bodies are those of a public script, with other values.
func TestPersistentClusters(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	c := p.want(201, "POST", "/api/v3/clusters/", `{"hardware":{"coresPerSlot":2,"coreType":{"code":"granite"},"walltime":2},`+
		`"installedAnalyses":[{"analysis":{"code":"user_included","version":"multinode"}}]}`)
	path := "/api/v3/clusters/" + c["id"].(string) + "/"
	p.want(400, "POST", "/api/v3/clusters/", `{"hardware":{}}`)
	if got := len(p.results(path + "statuses/")); got != 0 {
		t.Errorf("%d statuses before it was started", got)
	}
	draft := func() string {
		return p.want(201, "POST", "/api/v2/jobs/", `{"name":"on a cluster","clusterId":"`+c["id"].(string)+`","jobanalyses":[{"analysis":{"code":"user_included","version":"0"},`+
			`"command":"sleep 60","hardware":{"coreType":"granite","coresPerSlot":2,"slots":1,"walltime":1}}]}`)["id"].(string)
	}
	id := draft()
	p.want(400, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.want(200, "POST", path+"start/", "")
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.want(200, "POST", path+"shutdown/", "")
	p.await(id, completed)
	if got := strings.Join(p.history(id), " "); !strings.Contains(got, "Stopping") {
		t.Errorf("the job went on without its cluster: %s", got)
	}
	var statuses []any
	for _, status := range p.results(path + "statuses/") {
		statuses = append(statuses, status["status"])
	}
	if diff := cmp.Diff([]any{"Stopped", "Started"}, statuses); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := p.get(path)["hardware"].(map[string]any)["coresPerSlot"]; got != 2.0 {
		t.Errorf("hardware of %v cores", got)
	}
	p.want(400, "POST", "/api/v2/jobs/"+draft()+"/submit/", "")
	p.want(404, "GET", "/api/v3/storage-devices/"+c["id"].(string)+"/", "")
	p.want(404, "GET", "/api/v3/clusters/nope/", "")
}

// The desktops of one job are there together, as long as nobody stops it.
func TestDesktopsOfOneJob(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	tile := `{"analysis":{"code":"user_included","version":"0"},"command":%q,"flags":{"igCv":true,"runForever":true},` +
		`"hardware":{"coreType":"granite","coresPerSlot":2,"walltime":3,"type":"interactive"}}`
	id := p.want(201, "POST", "/api/v2/jobs/", `{"name":"desk","jobanalyses":[`+strings.Replace(tile, "%q", `"touch first"`, 1)+`,`+
		strings.Replace(tile, "%q", `"touch second"`, 1)+`,`+strings.Replace(tile, "%q", `""`, 1)+`]}`)["id"].(string)
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	eventually(t, "both desktops are there", func() bool {
		body := p.do("GET", "/api/v2/jobs/"+id+"/runs/1/directory-contents/", "").body
		return strings.Contains(body, `"first"`) && strings.Contains(body, `"second"`)
	})
	if got := p.history(id); got[len(got)-1] == "Completed" || got[0] == "Completed" {
		t.Errorf("it ended by itself: %q", got)
	}
	p.want(202, "POST", "/api/v2/jobs/"+id+"/stop/", "")
	p.await(id, completed)
}

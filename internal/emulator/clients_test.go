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

package emulator_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshotIsAnOutputOfTheLiveRun(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.start(job{Command: "mkdir d; echo 1 > d/step; touch there; while ! [ -e d/go ]; do sleep 0.05; done"})
	run := "/api/v2/jobs/" + id + "/runs/1/"
	eventually(t, "the command is there", func() bool {
		return strings.Contains(p.do("GET", run+"directory-contents/", "").body, `"there"`)
	})
	if got := p.want(200, "POST", run+"snapshot/", ""); got["exitcode"] != 0.0 || got["lastSnapshotID"] != nil {
		t.Errorf("first %v", got)
	}
	taken := p.results(run + "files/")[0]
	if got := p.want(200, "POST", run+"snapshot/", ""); got["lastSnapshotID"] != taken["id"] {
		t.Errorf("second %v, first was %v", got, taken["id"])
	}
	content := p.do("GET", "/api/v2/files/"+taken["id"].(string)+"/contents/", "").body
	archive, err := zip.NewReader(bytes.NewReader([]byte(content)), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range archive.File {
		names = append(names, file.Name)
	}
	if diff := cmp.Diff([]string{"d/step", "process_output.log", "there"}, names); diff != "" || taken["typeId"] != 12.0 {
		t.Errorf("type %v, names (-want +got):\n%s", taken["typeId"], diff)
	}
	p.want(202, "POST", "/api/v2/jobs/"+id+"/stop/", "")
	p.await(id, completed)
	if got := len(p.results(run + "files/")); got != 5 {
		t.Errorf("%d files with both snapshots", got)
	}
	p.want(404, "POST", run+"snapshot/", "")
}

func TestCommentsAndPriorities(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.create(job{Command: "true"})
	p.want(201, "POST", "/api/v3/jobs/"+id+"/comments/", `{"comment":"first"}`)
	p.want(201, "POST", "/api/v3/jobs/"+id+"/comments/", `{"comment":"second"}`)
	if got := p.results("/api/v3/jobs/" + id + "/comments/"); len(got) != 2 || got[0]["comment"] != "second" || got[0]["owner"] != "ada@example.com" {
		t.Errorf("comments %v", got)
	}
	queue := "/api/v2/organizations/acme/job-prioritization/"
	wish := `{"job":"` + id + `","priority":5}`
	if got := p.want(400, "POST", queue, wish); got["job"] == nil {
		t.Errorf("draft: %v", got)
	}
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	if got := p.want(200, "POST", queue, wish); got["priority"] != 5.0 {
		t.Errorf("priority %v", got)
	}
	p.want(400, "POST", queue, `{"job":"nope","priority":5}`)
	p.want(404, "POST", strings.Replace(queue, "acme", "other", 1), wish)
}

// A public client parses the answer to an upload itself, as the platform calls it plain text; one that asks for JSON
// gets it.
func TestUploadAnswersInPlainText(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	body, kind := form(t, "a.txt", []byte("a"))
	for accept, want := range map[string]string{"": "text/plain", "*/*": "text/plain", "application/json, */*": "application/json"} {
		request := p.request("POST", "/api/v2/files/contents/", string(body))
		request.Header.Set("Content-Type", kind)
		request.Header.Set("Accept", accept)
		if got := p.send(request); got.header.Get("Content-Type") != want || got.json(t)["name"] != "a.txt" {
			t.Errorf("%q: %s %s", accept, got.header.Get("Content-Type"), got.body)
		}
	}
}

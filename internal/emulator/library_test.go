package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// What public scripts ask of the library: its bounds, its jobs, and types by the dozen.
func TestLibraryAsScriptsUseIt(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	early := p.upload("early.dat", []byte("1"))
	late := p.upload("late.dat", []byte("2"))
	id := p.run(job{Command: "echo x > out.dat", Inputs: []map[string]any{{"id": late["id"]}}})
	names := func(query string) string {
		t.Helper()
		var out []string
		for _, file := range p.results("/api/v3/files/?search=.dat&" + query) {
			out = append(out, file["name"].(string))
		}
		return strings.Join(out, " ")
	}
	from := url.QueryEscape(late["dateUploaded"].(string))
	for query, want := range map[string]string{
		"":                                  "out.dat late.dat early.dat",
		"isUploaded=true":                   "out.dat late.dat early.dat",
		"isUploaded=false":                  "",
		"dateUploaded__gte=" + from:         "out.dat late.dat",
		"dateUploaded__lte=" + from:         "late.dat early.dat",
		"type=1&isUploaded=true&owner=1":    "late.dat early.dat",
		"include_jobs=1&include_keys=0":     "out.dat late.dat early.dat",
		"page=1&owner=1&ordering=anything&": "out.dat late.dat early.dat",
	} {
		if diff := cmp.Diff(want, names(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	p.want(400, "GET", "/api/v3/files/?dateUploaded__gte=yesterday", "")
	for name, want := range map[string]string{"out.dat": "test", "late.dat": "test", "early.dat": ""} {
		jobs := p.results("/api/v3/files/?include_jobs=1&search=" + name)[0]["jobs"].(map[string]any)["results"].([]any)
		if (len(jobs) == 1) != (want != "") || want != "" && jobs[0].(map[string]any)["id"] != id {
			t.Errorf("jobs of %s: %v", name, jobs)
		}
	}
	both := fmt.Sprintf(`{"ids":[%q,%q],"type":"4"}`, early["id"], late["id"])
	p.want(200, "POST", "/api/v3/files/bulk/type-change/", both)
	if got := p.get("/api/v2/files/" + early["id"].(string) + "/")["typeId"]; got != 4.0 {
		t.Errorf("type %v", got)
	}
	p.want(400, "POST", "/api/v3/files/bulk/type-change/", `{"ids":["nope"],"type":1}`)
	p.want(400, "POST", "/api/v3/files/bulk/type-change/", strings.Replace(both, `"4"`, "13", 1))
	if got := p.want(200, "PUT", "/api/v2/files/"+early["id"].(string)+"/", `{"name":"renamed.dat","typeId":1}`); got["name"] != "renamed.dat" || got["typeId"] != 1.0 {
		t.Errorf("put %v", got)
	}
}

func TestUploadsKeepTheNameAndTypeThatTheyCan(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	if got := p.upload(`C:\decks\a.txt`, nil)["name"]; got != "a.txt" {
		t.Errorf("name %v", got)
	}
	body, kind := form(t, "a.txt", []byte("a"))
	wrong := strings.Replace(string(body), "\r\n--", "\r\n--"+strings.TrimPrefix(kind, "multipart/form-data; boundary=")+"\r\nContent-Disposition: form-data; name=\"typeId\"\r\n\r\n99\r\n--", 1)
	request := p.request("POST", "/api/v2/files/contents/", wrong)
	request.Header.Set("Content-Type", kind)
	if got := p.send(request); got.status != 400 || got.body != `{"typeId":["Not a valid type."]}` {
		t.Errorf("type: %d %s", got.status, got.body)
	}
}

func TestJobsAsScriptsFileThem(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.want(201, "POST", "/api/v2/jobs/", edited(t, map[string]any{"/folderId": "HxPaa"}))["id"].(string)
	url := "/api/v2/jobs/" + id + "/"
	p.want(200, "PATCH", url, `{"folderId":"mYjoB"}`)
	if got := p.get(url)["folderId"]; got != "mYjoB" {
		t.Errorf("folder %v", got)
	}
	for _, tag := range []string{"a:b", "c d", "e"} {
		p.want(201, "POST", url+"tags/?name=no", `{"name":"`+tag+`"}`)
	}
	p.want(204, "DELETE", url+"tags/a%3Ab/", "")
	p.want(204, "DELETE", url+"tags/?name=c%20d", "")
	if diff := cmp.Diff(`[{"name":"e","normalizedName":"e"}]`, p.do("GET", url+"tags/", "").body); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if got := p.want(200, "POST", "/api/v3/jobs/"+id+"/share/", `{"account":"04-038224927","message":""}`); got["recipient"] != "04-038224927" {
		t.Errorf("shared %v", got)
	}
	if got := p.get("/api/v3/jobs/?t=1")["count"]; got != 0.0 {
		t.Errorf("%v drafts run", got)
	}
	p.paused("true")
	if got := p.get("/api/v3/jobs/?t=1")["count"]; got != 1.0 {
		t.Errorf("%v jobs run", got)
	}
}

func TestFoldersOfALibrary(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	p := open(t, cfg)
	library := p.get("/api/v3/users/me/folders/")["myLibrary"].(string)
	sims := p.want(201, "POST", "/api/v3/folders/"+library+"/", `{"name":"sims"}`)["id"].(string)
	year := p.want(201, "POST", "/api/v3/folders/"+sims+"/", `{"name":"2026"}`)["id"].(string)
	if got := p.do("POST", "/api/v3/folders/"+library+"/", `{"name":"sims"}`); got.status != 400 || !strings.HasPrefix(got.body, `"duplicate key value`) {
		t.Errorf("a name twice: %d %s", got.status, got.body)
	}
	p.want(400, "POST", "/api/v3/folders/"+library+"/", `{"name":"a/b"}`)
	p.want(404, "GET", "/api/v2/users/me/folders/", "")
	mesh, deck := p.upload("mesh.msh", nil)["id"].(string), p.upload("deck.k", nil)["id"].(string)
	p.want(200, "PATCH", "/api/v3/files/"+mesh+"/", `{"currentFolderId":"`+year+`"}`)
	p.want(200, "PATCH", "/api/v2/files/"+deck+"/", `{"currentFolderId":"`+year+`"}`) // which version 2 does not know
	p.want(400, "PATCH", "/api/v3/files/"+mesh+"/", `{"currentFolderId":"nope"}`)
	p.want(201, "POST", "/api/v3/files/"+mesh+"/tags/", `{"name":"Wing"}`)
	p.want(201, "POST", "/api/v3/files/"+mesh+"/tags/", `{"name":"wing"}`)
	p.want(404, "DELETE", "/api/v3/files/"+deck+"/tags/", `{"name":"none"}`)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, cfg)
	for path, want := range map[string]string{
		library + "/contents/":                    "folder sims, file deck.k",
		library + "/contents/search/?search=sim":  "folder sims",
		sims + "/contents/":                       "folder 2026",
		year + "/contents/":                       "file mesh.msh",
		year + "/contents/?page_size=1&page=last": "file mesh.msh",
	} {
		var list []string
		for _, entry := range p.results("/api/v3/folders/" + path) {
			list = append(list, fmt.Sprint(entry["type"], " ", entry["item"].(map[string]any)["name"]))
		}
		if diff := cmp.Diff(want, strings.Join(list, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if got := p.do("GET", "/api/v3/files/"+mesh+"/tags/", "").body; got != `[{"name":"Wing","normalizedName":"wing"}]` {
		t.Errorf("tags %s", got)
	}
	p.want(204, "DELETE", "/api/v3/folders/"+sims+"/", "")
	p.want(404, "GET", "/api/v3/folders/"+year+"/contents/", "")
	p.want(400, "POST", "/api/v3/folders/"+library+"/", `{"name":"sims"}`) // its name stays taken
	p.server.Switch(func(s *emulator.Switches) { s.FlatLibrary = true })
	p.want(404, "GET", "/api/v3/users/me/folders/", "")
	p.want(404, "GET", "/api/v3/files/"+mesh+"/tags/", "")
	p.want(404, "GET", "/api/v3/folders/"+library+"/contents/", "")
}

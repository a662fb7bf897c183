package emulator_test

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	tests := map[string]struct {
		header string
		status int
		detail string
	}{
		"key":              {"Token " + key, 200, ""},
		"lower case":       {"token " + key, 200, ""},
		"none":             {"", 401, "Authentication credentials were not provided."},
		"other scheme":     {"Basic abc", 401, "Authentication credentials were not provided."},
		"wrong":            {"Token nope", 401, "Invalid token."},
		"empty":            {"Token", 401, "Invalid token header. No credentials provided."},
		"spaces":           {"Token a b", 401, "Invalid token header. Token string should not contain spaces."},
		"expired":          {"Token expired", 401, "API key is no longer active"},
		"inactive":         {"Token inactive", 401, "User inactive or deleted."},
		"session":          {"Bearer eyJh.eyJz.c2ln", 200, ""},
		"session as token": {"Token eyJh.eyJz.c2ln", 401, "Invalid token."},
		"key as session":   {"Bearer " + key, 401, "Invalid token."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			request := p.request("GET", "/api/v2/users/me/", "")
			request.Header.Del("Authorization")
			if tc.header != "" {
				request.Header.Set("Authorization", tc.header)
			}
			got := p.send(request)
			if got.status != tc.status || tc.detail != "" && got.json(t)["detail"] != tc.detail {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.status == 401 && got.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	tests := []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/api/v2/nothing/", 404, `{"detail":"Not found."}`},
		{"GET", "/api/v2/jobs/nope/", 404, `{"detail":"Not found."}`},
		{"GET", "/api/v1/jobs/", 404, `{"detail":"Not found."}`},
		{"DELETE", "/api/v2/jobs/", 405, `{"detail":"Method \"DELETE\" not allowed."}`},
		{"GET", "/api/v2/jobs/x/submit/", 405, `{"detail":"Method \"GET\" not allowed."}`},
		{"POST", "/api/v2/jobs", 404, `{"detail":"Not found."}`},
		{"GET", "/api/v2/jobs?page=2", 301, ""},
		{"HEAD", "/api/v2/jobs/", 200, ""},
		{"GET", "/", 404, `{"detail":"Not found."}`},
	}
	for _, tc := range tests {
		got := p.do(tc.method, tc.path, "")
		if got.status != tc.status || got.body != tc.body {
			t.Errorf("%s %s: %d %q", tc.method, tc.path, got.status, got.body)
		}
		if tc.status == 301 && got.header.Get("Location") != "/api/v2/jobs/?page=2" {
			t.Errorf("redirected to %q", got.header.Get("Location"))
		}
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for i := range 25 {
		p.upload(fmt.Sprintf("file-%02d.txt", i), nil)
	}
	first := p.get("/api/v2/files/?search=file")
	next := fmt.Sprintf("%s/api/v2/files/?page=2&search=file", p.url)
	if first["count"] != 25.0 || len(first["results"].([]any)) != 10 || first["previous"] != nil || first["next"] != next {
		t.Errorf("first page: %v %v %v", first["count"], first["previous"], first["next"])
	}
	last := p.get("/api/v2/files/?search=file&page=3")
	if len(last["results"].([]any)) != 5 || last["next"] != nil || last["previous"] != next {
		t.Errorf("last page: %v %v", last["previous"], last["next"])
	}
	if got := first["results"].([]any)[0].(map[string]any)["name"]; got != "file-24.txt" {
		t.Errorf("the first file is %v, want the newest", got)
	}
	for query, want := range map[string]int{
		"?page_size=7": 7, "?page_size=5000": 25, "?page_size=x": 10, "?limit=3&offset=9": 10, "?search=file 07": 1, "?search=nope": 0, "?type=5": 0,
	} {
		if got := len(p.results("/api/v2/files/" + strings.ReplaceAll(query, " ", "%20"))); got != want {
			t.Errorf("%s: %d results, want %d", query, got, want)
		}
	}
	for _, query := range []string{"?page=4", "?page=0", "?page=x"} {
		if got := p.do("GET", "/api/v2/files/"+query, ""); got.status != 404 || got.body != `{"detail":"Invalid page."}` {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	text := "one\ntwo\nthree"
	file := p.upload("notes.txt", []byte(text))
	id := file["id"].(string)
	sum := sha512.Sum512([]byte(text))
	checksum := []any{map[string]any{"hashFunction": "sha512", "fileHash": hex.EncodeToString(sum[:])}}
	if diff := cmp.Diff(checksum, file["fileChecksums"]); diff != "" || file["decryptedSize"] != 13.0 {
		t.Errorf("%s", diff)
	}
	if diff := cmp.Diff([]any{"one\n", "two\n", "three"}, p.get("/api/v2/files/" + id + "/lines/")["lines"]); diff != "" {
		t.Errorf("lines:\n%s", diff)
	}
	if got := p.want(200, "PATCH", "/api/v2/files/"+id+"/", `{"typeId":4}`)["typeId"]; got != 4.0 {
		t.Errorf("type %v", got)
	}
	p.want(400, "PATCH", "/api/v2/files/"+id+"/", `{"name":"../x"}`)
	binary := p.upload("b.bin", []byte{0, 1, 2})
	p.want(400, "GET", "/api/v2/files/"+binary["id"].(string)+"/lines/", "")

	other := *p
	other.key = otherKey
	other.want(404, "GET", "/api/v2/files/"+id+"/", "")
	other.want(404, "DELETE", "/api/v2/files/"+id+"/", "")

	draft := p.create(job{Command: "true", Inputs: []map[string]any{{"id": id}}})
	p.want(204, "DELETE", "/api/v2/files/"+id+"/", "")
	p.want(404, "GET", "/api/v2/files/"+id+"/contents/", "")
	p.want(400, "POST", "/api/v2/jobs/"+draft+"/submit/", "")
}

func TestRanges(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.upload("abc.txt", []byte("0123456789"))["id"].(string)
	empty := p.upload("empty", nil)["id"].(string)
	tests := map[string]struct {
		id, header string
		status     int
		body, at   string
	}{
		"whole":       {id, "", 200, "0123456789", ""},
		"middle":      {id, "bytes=2-4", 206, "234", "bytes 2-4/10"},
		"to the end":  {id, "bytes=7-", 206, "789", "bytes 7-9/10"},
		"past end":    {id, "bytes=8-10", 206, "89", "bytes 8-9/10"},
		"suffix":      {id, "bytes=-3", 206, "789", "bytes 7-9/10"},
		"long suffix": {id, "bytes=-30", 206, "0123456789", "bytes 0-9/10"},
		"outside":     {id, "bytes=10-", 416, `{"detail":"The requested range is not satisfiable."}`, "bytes */10"},
		"backwards":   {id, "bytes=4-2", 200, "0123456789", ""},
		"several":     {id, "bytes=0-1,3-4", 200, "0123456789", ""},
		"other unit":  {id, "lines=0-1", 200, "0123456789", ""},
		"empty whole": {empty, "", 200, "", ""},
		"empty":       {empty, "bytes=0-", 416, `{"detail":"The requested range is not satisfiable."}`, "bytes */0"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			request := p.request("GET", "/api/v2/files/"+tc.id+"/contents/", "")
			request.Header.Set("Range", tc.header)
			got := p.send(request)
			if got.status != tc.status || got.body != tc.body || got.header.Get("Content-Range") != tc.at {
				t.Errorf("%d %q %q", got.status, got.body, got.header.Get("Content-Range"))
			}
		})
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	body, kind := form(t, "a.txt", []byte("a"))
	chunked := p.request("POST", "/api/v2/files/contents/", "")
	chunked.Body, chunked.ContentLength = io.NopCloser(strings.NewReader(string(body))), -1
	chunked.Header.Set("Content-Type", kind)
	if got := p.send(chunked); got.status != 411 {
		t.Errorf("chunked: %d %s", got.status, got.body)
	}
	tests := map[string]struct {
		body, kind string
		status     int
	}{
		"no form":   {"{}", "application/json", 415},
		"cut short": {string(body[:len(body)-8]), kind, 400},
		"no file":   {strings.Replace(string(body), `name="file"`, `name="data"`, 1), kind, 400},
		"no name":   {strings.Replace(string(body), `; filename="a.txt"`, ``, 1), kind, 400},
	}
	for name, tc := range tests {
		request := p.request("POST", "/api/v2/files/contents/", tc.body)
		request.Header.Set("Content-Type", tc.kind)
		if got := p.send(request); got.status != tc.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := p.results("/api/v2/files/"); len(got) != 0 {
		t.Errorf("files: %v", got)
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	bob := *p
	bob.key = otherKey
	ids := []string{p.create(job{Command: "true"}), p.run(job{Command: "true"}), p.create(job{Command: "true"})}
	list := func(p *platform, query string) (out []string) {
		for _, item := range p.results("/api/v2/jobs/" + query) {
			out = append(out, item["id"].(string))
		}
		return out
	}
	for query, want := range map[string][]string{
		"":                      {ids[2], ids[1], ids[0]},
		"?state=completed":      {ids[1]},
		"?state=not_completed":  {ids[2], ids[0]},
		"?job_status=COMPLETED": {ids[1]},
		"?job_status=EXECUTING": nil,
		"?page_size=1&page=2":   {ids[1]},
	} {
		if diff := cmp.Diff(want, list(p, query)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	p.want(400, "GET", "/api/v2/jobs/?state=odd", "")
	p.want(400, "GET", "/api/v2/jobs/?job_status=odd", "")

	if got := list(&bob, ""); got != nil {
		t.Errorf("bob sees %v", got)
	}
	p.want(200, "POST", "/api/v2/jobs/"+ids[1]+"/share/", `{"email":"bob@example.com","message":"look"}`)
	if diff := cmp.Diff([]string{ids[1]}, list(&bob, "")); diff != "" {
		t.Errorf("shared (-want +got):\n%s", diff)
	}
	if got := bob.results("/api/v3/jobs/"); len(got) != 0 {
		t.Errorf("version 3 lists own jobs only, got %v", got)
	}
	bob.get("/api/v2/jobs/" + ids[1] + "/files/")
	bob.want(403, "POST", "/api/v2/jobs/"+ids[1]+"/submit/", "")
	bob.want(404, "GET", "/api/v2/jobs/"+ids[0]+"/", "")
}

func TestStaleListing(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.create(job{Command: "true"})
	then := p.server.Now()
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	p.create(job{Command: "true"})
	p.want(204, "DELETE", "/api/v2/jobs/"+id+"/", "")
	p.server.PinListing(then)
	old := p.results("/api/v2/jobs/")
	if len(old) != 1 || old[0]["id"] != id || old[0]["jobStatus"].(map[string]any)["content"] != "" || old[0]["clusterStatusDisplay"] != nil {
		t.Errorf("old listing: %v", old)
	}
	p.server.PinListing(time.Time{})
	if now := p.results("/api/v2/jobs/"); len(now) != 1 || now[0]["id"] == id {
		t.Errorf("listing: %v", now)
	}

	cfg := config(t)
	cfg.Switches.ListingLag = time.Hour
	slow := open(t, cfg)
	slow.create(job{Command: "true"})
	if got := slow.results("/api/v2/jobs/"); len(got) != 0 {
		t.Errorf("lagging listing: %v", got)
	}
}

func TestTagsFieldsAndProjects(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.create(job{Command: "true"})
	tags := "/api/v3/jobs/" + id + "/tags/"
	p.want(201, "POST", tags, `{"name":"Sweep A"}`)
	p.want(201, "POST", "/api/v2/jobs/"+id+"/tags/", `{"name":"sweep a"}`)
	if got := p.do("GET", tags, "").body; got != `[{"name":"Sweep A","normalizedName":"sweep a"}]` {
		t.Errorf("tags %s", got)
	}
	p.want(204, "DELETE", tags, `{"name":"Sweep A"}`)
	p.want(404, "DELETE", tags, `{"name":"Sweep A"}`)
	fields := p.want(200, "POST", "/api/v2/jobs/"+id+"/custom-fields/", `{"Team":"cfd"}`)
	if diff := cmp.Diff(map[string]any{"Team": map[string]any{"meta": map[string]any{"name": "Team"}, "value": "cfd"}}, fields); diff != "" {
		t.Errorf("fields %s", diff)
	}
	p.want(200, "POST", "/api/v2/organizations/acme/jobs/"+id+"/project-assignment/", `{"projectId":"pRoJa"}`)
	p.want(404, "POST", "/api/v2/organizations/other/jobs/"+id+"/project-assignment/", `{"projectId":"pRoJa"}`)
	p.want(400, "POST", "/api/v2/jobs/"+id+"/project-assignment/", `{"projectId":"x"}`)
	if got := p.get("/api/v2/jobs/" + id + "/")["projectId"]; got != "pRoJa" {
		t.Errorf("project %v", got)
	}
}

func TestCatalogEndpoints(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	if got := p.get("/api/v2/coretypes/"); got["count"].(float64) < 15 || got["next"] == nil {
		t.Errorf("core types: %v, next %v", got["count"], got["next"])
	}
	all, active := len(p.results("/api/v2/coretypes/?page_size=1000")), len(p.results("/api/v2/coretypes/?page_size=1000&isActive=true"))
	if all != active+1 {
		t.Errorf("%d core types, %d active", all, active)
	}
	if _, priced := p.results("/api/v3/coretypes/")[0]["price"]; priced {
		t.Error("version 3 shows prices")
	}
	if got := p.get("/api/v2/analyses/ls_dyna/")["name"]; got != "LS-DYNA" {
		t.Errorf("analysis %v", got)
	}
	p.want(404, "GET", "/api/v2/analyses/nope/", "")
	var prices []map[string]any
	if err := json.Unmarshal([]byte(p.do("GET", "/api/v2/billing/computeprices/", "").body), &prices); err != nil || len(prices) < 15 {
		t.Errorf("%d prices, %v", len(prices), err)
	}
	if got := p.get("/api/v2/users/me/"); got["maxJobHours"] != 48.0 || got["email"] != "ada@example.com" {
		t.Errorf("me: %v", got)
	}
	if got := p.get("/api/v3/users/me/")["company"].(map[string]any)["code"]; got != "acme" {
		t.Errorf("company: %v", got)
	}
	if got := p.results("/api/v2/users/me/projects/"); len(got) != 1 || got[0]["id"] != "pRoJa" {
		t.Errorf("projects: %v", got)
	}
}

func TestLiveRun(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	id := p.start(job{Command: "mkdir d; printf 'a\\nb\\nc\\n' > d/f; ln -s /etc/passwd out; echo up; while [ ! -e stop ]; do sleep 0.01; done"})
	run := "/api/v2/jobs/" + id + "/runs/1/"
	eventually(t, "the log shows", func() bool {
		return strings.Contains(p.do("GET", run+"tail/process_output.log?lines=5", "").body, "up")
	})
	if diff := cmp.Diff([]any{"b", "c"}, p.get(run + "tail/d/f?lines=2")["lines"]); diff != "" {
		t.Errorf("tail %s", diff)
	}
	if got := p.do("GET", run+"tail/d/f", "").body; got != "a\nb\nc\n" {
		t.Errorf("whole file %q", got)
	}
	p.want(404, "GET", run+"tail/out", "")
	if got := p.do("GET", run+"directory-contents/", "").body; !strings.Contains(got, `"d/f"`) || strings.Contains(got, `"out"`) {
		t.Errorf("directory %s", got)
	}
	if got := p.results("/api/v2/jobs/" + id + "/instances/"); len(got) != 1 {
		t.Errorf("instances %v", got)
	}
	p.want(200, "POST", run+"stop/", "")
	p.await(id, completed)
	p.want(404, "GET", run+"directory-contents/", "")
	if got := p.results("/api/v2/jobs/" + id + "/runs/"); len(got) != 1 || got[0]["outputFileCount"] != 2.0 {
		t.Errorf("runs %v", got)
	}
	if got := p.outputs(id); len(got) != 2 {
		t.Errorf("outputs %v", got)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Throttle = map[emulator.Scope]emulator.Rate{emulator.ScopeUser: {Requests: 2, Per: time.Hour}}
	p := open(t, cfg)
	p.get("/api/v2/users/me/")
	p.get("/api/v2/users/me/")
	p.get("/api/v2/jobs/")
	got := p.do("GET", "/api/v2/users/me/", "")
	if got.status != 429 || got.header.Get("Retry-After") != "3600" || got.body != `{"detail":"Request was throttled. Expected available in 3600 seconds."}` {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

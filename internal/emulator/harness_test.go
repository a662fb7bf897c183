package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

const (
	key      = "0123456789abcdef0123456789abcdef01234567"
	otherKey = "fedcba9876543210fedcba9876543210fedcba98"
)

func config(t *testing.T) emulator.Config {
	t.Helper()
	return emulator.Config{
		Dir: t.TempDir(),
		Env: []string{"PATH=" + os.Getenv("PATH"), "GREETING=hello"},
		Accounts: []emulator.Account{
			{Key: key, Email: "ada@example.com", Name: "Ada", CompanyCode: "acme", MaxJobHours: 48, Projects: []emulator.Project{{ID: "pRoJa", Name: "CFD", Default: true}}},
			{Key: otherKey, Email: "bob@example.com", Name: "Bob", CompanyCode: "acme", ProjectRequired: true},
			{Key: "expired", Email: "eve@example.com", State: emulator.Expired},
			{Key: "inactive", Email: "ian@example.com", State: emulator.Inactive},
			{Key: "eyJh.eyJz.c2ln", Email: "jwt@example.com"},
		},
		StopGrace: 300 * time.Millisecond,
	}
}

// platform is a server on a loopback address and a client for it.
type platform struct {
	t      *testing.T
	server *emulator.Server
	url    string
	key    string
	client *http.Client
}

func open(t *testing.T, cfg emulator.Config) *platform {
	t.Helper()
	server, err := emulator.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	p := &platform{t: t, server: server, url: "http://" + listener.Addr().String(), key: key, client: noKeepAlive()}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return p
}

// Connections are not kept, so that a cut one is never taken again.
func noKeepAlive() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("decoding %d %q: %v", a.status, a.body, err)
	}
	return out
}

func (p *platform) request(method, path, body string) *http.Request {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if p.key != "" {
		request.Header.Set("Authorization", "Token "+p.key)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

func (p *platform) send(request *http.Request) answer {
	p.t.Helper()
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("reading the answer of %s %s: %v", request.Method, request.URL, err)
	}
	if response.Header.Get("Date") == "" {
		p.t.Errorf("%s %s: no Date header", request.Method, request.URL)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (p *platform) do(method, path, body string) answer {
	p.t.Helper()
	return p.send(p.request(method, path, body))
}

// want sends a request, checks the status and decodes an object.
func (p *platform) want(status int, method, path, body string) map[string]any {
	p.t.Helper()
	got := p.do(method, path, body)
	if got.status != status {
		p.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got.status, status, got.body)
	}
	if strings.HasPrefix(got.body, "{") {
		return got.json(p.t)
	}
	return nil
}

func (p *platform) get(path string) map[string]any {
	p.t.Helper()
	return p.want(200, "GET", path, "")
}

func (p *platform) results(path string) []map[string]any {
	p.t.Helper()
	var out []map[string]any
	for _, item := range p.get(path)["results"].([]any) {
		out = append(out, item.(map[string]any))
	}
	return out
}

func form(t *testing.T, name string, content []byte) (body []byte, kind string) {
	t.Helper()
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes(), w.FormDataContentType()
}

func (p *platform) upload(name string, content []byte) map[string]any {
	p.t.Helper()
	body, kind := form(p.t, name, content)
	request := p.request("POST", "/api/v2/files/contents/", string(body))
	request.Header.Set("Content-Type", kind)
	got := p.send(request)
	if got.status != 201 {
		p.t.Fatalf("uploading: %d %s", got.status, got.body)
	}
	return got.json(p.t)
}

type job struct {
	Command string
	Inputs  []map[string]any
	Env     map[string]string
	Low     bool
}

func (j job) body() string {
	text, err := json.Marshal(map[string]any{
		"name": "test", "isLowPriority": j.Low,
		"jobanalyses": []any{map[string]any{
			"analysis": map[string]any{"code": "user_included", "version": "0"},
			"command":  j.Command, "envVars": j.Env, "inputFiles": j.Inputs,
			"hardware": map[string]any{"coreType": "emerald", "coresPerSlot": 2, "slots": 1, "walltime": 1},
		}},
	})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (p *platform) create(j job) (id string) {
	p.t.Helper()
	return p.want(201, "POST", "/api/v2/jobs/", j.body())["id"].(string)
}

func (p *platform) start(j job) (id string) {
	p.t.Helper()
	id = p.create(j)
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	return id
}

func (p *platform) await(id string, holds func(emulator.JobInfo) bool) {
	p.t.Helper()
	await(p.t, p.server, id, holds)
}

func await(t *testing.T, server *emulator.Server, id string, holds func(emulator.JobInfo) bool) emulator.JobInfo {
	t.Helper()
	var found emulator.JobInfo
	err := server.Await(t.Context(), func(jobs []emulator.JobInfo) bool {
		for _, j := range jobs {
			if j.ID == id {
				found = j
				return holds(j)
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("waiting for job %s, now %q: %v", id, found.Status, err)
	}
	return found
}

func completed(j emulator.JobInfo) bool { return j.Status == "Completed" }

func (p *platform) run(j job) (id string) {
	p.t.Helper()
	id = p.start(j)
	p.await(id, completed)
	return id
}

// outputs returns the content of the job's files by path.
func (p *platform) outputs(id string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for _, file := range p.results("/api/v2/jobs/" + id + "/files/?page_size=1000") {
		out[file["relativePath"].(string)] = p.do("GET", fmt.Sprintf("/api/v2/files/%s/contents/", file["id"]), "").body
	}
	return out
}

func (p *platform) history(id string) []string {
	p.t.Helper()
	var out []string
	for _, status := range p.results("/api/v2/jobs/" + id + "/statuses/?page_size=100") {
		text := status["status"].(string)
		if reason, ok := status["statusReason"].(string); ok {
			text += ": " + reason
		}
		out = append([]string{text}, out...)
	}
	return out
}

// eventually polls for what the server does not announce. How long that may take is for
// go test -timeout to say.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	t.Log("waiting:", what)
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		<-ticker.C
	}
}

package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// transports returns clients over a socket and in process, for the same server.
func transports(p *platform) map[string]*http.Client {
	return map[string]*http.Client{"socket": p.client, "in process": {Transport: p.server.Transport()}}
}

// faulty is a request that goes wrong, and what becomes of it.
type faulty struct {
	fault   emulator.Fault
	effect  bool
	status  int // 0: no answer
	partial bool
	check   func(*http.Response, string) bool
}

// hangs reports whether the client has to end it.
func (f faulty) hangs() bool {
	return f.fault.Action == emulator.ActionHang || f.fault.Action == emulator.ActionHangAfter
}

// giveUp ends a request that hangs: once the platform has it, and has done what the
// fault lets it do. How long that takes does not matter. There were so many jobs before.
func (p *platform) giveUp(action emulator.Action, before int, cancel context.CancelFunc) {
	defer cancel()
	eventually(p.t, "a request that hangs", func() bool {
		seen := p.server.Requests()
		arrived := len(seen) > 0 && seen[len(seen)-1].Fault == action
		return arrived && (action == emulator.ActionHang || len(p.server.Jobs()) > before)
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	create := func(p *platform) *http.Request {
		return p.request("POST", "/api/v2/jobs/", job{Command: "true"}.body())
	}
	tests := map[string]faulty{
		"echo":         {fault: emulator.Fault{Action: emulator.ActionEcho}, status: 400, check: func(_ *http.Response, body string) bool { return body == job{Command: "true"}.body() }},
		"answer":       {fault: emulator.Fault{Action: emulator.ActionAnswer, Status: 503, Body: "{}"}, status: 503},
		"drop before":  {fault: emulator.Fault{Action: emulator.ActionDropBefore}},
		"drop after":   {fault: emulator.Fault{Action: emulator.ActionDropAfter}, effect: true},
		"truncate":     {fault: emulator.Fault{Action: emulator.ActionTruncate}, effect: true, status: 201, partial: true},
		"hang":         {fault: emulator.Fault{Action: emulator.ActionHang}},
		"hang after":   {fault: emulator.Fault{Action: emulator.ActionHangAfter}, effect: true},
		"html before":  {fault: emulator.Fault{Action: emulator.ActionHTMLBefore}, status: 502, check: isPage},
		"html after":   {fault: emulator.Fault{Action: emulator.ActionHTMLAfter, Status: 504}, effect: true, status: 504, check: isPage},
		"throttle":     {fault: emulator.Fault{Action: emulator.ActionThrottle, RetryAfter: 37 * time.Second}, status: 429, check: retryAfter("37")},
		"throttle day": {fault: emulator.Fault{Action: emulator.ActionThrottle, RetryAfter: time.Hour, RetryAfterDate: true}, status: 429, check: retryAfter("GMT")},
		"rewrite": {
			fault:  emulator.Fault{Action: emulator.ActionRewrite, Rewrite: func([]byte) []byte { return []byte("[]") }},
			effect: true, status: 201, check: func(_ *http.Response, body string) bool { return body == "[]" },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, config(t))
			for transport, client := range transports(p) {
				before := len(p.server.Jobs())
				tc.fault.Method, tc.fault.Path = "POST", "/api/v2/jobs/"
				if err := p.server.AddFault(tc.fault); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				if tc.hangs() {
					go p.giveUp(tc.fault.Action, before, cancel)
				}
				response, err := client.Do(create(p).WithContext(ctx))
				status, body, readErr := 0, "", error(nil)
				if err == nil {
					var text []byte
					text, readErr = io.ReadAll(response.Body)
					response.Body.Close()
					status, body = response.StatusCode, string(text)
				}
				cancel()
				if status != tc.status || errors.Is(readErr, io.ErrUnexpectedEOF) != tc.partial {
					t.Errorf("%s: status %d, %v, %v", transport, status, err, readErr)
				}
				if tc.check != nil && !tc.check(response, body) {
					t.Errorf("%s: %v %s", transport, response.Header, body)
				}
				if got := len(p.server.Jobs()) > before; got != tc.effect {
					t.Errorf("%s: effect %v", transport, got)
				}
				again, err := client.Do(create(p))
				if err != nil || again.StatusCode != 201 {
					t.Fatalf("%s: after the fault: %v, %v", transport, again, err)
				}
				again.Body.Close()
			}
		})
	}
}

func isPage(response *http.Response, body string) bool {
	return response.Header.Get("Content-Type") == "text/html" && strings.HasPrefix(body, "<html>")
}

func retryAfter(part string) func(*http.Response, string) bool {
	return func(response *http.Response, _ string) bool {
		return strings.HasSuffix(response.Header.Get("Retry-After"), part)
	}
}

func TestFaultCounts(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	fault := emulator.Fault{Path: "/api/v2/jobs/*/", After: 1, Count: 2, Action: emulator.ActionAnswer, Status: 500}
	if err := p.server.AddFault(fault); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 5 {
		got = append(got, p.do("GET", "/api/v2/jobs/x/", "").status)
		p.get("/api/v2/jobs/")
	}
	if diff := cmp.Diff([]int{404, 500, 500, 404, 404}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []emulator.Fault{{}, {Action: "boom"}, {Action: emulator.ActionAnswer}, {Action: emulator.ActionRewrite}, {Path: "[", Action: emulator.ActionHang}} {
		if err := p.server.AddFault(bad); err == nil {
			t.Errorf("accepted %v", bad)
		}
	}
}

func TestTruncatedEmptyAnswer(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for transport, client := range transports(p) {
		id := p.create(job{Command: "true"})
		if err := p.server.AddFault(emulator.Fault{Path: "/api/v2/jobs/*/submit/", Action: emulator.ActionTruncate}); err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(p.request("POST", "/api/v2/jobs/"+id+"/submit/", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", transport, err)
		}
		response.Body.Close()
		p.await(id, completed)
	}
}

func TestRequestsAreObservedWithoutTheKey(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	if err := p.server.AddFault(emulator.Fault{Path: "/api/v2/jobs/", Action: emulator.ActionDropAfter}); err != nil {
		t.Fatal(err)
	}
	body := job{Command: "true"}.body()
	if _, err := p.client.Do(p.request("POST", "/api/v2/jobs/", body)); err == nil {
		t.Error("no error")
	}
	p.get("/api/v2/jobs/?page_size=5")
	p.key = "wrong"
	p.do("GET", "/api/v2/users/me/", "")
	want := []emulator.Request{
		{Method: "POST", Path: "/api/v2/jobs/", Status: 201, Account: "ada@example.com", Fault: emulator.ActionDropAfter, Body: []byte(body)},
		{Method: "GET", Path: "/api/v2/jobs/", Query: "page_size=5", Status: 200, Account: "ada@example.com"},
		{Method: "GET", Path: "/api/v2/users/me/", Status: 401},
	}
	if diff := cmp.Diff(want, p.server.Requests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.server.ResetRequests()
	if got := p.server.Requests(); len(got) != 0 {
		t.Errorf("after reset: %v", got)
	}
}

func TestTransportWithoutSockets(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{t: t, server: server, url: "http://emulator.invalid", key: key, client: &http.Client{Transport: server.Transport()}}
	content := strings.Repeat("x", 100000)
	file := p.upload("in.txt", []byte(content))
	if got := p.do("GET", "/api/v2/files/"+file["id"].(string)+"/contents/", "").body; got != content {
		t.Errorf("%d bytes", len(got))
	}
	if got := file["downloadUrl"]; !strings.HasPrefix(got.(string), "http://emulator.invalid/api/v2/files/") {
		t.Errorf("link %v", got)
	}
	id := p.run(job{Command: "wc -c < in.txt; echo $RESCALE_API_BASE_URL", Inputs: []map[string]any{{"id": file["id"]}}})
	if log := p.outputs(id)["process_output.log"]; strings.TrimSpace(log) != "100000\nhttp://emulator.invalid" {
		t.Errorf("log %q", log)
	}
	body, kind := form(t, "a", nil)
	chunked := p.request("POST", "/api/v2/files/contents/", "")
	chunked.Body, chunked.ContentLength = io.NopCloser(strings.NewReader(string(body))), -1
	chunked.Header.Set("Content-Type", kind)
	if got := p.send(chunked); got.status != 411 {
		t.Errorf("chunked: %d", got.status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.client.Do(p.request("GET", "/api/v2/users/me/", "").WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Do(p.request("GET", "/api/v2/users/me/", "")); err == nil {
		t.Error("a closed server answers")
	}
}

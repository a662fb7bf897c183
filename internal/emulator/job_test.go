package emulator_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for name, text := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o755)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestJobRunsForReal(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	deck := p.upload("deck.k", []byte("42\n"))
	script := p.upload("run.sh", []byte("#!/bin/sh\necho ran in $(basename $PWD)\n"))
	archive := p.upload("case.zip", zipOf(t, map[string]string{"case/solve.sh": "#!/bin/sh\necho solved > result.txt\n"}))
	packed := p.upload("kept.zip", zipOf(t, map[string]string{"x": "y"}))
	id := p.run(job{
		Command: "echo $GREETING $WHO $RESCALE_CORES_PER_SLOT\n./run.sh\ncd case && ./solve.sh\ncp ../deck.k copy.k\necho oops >&2\n" +
			"test -f ../kept.zip && test ! -e ../case.zip\necho exit=$? restart=$RESCALE_IG_RESTART_COUNT\necho 43 > ../deck.k",
		Inputs: []map[string]any{{"id": deck["id"]}, {"id": script["id"]}, {"id": archive["id"]}, {"id": packed["id"], "decompress": false}},
		Env:    map[string]string{"WHO": "world"},
	})
	want := map[string]string{
		"case/result.txt":    "solved\n",
		"case/copy.k":        "42\n",
		"deck.k":             "43\n",
		"process_output.log": "hello world 2\nran in work\noops\nexit=0 restart=0\n",
	}
	if diff := cmp.Diff(want, p.outputs(id)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	history := []string{"Pending", "Queued", "Started", "Validated", "Executing", "Completed: Completed successfully"}
	if diff := cmp.Diff(history, p.history(id)); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if got := p.do("GET", "/api/v2/files/"+deck["id"].(string)+"/contents/", "").body; got != "42\n" {
		t.Errorf("the job changed its input on the platform: %q", got)
	}
	cluster := p.results("/api/v2/jobs/" + id + "/cluster_statuses/")
	if cluster[0]["status"] != "Stopped" || len(cluster) != 6 {
		t.Errorf("cluster statuses: %v", cluster)
	}
	p.want(204, "DELETE", "/api/v2/jobs/"+id+"/", "")
	p.want(404, "GET", "/api/v2/jobs/"+id+"/", "")
}

func TestFailedJob(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		command string
		log     string
	}{
		"exit code":  {"echo before; exit 3", "before\n"},
		"last line":  {"false", ""},
		"by signal":  {"kill -9 $$", ""},
		"not found":  {"no-such-solver-anywhere 2>/dev/null", ""},
		"bad syntax": {"(", "syntax error"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, config(t))
			id := p.run(job{Command: tc.command})
			want := []string{"Pending", "Queued", "Started", "Validated", "Executing", "Stopping: A run failed", "Completed: A run failed"}
			if diff := cmp.Diff(want, p.history(id)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			if log := p.outputs(id)["process_output.log"]; !strings.Contains(log, tc.log) {
				t.Errorf("log %q lacks %q", log, tc.log)
			}
		})
	}
}

func TestMissingShellFailsHonestly(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Shell = "no-such-shell-anywhere"
	p := open(t, cfg)
	id := p.run(job{Command: "true"})
	if log := p.outputs(id)["process_output.log"]; !strings.Contains(log, "no-such-shell-anywhere") {
		t.Errorf("log: %q", log)
	}
	if got := p.server.Jobs()[0].Reason; got != "A run failed" {
		t.Errorf("reason %q", got)
	}
}

func TestJobScopedKeyDiesWithTheJob(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/curl"); err != nil {
		t.Skip("no curl")
	}
	p := open(t, config(t))
	id := p.run(job{Command: `curl -sS -H "Authorization: Token $RESCALE_API_KEY" $RESCALE_API_BASE_URL/api/v2/users/me/
echo; echo $RESCALE_API_KEY > key.txt`})
	outputs := p.outputs(id)
	if !strings.Contains(outputs["process_output.log"], "ada@example.com") {
		t.Errorf("log: %s", outputs["process_output.log"])
	}
	p.key = strings.TrimSpace(outputs["key.txt"])
	if len(p.key) != 40 {
		t.Fatalf("key %q", p.key)
	}
	got := p.do("GET", "/api/v2/users/me/", "")
	if got.status != 401 || got.body != `{"detail":"API key is no longer active"}` {
		t.Errorf("after the job: %d %s", got.status, got.body)
	}
}

func TestSubmitTwice(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]bool{"no-op": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.Switches.RefuseResubmit = refuse
			p := open(t, cfg)
			id := p.run(job{Command: "true"})
			status := 200
			if refuse {
				status = 400
			}
			p.want(status, "POST", "/api/v2/jobs/"+id+"/submit/", "")
			if n := len(p.history(id)); n != 6 {
				t.Errorf("%d statuses", n)
			}
		})
	}
}

func TestRareEndings(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Switches.NoCapacity = []string{"emerald"}
	p := open(t, cfg)
	id := p.run(job{Command: "true"})
	if got := p.history(id); got[len(got)-1] != "Completed: Could not allocate compute resources from the compute provider" {
		t.Errorf("%v", got)
	}
	p.want(404, "GET", "/api/v2/jobs/"+id+"/cluster_statuses/", "")

	cfg = config(t)
	cfg.Switches.Preempting = []string{"emerald"}
	p = open(t, cfg)
	id = p.run(job{Command: "true", Low: true})
	if got := p.history(id); got[len(got)-1] != "Completed: Exceeded max number of restarts" {
		t.Errorf("%v", got)
	}
	id = p.run(job{Command: "true"})
	if got := p.history(id); got[len(got)-1] != "Completed: Completed successfully" {
		t.Errorf("%v", got)
	}
}

func TestSeveralTilesRunInOrder(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	var body map[string]any
	if err := json.Unmarshal([]byte(job{Command: "echo one; echo 1 > a"}.body()), &body); err != nil {
		t.Fatal(err)
	}
	var second map[string]any
	if err := json.Unmarshal([]byte(job{Command: "cat a; echo two"}.body()), &second); err != nil {
		t.Fatal(err)
	}
	body["jobanalyses"] = append(body["jobanalyses"].([]any), second["jobanalyses"].([]any)...)
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	id := p.want(201, "POST", "/api/v2/jobs/", string(text))["id"].(string)
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
	if got := p.outputs(id)["process_output.log"]; got != "one\n1\ntwo\n" {
		t.Errorf("log %q", got)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.MaxRunning = 1
	p := open(t, cfg)
	first := p.start(job{Command: "while [ ! -e go ]; do sleep 0.01; done"})
	p.await(first, func(j emulator.JobInfo) bool { return j.Status == "Executing" })
	second := p.start(job{Command: "true"})
	p.await(second, func(j emulator.JobInfo) bool { return j.Status == "Waiting for Queue" })
	if got := p.do("DELETE", "/api/v2/jobs/"+first+"/", ""); got.status != 400 {
		t.Errorf("deleting a running job: %d %s", got.status, got.body)
	}
	p.want(202, "POST", "/api/v2/jobs/"+first+"/stop/", "")
	p.await(second, completed)
	if got := p.history(second)[1]; got != "Waiting for Queue" {
		t.Errorf("history %v", p.history(second))
	}
}

package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/schema"
)

// send asks the platform as the web UI would, and gives the answer.
func (p *platform) send(t *testing.T, method, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Token "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	var got map[string]any
	_ = json.Unmarshal(text, &got) // some answers are empty
	return got
}

// byHand makes the job that a person would make in the web UI: what was sent, without what
// this tool adds to it. It gives its id.
func (p *platform) byHand(t *testing.T, job emulator.JobInfo, submit bool) string {
	t.Helper()
	body := decode(t, job.Body)
	body["name"] = "made by hand"
	for _, tile := range body["jobanalyses"].([]any) {
		env, _ := tile.(map[string]any)["envVars"].(map[string]any)
		for name := range env {
			if strings.HasPrefix(name, "RESCALE_") {
				delete(env, name)
			}
		}
	}
	id := p.send(t, http.MethodPost, "/api/v2/jobs/", body)["id"].(string)
	if submit {
		p.send(t, http.MethodPost, "/api/v2/jobs/"+id+"/submit/", nil)
	}
	return id
}

// step is what a plan says about its only job.
type step struct {
	Action  string   `json:"action"`
	ID      string   `json:"id"`
	Reasons []string `json:"reasons"`
}

// planned plans a manifest without a state.
func (p *platform) planned(t *testing.T, dir, manifest string) step {
	t.Helper()
	write(t, dir, "adopting.yaml", manifest)
	got := p.run(t, "plan", "-f", filepath.Join(dir, "adopting.yaml"), "--state", filepath.Join(t.TempDir(), "none"), "-o", "json")
	var plan struct {
		Jobs []step `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &plan); err != nil || len(plan.Jobs) == 0 {
		t.Fatalf("%s\nexit code %d, %v\n%s%s", manifest, got.code, err, got.stdout, got.stderr)
	}
	return plan.Jobs[len(plan.Jobs)-1]
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAdoptionHoldsAsTheDigestDoes makes a job by hand for every key that is sent, and
// adopts it with the same manifest and with a changed one.
func TestAdoptionHoldsAsTheDigestDoes(t *testing.T) {
	t.Parallel()
	known := sentChanges()
	for _, e := range schema.Reference() {
		c, ok := known[e.Key]
		if !ok || strings.Contains(c.before, "from:") || e.Key == "name" || e.Key == "namespace" {
			continue
		}
		t.Run(e.Key, func(t *testing.T) {
			p, dir := newPlatform(t), t.TempDir()
			for name, text := range map[string]string{
				"deck": "deck", "kept": "kept", "other": "other", "tmpl": "${{ vars.a }}", "a.pub": "ssh-rsa AAAA\n", "b.pub": "ssh-rsa BBBB\n",
				"a.csv": "a\n1\n", "b.csv": "a\n2\n",
			} {
				write(t, dir, name, text)
			}
			lines := p.stored(t, c.before+"\x00"+c.after)
			before, after, _ := strings.Cut(lines, "\x00")
			write(t, dir, "job.yaml", filled(before))
			if got := p.run(t, "-f", filepath.Join(dir, "job.yaml"), "--no-wait"); len(p.server.Jobs()) == 0 {
				t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			id := p.byHand(t, p.server.Jobs()[0], true)
			adopting := "\nadopt: " + id + "\nname: adopting\n"

			if got := p.planned(t, dir, filled(before+adopting)); got.ID != id || got.Action != "unchanged" && got.Action != "running" {
				t.Errorf("the same manifest: %+v", got)
			}
			got := p.planned(t, dir, filled(after+adopting))
			holds := got.ID == id && (got.Action == "unchanged" || got.Action == "running")
			if holds != (e.Effect == schema.Outside) {
				t.Errorf("changed from\n%s\nto\n%s\n%+v", before, after, got)
			}
			if !holds && !strings.Contains(strings.Join(got.Reasons, " "), "adopt no longer holds") {
				t.Errorf("the reason is missing: %+v", got)
			}
		})
	}
}

// shelf is a folder with a manifest, and a platform.
type shelf struct {
	*platform
	dir string
}

// apply applies a manifest, with the state of the folder or without one.
func (s shelf) apply(t *testing.T, manifest string, flags ...string) result {
	t.Helper()
	write(t, s.dir, "adopting.yaml", manifest)
	return s.run(t, append([]string{"-f", filepath.Join(s.dir, "adopting.yaml")}, flags...)...)
}

// plan plans with the state of the folder.
func (s shelf) plan(t *testing.T, manifest string) step {
	t.Helper()
	write(t, s.dir, "adopting.yaml", manifest)
	got := s.run(t, "plan", "-f", filepath.Join(s.dir, "adopting.yaml"), "-o", "json")
	var plan struct {
		Jobs []step `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &plan); err != nil || len(plan.Jobs) != 1 {
		t.Fatalf("exit code %d, %v\n%s%s", got.code, err, got.stdout, got.stderr)
	}
	return plan.Jobs[0]
}

// creates counts the jobs that were made or submitted.
func (p *platform) creates() (n int) {
	for _, change := range p.changes() {
		if strings.HasSuffix(change, "/api/v2/jobs/") || strings.HasSuffix(change, "/submit/") {
			n++
		}
	}
	return n
}

// adopting is a manifest that says what [tile] says.
func adopting(id string, further ...string) string {
	return strings.Join(append([]string{
		"version: 1", "name: wing", "namespace: adopted", "adopt: " + id,
		`analysis: {code: user_included, version: "0"}`, "hardware: {coreType: emerald, coresPerSlot: 1, walltime: 2h}",
	}, further...), "\n") + "\n"
}

const (
	works = `command: "true"`
	fails = `command: "false"`
)

func (p *platform) made(t *testing.T, command string, more ...object) string {
	t.Helper()
	_, text, _ := strings.Cut(command, `"`)
	return p.runs(t, body(strings.TrimSuffix(text, `"`), more...))
}

func body(command string, more ...object) object {
	b := object{"name": "by hand", "jobanalyses": []any{tile(object{"command": command})}}
	for _, fields := range more {
		for name, value := range fields {
			b[name] = value
		}
	}
	return b
}

// TestAdoptedRuns goes through the life of an adopted job, each time with the state and
// without one: what is said and what is sent must be the same.
func TestAdoptedRuns(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		command, manifest string // of the stored job, and further lines
		flags             []string
		code              int // of the apply
		action            string
		own               bool // the newest run is none that was adopted
		sent              int  // creates and submits
		says              string
	}{
		"it holds":            {works, works, nil, 0, "unchanged", false, 0, "unchanged"},
		"it has failed":       {fails, fails, nil, 100, "unchanged", false, 0, "failed as"},
		"it failed, again":    {fails, fails + "\nrerun: {onFailure: always, atMost: 1}", nil, 100, "unchanged", true, 2, "rerun.onFailure is always"},
		"another content":     {fails, works, nil, 0, "unchanged", true, 2, "adopt no longer holds"},
		"another generation":  {works, works + "\nrerun: {generation: 2}", nil, 0, "unchanged", true, 2, "is the run of generation 1"},
		"replaced on request": {works, works, []string{"--replace", "wing"}, 0, "unchanged", true, 2, "replaced on request"},
		"it lacks a file":     {works, works + "\nsuccess: {files: [none.csv]}", nil, 100, "unchanged", false, 0, "is not checked yet"},
		"it is protected":     {fails, works + "\nprotected: true", nil, 5, "refused", false, 0, "must stay its only one"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelf{newPlatform(t), t.TempDir()}
			id := s.made(t, tc.command)
			before := s.creates()
			manifest := adopting(id, tc.manifest)
			write(t, s.dir, "adopting.yaml", manifest)
			first := s.run(t, append([]string{"plan", "-f", filepath.Join(s.dir, "adopting.yaml")}, tc.flags...)...)
			got := s.apply(t, manifest, tc.flags...)
			if got.code != tc.code || s.creates()-before != tc.sent || !strings.Contains(first.stdout+got.stdout, tc.says) && !strings.Contains(got.stderr+first.stderr, tc.says) {
				t.Errorf("exit code %d, want %d; %d creates and submits, want %d\n%s%s%s%s", got.code, tc.code, s.creates()-before, tc.sent, first.stdout, first.stderr, got.stdout, got.stderr)
			}
			with, without := s.plan(t, manifest), s.planned(t, s.dir, manifest)
			for _, next := range []step{with, without} {
				if next.Action != tc.action || (next.ID == id) == tc.own && tc.action == "unchanged" {
					t.Errorf("the next plan: %+v", next)
				}
			}
			if with.ID != without.ID {
				t.Errorf("with a state %+v, without one %+v", with, without)
			}
			again := s.creates()
			if s.apply(t, manifest, "--state", filepath.Join(t.TempDir(), "new")); s.creates() != again {
				t.Errorf("another apply without a state sent something")
			}
		})
	}
}

// TestNothingToAdopt: an id that leads nowhere, a draft and an id in two jobs are problems
// of the manifest, at the place of the key, and nothing is sent.
func TestNothingToAdopt(t *testing.T) {
	t.Parallel()
	s := shelf{newPlatform(t), t.TempDir()}
	draft := s.send(t, http.MethodPost, "/api/v2/jobs/", body("true"))["id"].(string)
	gone := s.made(t, works)
	s.send(t, http.MethodDelete, "/api/v2/jobs/"+gone+"/", nil)
	held := s.made(t, works)
	before := len(s.changes())
	for name, tc := range map[string]struct{ manifest, says string }{
		"unknown":  {adopting("QwErTy", works), ":4:8: adopt: the platform has no job QwErTy"},
		"deleted":  {adopting(gone, works), "the platform has no job " + gone},
		"a draft":  {adopting(draft, works), "is a draft, which nobody has submitted"},
		"no id":    {adopting("a/b", works), "letters and digits only"},
		"twice":    {adopting(held, works) + "---\n" + strings.Replace(adopting(held, works), "name: wing", "name: tail", 1), "is adopted by tail and, at "},
		"a matrix": {adopting(held, works, "matrix: {a: [1, 2]}"), "write adopt: ${{ matrix.adopt }}"},
		"builds":   {adopting(held, works, "dependsOn: [mesh]") + "---\n" + strings.Replace(adopting("", works), "name: wing", "name: mesh", 1), "cannot be beside what builds on other jobs"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.apply(t, tc.manifest, "--state", filepath.Join(t.TempDir(), "none"))
			if got.code != 3 || !strings.Contains(got.stderr, tc.says) {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
	if after := s.changes(); len(after) > before {
		t.Errorf("sent %q", after[before:])
	}
}

// TestAdoptionByPoint: each point has the id of its own.
func TestAdoptionByPoint(t *testing.T) {
	t.Parallel()
	s := shelf{newPlatform(t), t.TempDir()}
	one, two := s.made(t, `command: "echo 1"`), s.made(t, `command: "echo 2"`)
	write(t, s.dir, "points.csv", "aoa,adopt\n1,"+one+"\n2,"+two+"\n")
	before := s.creates()
	got := s.apply(t, adopting("${{ matrix.adopt }}", "command: echo ${{ matrix.aoa }}", "matrix: {csv: points.csv}"))
	if got.code != 0 || s.creates() != before {
		t.Errorf("exit code %d, %d creates and submits\n%s%s", got.code, s.creates()-before, got.stdout, got.stderr)
	}
}

// TestAdoptedRunThatRuns is waited for, and holds back another content.
func TestAdoptedRunThatRuns(t *testing.T) {
	t.Parallel()
	s := shelf{newPlatform(t), t.TempDir()}
	const waits = "for i in $(seq 600); do [ -e stop ] && exit; sleep 0.1; done"
	id := s.send(t, http.MethodPost, "/api/v2/jobs/", body(waits, object{"clonedFrom": "AbCdEf"}))["id"].(string)
	s.send(t, http.MethodPost, "/api/v2/jobs/"+id+"/submit/", nil)
	before := s.creates()
	same, other := adopting(id, "command: "+waits), adopting(id, works)
	for _, flags := range [][]string{nil, {"--state", filepath.Join(t.TempDir(), "none")}} {
		if got := s.apply(t, same, append(flags, "--no-wait")...); got.code != 0 && got.code != 101 {
			t.Errorf("the same: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
		}
		if got := s.apply(t, other, flags...); got.code != 6 || !strings.Contains(got.stdout+got.stderr, id) {
			t.Errorf("another content: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
		}
	}
	for verb, want := range map[string]string{"status": id, "logs": "", "stop": id} {
		write(t, s.dir, "adopting.yaml", same)
		args := []string{verb, "-f", filepath.Join(s.dir, "adopting.yaml"), "--state", filepath.Join(t.TempDir(), "none")}
		if verb != "status" {
			args = append(args, "wing")
		}
		if verb == "stop" {
			args = append(args, "-y")
		}
		if got := s.run(t, args...); !strings.Contains(got.stdout, want) {
			t.Errorf("%s: exit code %d\n%s%s", verb, got.code, got.stdout, got.stderr)
		}
	}
	if s.creates() != before {
		t.Errorf("something was started")
	}
	if got := s.apply(t, other); got.code != 0 || s.creates()-before != 2 {
		t.Errorf("after its end: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

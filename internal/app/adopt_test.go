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

package emulator_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The commands of the platform's own guide, as printed there but for host, key and ids.
func TestCurlCommandsOfTheGuide(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	p := open(t, config(t))
	dir := t.TempDir()
	// Large enough for curl to ask first, with Expect: 100-continue.
	big := zipOf(t, map[string]string{"neon.refined.rev01.k": strings.Repeat("*KEYWORD\n", 10)})
	if err := os.WriteFile(filepath.Join(dir, "input.zip"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	curl := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "curl", append([]string{"-sS", "--fail-with-body"}, args...)...)
		command.Dir = dir
		out, err := command.Output()
		if err != nil {
			t.Fatalf("curl %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	field := func(text string, path ...string) string {
		t.Helper()
		var at any
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, name := range path {
			if list, ok := at.([]any); ok {
				at = list[0]
			}
			at = at.(map[string]any)[name]
		}
		return at.(string)
	}
	auth := "Authorization: Token " + key
	uploaded := curl("-X", "POST", "-H", "Content-Type:multipart/form-data", "-H", auth, "-H", "Expect: 100-continue",
		"-F", "file=@input.zip", p.url+"/api/v2/files/contents/")
	request, err := os.ReadFile(filepath.Join("testdata", "samples", "job-create-request.json"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(request), "yMqdxd", field(uploaded, "id"))
	body = strings.ReplaceAll(body, "ls-dyna -n 2 -i neon.refined.rev01.k -p single", "wc -l neon.refined.rev01.k")
	created := curl("-X", "POST", "-H", "Content-Type: application/json", "-H", auth, "-d", body, p.url+"/api/v2/jobs/")
	id := field(created, "id")
	curl("-X", "POST", "-H", "Content-Type:application/json", "-H", auth, p.url+"/api/v2/jobs/"+id+"/submit/")
	p.await(id, completed)
	statuses := curl("-H", auth, p.url+"/api/v2/jobs/"+id+"/statuses/")
	if got := field(statuses, "results", "statusReason"); got != "Completed successfully" {
		t.Errorf("reason %q", got)
	}
	files := curl("-H", "Content-Type:application/json", "-H", auth, p.url+"/api/v2/jobs/"+id+"/files/")
	content := curl("-H", auth, p.url+"/api/v2/files/"+field(files, "results", "id")+"/contents/")
	if !strings.HasPrefix(strings.TrimSpace(content), "10 neon") {
		t.Errorf("content %q", content)
	}
}

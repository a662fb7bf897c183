package emulator_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// With the in-process transport a whole life at the platform's pace passes in no time, and the command really runs.
func TestPlatformPace(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Speed = 1
	synctest.Test(t, func(t *testing.T) {
		server, err := emulator.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		p := &platform{t: t, server: server, url: "http://emulator.invalid", key: key, client: &http.Client{Transport: server.Transport()}}
		begun := time.Now()
		id := p.start(job{Command: "echo done"})
		seen := []string{}
		poll := time.NewTicker(700 * time.Millisecond)
		defer poll.Stop()
		for len(seen) == 0 || seen[len(seen)-1] != "Stopped" {
			<-poll.C
			item := p.results("/api/v2/jobs/")[0]
			status := item["jobStatus"].(map[string]any)["content"].(string)
			if cluster, ok := item["clusterStatusDisplay"].(map[string]any); ok && status == "Completed" {
				status = cluster["content"].(string)
			}
			if len(seen) == 0 || seen[len(seen)-1] != status {
				seen = append(seen, status)
			}
		}
		want := []string{"Pending", "Queued", "Validated", "Stopping", "Stopped"}
		if diff := cmp.Diff(want, dropShort(seen)); diff != "" {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		if took := time.Since(begun); took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("took %v", took)
		}
		if log := p.outputs(id)["process_output.log"]; log != "done\n" {
			t.Errorf("log %q", log)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// dropShort leaves out Executing, which a poll may or may not see: the command takes real time, which is none here.
func dropShort(seen []string) (out []string) {
	for _, status := range seen {
		if status != "Executing" {
			out = append(out, status)
		}
	}
	return out
}

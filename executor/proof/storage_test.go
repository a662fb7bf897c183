package proof_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// stored is an apply of a job with storage, whose inputs go into a folder.
const stored = `version: 1
name: wing
storage: [qJsmeP, lLMrVj]
uploads: {folder: sims, tags: [wing]}
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [wing.txt]
command: "true"
`

// unread is an apply of a job with storage alone.
const unread = `version: 1
name: wing
storage: [qJsmeP]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
command: "true"
`

// devices are the ids that a new platform gives to its first storage.
func devices() []string { return []string{"qJsmeP", "lLMrVj"} }

// withDevices starts the storage, after it has chosen how the platform behaves.
func withDevices(choose func(*emulator.Switches)) func(*testing.T, *emulator.Server) {
	return func(t *testing.T, server *emulator.Server) {
		t.Helper()
		server.Switch(choose)
		way := http.Client{Transport: server.Transport()}
		post := func(path, body string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v2/storage-devices/"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Token "+key)
			r.Header.Set("Content-Type", "application/json")
			answer, err := way.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode >= http.StatusBadRequest {
				t.Fatalf("%s: %s", path, answer.Status)
			}
		}
		for _, id := range devices() {
			post("", `{"name":"fast"}`)
			post(id+"/submit/", "")
		}
	}
}

func storedScene() scene {
	return scene{
		manifest: stored, files: map[string]string{"wing.txt": "wing"}, jobs: 1, storage: devices(),
		before: withDevices(func(*emulator.Switches) {}),
	}
}

// unreadScene is on a platform that does not tell what storage a job has.
func unreadScene() scene {
	return scene{
		manifest: unread, jobs: 1, storage: devices()[:1],
		before: withDevices(func(s *emulator.Switches) { s.HideAttached = true }),
	}
}

// lacking is what is wrong when a run does not have the storage, which can be attached
// before its submit only.
func lacking(server *emulator.Server, storage []string) error {
	var wrong []error
	for _, job := range server.Jobs() {
		for _, id := range storage {
			if !job.Draft && !slices.Contains(job.Storage, id) {
				wrong = append(wrong, fmt.Errorf("job %s was submitted without storage %s", job.ID, id))
			}
		}
	}
	return errors.Join(wrong...)
}

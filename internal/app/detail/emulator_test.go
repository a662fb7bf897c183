package detail_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/detail"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// TestAgainstTheEmulator shows a job that really ran, through a client that changes nothing.
func TestAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "detail"), Shell: "bash", Env: []string{"PATH=" + os.Getenv("PATH")},
		Accounts: []emulator.Account{{Key: "k", Email: "ada@example.com", Projects: []emulator.Project{{ID: "pAero", Name: "Aero"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	id := ran(t, server, "exit 3")
	looker, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := detail.Collect(t.Context(), looker, id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	d.Text(&text)
	got := make(map[string]string)
	for line := range strings.Lines(text.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && !strings.HasPrefix(name, "20") {
			got[name] = strings.TrimSpace(value)
		}
	}
	delete(got, "made")
	delete(got, "used")
	want := map[string]string{
		"job": id + " By hand", "state": "failed: A run failed", "page": "http://localhost/jobs/" + id + "/", "owner": "ada@example.com",
		"project": "pAero (Aero)", "budget": "(no budget)", "priority": "on-demand", "software": "user_included 0",
		"hardware": "emerald (Emerald), 2 cores, at most 3 hours", "price": "0.16 USD per core-hour, 0.32 USD per hour, licenses excluded", "tags": "naca",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, text.String())
	}
}

// ran is a job of a command that came to its end.
func ran(t *testing.T, server *emulator.Server, command string) (id string) {
	t.Helper()
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	job, err := client.CreateJob(t.Context(), rescale.JobRequest{Name: "By hand", ProjectID: "pAero", JobAnalyses: []rescale.JobAnalysis{{
		Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: command,
		Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 2, Slots: 1, Walltime: 3},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.AddTag(t.Context(), job.ID, "naca"); err != nil {
		t.Fatal(err)
	}
	if err := client.SubmitJob(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	over := func(jobs []emulator.JobInfo) bool {
		return !slices.ContainsFunc(jobs, func(j emulator.JobInfo) bool { return j.Status != "Completed" })
	}
	if err := server.Await(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	return job.ID
}

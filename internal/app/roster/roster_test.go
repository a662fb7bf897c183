package roster_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	view "github.com/rescale-apply/rescale-apply/internal/app/roster"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

func TestBothForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	for name, list := range map[string]roster.Roster{
		"none":          {},
		"none-of-these": {},
		"some": {More: true, Loose: true, Cut: true, Rows: []roster.Row{
			{ID: "Draft", Name: "Heat", Ours: true, Manifest: "heat", Namespace: "acme/sims", Created: at(1)},
			{ID: "Run", Name: "Wing\x1b[31m", Ours: true, Manifest: "wing/aoa=2", Namespace: "acme/sims", Status: "Executing", Since: at(2), Created: at(90)},
			{ID: "From", Name: "Wing", Ours: true, Manifest: "wing", Status: "Executing", Source: source.Source{Version: 1, Commit: "7ba84b41", Path: "job.yaml", More: 1}, Created: at(91)},
			{ID: "Plain", Name: "By hand", Status: "Queued", Created: at(3000)},
			{ID: "Good", Name: "By hand", Status: "Completed", Verdict: "succeeded", Reason: "Completed successfully", Created: at(5000), Ended: at(4000), Since: at(4000)},
			{ID: "Bad", Name: "Heat", Ours: true, Manifest: "heat", Status: "Completed", Verdict: "failed", Reason: "A run failed", Created: at(9000), Ended: at(8000), Since: at(8000)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text, object bytes.Buffer
			view.Text(&text, roster.Query{Ours: name == "none-of-these"}, list, now)
			if err := view.JSON(&object, list); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, filepath.Join("testdata", name+".txt"), text.String())
			golden.Equal(t, filepath.Join("testdata", name+".json"), object.String())
		})
	}
}

// TestAgainstTheEmulator lists what really ran, beside a copy and a draft.
func TestAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "roster"), Shell: "bash", Env: []string{"PATH=" + os.Getenv("PATH")},
		Accounts: []emulator.Account{{Key: "k", Email: "ada@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	create := func(name, command string) string {
		body := rescale.JobRequest{Name: "By " + name, JobAnalyses: []rescale.JobAnalysis{{
			Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: command,
			Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1, Slots: 1},
		}}}
		if name != "hand" {
			body = once.Key{Digest: "d", Name: name, Generation: 1, Attempt: 1}.Sign(body, "acme/sims")
		}
		job, err := client.CreateJob(t.Context(), body)
		if err != nil {
			t.Fatal(err)
		}
		return job.ID
	}
	create("draft", "true")
	for _, id := range []string{create("good", "true"), create("hand", "exit 3"), create("bad", "exit 3")} {
		if err := client.SubmitJob(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	over := func(jobs []emulator.JobInfo) bool {
		return !slices.ContainsFunc(jobs, func(j emulator.JobInfo) bool { return !j.Draft && j.Status != "Completed" })
	}
	if err := server.Await(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	for which, want := range map[roster.Which][]string{
		roster.All:    {"By bad bad failed", "By draft draft ", "By good good succeeded", "By hand  failed"},
		roster.Failed: {"By bad bad failed", "By hand  failed"},
		roster.Active: nil,
	} {
		list, err := roster.Read(t.Context(), client, roster.Query{Owner: "ada@example.com", Which: which})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range list.Rows {
			got = append(got, fmt.Sprintf("%s %s %s", row.Name, row.Manifest, row.Verdict))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", which, diff)
		}
	}
}

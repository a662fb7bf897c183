package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// submitted runs a job for each command on a platform, and gives a client of it that can
// only read.
func submitted(t *testing.T, commands ...string) (*rescale.Client, []executor.Target) {
	t.Helper()
	const key = "1111111111111111111111111111111111111111"
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "observe"), Env: []string{"PATH=" + os.Getenv("PATH")}, StopGrace: time.Millisecond, MaxRunning: 4,
		Accounts: []emulator.Account{{Key: key, Email: owner}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := func(readOnly bool) *rescale.Client {
		c, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: server.Transport(), ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var targets []executor.Target
	for i, command := range commands {
		j, err := client(false).CreateJob(t.Context(), rescale.JobRequest{Name: "x", JobAnalyses: []rescale.JobAnalysis{{
			Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: command,
			Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 2, Slots: 1, Walltime: 1},
		}}})
		if err == nil {
			err = client(false).SubmitJob(t.Context(), j.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, executor.Target{Name: fmt.Sprint("job-", i), ID: j.ID, Cores: 2, Rate: 0.5})
	}
	return client(true), targets
}

// seen is what an observer's events say of each job, without its statuses on the way.
func seen(events []executor.Event) map[string][]string {
	told := make(map[string][]string)
	for _, e := range events {
		switch e.Type {
		case executor.EventResult:
			told[e.Job] = append(told[e.Job], fmt.Sprintf("result %s %q", e.Outcome.Verdict, e.Outcome.Reason))
		case executor.EventStatus:
			if told[e.Job] == nil {
				told[e.Job] = []string{"status"}
			}
		default:
			told[e.Job] = append(told[e.Job], string(e.Type)+" "+e.Message)
		}
	}
	return told
}

// TestWatchingChangesNothing: runs are followed to their ends with the events of an apply,
// by a client that refuses everything but GET.
func TestWatchingChangesNothing(t *testing.T) {
	t.Parallel()
	client, targets := submitted(t, "echo fine", "echo broken; exit 3")
	var events []executor.Event
	o := executor.Observer{
		Platform: client, Interval: time.Millisecond, Notify: func(e executor.Event) { events = append(events, e) },
		Redact: strings.ToUpper,
	}
	report := o.Watch(t.Context(), append(targets, targets[0])) // one twice
	want := map[string][]string{
		"job-0": {"status", `result succeeded "Completed successfully"`},
		"job-1": {"status", `result failed "A run failed"`},
	}
	if diff := cmp.Diff(want, seen(events)); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	if len(report.Outcomes) != 2 {
		t.Fatalf("outcomes %+v", report.Outcomes)
	}
	for i, log := range [][]string{nil, {"BROKEN"}} {
		out := report.Outcomes[i]
		if diff := cmp.Diff(log, out.Log); diff != "" || out.Job != targets[i].Name || out.ID != targets[i].ID || out.Err != nil || out.Started.IsZero() || out.Cost != out.CoreHours/2 {
			t.Errorf("outcome %+v; log %s", out, diff)
		}
	}
}

// TestWatchingEndsEarly: what still runs is told apart from what is over.
func TestWatchingEndsEarly(t *testing.T) {
	t.Parallel()
	client, targets := submitted(t, "true", "while [ ! -e stop ]; do sleep 0.01; done")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	over, running := false, false
	o := executor.Observer{Platform: client, Interval: time.Millisecond, Notify: func(e executor.Event) {
		over = over || e.Type == executor.EventResult && e.Job == "job-0"
		running = running || e.Status == "Executing" && e.Job == "job-1"
		if over && running {
			interrupt()
		}
	}}
	report := o.Watch(ctx, targets)
	var still *executor.RunningError
	if out := report.Outcomes[0]; out.Err != nil || out.Verdict != "succeeded" {
		t.Errorf("the first is %+v", out)
	}
	if out := report.Outcomes[1]; !errors.As(out.Err, &still) || still.Status != "Executing" || !errors.Is(still, context.Canceled) || out.Verdict != "" {
		t.Errorf("the second is %+v", out)
	}
}

// TestWatchingWhatIsGone: a job that a person has deleted is over.
func TestWatchingWhatIsGone(t *testing.T) {
	t.Parallel()
	client, _ := submitted(t)
	o := executor.Observer{Platform: client, Interval: time.Millisecond}
	report := o.Watch(t.Context(), []executor.Target{{ID: "QwErTy"}})
	if out := report.Outcomes[0]; out.Job != "QwErTy" || out.Verdict != "stopped" || out.Reason != "the job was deleted on the platform" {
		t.Errorf("outcome %+v", out)
	}
	if got := o.Watch(t.Context(), nil); len(got.Outcomes) > 0 {
		t.Errorf("nothing is %+v", got)
	}
}

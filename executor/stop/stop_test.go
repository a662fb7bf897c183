package stop_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
	"github.com/rescale-apply/rescale-apply/spec"
)

// world is a platform at its own pace, and who told what of it.
type world struct {
	*emulator.Server
	client *rescale.Client
	mu     sync.Mutex
	steps  []stop.Step
}

func open(t *testing.T, switches emulator.Switches) *world {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "stop"), Shell: "true", Env: []string{"PATH=" + os.Getenv("PATH")}, Speed: 1,
		Accounts: []emulator.Account{{Key: "k", Email: "ada@example.com"}}, Switches: switches,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Server: server}
	w.client, err = rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) close(t *testing.T) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// draft makes a draft, and gives its id.
func (w *world) draft(t *testing.T) string {
	t.Helper()
	job, err := w.client.CreateJob(t.Context(), rescale.JobRequest{Name: "wing", JobAnalyses: []rescale.JobAnalysis{{
		Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: "true",
		Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1, Walltime: 1},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return job.ID
}

// The ages at which a run of the platform is where a test wants it.
const (
	pending = time.Second
	booting = 10 * time.Second
	over    = 5 * time.Minute
)

// run submits a job, and comes back when it has that age.
func (w *world) run(t *testing.T, age time.Duration) string {
	t.Helper()
	id := w.draft(t)
	if err := w.client.SubmitJob(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	time.Sleep(age)
	return id
}

func (w *world) stopper(mode stop.Mode) stop.Stopper {
	return stop.Stopper{Platform: w.client, Mode: mode, Tell: func(p stop.Progress) {
		if p.Step != stop.Untagged {
			return // how much of a stop is seen is chance here
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.steps = append(w.steps, p.Step)
	}}
}

// changes are the last words of the paths of all changes since the runs were there.
func (w *world) changes() (list []string) {
	for _, r := range w.Requests() {
		words := strings.Split(strings.Trim(r.Path, "/"), "/")
		if r.Method != "GET" {
			list = append(list, words[len(words)-1])
		}
	}
	return list
}

func TestStop(t *testing.T) {
	t.Parallel()
	lost := emulator.Fault{Method: "POST", Path: "/api/v2/jobs/*/stop/", Action: emulator.ActionDropAfter}
	unsent := emulator.Fault{Method: "POST", Path: "/api/v2/jobs/*/stop/", Action: emulator.ActionDropBefore}
	never := unsent
	never.Count = -1
	lostForce := emulator.Fault{Method: "POST", Path: "/api/v2/jobs/*/force_stop/", Action: emulator.ActionDropAfter}
	for name, tc := range map[string]struct {
		switches emulator.Switches
		faults   []emulator.Fault
		mode     stop.Mode
		age      time.Duration // 0: a draft
		outcome  stop.Outcome
		verdict  verdict.Verdict
		changes  []string
		steps    []stop.Step
		fails    bool
	}{
		"a draft":          {outcome: stop.Draft},
		"over":             {age: over, outcome: stop.Over, verdict: verdict.Succeeded},
		"over, by --force": {mode: stop.Mode{Force: true}, age: over, outcome: stop.Over, verdict: verdict.Succeeded},
		"active": {
			age: booting, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop"},
		},
		"nobody waits": {
			mode: stop.Mode{NoWait: true}, age: booting, outcome: stop.Asked,
			changes: []string{"stop"},
		},
		"by force": {
			switches: emulator.Switches{ForceAfterStop: true}, mode: stop.Mode{Force: true}, age: booting, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop", "force_stop"},
		},
		"an answer is lost": {
			faults: []emulator.Fault{lost}, age: booting, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop"},
		},
		"a request is lost": {
			faults: []emulator.Fault{unsent}, age: booting, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop", "stop"},
		},
		"all requests are lost": {
			faults: []emulator.Fault{never}, age: booting, fails: true,
			changes: []string{"stop", "stop", "stop"},
		},
		"the answer to the second step is lost": {
			faults: []emulator.Fault{lostForce}, mode: stop.Mode{Force: true}, age: booting, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop", "force_stop"},
		},
		"refused": {
			faults: []emulator.Fault{{Method: "POST", Path: "/api/v2/jobs/*/stop/", Action: emulator.ActionAnswer, Status: 403}},
			age:    booting, fails: true, changes: []string{"stop"},
		},
		"before it was validated": {
			switches: emulator.Switches{StuckStop: true}, age: pending, outcome: stop.Stopped, verdict: verdict.Stopped,
			changes: []string{"stop", "tags"},
		},
		"before it was validated, where no tag is taken": {
			switches: emulator.Switches{StuckStop: true}, age: pending, outcome: stop.Stopped, verdict: verdict.Stopped,
			faults:  []emulator.Fault{{Method: "POST", Path: "/api/v2/jobs/*/tags/", Action: emulator.ActionAnswer, Status: 403}},
			changes: []string{"stop", "tags"}, steps: []stop.Step{stop.Untagged},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, tc.switches)
				defer w.close(t)
				var id string
				if id = w.draft(t); tc.age > 0 {
					id = w.run(t, tc.age)
				}
				w.ResetRequests()
				for _, f := range tc.faults {
					if err := w.AddFault(f); err != nil {
						t.Fatal(err)
					}
				}
				got, err := w.stopper(tc.mode).Run(t.Context(), []stop.Run{{Name: "wing", ID: id}})
				if err != nil {
					t.Fatal(err)
				}
				if got[0].Outcome != tc.outcome || got[0].Judgement.Verdict != tc.verdict || (got[0].Err != nil) != tc.fails {
					t.Errorf("got %+v", got[0])
				}
				if diff := cmp.Diff(tc.changes, w.changes()); diff != "" {
					t.Errorf("changes (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tc.steps, w.steps); diff != "" {
					t.Errorf("steps (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestResultsAreInTheOrderAsked, one for each run, though one is named twice and one is gone.
func TestResultsAreInTheOrderAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, emulator.Switches{})
		defer w.close(t)
		over, active, draft := w.run(t, over), w.run(t, booting), w.draft(t)
		w.ResetRequests()
		got, err := w.stopper(stop.Mode{}).Run(t.Context(), []stop.Run{{ID: draft}, {ID: active}, {ID: "QwErTy"}, {ID: over}, {Name: "wing", ID: active}})
		if err != nil {
			t.Fatal(err)
		}
		var outcomes []stop.Outcome
		for _, r := range got {
			outcomes = append(outcomes, r.Outcome)
		}
		if diff := cmp.Diff([]stop.Outcome{stop.Draft, stop.Stopped, stop.Gone, stop.Over, stop.Stopped}, outcomes); diff != "" || got[4].Name != "wing" {
			t.Errorf("(-want +got)\n%s%+v", diff, got[4])
		}
		if diff := cmp.Diff([]string{"stop"}, w.changes()); diff != "" {
			t.Errorf("changes (-want +got)\n%s", diff)
		}
	})
}

// TestAProtectedRunRefusesAll, if it would have to be stopped.
func TestAProtectedRunRefusesAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, emulator.Switches{})
		defer w.close(t)
		ended, one, two := w.run(t, over), w.run(t, booting), w.run(t, 0)
		w.ResetRequests()
		protected := spec.Value[bool]{V: true, Pos: diag.Position{File: "job.yaml", Line: 9, Col: 12}}
		_, err := w.stopper(stop.Mode{}).Run(t.Context(), []stop.Run{{ID: one}, {Name: "wing", ID: two, Protected: protected}})
		var refused *guard.Error
		if !errors.As(err, &refused) || len(refused.Refusals) != 1 || refused.Refusals[0].Pos != protected.Pos || w.changes() != nil {
			t.Errorf("got %v, after %v", err, w.changes())
		}
		got, err := w.stopper(stop.Mode{NoWait: true}).Run(t.Context(), []stop.Run{{Name: "wing", ID: ended, Protected: protected}, {ID: one}})
		if err != nil || got[0].Outcome != stop.Over || got[1].Outcome != stop.Asked {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

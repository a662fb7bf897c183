package tidy_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/tidy"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

const owner = "ada@example.com"

// world is a platform at its own pace, whose commands are all /bin/true.
type world struct {
	*emulator.Server
	client  *rescale.Client
	waiting []string // clusters that were waited for
}

func open(t *testing.T, switches emulator.Switches) *world {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "tidy"), Shell: "true", Env: []string{"PATH=" + os.Getenv("PATH")}, Speed: 1,
		Accounts: []emulator.Account{{Key: "k", Email: owner}}, Switches: switches,
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

// draft makes a draft of ours, and gives its id.
func (w *world) draft(t *testing.T, name, content string) string {
	t.Helper()
	key := once.Key{Digest: content, Name: name, Generation: 1, Attempt: 1}
	job, err := w.client.CreateJob(t.Context(), key.Sign(rescale.JobRequest{Name: name, JobAnalyses: []rescale.JobAnalysis{{
		Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: "true",
		Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1, Walltime: 1},
	}}}, "ns"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // dates tell which is newer
	return job.ID
}

func (w *world) submit(t *testing.T, id string) {
	t.Helper()
	if err := w.client.SubmitJob(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// run brings a run of mesh to its end, and waits for as long as it says then.
func (w *world) run(t *testing.T, content string, rest time.Duration) string {
	t.Helper()
	id := w.draft(t, "mesh", content)
	w.submit(t, id)
	for {
		history, err := w.client.Statuses(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if history[0].Status == "Completed" {
			break
		}
		time.Sleep(time.Second)
	}
	time.Sleep(rest)
	return id
}

func (w *world) decide(t *testing.T, rules tidy.Rules, ids ...string) []tidy.Decision {
	t.Helper()
	survey, err := tidy.Look(t.Context(), w.client, owner, ids)
	if err != nil {
		t.Fatal(err)
	}
	rules.Now = time.Now()
	decisions, err := survey.Decide(rules)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}

func (w *world) delete(t *testing.T, decisions []tidy.Decision) []tidy.Result {
	t.Helper()
	d := tidy.Deletion{Platform: w.client, Waiting: func(_ tidy.Job, cluster string) { w.waiting = append(w.waiting, cluster) }}
	return d.Run(t.Context(), decisions)
}

// there is true of what the platform still has.
func (w *world) there(t *testing.T, id string) bool {
	t.Helper()
	_, err := w.client.Job(t.Context(), id)
	return err == nil
}

const cooled = 5 * time.Minute

func TestDelete(t *testing.T) {
	t.Parallel()
	fault := func(action emulator.Action, count int) []emulator.Fault {
		return []emulator.Fault{{Method: "DELETE", Path: "/api/v2/jobs/*/", Action: action, Status: 403, Count: count}}
	}
	for name, tc := range map[string]struct {
		switches emulator.Switches
		faults   []emulator.Fault
		rest     time.Duration // after the end of the run; negative: a draft
		stays    bool
		fails    bool
		deletes  int // requests
		waits    bool
	}{
		"a run":                    {rest: cooled, deletes: 1},
		"a draft":                  {rest: -1, deletes: 1},
		"its cluster still runs":   {rest: 0, deletes: 1, waits: true},
		"an answer is lost":        {faults: fault(emulator.ActionDropAfter, 1), rest: cooled, deletes: 1},
		"a draft's answer is lost": {faults: fault(emulator.ActionDropAfter, 1), rest: -1, deletes: 1},
		"it can still be read":     {switches: emulator.Switches{Trash: true}, faults: fault(emulator.ActionDropAfter, 1), rest: cooled, deletes: 2},
		"a request is lost":        {faults: fault(emulator.ActionDropBefore, 1), rest: cooled, deletes: 2},
		"refused once":             {faults: fault(emulator.ActionAnswer, 1), rest: cooled, deletes: 2},
		"refused":                  {faults: fault(emulator.ActionAnswer, -1), rest: cooled, deletes: 3, stays: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, tc.switches)
				defer w.close(t)
				var id string
				if tc.rest < 0 {
					id = w.draft(t, "mesh", "a")
				} else {
					id = w.run(t, "a", tc.rest)
				}
				decisions := w.decide(t, tidy.Rules{Forget: true}, id)
				for _, f := range tc.faults {
					if err := w.AddFault(f); err != nil {
						t.Fatal(err)
					}
				}
				w.ResetRequests()
				got := w.delete(t, decisions)[0]
				if got.Deleted == tc.stays || (got.Err != nil) != tc.fails {
					t.Errorf("got %+v", got)
				}
				var refused *tidy.RefusedError
				if tc.fails && (!errors.As(got.Err, &refused) || refused.ID != id) {
					t.Errorf("error %v", got.Err)
				}
				if there := w.there(t, id); there != (tc.stays || tc.switches.Trash) {
					t.Errorf("it is there: %v", there)
				}
				w.check(t, tc.deletes)
				if (w.waiting != nil) != tc.waits {
					t.Errorf("waited for clusters: %v", w.waiting)
				}
			})
		})
	}
}

// check counts the deletes that were sent. None of them may take inputs along.
func (w *world) check(t *testing.T, deletes int) {
	t.Helper()
	sent := slices.DeleteFunc(w.Requests(), func(r emulator.Request) bool { return r.Method == "GET" })
	for _, r := range sent {
		if r.Method != "DELETE" || r.Query != "" || !strings.HasPrefix(r.Path, "/api/v2/jobs/") {
			t.Errorf("sent %s %s?%s", r.Method, r.Path, r.Query)
		}
	}
	if len(sent) != deletes {
		t.Errorf("%d deletes, want %d", len(sent), deletes)
	}
}

// TestADraftThatIsARunByNow is somebody's: the platform would delete its results.
func TestADraftThatIsARunByNow(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"before the first delete": false, "while an answer was lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, emulator.Switches{})
				defer w.close(t)
				id, deletes := w.draft(t, "mesh", "a"), 0
				decisions := w.decide(t, tidy.Rules{}, id)
				w.ResetRequests()
				if lost {
					deletes = 1
					if err := w.AddFault(emulator.Fault{Method: "DELETE", Action: emulator.ActionDropBefore}); err != nil {
						t.Fatal(err)
					}
					time.AfterFunc(time.Millisecond, func() { _ = w.client.SubmitJob(t.Context(), id) })
				} else {
					w.submit(t, id)
				}
				got := w.delete(t, decisions)[0]
				if got.Deleted || got.Keep != tidy.Active || got.Err != nil || !w.there(t, id) {
					t.Errorf("got %+v", got)
				}
				sent := slices.DeleteFunc(w.Requests(), func(r emulator.Request) bool { return r.Method != "DELETE" })
				if len(sent) != deletes {
					t.Errorf("deletes %+v", sent)
				}
			})
		})
	}
}

// TestLook sees jobs as they are, in the order asked, and what they take.
func TestLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, emulator.Switches{})
		defer w.close(t)
		older, newer := w.run(t, "a", cooled), w.run(t, "b", cooled)
		active := w.draft(t, "wing", "a")
		w.submit(t, active)
		person, err := w.client.CreateJob(t.Context(), rescale.JobRequest{Name: "mine", JobAnalyses: []rescale.JobAnalysis{{
			Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: "true", Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		decisions := w.decide(t, tidy.Rules{}, newer, "QwErTy", active, older, person.ID)
		var kept []tidy.Reason
		var titles []string
		for _, d := range decisions {
			kept, titles = append(kept, d.Keep), append(titles, d.Job.Title())
		}
		if diff := cmp.Diff([]tidy.Reason{tidy.Newest, tidy.Gone, tidy.Active, "", tidy.Foreign}, kept); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff([]string{"mesh", "", "wing", "mesh", "mine"}, titles); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		files, err := w.client.JobFiles(t.Context(), older, "")
		if err != nil {
			t.Fatal(err)
		}
		want := tidy.Size{Files: len(files)}
		for _, f := range files {
			want.Bytes += f.Size
		}
		if got := decisions[3].Job.Size; got != want || want.Files == 0 {
			t.Errorf("size %+v, want %+v", got, want)
		}
		results := w.delete(t, decisions)
		if !results[3].Deleted || w.there(t, older) || !w.there(t, newer) || results[0].Deleted {
			t.Errorf("got %+v", results)
		}
	})
}

// TestInputsAmongTheResults are not what the job takes: they stay.
func TestInputsAmongTheResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, emulator.Switches{})
		defer w.close(t)
		id := w.run(t, "a", cooled)
		files, err := w.client.JobFiles(t.Context(), id, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Switch(func(s *emulator.Switches) { s.ListInputs = true })
		user := w.draft(t, "wing", "a")
		request := once.Key{Digest: "a", Name: "wing", Generation: 1, Attempt: 1}.Sign(rescale.JobRequest{Name: "wing", JobAnalyses: []rescale.JobAnalysis{{
			Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: "true",
			Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1}, InputFiles: []rescale.InputRef{{ID: files[0].ID}},
		}}}, "ns")
		if err := w.client.UpdateJob(t.Context(), user, request); err != nil {
			t.Fatal(err)
		}
		w.submit(t, user)
		time.Sleep(cooled)
		listed, err := w.client.JobFiles(t.Context(), user, "")
		if err != nil {
			t.Fatal(err)
		}
		decisions := w.decide(t, tidy.Rules{Forget: true}, user, id)
		if got := decisions[0].Job.Size.Files; got != len(listed)-1 {
			t.Errorf("%d files, of %d that are listed", got, len(listed))
		}
		if diff := cmp.Diff([]tidy.User{{Name: "wing", ID: user}}, decisions[1].By); diff != "" || decisions[1].Keep != tidy.Needed {
			t.Errorf("kept as %q (-want +got)\n%s", decisions[1].Keep, diff)
		}
	})
}

// TestWhatWasStoppedEarlyCanGo, though the platform never calls it over: until then it is in
// the way of the next apply.
func TestWhatWasStoppedEarlyCanGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, emulator.Switches{StuckStop: true})
		defer w.close(t)
		id := w.draft(t, "mesh", "a")
		w.submit(t, id)
		if got := w.decide(t, tidy.Rules{}, id)[0]; got.Keep != tidy.Active {
			t.Errorf("kept as %q", got.Keep)
		}
		stopped, err := stop.Stopper{Platform: w.client}.Run(t.Context(), []stop.Run{{ID: id}})
		if err != nil || stopped[0].Outcome != stop.Stopped {
			t.Fatal(stopped, err)
		}
		if got := w.delete(t, w.decide(t, tidy.Rules{}, id))[0]; !got.Deleted || got.Err != nil || w.there(t, id) {
			t.Errorf("got %+v", got)
		}
	})
}

package executor_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// keyed is a draft of a job's first attempt, made by another runner at that time.
func keyed(id string, j resolver.Job, at time.Time) rescale.Job {
	key := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}
	return rescale.Job{
		ID: id, Name: j.Name + " " + key.Marker(""), Owner: owner, DateInserted: at,
		Tiles: []rescale.Tile{{EnvVars: map[string]string{once.KeyVariable: key.String()}}},
	}
}

// TestElection lets another runner's job come in while our draft is made.
func TestElection(t *testing.T) {
	t.Parallel()
	j := plain("wing")
	older, younger := noon.Add(-time.Second), noon.Add(time.Second)
	for name, tc := range map[string]struct {
		rival    rescale.Job
		history  []rescale.Status
		winner   string
		submits  int
		deletes  int
		warnings int
	}{
		"an older draft wins, and ours is deleted": {keyed("Riv", j, older), nil, "Riv", 1, 1, 0},
		"a younger draft loses, and is deleted":    {keyed("Riv", j, younger), nil, "B", 1, 1, 0},
		"a much younger draft is not waited for":   {keyed("Riv", j, noon.Add(time.Minute)), nil, "B", 1, 1, 0},
		"of two equally old ones the smaller id":   {keyed("A", j, noon), nil, "A", 1, 1, 0},
		"what runs already wins": {
			keyed("Riv", j, younger), plantest.History("Completed", "Completed successfully", "Executing", ""), "Riv", 0, 1, 0,
		},
		"a clone is left alone": {
			func() rescale.Job { c := keyed("Clone", j, older); c.ClonedFrom = "X"; return c }(), nil, "B", 1, 0, 0,
		},
		"another account's job is left alone": {
			func() rescale.Job { c := keyed("Bob", j, older); c.Owner = "bob@example.com"; return c }(), nil, "B", 1, 0, 0,
		},
		"a marker without the key is left alone": {
			func() rescale.Job { c := keyed("Hand", j, older); c.Tiles = nil; return c }(), nil, "B", 1, 0, 0,
		},
		"a marker of another attempt than the key's is left alone": {
			func() rescale.Job {
				c := keyed("Two", j, older)
				c.Name = strings.Replace(c.Name, ".1.1]", ".1.2]", 1)
				return c
			}(), nil, "B", 1, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				p.jobs = []rescale.Job{{ID: "Zero", Owner: owner, DateInserted: noon.Add(-time.Hour)}}
				p.after = func(call string) {
					if call == "create" {
						p.jobs = append(p.jobs, tc.rival)
						p.history[tc.rival.ID] = tc.history
					}
				}
				o := apply(t.Context(), t, p, m, j).Outcomes[0]
				if o.Verdict != verdict.Succeeded || o.ID != tc.winner {
					t.Errorf("outcome %+v", o)
				}
				if p.count("submit") != tc.submits || p.countPrefix("delete") != tc.deletes {
					t.Errorf("%d submits, %d deletes", p.count("submit"), p.countPrefix("delete"))
				}
				want := "creating created submitting submitted status finished"
				switch {
				case tc.submits == 0:
					want = "creating created created submitted status finished"
				case tc.winner != "B":
					want = "creating created created submitting submitted status finished"
				}
				if diff := cmp.Diff(want, m.kinds()); diff != "" {
					t.Errorf("journal (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestADraftThatIsNotListedIsNotSubmitted: an older one may be hidden with it.
func TestADraftThatIsNotListedIsNotSubmitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.hidden = map[string]bool{"A": true}
		begun := time.Now()
		err := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0].Err
		var invisible *once.InvisibleError
		if !errors.As(err, &invisible) || invisible.ID != "A" || p.count("submit") != 0 {
			t.Errorf("error %v, %d submits", err, p.count("submit"))
		}
		if waited := time.Since(begun); waited < 30*time.Second || waited > 2*time.Minute {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestALateListIsWaitedFor: the draft comes into the list after some seconds.
func TestALateListIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.hidden = map[string]bool{"A": true}
		p.after = func(call string) {
			if call == "list" && len(p.calls) > 5 {
				delete(p.hidden, "A")
			}
		}
		if o := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]; o.Verdict != verdict.Succeeded || p.count("create") != 1 {
			t.Errorf("outcome %+v, %d creates", o, p.count("create"))
		}
	})
}

// TestAVanishedDraftIsMadeAnew: somebody deleted it before it was submitted.
func TestAVanishedDraftIsMadeAnew(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"create", "list"} {
		t.Run("after "+when, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				p.after = func(call string) {
					if call == when && p.history["A"] == nil {
						p.jobs, p.after = nil, nil
						p.gone = map[string]bool{"A": true}
					}
				}
				o := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]
				if o.Verdict != verdict.Succeeded || p.count("create") != 2 {
					t.Errorf("outcome %+v, %d creates", o, p.count("create"))
				}
			})
		})
	}
}

// TestAVanishedDraftMakesWayForTheWinner: another runner won and deleted ours.
func TestAVanishedDraftMakesWayForTheWinner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m, j := newFake(), new(memory), plain("wing")
		p.after = func(call string) {
			if call == "create" {
				p.jobs = []rescale.Job{keyed("Riv", j, noon.Add(-time.Second))}
				p.history["Riv"] = plantest.History("Completed", "Completed successfully", "Executing", "")
			}
		}
		o := apply(t.Context(), t, p, m, j).Outcomes[0]
		if o.Verdict != verdict.Succeeded || o.ID != "Riv" || p.count("create") != 1 || p.count("submit") != 0 {
			t.Errorf("outcome %+v, %v", o, p.calls)
		}
	})
}

// TestALoserThatRunsIsTold: a person submitted it by hand in the same moment.
func TestALoserThatRunsIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m, j := newFake(), new(memory), plain("wing")
		p.after = func(call string) {
			switch call {
			case "create":
				p.jobs = append(p.jobs, keyed("Riv", j, noon.Add(time.Minute)))
			case "submit":
				p.history["Riv"] = plantest.History("Pending", "")
			}
		}
		var warnings []string
		run := executor.Executor{Platform: p, Journal: m, Owner: owner, Notify: func(e executor.Event) {
			if e.Type == executor.EventWarning {
				warnings = append(warnings, e.Message)
			}
		}}
		plan := planner.New([]resolver.Job{j}, m.Snapshot(), planner.Observation{}, planner.Options{})
		if _, err := run.Apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "Riv") || p.countPrefix("delete") != 0 {
			t.Errorf("warnings %q, %v", warnings, p.calls)
		}
	})
}

// TestASweepIsElectedThroughOneListingABatch: with one listing for each job, the pages
// would grow with the square of the jobs.
func TestASweepIsElectedThroughOneListingABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		var jobs []resolver.Job
		for i := range 100 {
			jobs = append(jobs, plain(fmt.Sprintf("wing-%03d", i)))
		}
		plan := planner.New(jobs, m.Snapshot(), planner.Observation{}, planner.Options{})
		run := executor.Executor{Platform: p, Journal: m, Owner: owner, NoWait: true}
		report, err := run.Apply(t.Context(), plan)
		for _, o := range report.Outcomes {
			err = errors.Join(err, o.Err)
		}
		if err != nil || p.count("list") != 2 || p.count("create") != 100 || p.count("submit") != 100 {
			t.Errorf("%d listings, %d creates, %d submits, %v", p.count("list"), p.count("create"), p.count("submit"), err)
		}
	})
}

// TestAJobThatFailsDoesNotHoldUpTheOthers: who never gets a draft must not be
// waited for.
func TestAJobThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m, bad := newFake(), new(memory), plain("bad")
		bad.Inputs = []files.Input{{Name: "deck.k", Path: "/does/not/exist", SHA512: "a", Size: 1}}
		begun := time.Now()
		report := apply(t.Context(), t, p, m, plain("wing"), bad)
		if report.Outcomes[0].Verdict != verdict.Succeeded || report.Outcomes[1].Err == nil {
			t.Errorf("outcomes %+v", report.Outcomes)
		}
		if waited := time.Since(begun); waited > 10*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestLook finds a job by its key only when it is ours.
func TestLook(t *testing.T) {
	t.Parallel()
	j := plain("wing")
	p := newFake()
	ours, clone, other, noKey := keyed("Ours", j, noon), keyed("Clone", j, noon), keyed("Other", j, noon), keyed("NoKey", j, noon)
	clone.ClonedFrom, other.Owner, noKey.Tiles = "Ours", "bob@example.com", nil
	noMark := keyed("NoMark", j, noon)
	noMark.Name = "wing"
	oneKey, twoKeys := keyed("OneKey", j, noon), keyed("TwoKeys", j, noon)
	oneKey.Tiles = append(oneKey.Tiles, rescale.Tile{})
	twoKeys.Tiles = append(twoKeys.Tiles, keyed("", plain("tail"), noon).Tiles...)
	p.jobs = []rescale.Job{ours, clone, other, noKey, noMark, oneKey, twoKeys}
	key := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}
	seen, err := once.Look(t.Context(), p, once.Search{Owner: "Ada@Example.com", Jobs: []once.Wanted{{Key: key}}})
	if err != nil {
		t.Fatal(err)
	}
	want := once.Sighting{Found: []once.Found{{ID: "Ours", Key: key, Inserted: noon, Stored: ours}}, Since: noon, Whole: true}
	if diff := cmp.Diff(want, seen, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestLookStopsWhereNothingCanBe reads no further than the date of the "creating" record,
// but only if the platform lists newest first.
func TestLookStopsWhereNothingCanBe(t *testing.T) {
	t.Parallel()
	j := plain("wing")
	young, old := keyed("Young", j, noon), keyed("Old", j, noon.Add(-2*time.Hour))
	for name, tc := range map[string]struct {
		jobs  []rescale.Job
		found int
	}{
		"newest first": {[]rescale.Job{young, old}, 1},
		"oldest first": {[]rescale.Job{old, young}, 2},
		"no order":     {[]rescale.Job{keyed("Mid", j, noon.Add(-time.Minute)), young, old}, 3},
		"without date": {[]rescale.Job{keyed("None", j, time.Time{}), young, old}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake()
			p.jobs, p.unsorted = tc.jobs, true
			key := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}
			seen, err := once.Look(t.Context(), p, once.Search{Owner: owner, Jobs: []once.Wanted{{Key: key}}, Since: noon.Add(-time.Hour)})
			if err != nil || len(seen.Found) != tc.found {
				t.Errorf("found %d, want %d: %v", len(seen.Found), tc.found, err)
			}
		})
	}
}

// TestNotFoundIsOneAnswer keeps other refusals from being taken for it.
func TestNotFoundIsOneAnswer(t *testing.T) {
	t.Parallel()
	if patience.NotFound(nil) || patience.NotFound(&rescale.Error{Status: http.StatusForbidden}) || !patience.NotFound(&rescale.Error{Status: http.StatusNotFound}) {
		t.Error("404, and only 404, means that it is not there")
	}
}

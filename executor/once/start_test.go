package once

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// TestStart brings a claim from wherever it is to one run, or to a reason.
func TestStart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		set             func(s *Starter, c *Claim, d *desk)
		id              string
		calls, recorded []string
		events          []string
		as              func(error) bool
		took            time.Duration
	}{
		{
			name: "nothing is there", set: func(*Starter, *Claim, *desk) {}, id: "new", calls: []string{"create new", "list", "submit new"},
			recorded: []string{"creating", "created new", "submitting new", "submitted new"}, events: []string{"created heat new", "submitted heat new"},
		},
		{
			name: "the journal has a draft", id: "own", calls: []string{"list", "read own", "statuses own", "statuses own", "update own", "submit own"},
			set:      func(_ *Starter, c *Claim, d *desk) { c.ID = "own"; d.lay("own", 0, c.Key, "ns") },
			recorded: []string{"submitting own", "submitted own"}, events: []string{"submitted heat own"},
		},
		{
			name: "the journal has a draft that is gone: another is made", id: "new", took: 200 * time.Millisecond,
			set:      func(_ *Starter, c *Claim, _ *desk) { c.ID = "own" },
			calls:    []string{"list", "list", "read own", "list", "create new", "list", "submit new"},
			recorded: []string{"creating", "created new", "submitting new", "submitted new"}, events: []string{"created heat new", "submitted heat new"},
		},
		{
			name: "the draft is deleted under its hands, and another runner's run is there", id: "run",
			set: func(_ *Starter, c *Claim, d *desk) {
				d.before = func(call string) {
					if call == "submit new" {
						delete(d.jobs, "new")
						d.lay("run", 0, c.Key, "ns")
						d.history["run"] = pending()
					}
				}
			},
			calls:    []string{"create new", "list", "submit new", "list", "read run", "statuses run"},
			recorded: []string{"creating", "created new", "submitting new", "creating", "created run", "submitted run"},
			events:   []string{"created heat new", "found heat run"},
		},
		{
			name: "the draft is deleted under its hands, and another draft is there", id: "other",
			set: func(_ *Starter, c *Claim, d *desk) {
				d.before = func(call string) {
					if call == "submit new" {
						delete(d.jobs, "new")
						d.lay("other", 0, c.Key, "ns")
					}
				}
			},
			calls:    []string{"create new", "list", "submit new", "list", "read other", "statuses other", "list", "read other", "statuses other", "statuses other", "update other", "submit other"},
			recorded: []string{"creating", "created new", "submitting new", "creating", "created other", "submitting other", "submitted other"},
			events:   []string{"created heat new", "submitted heat other"},
		},
		{
			name: "a rival is active: the own draft is deleted", id: "new", as: isA[*RivalError],
			set: func(_ *Starter, _ *Claim, d *desk) {
				d.lay("rival", -time.Minute, otherContent, "ns")
				d.history["rival"] = pending()
			},
			calls:    []string{"create new", "list", "read rival", "statuses rival", "statuses new", "delete new"},
			recorded: []string{"creating", "created new"}, events: []string{"created heat new"},
		},
		{
			name: "a draft goes first, and nobody waits", id: "new", as: isA[*WaitError],
			set:      func(s *Starter, _ *Claim, d *desk) { s.Yield = true; d.lay("rival", -time.Minute, otherContent, "ns") },
			calls:    []string{"create new", "list", "read rival", "statuses rival", "statuses new", "delete new"},
			recorded: []string{"creating", "created new"}, events: []string{"created heat new"},
		},
		{
			name: "the list never shows the own draft", id: "new", as: isA[*InvisibleError], took: 60*time.Second + 700*time.Millisecond,
			set: func(_ *Starter, _ *Claim, d *desk) { d.hides = map[string]bool{"new": true} },
			calls: []string{
				"create new", "list", "list", "read new", "list", "read new", "list", "read new", "list", "read new", "list", "read new", "list", "read new",
				"list", "read new", "list", "read new",
			},
			recorded: []string{"creating", "created new"}, events: []string{"created heat new"},
		},
		{
			name: "what must not run beside it stays", as: isA[*vanishedError],
			set: func(_ *Starter, c *Claim, _ *desk) {
				c.MakeWay = func(context.Context) error { return &vanishedError{} }
			},
		},
		{
			name: "the list moves while its draft is looked for", id: "new", as: isA[*UnstableError], took: 60*time.Second + 700*time.Millisecond,
			set:      func(_ *Starter, _ *Claim, d *desk) { d.moves = true },
			recorded: []string{"creating", "created new"}, events: []string{"created heat new"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, out := newWait()
				clear(d.jobs)
				l := new(log)
				s := &Starter{Platform: d, Journal: l, Owner: "ada", Report: out}
				c := w.Claim
				c.MakeWay = func(context.Context) error { return nil }
				test.set(s, &c, d)
				s.Expect(1, 1)
				began := time.Now()
				id, err := s.Start(t.Context(), c)
				if id != test.id || (err == nil) != (test.as == nil) || test.as != nil && !test.as(err) {
					t.Errorf("got %q, %v", id, err)
				}
				if d.moves {
					d.calls = nil
				}
				if diff := cmp.Diff([][]string{test.calls, test.recorded, test.events}, [][]string{d.calls, l.says(), out.events}); diff != "" {
					t.Errorf("calls, records and events (-want +got)\n%s", diff)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestTheClaimsOfARunnerAreTold when a draft is not in the list for long.
func TestTheClaimsOfARunnerAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, d, out := newWait()
		clear(d.jobs)
		d.hides = map[string]bool{"new": true}
		s := &Starter{Platform: d, Journal: new(log), Owner: "ada", Report: out}
		c := w.Claim
		c.MakeWay = func(context.Context) error { return nil }
		s.Expect(1, 1)
		began := time.Now()
		_, _ = s.Start(t.Context(), c)
		var want []string
		for _, until := range []time.Duration{15700 * time.Millisecond, 30700 * time.Millisecond, 60700 * time.Millisecond} {
			want = append(want, "heat: draft new is not in the job list yet; it is read again at "+began.Add(until).Local().Format(time.TimeOnly))
		}
		if diff := cmp.Diff(want, out.warnings); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// TestWhatTheJournalTellsOfAClaim is what its records say.
func TestWhatTheJournalTellsOfAClaim(t *testing.T) {
	t.Parallel()
	w, _, _ := newWait()
	w.Upstream = "1.1:mesh"
	want := state.Record{Kind: state.KindCreated, Job: "heat", Key: w.Key.String(), ID: "j", Upstream: "1.1:mesh"}
	if diff := cmp.Diff(want, w.record(state.KindCreated, "j")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	l := &log{err: errBroken}
	w.Journal, w.run.begun = l, false
	if err := w.note("j"); !errors.Is(err, errBroken) || w.run.begun {
		t.Errorf("got %v, begun %v", err, w.run.begun)
	}
	l.err, l.records = nil, nil
	for range 2 {
		if err := w.note("j"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"creating", "created j"}, l.says()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestFind tells whether the key has a run, and whether another is in its way.
func TestFind(t *testing.T) {
	t.Parallel()
	again := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 2}
	run := func(d *desk, id string, k Key, namespace string) {
		d.lay(id, 0, k, namespace)
		d.history[id] = pending()
	}
	for _, test := range []struct {
		name  string
		set   func(w *wait, d *desk)
		ids   []string
		rival string
		cause error
		moves bool
	}{
		{name: "nothing", set: func(*wait, *desk) {}},
		{name: "its draft", set: func(w *wait, d *desk) { d.lay("a", 0, w.Key, "ns") }, ids: []string{"a"}},
		{name: "its run, beside an active one", set: func(w *wait, d *desk) { run(d, "a", w.Key, "ns"); run(d, "b", otherContent, "ns") }, ids: []string{"a"}},
		{name: "an active one", set: func(_ *wait, d *desk) { run(d, "b", otherContent, "ns") }, rival: "b"},
		{name: "its draft, beside an active one", set: func(w *wait, d *desk) { d.lay("a", 0, w.Key, "ns"); run(d, "b", otherContent, "ns") }, rival: "b"},
		{name: "its draft, and an attempt that is over", set: func(w *wait, d *desk) {
			d.lay("a", -time.Minute, w.Key, "ns")
			run(d, "b", again, "ns")
			d.history["b"] = []rescale.Status{{Status: "Completed"}}
		}, ids: []string{"a"}},
		{name: "an active attempt", set: func(_ *wait, d *desk) { run(d, "b", again, "ns") }, rival: "b"},
		{name: "an active attempt of another namespace", set: func(_ *wait, d *desk) { run(d, "b", again, "elsewhere") }},
		{name: "an attempt that is over", set: func(_ *wait, d *desk) {
			run(d, "b", again, "ns")
			d.history["b"] = []rescale.Status{{Status: "Completed"}}
		}},
		{name: "not to be read", set: func(w *wait, d *desk) { d.lay("a", 0, w.Key, "ns"); d.fails["read a"] = errBroken }, cause: errBroken},
		{name: "a list that moves", set: func(_ *wait, d *desk) { d.moves = true }, moves: true},
		{name: "a list that moves, and shows it", set: func(w *wait, d *desk) { d.moves = true; d.lay("a", 0, w.Key, "ns") }, ids: []string{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, d, _ := newWait()
			clear(d.jobs)
			test.set(w, d)
			found, err := w.find(t.Context())
			if diff := cmp.Diff(test.ids, idsOf(found)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var rival *RivalError
			var unstable *UnstableError
			switch {
			case test.rival != "":
				if !errors.As(err, &rival) || rival.Rival.ID != test.rival || rival.Job != w.job() {
					t.Errorf("got %v", err)
				}
			case test.moves:
				if !errors.As(err, &unstable) || unstable.Name != "heat" {
					t.Errorf("got %v", err)
				}
			case !errors.Is(err, test.cause):
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestStandingBackIsNoFailure of a step.
func TestStandingBackIsNoFailure(t *testing.T) {
	t.Parallel()
	w, _, _ := newWait()
	for _, err := range []error{&RivalError{}, &WaitError{}} {
		if got := w.failed("creating", err); isA[*StepError](got) || !errors.Is(got, err) {
			t.Errorf("got %v", got)
		}
	}
	if got := w.failed("creating", errBroken); !isStep("creating")(got) || !errors.Is(got, errBroken) {
		t.Errorf("got %v", got)
	}
}

// TestASubmitThatIsTakenBackIsRecordedAnew when the draft is found after all.
func TestASubmitThatIsTakenBackIsRecordedAnew(t *testing.T) {
	t.Parallel()
	w, _, _ := newWait()
	l := new(log)
	w.Journal, w.noted = l, "own"
	if err := errors.Join(w.unsubmitted(), w.note("own")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"creating", "created own"}, l.says()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestClearDeletesDraftsOfARun, and warns of the job.
func TestClearDeletesDraftsOfARun(t *testing.T) {
	t.Parallel()
	w, d, out := newWait()
	d.fails["statuses rival"] = errBroken
	w.Clear(t.Context(), "heat", []Found{{ID: "own"}, {ID: "rival"}})
	want := [][]string{{"statuses own", "delete own", "statuses rival"}, {"heat: deleting the surplus draft rival: broken"}}
	if diff := cmp.Diff(want, [][]string{d.calls, out.warnings}); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

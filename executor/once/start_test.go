package once

import (
	"context"
	"errors"
	"slices"
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
			name: "the journal's draft, and a rival is active: it is deleted", id: "own", as: isA[*RivalError],
			set: func(_ *Starter, c *Claim, d *desk) {
				c.ID = "own"
				d.lay("own", 0, c.Key, "ns")
				d.lay("rival", -time.Minute, otherContent, "ns")
				d.history["rival"] = pending()
			},
			calls: []string{"list", "read own", "statuses own", "read rival", "statuses rival", "statuses own", "delete own"},
		},
		{
			name: "a near draft that may be the older: it makes way, pauses and comes again", id: "new", took: 15 * time.Second,
			set: func(s *Starter, _ *Claim, d *desk) {
				s.Random = func() float64 { return 0.5 }
				d.lay("rival", -time.Second, otherContent, "ns")
				d.before = func(call string) {
					if call == "delete new" {
						delete(d.jobs, "rival")
					}
				}
			},
			calls:    []string{"create new", "list", "read rival", "statuses rival", "statuses new", "delete new", "list", "create new", "list", "submit new"},
			recorded: []string{"creating", "created new", "creating", "submitting new", "submitted new"},
			events:   []string{"created heat new", "waiting heat rival", "created heat new", "submitted heat new"},
		},
		{
			name: "its draft is deleted under its hands, and the list cannot be read", as: func(err error) bool { return errors.Is(err, errBroken) },
			set: func(_ *Starter, _ *Claim, d *desk) {
				d.before = func(call string) {
					if call == "submit new" {
						delete(d.jobs, "new")
						d.fails["list"] = errBroken
					}
				}
			},
			calls: []string{"create new", "list", "submit new", "list"}, recorded: []string{"creating", "created new", "submitting new", "creating"},
			events: []string{"created heat new"},
		},
		{
			name: "another's draft won, and the list loses it: it was deleted", id: "new", took: 60*time.Second + 700*time.Millisecond,
			set: func(_ *Starter, c *Claim, d *desk) {
				d.lay("old", -time.Minute, c.Key, "ns")
				d.before = func(call string) {
					if call == "delete new" {
						d.hides = map[string]bool{"old": true}
					}
				}
			},
			calls: []string{
				"create new", "list", "read new", "read old", "statuses new", "statuses old", "statuses new", "delete new",
				"list", "list", "read old", "list", "read old", "list", "read old", "list", "read old", "list", "read old", "list", "read old", "list", "read old", "list", "read old",
				"list", "create new", "list", "submit new",
			},
			recorded: []string{"creating", "created new", "created old", "creating", "created new", "submitting new", "submitted new"},
			events:   []string{"created heat new", "created heat new", "submitted heat new"},
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
				test.set(s, &c, d)
				s.Expect(1, 1)
				began := time.Now()
				id, _, err := s.Start(t.Context(), c)
				if id != test.id || (err == nil) != (test.as == nil) || test.as != nil && !test.as(err) {
					t.Errorf("got %q, %v", id, err)
				}
				if d.moves {
					d.calls = nil
				}
				slices.Sort(d.calls) // some run at once
				slices.Sort(test.calls)
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
		s.Expect(1, 1)
		began := time.Now()
		_, _, _ = s.Start(t.Context(), c)
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
	w.Journal, w.run.draft = l, "j"
	if err := w.note(); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	l.err, l.records, w.noted = nil, nil, ""
	for range 2 {
		if err := w.note(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"created j"}, l.says()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestFind finds the run of the key, and one that is in its way.
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
	if err := errors.Join(w.unsubmitted(), w.note()); err != nil {
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

// TestADraftIsMadeAgainOnlySoOften when somebody deletes each.
func TestADraftIsMadeAgainOnlySoOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, d, _ := newWait()
		clear(d.jobs)
		submits := 0
		d.before = func(call string) {
			if call == "submit new" {
				submits++
				delete(d.jobs, "new")
			}
		}
		c := w.Claim
		w.Expect(1, 1)
		if _, _, err := w.Start(t.Context(), c); !isA[*vanishedError](err) || submits != maxVanished {
			t.Errorf("got %v after %d submits", err, submits)
		}
	})
}

// TestWhoWaitsMakesRoom in its group, so that others can go on, and pauses longer each time.
func TestWhoWaitsMakesRoom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		do   func(ctx context.Context, w *wait) error
	}{
		{name: "for a draft that goes first", do: func(ctx context.Context, w *wait) error { _, err := w.pauses(ctx); return err }},
		{name: "after it has made way", do: func(ctx context.Context, w *wait) error {
			w.run.pause = time.Second
			err := w.again(ctx, &vanishedError{madeWay: "rival"})
			if w.run.pause != 2*time.Second {
				t.Errorf("the next pause is %v", w.run.pause)
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _, _ := newWait()
				w.Expect(2, 2)
				w.ticket = w.door.Ticket()
				second := w.door.Ticket()
				if err := errors.Join(w.ticket.Enter(t.Context()), second.Enter(t.Context()), second.Vote(contextOf(t, time.Second))); err == nil {
					t.Fatal("the second does not wait for the first")
				}
				began := time.Now()
				done := make(chan error)
				go func() { done <- test.do(t.Context(), w) }()
				if err := second.Vote(t.Context()); err != nil || time.Since(began) != 0 {
					t.Errorf("the second waits for %v: %v", time.Since(began), err)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func contextOf(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// TestWhoIsExpected is waited for a little, and who does not come is not.
func TestWhoIsExpected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		expect func(s *Starter)
		waits  bool
	}{
		{name: "one", expect: func(s *Starter) { s.Expect(1, 1) }},
		{name: "one more", expect: func(s *Starter) { s.Expect(1, 1); s.More(1) }, waits: true},
		{name: "one fewer", expect: func(s *Starter) { s.Expect(2, 1); s.Fewer() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _, _ := newWait()
				test.expect(w.Starter)
				ticket := w.door.Ticket()
				began := time.Now()
				if err := errors.Join(ticket.Enter(t.Context()), ticket.Vote(t.Context())); err != nil || time.Since(began) > 0 != test.waits {
					t.Errorf("it waits for %v: %v", time.Since(began), err)
				}
			})
		})
	}
}

// TestLookingAgain finds the draft to continue with, and those that lost to it.
func TestLookingAgain(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	d.lay("older", -time.Minute, w.Key, "ns")
	delete(d.jobs, "rival")
	if err := w.again(t.Context(), &vanishedError{ID: "own"}); err != nil {
		t.Fatal(err)
	}
	if w.ID != "older" || !w.made.Equal(at(-time.Minute)) || len(w.losers) != 1 || w.losers[0].ID != "own" || w.own != "" || w.run.draft != "" {
		t.Errorf("it goes on with %q of %v; %q lost, %q is the own one", w.ID, w.made, idsOf(w.losers), w.own)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBroken)
	w.Expect(1, 1)
	w.ticket, w.run.pause, d.calls = w.door.Ticket(), time.Second, nil
	if err := w.again(ctx, &vanishedError{ID: "own", madeWay: "rival"}); !errors.Is(err, errBroken) || len(d.calls) > 0 {
		t.Errorf("interrupted: got %v, %q", err, d.calls)
	}
}

package once

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestWaitingForADraft that goes first: until it is gone, over, left over, or has to be
// given way.
func TestWaitingForADraft(t *testing.T) {
	t.Parallel()
	isWait := func(err error) bool {
		var wait *WaitError
		return errors.As(err, &wait) && *wait == WaitError{Job: "heat", Draft: "rival"}
	}
	madeWay := func(err error) bool {
		var gone *vanishedError
		return errors.As(err, &gone) && *gone == vanishedError{ID: "own", madeWay: "rival"}
	}
	near := func(w *wait, date time.Duration) { w.rival.near, w.rival.Inserted = true, at(date) }
	for _, test := range []struct {
		name    string
		set     func(w *wait, d *desk)
		passed  bool
		adopted string
		as      func(error) bool
		took    time.Duration
		events  []string
		freed   bool // the time is noted when the way became free
	}{
		{name: "gone at once", set: func(_ *wait, d *desk) { delete(d.jobs, "rival") }, passed: true},
		{name: "over", set: func(_ *wait, d *desk) { d.history["rival"] = []rescale.Status{{Status: "Completed"}} }, passed: true},
		{name: "active", set: func(_ *wait, d *desk) { d.history["rival"] = pending() }, as: isA[*RivalError]},
		{
			name: "submitted, of the key", adopted: "rival",
			set: func(w *wait, d *desk) {
				w.rival.same, w.rival.known = true, true
				d.history["rival"] = pending()
			},
		},
		{name: "not to be read", set: func(_ *wait, d *desk) { d.fails["read rival"] = errBroken }, as: func(err error) bool { return errors.Is(err, errBroken) }},
		{name: "left over", set: func(w *wait, _ *desk) { w.Alone = true }, took: skew / 2},
		{
			name: "left over, and it stays", as: func(err error) bool { return errors.Is(err, errBroken) },
			set: func(w *wait, d *desk) {
				w.Alone = true
				d.first["statuses rival"] = []error{nil, errBroken}
			},
		},
		{name: "near, and the older", set: func(w *wait, _ *desk) { near(w, -1) }, as: madeWay},
		{
			name: "near, and the younger: it makes way", passed: true, took: 3 * firstPoll, freed: true,
			set: func(w *wait, d *desk) {
				near(w, 1)
				vanishAt(d, 3)
			},
		},
		{name: "nobody waits", set: func(w *wait, _ *desk) { w.Yield = true }, as: isWait},
		{
			name: "nobody waits, but for one that is to make way", as: isWait, took: 12600 * time.Millisecond, events: []string{"waiting heat rival"},
			set: func(w *wait, _ *desk) {
				w.Yield = true
				near(w, 1)
			},
		},
		{
			name: "gone after a while", passed: true, took: 22600 * time.Millisecond, freed: true, events: []string{"waiting heat rival"},
			set: func(_ *wait, d *desk) { vanishAt(d, 8) },
		},
		{
			name: "deleted, and the platform still answers for it", passed: true, took: 6200 * time.Millisecond, freed: true,
			set: func(_ *wait, d *desk) { d.hides = map[string]bool{"rival": true} }, events: []string{},
		},
		{
			name: "the own one is deleted meanwhile", took: 66900 * time.Millisecond, as: isVanished,
			set: func(_ *wait, d *desk) { d.hides = map[string]bool{"own": true} },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, out := newWait()
				w.lists.read = w.readFor
				w.Expect(1, 1)
				w.ticket = w.door.Ticket()
				w.book.saw(at(0))
				test.set(w, d)
				began := time.Now()
				passed, then, err := w.through(t.Context())
				if passed != test.passed || then.id() != test.adopted || then.submits {
					t.Errorf("passed %v, then %v", passed, then)
				}
				if test.as == nil && err != nil || test.as != nil && !test.as(err) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took.Round(100*time.Millisecond) != test.took {
					t.Errorf("it took %v", took)
				}
				if diff := cmp.Diff(test.events, out.events, cmpopts.EquateEmpty()); diff != "" && test.events != nil {
					t.Errorf("-want +got\n%s", diff)
				}
				if w.freed.IsZero() == test.freed {
					t.Errorf("freed at %v", w.freed)
				}
			})
		})
	}
}

// vanishAt deletes the rival before it is read for the nth time.
func vanishAt(d *desk, n int) {
	d.before = func(call string) {
		if call == "statuses rival" {
			if n--; n == 0 {
				delete(d.jobs, "rival")
			}
		}
	}
}

// TestATimeLimitEndsTheWaiting, which is no trouble.
func TestATimeLimitEndsTheWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, _ := newWait()
		w.Expect(1, 1)
		w.ticket = w.door.Ticket()
		w.book.saw(at(0))
		ctx, cancel := context.WithTimeout(t.Context(), firstPoll/2)
		defer cancel()
		passed, _, err := w.through(ctx)
		var wait *WaitError
		if passed || !errors.As(err, &wait) || *wait != (WaitError{Job: "heat", Draft: "rival"}) {
			t.Errorf("got %v, %v", passed, err)
		}
		interrupted, stop := context.WithCancelCause(t.Context())
		stop(errBroken)
		if err := w.sleep(interrupted, time.Second, "rival"); !errors.Is(err, errBroken) {
			t.Errorf("an interrupt: got %v", err)
		}
	})
}

// TestTheWayIsClear when all that go first are.
func TestTheWayIsClear(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		set     func(w *wait, d *desk)
		first   rival
		submits bool
		adopted string
		cause   error
		gone    string // id of the draft that made way
		calls   []string
	}{
		{
			name: "the first is near and the older: the draft makes way", first: rival{near: true, Found: Found{Inserted: at(-1)}}, gone: "own",
			set: func(_ *wait, d *desk) { d.lay("a", -1, otherContent, "ns") }, calls: []string{"read a", "statuses a", "statuses own", "delete own"},
		},
		{
			name: "the first is the run", first: rival{same: true, known: true}, adopted: "a", calls: []string{"statuses a"},
			set: func(w *wait, d *desk) {
				d.lay("a", -1, w.Key, "ns")
				d.history["a"] = pending()
			},
		},
		{name: "nothing is there", set: func(_ *wait, d *desk) { clear(d.jobs) }, submits: true, calls: []string{"read a", "read b"}},
		{
			name: "the first is trouble", cause: errBroken, calls: []string{"read a"},
			set: func(_ *wait, d *desk) { d.first["read a"] = []error{errBroken} },
		},
		{
			name: "the second is left over", calls: []string{"read a", "read b", "statuses b", "statuses b", "delete b"},
			set: func(w *wait, d *desk) {
				w.Leftover = map[string]bool{"b": true}
				d.lay("b", -time.Minute, otherContent, "ns")
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				test.set(w, d)
				w.book.saw(at(0))
				first := test.first
				first.ID = "a"
				ruled, err := w.clearWay(t.Context(), w.draft, []rival{first, {Found: Found{ID: "b"}}})
				var gone *vanishedError
				switch {
				case test.gone != "":
					if !errors.As(err, &gone) || gone.ID != test.gone {
						t.Errorf("got %v", err)
					}
				case ruled.id() != test.adopted || ruled.submits != test.submits || !errors.Is(err, test.cause):
					t.Errorf("got %v, %v", ruled, err)
				}
				if diff := cmp.Diff(test.calls, d.calls); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			})
		})
	}
}

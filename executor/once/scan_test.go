package once

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

var otherContent = Key{Digest: "e", Name: "heat", Generation: 1, Attempt: 1}

// id is the run of a ruling that adopts one.
func (r ruling) id() string {
	if r.adopted == nil {
		return ""
	}
	return r.adopted.ID
}

// TestWhoGoesFirst: what is older or near, unless it is over or the same.
func TestWhoGoesFirst(t *testing.T) {
	t.Parallel()
	w, _, _ := newWait()
	found := func(id string, date time.Duration, namespace string) Found {
		return Found{ID: id, Inserted: at(date), Key: w.Key, Namespace: namespace}
	}
	other := mark{tail: otherContent.tail()}
	over := listedAs("over", -time.Hour, other)
	over.Status = "Completed"
	got := w.before(found("own", 0, "ns"), []Found{
		found("own", 0, "ns"), found("near", skew, "ns"), found("far", skew+1, "ns"), found("older of ours", -time.Hour, "ns"),
		found("older of another namespace", -time.Hour, "elsewhere"), found("younger of another namespace", time.Hour, "elsewhere"),
	}, &ballot{tails: w.tails(), related: []marked{
		listedAs("near other", skew-1, other), listedAs("far other", skew+1, other), listedAs("older other", -2*time.Hour, other),
		over, listedAs("of the key", -time.Hour, mark{tail: w.Key.tail()}),
	}})
	type row struct {
		ID                string
		Same, Near, Known bool
	}
	var rows []row
	for _, q := range got {
		rows = append(rows, row{q.ID, q.same, q.near, q.known})
	}
	want := []row{
		{ID: "older other"}, {ID: "older of another namespace", Same: true, Known: true}, {ID: "near other", Near: true}, {ID: "near", Same: true, Near: true, Known: true},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestHowLongADraftMayStillTake: from its own date, from when the way became free for it,
// or, when nothing is known, from when the waiting began.
func TestHowLongADraftMayStillTake(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		set      func(w *wait)
		want     time.Duration
		leftover bool
	}{
		{name: "young", set: func(w *wait) { w.book.saw(at(0)) }, want: limit - time.Minute},
		{
			name: "young, and waited for", want: limit - time.Minute,
			set: func(w *wait) { w.book.saw(at(0)); w.begun = time.Now().Add(-10 * time.Minute) },
		},
		{name: "just not too old", set: func(w *wait) { w.book.saw(at(limit - time.Minute - 1)) }, want: 1},
		{name: "too old", set: func(w *wait) { w.book.saw(at(limit - time.Minute)) }, leftover: true},
		{name: "the way became free later", set: func(w *wait) { w.book.saw(at(limit)); w.freed = at(time.Minute) }, want: time.Minute},
		{name: "the way became free before", set: func(w *wait) { w.book.saw(at(0)); w.freed = at(-time.Hour) }, want: limit - time.Minute},
		{name: "no date, no waiting", set: func(w *wait) { w.book.saw(at(time.Hour)); w.rival.Inserted = time.Time{} }, want: limit},
		{
			name: "no date, since the waiting began", want: limit - time.Minute,
			set: func(w *wait) { w.rival.Inserted, w.begun = time.Time{}, time.Now().Add(-time.Minute) },
		},
		{name: "nobody else is there", set: func(w *wait) { w.book.saw(at(0)); w.Alone = true }, want: limit - time.Minute, leftover: true},
		{
			name: "our own journal knows it", want: limit - time.Minute, leftover: true,
			set: func(w *wait) { w.book.saw(at(0)); w.Leftover = map[string]bool{"rival": true} },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _, _ := newWait()
				test.set(w)
				if left, leftover := w.left(), w.leftover(); left != test.want || leftover != test.leftover {
					t.Errorf("got %v, %v, want %v, %v", left, leftover, test.want, test.leftover)
				}
			})
		})
	}
}

// TestANearDraftHasTimeToMakeWay.
func TestANearDraftHasTimeToMakeWay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		near  bool
		since time.Duration // the waiting began; negative when it has not
		want  bool
	}{
		{name: "not begun", near: true, since: -1, want: true},
		{name: "a little", near: true, since: 2*skew - 1, want: true},
		{name: "enough", near: true, since: 2 * skew},
		{name: "not near", since: -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _, _ := newWait()
				w.rival.near = test.near
				if test.since >= 0 {
					w.begun = time.Now().Add(-test.since)
				}
				if got := w.soon(); got != test.want {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

// TestARivalThatWasSubmitted is the run that is wanted, or is over, or stands in the way.
func TestARivalThatWasSubmitted(t *testing.T) {
	t.Parallel()
	active := []rescale.Status{{Status: "Executing"}}
	stuck := func(is bool, err error) func(context.Context, string, []rescale.Status) (bool, error) {
		return func(context.Context, string, []rescale.Status) (bool, error) { return is, err }
	}
	for _, test := range []struct {
		name    string
		history []rescale.Status
		same    bool
		stuck   func(context.Context, string, []rescale.Status) (bool, error)
		passed  bool
		adopted string
		cause   error
		rival   bool
	}{
		{name: "of the key", history: active, same: true, adopted: "rival"},
		{name: "over", history: []rescale.Status{{Status: "Completed"}}, passed: true},
		{name: "over, and nobody is asked", history: []rescale.Status{{Status: "Completed"}}, stuck: stuck(false, errBroken), passed: true},
		{name: "active", history: active, rival: true},
		{name: "active, and not stuck", history: active, stuck: stuck(false, nil), rival: true},
		{name: "stopped before it began", history: active, stuck: stuck(true, nil), passed: true},
		{name: "nobody knows", history: active, stuck: stuck(false, errBroken), cause: errBroken},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, _, _ := newWait()
			w.rival.History, w.rival.same, w.Stuck = test.history, test.same, test.stuck
			passed, then, err := w.besides(t.Context())
			if passed != test.passed || then.id() != test.adopted || then.submits {
				t.Errorf("got %v, %v", passed, then)
			}
			var rival *RivalError
			if errors.As(err, &rival) != test.rival || !test.rival && !errors.Is(err, test.cause) {
				t.Fatalf("got %v", err)
			}
			if test.rival && (rival.Rival.ID != "rival" || rival.Job != w.job()) {
				t.Errorf("got %v", rival)
			}
		})
	}
}

// TestReadingARival: what its marker says has to be so, and what is gone is forgotten.
func TestReadingARival(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		set   func(w *wait, d *desk)
		there bool
		cause error
		kept  bool // in the book
	}{
		{name: "for the first time", set: func(*wait, *desk) {}, there: true, kept: true},
		{name: "of another job", set: func(_ *wait, d *desk) { d.lay("rival", 0, otherContent, "elsewhere") }, kept: true},
		{name: "of the key", set: func(w *wait, d *desk) { d.lay("rival", 0, w.Key, "ns") }, kept: true},
		{name: "not ours", set: func(_ *wait, d *desk) { d.jobs["rival"] = rescale.Job{ID: "rival"} }, kept: true},
		{name: "not to be read", set: func(_ *wait, d *desk) { d.fails["read rival"] = errBroken }, cause: errBroken, kept: true},
		{name: "again", set: func(w *wait, _ *desk) { w.rival.known = true }, there: true, kept: true},
		{name: "again, and gone", set: func(w *wait, d *desk) { w.rival.known = true; delete(d.jobs, "rival") }},
		{name: "again, not to be read", set: func(w *wait, d *desk) { w.rival.known = true; d.fails["statuses rival"] = errBroken }, cause: errBroken, kept: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, d, _ := newWait()
			w.book.take(reading{marked: []marked{listedAs("rival", 0, mark{tail: otherContent.tail()})}})
			test.set(w, d)
			there, err := w.read(t.Context())
			if there != test.there || !errors.Is(err, test.cause) || err != nil && test.cause == nil {
				t.Errorf("got %v, %v", there, err)
			}
			if kept := w.book.marked("rival", otherContent); kept != test.kept {
				t.Errorf("kept in the book: %v", kept)
			}
			if !w.rival.Inserted.Equal(at(-time.Minute)) {
				t.Errorf("its date became %v", w.rival.Inserted)
			}
			if test.there && !w.rival.known {
				t.Error("it would be read whole again")
			}
		})
	}
}

// TestMakingWay ends with the reason to look again, or to stand back.
func TestMakingWay(t *testing.T) {
	t.Parallel()
	submitted := []rescale.Status{{Status: "Pending"}}
	for _, test := range []struct {
		name    string
		set     func(w *wait, d *desk)
		own     string // afterwards
		madeWay string
		waits   bool // nobody waits for the rival
		cause   error
	}{
		{name: "deleted", set: func(*wait, *desk) {}, madeWay: "rival"},
		{name: "deleted, and nobody waits", set: func(w *wait, _ *desk) { w.Yield = true }, waits: true},
		{name: "submitted meanwhile", set: func(_ *wait, d *desk) { d.history["own"] = submitted }},
		{name: "submitted meanwhile, and nobody waits", set: func(w *wait, d *desk) { w.Yield = true; d.history["own"] = submitted }},
		{name: "not the own one", set: func(w *wait, _ *desk) { w.own = "another" }, own: "another", madeWay: "rival"},
		{name: "it stays", set: func(_ *wait, d *desk) { d.fails["delete own"] = errBroken }, own: "own", cause: errBroken},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				test.set(w, d)
				err := w.withdraw(t.Context())
				if w.own != test.own {
					t.Errorf("the own draft is %q", w.own)
				}
				var wait *WaitError
				var gone *vanishedError
				switch {
				case test.cause != nil:
					if !errors.Is(err, test.cause) {
						t.Errorf("got %v", err)
					}
				case test.waits:
					if !errors.As(err, &wait) || *wait != (WaitError{Job: "heat", Draft: "rival"}) {
						t.Errorf("got %v", err)
					}
				case !errors.As(err, &gone) || *gone != (vanishedError{ID: "own", madeWay: test.madeWay}):
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestDeletingADraft looks before each request, and does not take a refusal for an answer.
func TestDeletingADraft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		set       func(d *desk)
		submitted bool
		cause     error
		stays     bool
		calls     []string
		took      time.Duration
	}{
		{name: "a draft", set: func(*desk) {}, calls: []string{"statuses rival", "delete rival"}},
		{name: "gone", set: func(d *desk) { delete(d.jobs, "rival") }, calls: []string{"statuses rival"}},
		{name: "a run", set: func(d *desk) { d.history["rival"] = []rescale.Status{{Status: "Pending"}} }, submitted: true, calls: []string{"statuses rival"}},
		{name: "not to be read", set: func(d *desk) { d.fails["statuses rival"] = errBroken }, cause: errBroken, calls: []string{"statuses rival"}},
		{
			name: "refused", set: func(d *desk) { d.fails["delete rival"] = errBroken }, cause: errBroken, stays: true, took: 3 * refusalPause,
			calls: []string{"statuses rival", "delete rival", "statuses rival", "delete rival", "statuses rival", "delete rival"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				w.book.take(reading{marked: []marked{listedAs("rival", 0, mark{tail: otherContent.tail()})}})
				test.set(d)
				began := time.Now()
				submitted, err := w.remove(t.Context(), "rival")
				if submitted != test.submitted || !errors.Is(err, test.cause) || err != nil && test.cause == nil {
					t.Errorf("got %v, %v", submitted, err)
				}
				if diff := cmp.Diff(test.calls, d.calls); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				var stays *UndeletableError
				if errors.As(err, &stays) != test.stays || test.stays && stays.ID != "rival" {
					t.Errorf("got %v", err)
				}
				if kept := w.book.marked("rival", otherContent); kept != (test.submitted || test.cause != nil) {
					t.Errorf("kept in the book: %v", kept)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestRevokingALeftover reports it, and pauses.
func TestRevokingALeftover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, d, out := newWait()
		began := time.Now()
		if err := w.revoke(t.Context()); err != nil || time.Since(began) != skew/2 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		if _, there := d.jobs["rival"]; there {
			t.Error("it is there")
		}
		if diff := cmp.Diff([]string{"heat: draft rival was left over, and was deleted"}, out.warnings); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		d.fails["statuses own"] = errBroken
		w.rival.ID = "own"
		if err := w.revoke(t.Context()); !errors.Is(err, errBroken) || len(out.warnings) != 1 {
			t.Errorf("got %v, %q", err, out.warnings)
		}
	})
}

// TestAnInterruptedDeleteSaysSo.
func TestAnInterruptedDeleteSaysSo(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	d.fails["delete rival"] = errBroken
	d.before = func(call string) {
		if call == "delete rival" {
			cancel(interrupted)
		}
	}
	if submitted, err := w.remove(ctx, "rival"); submitted || !errors.Is(err, interrupted) {
		t.Errorf("got %v, %v", submitted, err)
	}
}

// TestADraftThatIsDeletedIsSeenInTheList: the platform may still answer for it.
func TestADraftThatIsDeletedIsSeenInTheList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		rival  time.Duration // its date
		shown  bool          // the rival
		hidden bool          // the own draft
		want   bool
		gone   bool
	}{
		{name: "deleted", rival: -time.Minute, want: true},
		{name: "there", rival: -time.Minute, shown: true},
		{name: "perhaps it has not come into the list", rival: -skew},
		{name: "just long enough", rival: -skew - 1, want: true},
		{name: "there, far down in a list that is known from there on", rival: -2 * dateMargin, shown: true},
		{name: "the own one is gone", rival: -time.Minute, hidden: true, gone: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				w.lists.read = w.readFor
				w.rival.Inserted = at(test.rival)
				d.lay("rival", test.rival, otherContent, "ns")
				d.hides = map[string]bool{"rival": !test.shown, "own": test.hidden}
				w.book.take(reading{whole: true, newest: at(0)})
				deleted, err := w.deleted(t.Context())
				var gone *vanishedError
				if deleted != test.want || errors.As(err, &gone) != test.gone || err != nil && !test.gone {
					t.Errorf("got %v, %v", deleted, err)
				}
				if test.gone && gone.ID != "own" {
					t.Errorf("got %v", gone)
				}
			})
		})
	}
}

package once

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// TestCreate never sends a create twice without a look between, and records before it.
func TestCreate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		set             func(r *run, d *desk, l *log)
		draft, own      string
		fresh           bool
		made            time.Time
		calls, recorded []string
		cause           error
		as              func(error) bool
	}{
		{name: "made", set: func(*run, *desk, *log) {}, draft: "new", own: "new", fresh: true, made: at(0), calls: []string{"create new"}, recorded: []string{"creating"}},
		{
			name: "refused", calls: []string{"create new"}, recorded: []string{"creating"}, cause: errBroken, as: isStep("creating"),
			set: func(_ *run, d *desk, _ *log) { d.fails["create new"] = errBroken },
		},
		{name: "a full journal: nothing is sent", set: func(_ *run, _ *desk, l *log) { l.err = errBroken }, recorded: []string{"creating"}, cause: errBroken},
		{
			name: "its answer is lost: it is found", draft: "new", made: at(0), calls: []string{"create new", "list", "read new", "statuses new"}, recorded: []string{"creating"},
			set: func(_ *run, d *desk, _ *log) { d.fails["create new"] = errLost },
		},
		{
			name: "its answer is lost, and it never came", recorded: []string{"creating", "creating", "creating"}, cause: errBroken, as: isUnresolved,
			calls: []string{"create new", "list", "list", "list", "create new", "list", "list", "list", "create new", "list", "list", "list"},
			set:   func(_ *run, d *desk, _ *log) { d.fails["create new"] = errLost; d.hides = map[string]bool{"new": true} },
		},
		{
			name: "its answer is lost, and nobody can look", recorded: []string{"creating"}, cause: errBroken, as: isUnresolved,
			calls: []string{"create new", "list", "read new"},
			set: func(_ *run, d *desk, _ *log) {
				d.fails["create new"], d.fails["read new"] = errLost, errBroken
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				clear(d.jobs)
				r, l := w.run, new(log)
				r.Journal, r.draft, r.own = l, "", ""
				test.set(r, d, l)
				request, _ := r.Body(t.Context())
				err := r.create(t.Context(), r.sign(request))
				if r.draft != test.draft || r.own != test.own || r.fresh != test.fresh || !r.made.Equal(test.made) {
					t.Errorf("draft %q, own %q, fresh %v, made %v", r.draft, r.own, r.fresh, r.made)
				}
				if diff := cmp.Diff([][]string{test.calls, test.recorded}, [][]string{d.calls, l.says()}); diff != "" {
					t.Errorf("calls and records (-want +got)\n%s", diff)
				}
				if !errors.Is(err, test.cause) || err != nil && test.cause == nil || test.as != nil && !test.as(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func isUnresolved(err error) bool {
	var unresolved *UnresolvedError
	return errors.As(err, &unresolved) && isStep("creating")(err)
}

// TestAnInterruptedCreateMakesNothing.
func TestAnInterruptedCreateMakesNothing(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	l := new(log)
	w.Journal = l
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBroken)
	if err := w.create(ctx, rescale.JobRequest{}); !errors.Is(err, errBroken) || len(d.calls)+len(l.records) > 0 {
		t.Errorf("got %v, %q, %q", err, d.calls, l.says())
	}
}

// TestTheAnswerToACreate: a draft without a date is as old as its "creating" record, and one
// without its marker is not wanted.
func TestTheAnswerToACreate(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	w.Creating.Since = at(-time.Hour)
	marker := w.Key.Marker("ns")
	for _, test := range []struct {
		name  string
		job   rescale.Job
		own   string
		made  time.Time
		cause error
		cut   bool
	}{
		{name: "whole", job: rescale.Job{ID: "own", Name: "heat " + marker, DateInserted: at(1)}, own: "own", made: at(1)},
		{name: "no name is told", job: rescale.Job{ID: "own", DateInserted: at(1)}, own: "own", made: at(1)},
		{name: "no date", job: rescale.Job{ID: "own", Name: marker}, own: "own", made: at(-time.Hour)},
		{name: "cut", job: rescale.Job{ID: "own", Name: "heat " + marker[:9], DateInserted: at(1)}, made: at(1), cut: true},
		{name: "cut, and it stays", job: rescale.Job{ID: "rival", Name: "heat", DateInserted: at(1)}, made: at(1), cut: true, cause: errBroken},
	} {
		d.fails["statuses rival"] = errBroken
		err := w.made201(t.Context(), test.job, "sent")
		if w.own != test.own || w.run.draft != test.job.ID || !w.fresh || !w.oldest().Equal(test.made) || w.book.now().Before(at(1)) {
			t.Errorf("%s: own %q, draft %q, fresh %v, made %v", test.name, w.own, w.run.draft, w.fresh, w.oldest())
		}
		var cut *NameCutError
		if errors.As(err, &cut) != test.cut || test.cut && *cut != (NameCutError{Sent: "sent", Stored: test.job.Name}) || test.cut && !isStep("creating")(err) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
	if _, there := d.jobs["own"]; there {
		t.Error("the draft whose name was cut is there")
	}
}

// TestAbandon deletes the own draft when others would wait for it, and only then.
func TestAbandon(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		why   error
		set   func(r *run, d *desk)
		ended bool
		calls []string
		as    func(error) bool
	}{
		{name: "a rival", why: &RivalError{}, calls: []string{"statuses own", "delete own"}},
		{name: "nobody waits", why: &WaitError{}, calls: []string{"statuses own", "delete own"}},
		{name: "another draft stays", why: &UndeletableError{ID: "rival"}, calls: []string{"statuses own", "delete own"}},
		{name: "it stays itself", why: &UndeletableError{ID: "own"}},
		{name: "some other trouble", why: errBroken},
		{name: "interrupted", why: errBroken, ended: true, calls: []string{"statuses own", "delete own"}},
		{name: "interrupted, and none is there", why: errBroken, ended: true, set: func(r *run, _ *desk) { r.own = "" }},
		{
			name: "trouble with it", why: &RivalError{}, calls: []string{"statuses own"}, as: isStep("deleting draft own of"),
			set: func(_ *run, d *desk) { d.fails["statuses own"] = errBroken },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, d, _ := newWait()
			if test.set != nil {
				test.set(w.run, d)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.ended {
				cancel()
			}
			err := w.abandon(ctx, test.why)
			if test.as == nil && err != nil || test.as != nil && !test.as(err) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(test.calls, d.calls); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestClear deletes what lost and never what won, and only warns of trouble.
func TestClear(t *testing.T) {
	t.Parallel()
	w, d, out := newWait()
	d.lay("stuck", 0, w.Key, "ns")
	d.lay("run", 0, w.Key, "ns")
	d.history["run"], d.fails["statuses stuck"] = pending(), errBroken
	losers := []Found{{ID: "stuck"}, {ID: "winner"}, {ID: "run"}, {ID: "rival"}}
	w.clear(t.Context(), "winner", losers)
	want := [][]string{
		{"statuses stuck", "statuses run", "statuses rival", "delete rival", "statuses own", "delete own"},
		{
			"heat: deleting the surplus draft stuck: broken",
			"heat: deleting the surplus draft run: somebody has submitted it, so that it runs too; look at job run on the platform and stop it if it is not wanted",
		},
	}
	if diff := cmp.Diff(want, [][]string{d.calls, out.warnings}); diff != "" {
		t.Errorf("calls and warnings (-want +got)\n%s", diff)
	}
	for _, test := range []struct {
		name, own, winner string
		losers            []Found
		calls             []string
	}{
		{name: "the own one won", own: "own", winner: "own"},
		{name: "the own one is among them", own: "own", winner: "x", losers: []Found{{ID: "own"}}, calls: []string{"statuses own", "delete own"}},
		{name: "there is no own one", winner: "x"},
	} {
		w, d, _ := newWait()
		w.own = test.own
		w.clear(t.Context(), test.winner, test.losers)
		if diff := cmp.Diff(test.calls, d.calls); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// TestSign puts the key into every tile, and changes nothing of the caller's.
func TestSign(t *testing.T) {
	t.Parallel()
	key := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	request := rescale.JobRequest{Name: "heat", JobAnalyses: []rescale.JobAnalysis{{EnvVars: map[string]string{"A": "1"}}, {}}}
	for _, test := range []struct {
		name  string
		claim Claim
		want  []map[string]string
	}{
		{
			name: "with all", claim: Claim{Key: key, Namespace: "ns", Upstream: "1.1:mesh"},
			want: []map[string]string{
				{"A": "1", KeyVariable: key.String(), NamespaceVariable: "ns", UpstreamVariable: "1.1:mesh"},
				{KeyVariable: key.String(), NamespaceVariable: "ns", UpstreamVariable: "1.1:mesh"},
			},
		},
		{
			name: "with a source, in the first tile", claim: Claim{Key: key, Source: source.Source{Commit: "7ba84b4"}},
			want: []map[string]string{{"A": "1", KeyVariable: key.String(), source.Variable: `{"v":1,"commit":"7ba84b4"}`}, {KeyVariable: key.String()}},
		},
		{name: "with the key", claim: Claim{Key: key}, want: []map[string]string{{"A": "1", KeyVariable: key.String()}, {KeyVariable: key.String()}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := test.claim.sign(request)
			if want := "heat " + key.Marker(test.claim.Namespace); signed.Name != want {
				t.Errorf("name %q, want %q", signed.Name, want)
			}
			var got []map[string]string
			for _, tile := range signed.JobAnalyses {
				got = append(got, tile.EnvVars)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{"A": "1"}, request.JobAnalyses[0].EnvVars); diff != "" || request.Name != "heat" {
				t.Errorf("the caller's: %q, %s", request.Name, diff)
			}
		})
	}
}

// TestADeleteMayTakeItsTime when nobody has interrupted it.
func TestADeleteMayTakeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, d, _ := newWait()
		d.fails["delete own"] = errLost
		began := time.Now()
		var stays *UndeletableError
		if err := w.abandon(t.Context(), &RivalError{}); !errors.As(err, &stays) || time.Since(began) != 18*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

// TestTheDraftOfAJournal is as old as its "creating" record, unless it was seen.
func TestTheDraftOfAJournal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		seen, want time.Time
	}{
		{name: "not seen", want: at(-time.Hour)},
		{name: "seen", seen: at(0), want: at(0)},
	} {
		w, _, _ := newWait()
		l := new(log)
		w.Journal = l
		w.Expect(1, 1)
		w.ticket, w.ID, w.made, w.Creating.Since = w.door.Ticket(), "own", test.seen, at(-time.Hour)
		if err := w.makeDraft(t.Context()); err != nil || !w.oldest().Equal(test.want) || w.run.draft != "own" {
			t.Errorf("%s: got %v, %q, %v", test.name, w.oldest(), w.run.draft, err)
		}
		created := l.records[len(l.records)-1]
		if created.Kind != state.KindCreated || !created.Inserted.Equal(test.seen) {
			t.Errorf("%s: recorded %q as inserted at %v, which only the platform can tell", test.name, created.Kind, created.Inserted)
		}
	}
}

// TestADraftThatCannotBeRecordedIsNotTold, nor made when the claim was interrupted.
func TestADraftThatCannotBeRecordedIsNotTold(t *testing.T) {
	t.Parallel()
	w, _, out := newWait()
	l := &log{err: errBroken, on: state.KindCreated}
	w.Journal, w.noted = l, ""
	w.Expect(1, 1)
	w.ticket = w.door.Ticket()
	if err := w.makeDraft(t.Context()); !errors.Is(err, errBroken) || len(out.events) > 0 {
		t.Errorf("got %v, %q", err, out.events)
	}
	w, d, _ := newWait()
	w.Expect(2, 2) // the second never comes
	ctx, cancel := context.WithCancelCause(t.Context())
	w.ticket = w.door.Ticket()
	w.Body = func(context.Context) (rescale.JobRequest, error) {
		cancel(errBroken)
		return rescale.JobRequest{}, nil
	}
	if err := w.makeDraft(ctx); !errors.Is(err, errBroken) || len(d.calls) > 0 {
		t.Errorf("got %v, %q", err, d.calls)
	}
}

// TestInputsThatAreNotToBeHadMakeNoDraft.
func TestInputsThatAreNotToBeHadMakeNoDraft(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	w.Expect(1, 1)
	w.ticket = w.door.Ticket()
	w.Body = func(context.Context) (rescale.JobRequest, error) { return rescale.JobRequest{}, errBroken }
	if err := w.makeDraft(t.Context()); !errors.Is(err, errBroken) || !isStep("preparing the inputs of")(err) || len(d.calls) > 0 {
		t.Errorf("got %v, %q", err, d.calls)
	}
}

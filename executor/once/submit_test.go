package once

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

var (
	errBroken = errors.New("broken")
	errGone   = &rescale.Error{Status: http.StatusNotFound}
	errLost   = &rescale.OutcomeUnknownError{Act: "it", Err: errBroken}
)

func pending() []rescale.Status { return []rescale.Status{{Status: "Pending"}} }

// The draft of another process gets the source of the one that submits it, and the journal
// its commit, in steps that are there anyway.
func TestSourceOfASubmit(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	r, l := w.run, new(log)
	r.Journal, r.Source = l, source.Source{Commit: "7ba84b4", Dirty: []string{"deck.k"}}
	if _, err := r.submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	from, _ := SourceOf(d.jobs["own"])
	r.Source.Version = from.Version
	if diff := cmp.Diff(r.Source, from); diff != "" {
		t.Errorf("source (-want +got)\n%s", diff)
	}
	if last := l.records[len(l.records)-1]; last.Kind != state.KindSubmitting || last.Commit != "7ba84b4" || last.Differ != 1 {
		t.Errorf("recorded %+v", last)
	}
}

// TestSubmit spends once, of what the journal knows, and believes a history alone.
func TestSubmit(t *testing.T) {
	t.Parallel()
	refused := &rescale.Error{Status: http.StatusUnauthorized}
	for _, test := range []struct {
		name     string
		set      func(r *run, d *desk, l *log)
		here     bool
		own      string
		calls    []string
		recorded []string
		cause    error
		as       func(error) bool
		took     time.Duration
	}{
		{name: "made by this call", set: func(r *run, _ *desk, _ *log) { r.fresh = true }, here: true, calls: []string{"submit own"}, recorded: []string{"submitting own"}},
		{
			name: "found: brought up to date first", set: func(*run, *desk, *log) {},
			here: true, calls: []string{"statuses own", "update own", "submit own"}, recorded: []string{"submitting own"},
		},
		{name: "found, and submitted", set: func(_ *run, d *desk, _ *log) { d.history["own"] = pending() }, own: "own", calls: []string{"statuses own"}},
		{name: "its statuses not to be read", set: func(_ *run, d *desk, _ *log) { d.fails["statuses own"] = errBroken }, own: "own", calls: []string{"statuses own"}, cause: errBroken, as: isStep("reading the statuses of")},
		{name: "gone", set: func(_ *run, d *desk, _ *log) { clear(d.jobs) }, own: "own", calls: []string{"statuses own"}, cause: errGone, as: isVanished},
		{name: "not to be changed", set: func(_ *run, d *desk, _ *log) { d.fails["update own"] = errBroken }, own: "own", calls: []string{"statuses own", "update own"}, cause: errBroken, as: isDraft},
		{name: "gone when it is changed", set: func(_ *run, d *desk, _ *log) { d.fails["update own"] = errGone }, own: "own", calls: []string{"statuses own", "update own"}, cause: errGone, as: isVanished},
		{
			name: "its body is not to be had", own: "own", calls: []string{"statuses own"}, cause: errBroken, as: isStep("preparing the inputs of"),
			set: func(r *run, _ *desk, _ *log) {
				r.Body = func(context.Context) (rescale.JobRequest, error) { return rescale.JobRequest{}, errBroken }
			},
		},
		{
			name: "not to be labelled", own: "own", cause: errBroken,
			set: func(r *run, _ *desk, _ *log) {
				r.fresh, r.Label = true, func(context.Context, string, bool) error { return errBroken }
			},
		},
		{name: "a full journal", set: func(r *run, _ *desk, l *log) { r.fresh, l.err = true, errBroken }, own: "own", recorded: []string{"submitting own"}, cause: errBroken},
		{
			name: "another runner's", own: "mine", here: true, calls: []string{"statuses own", "update own", "submit own"}, recorded: []string{"submitting own"},
			set: func(r *run, _ *desk, _ *log) { r.own = "mine" },
		},
		{
			name: "refused", calls: []string{"submit own", "statuses own"}, recorded: []string{"submitting own"}, cause: errBroken, as: isStep("submitting"),
			set: func(r *run, d *desk, _ *log) { r.fresh = true; d.fails["submit own"] = errBroken },
		},
		{
			name: "refused, for somebody has submitted it", here: true, calls: []string{"submit own", "statuses own"}, recorded: []string{"submitting own"},
			set: func(r *run, d *desk, _ *log) {
				r.fresh, d.fails["submit own"] = true, errBroken
				d.before = func(string) { d.history["own"] = pending() }
			},
		},
		{
			name: "refused, and its statuses not to be read", calls: []string{"submit own", "statuses own"}, recorded: []string{"submitting own"}, cause: errBroken,
			set: func(r *run, d *desk, _ *log) {
				r.fresh, d.fails["submit own"], d.fails["statuses own"] = true, errBroken, errLost
				d.before = func(string) { d.history["own"] = pending() }
			},
		},
		{
			name: "the key is refused: nothing is asked", calls: []string{"submit own"}, recorded: []string{"submitting own"}, cause: refused,
			set: func(r *run, d *desk, _ *log) { r.fresh, d.fails["submit own"] = true, refused },
		},
		{
			name: "revoked: the journal takes the submit back", calls: []string{"submit own"}, recorded: []string{"submitting own", "creating"}, cause: errGone, as: isVanished,
			set: func(r *run, d *desk, _ *log) { r.fresh = true; clear(d.jobs) },
		},
		{
			name: "lost, and it shows", here: true, calls: []string{"submit own", "statuses own"}, recorded: []string{"submitting own"},
			set: func(r *run, d *desk, _ *log) {
				r.fresh, d.fails["submit own"] = true, errLost
				d.before = func(string) { d.history["own"] = pending() }
			},
		},
		{
			name: "lost once, and never came", here: true, recorded: []string{"submitting own"}, took: 5 * time.Second,
			calls: []string{"submit own", "statuses own", "statuses own", "statuses own", "submit own"},
			set:   func(r *run, d *desk, _ *log) { r.fresh, d.first["submit own"] = true, []error{errLost} },
		},
		{
			name: "lost, then gone: nobody knows whether it ran", recorded: []string{"submitting own"}, took: 5 * time.Second, cause: errGone, as: isVanished,
			calls: []string{"submit own", "statuses own", "statuses own", "statuses own", "submit own", "statuses own"},
			set:   func(r *run, d *desk, _ *log) { r.fresh, d.first["submit own"] = true, []error{errLost, errGone} },
		},
		{
			name: "lost again and again", recorded: []string{"submitting own"}, took: 15 * time.Second, cause: errBroken, as: isStep("submitting"),
			calls: []string{
				"submit own", "statuses own", "statuses own", "statuses own", "submit own", "statuses own", "statuses own", "statuses own",
				"submit own", "statuses own", "statuses own", "statuses own",
			},
			set: func(r *run, d *desk, _ *log) { r.fresh, d.fails["submit own"] = true, errLost },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, _ := newWait()
				r, l := w.run, new(log)
				r.Journal = l
				test.set(r, d, l)
				began := time.Now()
				here, err := r.submit(t.Context())
				if here != test.here || r.own != test.own {
					t.Errorf("here %v, own %q", here, r.own)
				}
				if diff := cmp.Diff([][]string{test.calls, test.recorded}, [][]string{d.calls, l.says()}); diff != "" {
					t.Errorf("calls and records (-want +got)\n%s", diff)
				}
				if !errors.Is(err, test.cause) || err != nil && test.cause == nil || test.as != nil && !test.as(err) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func isVanished(err error) bool {
	var gone *vanishedError
	return errors.As(err, &gone) && gone.ID == "own"
}

func isDraft(err error) bool {
	var draft *DraftError
	return errors.As(err, &draft) && draft.ID == "own" && isStep("updating the draft of")(err)
}

func isStep(act string) func(error) bool {
	return func(err error) bool {
		var step *StepError
		return errors.As(err, &step) && step.Act == act && step.Job == "heat"
	}
}

// TestAnInterruptedSubmitSpendsNothing.
func TestAnInterruptedSubmitSpendsNothing(t *testing.T) {
	t.Parallel()
	w, d, _ := newWait()
	l := new(log)
	w.Journal, w.fresh = l, true
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBroken)
	if here, err := w.submit(ctx); here || !errors.Is(err, errBroken) || len(d.calls)+len(l.records) > 0 {
		t.Errorf("got %v, %v, %q, %q", here, err, d.calls, l.says())
	}
}

// TestWhatIsRecordedAsSubmitted is what the run says itself.
func TestWhatIsRecordedAsSubmitted(t *testing.T) {
	t.Parallel()
	builds := func(on string) rescale.Job {
		return rescale.Job{ID: "own", Tiles: []rescale.Tile{{EnvVars: map[string]string{UpstreamVariable: on}}}}
	}
	other := &OtherRunsError{Name: "heat", ID: "own", Built: "2.1:mesh", Wanted: "1.1:mesh"}
	for _, test := range []struct {
		name     string
		set      func(r *run, d *desk, l *log)
		upstream string // recorded
		calls    []string
		events   []string
		as       func(error) bool
		silent   bool // nothing is recorded
	}{
		{name: "on nothing", set: func(*run, *desk, *log) {}, events: []string{"found heat own"}},
		{
			name: "on what it was to", upstream: "1.1:mesh", calls: []string{"read own"}, events: []string{"found heat own"},
			set: func(r *run, d *desk, _ *log) { r.Upstream, d.jobs["own"] = "1.1:mesh", builds("1.1:mesh") },
		},
		{
			name: "on something else", upstream: "2.1:mesh", calls: []string{"read own"}, events: []string{"found heat own"},
			set: func(r *run, d *desk, _ *log) { r.Upstream, d.jobs["own"] = "1.1:mesh", builds("2.1:mesh") },
			as: func(err error) bool {
				var got *OtherRunsError
				return errors.As(err, &got) && *got == *other
			},
		},
		{
			name: "gone", upstream: "1.1:mesh", calls: []string{"read own"}, events: []string{"found heat own"},
			set: func(r *run, d *desk, _ *log) { r.Upstream = "1.1:mesh"; clear(d.jobs) },
		},
		{
			name: "not to be read", calls: []string{"read own"}, silent: true, as: isStep("reading what was submitted of"),
			set: func(r *run, d *desk, _ *log) { r.Upstream, d.fails["read own"] = "1.1:mesh", errBroken },
		},
		{
			name: "a full journal: nobody is told", as: func(err error) bool { return errors.Is(err, errBroken) },
			set: func(_ *run, _ *desk, l *log) { l.err = errBroken },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, d, out := newWait()
			l := new(log)
			w.Journal = l
			test.set(w.run, d, l)
			err := w.submitted(t.Context(), w.Report.Found)
			if test.as == nil && err != nil || test.as != nil && !test.as(err) {
				t.Errorf("got %v", err)
			}
			want := []state.Record{{Kind: state.KindSubmitted, Job: "heat", Key: w.Key.String(), ID: "own", Upstream: test.upstream}}
			if test.silent {
				want = nil
			}
			if diff := cmp.Diff(want, l.records); diff != "" {
				t.Errorf("records (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([][]string{test.calls, test.events}, [][]string{d.calls, out.events}); diff != "" {
				t.Errorf("calls and events (-want +got)\n%s", diff)
			}
		})
	}
}

// TestSpendAndAdopt remove what lost, and then record the run.
func TestSpendAndAdopt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		set             func(r *run, d *desk)
		do              func(r *run, ctx context.Context) error
		calls, recorded []string
		events          []string
	}{
		{
			name: "submitted here", set: func(r *run, _ *desk) { r.fresh = true }, do: (*run).spend, events: []string{"submitted heat own"},
			calls: []string{"submit own", "statuses rival", "delete rival"}, recorded: []string{"submitting own", "submitted own"},
		},
		{
			name: "submitted by another", set: func(_ *run, d *desk) { d.history["own"] = pending() }, do: (*run).spend, events: []string{"found heat own"},
			calls: []string{"statuses own", "statuses rival", "delete rival"}, recorded: []string{"submitted own"},
		},
		{
			name: "adopted", set: func(r *run, _ *desk) { r.draft, r.own = "", "" }, events: []string{"found heat run"},
			do:    func(r *run, ctx context.Context) error { return r.adopt(ctx, Found{ID: "run", Key: r.Key}) },
			calls: []string{"statuses rival", "delete rival"}, recorded: []string{"created run", "submitted run"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, d, out := newWait()
			l := new(log)
			w.Journal, w.losers = l, []Found{{ID: "rival"}}
			test.set(w.run, d)
			if err := test.do(w.run, t.Context()); err != nil {
				t.Fatal(err)
			}
			got := [][]string{d.calls, l.says(), out.events, out.warnings}
			if diff := cmp.Diff([][]string{test.calls, test.recorded, test.events, nil}, got); diff != "" {
				t.Errorf("calls, records, events and warnings (-want +got)\n%s", diff)
			}
		})
	}
}

// TestAnAdoptedRunIsNotAsOldAsTheDraftBefore it, whose date nobody may take for its own.
func TestAnAdoptedRunIsNotAsOldAsTheDraftBefore(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]time.Time{"run": {}, "own": at(1)} {
		w, _, _ := newWait()
		l := new(log)
		w.Journal, w.run.draft, w.made, w.noted = l, "own", at(1), ""
		if err := w.adopt(t.Context(), Found{ID: id, Key: w.Key}); err != nil {
			t.Fatal(err)
		}
		if got := l.records[0]; got.Kind != state.KindCreated || got.ID != id || !got.Inserted.Equal(want) {
			t.Errorf("recorded %q of %s as inserted at %v, want %v", got.Kind, got.ID, got.Inserted, want)
		}
	}
}

// TestAFailureOnTheWayEndsIt before anything more is done.
func TestAFailureOnTheWayEndsIt(t *testing.T) {
	t.Parallel()
	w, d, out := newWait()
	l := &log{err: errBroken}
	w.Journal, w.fresh, w.losers = l, true, []Found{{ID: "rival"}}
	if err := w.spend(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("spend: got %v", err)
	}
	if err := w.adopt(t.Context(), Found{ID: "run", Key: w.Key}); !errors.Is(err, errBroken) {
		t.Errorf("adopt: got %v", err)
	}
	if len(d.calls)+len(out.events) > 0 {
		t.Errorf("it called %q and told %q", d.calls, out.events)
	}
}

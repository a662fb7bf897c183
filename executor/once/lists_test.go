package once

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWhoComesWhileAListIsReadSharesTheNext: a list that was begun before a draft was made
// says nothing about it.
func TestWhoComesWhileAListIsReadSharesTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var rounds [][]string
		reading := 0
		l := &listings{read: func(_ context.Context, ballots []*ballot) {
			mu.Lock()
			if reading++; reading > 1 {
				t.Error("two readings at once")
			}
			var drafts []string
			for _, b := range ballots {
				drafts = append(drafts, b.draft)
			}
			rounds = append(rounds, drafts)
			mu.Unlock()
			time.Sleep(time.Minute)
			mu.Lock()
			reading--
			mu.Unlock()
			for _, b := range ballots {
				b.err = errBroken
			}
		}}
		var group sync.WaitGroup
		come := func(draft string) {
			group.Go(func() {
				b := &ballot{draft: draft}
				l.join(b).decide(t.Context())
				if b.err == nil {
					t.Errorf("%s comes back undecided", draft)
				}
			})
			time.Sleep(time.Second)
		}
		for _, draft := range []string{"a", "b", "c"} {
			come(draft)
		}
		time.Sleep(time.Minute) // a is decided, and b and c are being
		come("d")
		group.Wait()
		come("e")
		group.Wait()
		if diff := cmp.Diff([][]string{{"a"}, {"b", "c"}, {"d"}, {"e"}}, rounds); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// TestWhatAListTellsOfADraft, or why it tells nothing.
func TestWhatAListTellsOfADraft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		set     func(w *wait, d *desk)
		others  bool // the drafts are other runners'
		as      func(error) bool
		cause   error
		related []string
		took    time.Duration
		told    int // warnings
	}{
		{name: "it shows them", set: func(*wait, *desk) {}, related: []string{"rival", "own"}},
		{name: "it cannot be read", set: func(_ *wait, d *desk) { d.fails["list"] = errBroken }, cause: errBroken},
		{
			name: "a person has taken the marker away", as: isA[*vanishedError],
			set: func(_ *wait, d *desk) {
				for id, job := range d.jobs {
					job.Name = "mine"
					d.jobs[id] = job
				}
			},
		},
		{
			name: "it does not show what others have made", others: true, as: isA[*vanishedError], took: 60*time.Second + 700*time.Millisecond, told: 6,
			set: func(_ *wait, d *desk) { d.hides = map[string]bool{"own": true, "rival": true} },
		},
		{
			name: "it does not show what this runner has made", as: isA[*InvisibleError], took: 60*time.Second + 700*time.Millisecond, told: 6,
			set: func(_ *wait, d *desk) { d.hides = map[string]bool{"own": true, "rival": true} },
		},
		{name: "they are gone", as: isA[*vanishedError], cause: errGone, took: 200 * time.Millisecond, set: func(_ *wait, d *desk) { clear(d.jobs) }},
		{name: "it moves", as: isA[*UnstableError], took: 60*time.Second + 700*time.Millisecond, told: 6, set: func(_ *wait, d *desk) { d.moves = true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, d, out := newWait()
				test.set(w, d)
				ballots := []*ballot{
					{key: w.Key, namespace: "ns", draft: "own", own: !test.others, oldest: at(0)},
					{key: otherContent, namespace: "ns", draft: "rival", own: !test.others, oldest: at(-time.Minute)},
				}
				began := time.Now()
				w.readFor(t.Context(), ballots)
				for _, b := range ballots {
					if test.as == nil && !errors.Is(b.err, test.cause) || test.as != nil && !test.as(b.err) {
						t.Errorf("%s: got %v", b.draft, b.err)
					}
					if test.cause != nil && !errors.Is(b.err, test.cause) {
						t.Errorf("%s: got %v", b.draft, b.err)
					}
					if test.as != nil && !strings.Contains(b.err.Error(), b.draft) && !strings.Contains(b.err.Error(), b.key.Name) {
						t.Errorf("%s: it does not say of what: %v", b.draft, b.err)
					}
					var ids []string
					for _, m := range b.related {
						ids = append(ids, m.ID)
					}
					if diff := cmp.Diff(test.related, ids); diff != "" {
						t.Errorf("%s (-want +got)\n%s", b.draft, diff)
					}
				}
				if took := time.Since(began); took != test.took || len(out.warnings) != test.told {
					t.Errorf("it took %v and told %q", took, out.warnings)
				}
			})
		})
	}
}

// TestTheOldestDraftIsAskedFor, so that the list is read down to it.
func TestTheOldestDraftIsAskedFor(t *testing.T) {
	t.Parallel()
	ballots := []*ballot{{oldest: at(1)}, {oldest: at(0)}, {oldest: at(2)}}
	if got := earliest(ballots); !got.Equal(at(0)) {
		t.Errorf("got %v", got)
	}
}

package once

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestElectionOfOneKey rules on what a list shows of the key.
func TestElectionOfOneKey(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	type result struct {
		Adopted, Draft, Own string
		Submits             bool
		Losers, Calls       []string
		Recorded            []string
	}
	for _, test := range []struct {
		name  string
		set   func(d *desk, r *run, l *log) []marked
		want  result
		cause error // nil for none
		gone  bool  // the draft has vanished
	}{
		{
			name: "alone, and made by this call: nothing is read",
			set:  func(d *desk, r *run, _ *log) []marked { r.fresh = true; return []marked{d.lay("own", 0, r.Key, "ns")} },
			want: result{Draft: "own", Own: "own", Submits: true},
		},
		{
			name: "alone, and found",
			set:  func(d *desk, r *run, _ *log) []marked { return []marked{d.lay("own", 0, r.Key, "ns")} },
			want: result{Draft: "own", Own: "own", Submits: true, Calls: []string{"read own", "statuses own"}},
		},
		{
			name: "gone", gone: true,
			set: func(d *desk, r *run, _ *log) []marked {
				list := []marked{d.lay("own", 0, r.Key, "ns")}
				clear(d.jobs)
				return list
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read own"}},
		},
		{
			name: "not to be read", cause: broken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["read own"] = broken
				return []marked{d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read own"}},
		},
		{
			name: "its statuses not to be read", cause: broken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["statuses own"] = broken
				return []marked{d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read own", "statuses own"}},
		},
		{
			name: "a run of the key, made for another namespace, is the run",
			set: func(d *desk, r *run, _ *log) []marked {
				d.history["run"] = []rescale.Status{{Status: "Pending"}}
				return []marked{d.lay("own", 0, r.Key, "ns"), d.lay("run", time.Hour, r.Key, "elsewhere")}
			},
			want: result{Adopted: "run", Draft: "own", Own: "own", Losers: []string{"own"}},
		},
		{
			name: "an older draft of the key wins: the own one is deleted, and that recorded",
			set: func(d *desk, r *run, _ *log) []marked {
				r.fresh = true
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "old", Losers: []string{"own"}, Recorded: []string{"created old"}},
		},
		{
			name: "a younger one loses",
			set: func(d *desk, r *run, _ *log) []marked {
				return []marked{d.lay("own", 0, r.Key, "ns"), d.lay("young", time.Hour, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Submits: true, Losers: []string{"young"}},
		},
		{
			name: "a job with the key's marker and another key has no part in it",
			set: func(d *desk, r *run, _ *log) []marked {
				young := d.lay("young", time.Hour, Key{Digest: "other", Name: "heat", Generation: 1, Attempt: 1}, "ns")
				young.mark.tail = r.Key.tail()
				return []marked{d.lay("own", 0, r.Key, "ns"), young}
			},
			want: result{Draft: "own", Own: "own", Submits: true},
		},
		{
			name: "a draft of the key, made for another namespace, is left to it, and the own one is not",
			set: func(d *desk, r *run, _ *log) []marked {
				return []marked{d.lay("own", 0, r.Key, "before"), d.lay("young", time.Hour, r.Key, "elsewhere")}
			},
			want: result{Draft: "own", Own: "own", Submits: true},
		},
		{
			name: "the own draft that lost was submitted, and so is the run",
			set: func(d *desk, r *run, _ *log) []marked {
				list := []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
				r.own, r.draft = "own", "old"
				d.jobs["own"] = rescale.Job{ID: "own"} // its key is out of sight
				d.history["own"] = []rescale.Status{{Status: "Pending"}}
				return list
			},
			want: result{Adopted: "own", Draft: "old"},
		},
		{
			name: "the own draft that lost stays", cause: broken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["delete own"] = broken
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Losers: []string{"own"}},
		},
		{
			name: "another draft is chosen, and the journal is full", cause: broken,
			set: func(d *desk, r *run, l *log) []marked {
				l.err, r.own = broken, ""
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "old", Losers: []string{"own"}, Recorded: []string{"created old"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				l := new(log)
				r := &run{
					Starter: &Starter{Platform: d, Journal: l, book: newBook()}, begun: true, draft: "own", own: "own",
					Claim: Claim{Key: Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}, Namespace: "ns"},
				}
				b := &ballot{key: r.Key, namespace: r.Namespace, draft: r.draft}
				b.related = test.set(d, r, l)
				b.draft = r.draft
				ruled, err := r.elect(t.Context(), b)
				got := result{Adopted: ruled.adopted, Draft: r.draft, Own: r.own, Submits: ruled.submits}
				for _, f := range r.losers {
					got.Losers = append(got.Losers, f.ID)
				}
				for _, record := range l.records {
					got.Recorded = append(got.Recorded, string(record.Kind)+" "+record.ID)
				}
				if len(b.related) == 1 {
					got.Calls = d.calls
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				var vanished *vanishedError
				if errors.As(err, &vanished) != test.gone || !errors.Is(err, test.cause) && !test.gone {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

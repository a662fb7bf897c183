package once

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestElectionOfOneKey rules on what a list shows of the key.
func TestElectionOfOneKey(t *testing.T) {
	t.Parallel()
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
		waits bool  // another draft goes first
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
			name: "not to be read", cause: errBroken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["read own"] = errBroken
				return []marked{d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read own"}},
		},
		{
			name: "gone, and another of the key is there", gone: true,
			set: func(d *desk, r *run, _ *log) []marked {
				list := []marked{d.lay("own", 0, r.Key, "ns"), d.lay("young", time.Hour, r.Key, "ns")}
				delete(d.jobs, "own")
				return list
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read own", "read young", "statuses young"}},
		},
		{
			name: "submitted meanwhile",
			set: func(d *desk, r *run, _ *log) []marked {
				d.history["own"] = pending()
				return []marked{d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Adopted: "own", Draft: "own", Own: "own", Calls: []string{"read own", "statuses own"}},
		},
		{
			name: "made by this call, beside an older one in another content", waits: true,
			set: func(d *desk, r *run, _ *log) []marked {
				r.fresh, r.Yield = true, true
				r.book.saw(at(0))
				return []marked{d.lay("old", -time.Minute, otherContent, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"read old", "statuses old"}},
		},
		{
			name: "made by this call, beside a younger one in another content",
			set: func(d *desk, r *run, _ *log) []marked {
				r.fresh, r.Yield = true, true
				return []marked{d.lay("own", 0, r.Key, "ns"), d.lay("young", time.Minute, otherContent, "ns")}
			},
			want: result{Draft: "own", Own: "own", Submits: true},
		},
		{
			name: "the own draft lost, and the journal is full", cause: errBroken,
			set: func(d *desk, r *run, l *log) []marked {
				l.err = errBroken
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{
				Draft: "old", Losers: []string{"own"}, Recorded: []string{"created old"},
				Calls: []string{"delete own", "read old", "read own", "statuses old", "statuses own", "statuses own"},
			},
		},
		{
			name: "its statuses not to be read", cause: errBroken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["statuses own"] = errBroken
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
			want: result{Adopted: "run", Draft: "own", Own: "own", Losers: []string{"own"}, Calls: []string{"read own", "read run", "statuses own", "statuses run"}},
		},
		{
			name: "an older draft of the key wins: the own one is deleted, and that recorded",
			set: func(d *desk, r *run, _ *log) []marked {
				r.fresh = true
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "old", Calls: []string{"delete own", "read old", "read own", "statuses old", "statuses own", "statuses own"}, Losers: []string{"own"}, Recorded: []string{"created old"}},
		},
		{
			name: "a younger one loses",
			set: func(d *desk, r *run, _ *log) []marked {
				return []marked{d.lay("own", 0, r.Key, "ns"), d.lay("young", time.Hour, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Submits: true, Calls: []string{"read own", "read young", "statuses own", "statuses young"}, Losers: []string{"young"}},
		},
		{
			name: "a job with the key's marker and another key has no part in it",
			set: func(d *desk, r *run, _ *log) []marked {
				young := d.lay("young", time.Hour, Key{Digest: "other", Name: "heat", Generation: 1, Attempt: 1}, "ns")
				young.mark.tail = r.Key.tail()
				return []marked{d.lay("own", 0, r.Key, "ns"), young}
			},
			want: result{Draft: "own", Own: "own", Submits: true, Calls: []string{"read own", "read young", "statuses own", "statuses young"}},
		},
		{
			name: "a draft of the key, made for another namespace, is left to it, and the own one is not",
			set: func(d *desk, r *run, _ *log) []marked {
				return []marked{d.lay("own", 0, r.Key, "before"), d.lay("young", time.Hour, r.Key, "elsewhere")}
			},
			want: result{Draft: "own", Own: "own", Submits: true, Calls: []string{"read own", "read young", "statuses own", "statuses young"}},
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
			want: result{Adopted: "own", Draft: "old", Calls: []string{"read old", "read own", "statuses old", "statuses own"}},
		},
		{
			name: "the own draft that lost stays", cause: errBroken,
			set: func(d *desk, r *run, _ *log) []marked {
				d.fails["delete own"] = errBroken
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "own", Own: "own", Calls: []string{"delete own", "delete own", "delete own", "read old", "read own", "statuses old", "statuses own", "statuses own", "statuses own", "statuses own"}, Losers: []string{"own"}},
		},
		{
			name: "another draft is chosen, and the journal is full", cause: errBroken,
			set: func(d *desk, r *run, l *log) []marked {
				l.err, r.own = errBroken, ""
				return []marked{d.lay("old", -time.Hour, r.Key, "ns"), d.lay("own", 0, r.Key, "ns")}
			},
			want: result{Draft: "old", Calls: []string{"read old", "read own", "statuses old", "statuses own"}, Losers: []string{"own"}, Recorded: []string{"created old"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				l := new(log)
				r := &run{
					Starter: &Starter{Platform: d, Journal: l, book: newBook()}, draft: "own", own: "own",
					Claim: Claim{Key: Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}, Namespace: "ns"},
				}
				b := &ballot{key: r.Key, namespace: r.Namespace, tails: r.tails(), draft: r.draft}
				b.related = test.set(d, r, l)
				b.draft = r.draft
				ruled, err := r.elect(t.Context(), b)
				got := result{Adopted: ruled.id(), Draft: r.draft, Own: r.own, Submits: ruled.submits}
				for _, f := range r.losers {
					got.Losers = append(got.Losers, f.ID)
				}
				for _, record := range l.records {
					got.Recorded = append(got.Recorded, string(record.Kind)+" "+record.ID)
				}
				got.Calls = slices.Sorted(slices.Values(d.calls)) // some run at once
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				var vanished *vanishedError
				var wait *WaitError
				switch {
				case test.gone:
					if !errors.As(err, &vanished) || vanished.ID != "own" {
						t.Errorf("got %v", err)
					}
				case test.waits:
					if !errors.As(err, &wait) || wait.Draft != "old" {
						t.Errorf("got %v", err)
					}
				case !errors.Is(err, test.cause):
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

package once

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// at is a date of the platform.
func at(offset time.Duration) time.Time {
	return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC).Add(offset)
}

// listedAs is a job as a list shows it.
func listedAs(id string, date time.Duration, m mark) marked {
	return marked{JobItem: rescale.JobItem{ID: id, DateInserted: at(date)}, mark: m}
}

// TestWhereAListMayBeLeft: too early, and a draft that came late into the list is missed.
func TestWhereAListMayBeLeft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		since  time.Time
		dates  []time.Time
		want   []bool // of each date, whether the list ends there
		broken bool
	}{
		{name: "no date, no end", dates: []time.Time{at(0), at(-time.Hour), at(-24 * time.Hour)}, want: []bool{false, false, false}},
		{
			name: "down to the margin", since: at(0), dates: []time.Time{at(time.Minute), at(-dateMargin), at(-dateMargin - 1)},
			want: []bool{false, false, true},
		},
		{name: "nothing young comes first", since: at(0), dates: []time.Time{at(-time.Hour), at(-2 * time.Hour)}, want: []bool{false, false}},
		{
			name: "out of order by no more than dates may be", since: at(0), dates: []time.Time{at(time.Minute), at(time.Minute + skew), at(-time.Hour)},
			want: []bool{false, false, true},
		},
		{
			name: "another order", since: at(0), dates: []time.Time{at(time.Minute), at(time.Minute + skew + 1), at(-time.Hour)},
			want: []bool{false, false, false}, broken: true,
		},
		{name: "an entry without a date", since: at(0), dates: []time.Time{at(time.Minute), {}, at(-time.Hour)}, want: []bool{false, false, false}, broken: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			order := newestFirst{since: test.since}
			var got []bool
			for _, date := range test.dates {
				got = append(got, order.ends(date))
			}
			if diff := cmp.Diff(test.want, got); diff != "" || order.broken != test.broken {
				t.Errorf("broken %v, ends (-want +got)\n%s", order.broken, diff)
			}
		})
	}
}

// TestABookHoldsWhatIsThere: what a whole reading does not show is gone, as far down as it
// went, and nothing is gone for a reading that missed something.
func TestABookHoldsWhatIsThere(t *testing.T) {
	t.Parallel()
	key := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	ours := mark{job: key.In("ns").Code(), tail: key.tail()}
	other := mark{job: ours.job, tail: "other"}
	old := mark{tail: "old"}
	first := reading{whole: true, newest: at(0), shown: idSet{"deep": true, "edge": true, "a": true, "b": true, "c": true}, marked: []marked{
		listedAs("deep", -time.Hour, ours), listedAs("edge", -dateMargin, ours), listedAs("a", 0, ours), listedAs("b", 0, other), listedAs("c", -1, old),
		listedAs("far", -1, mark{job: "another", tail: "far"}),
	}}
	for _, test := range []struct {
		name string
		then reading
		want []string
	}{
		{name: "all of it again", then: first, want: []string{"deep", "edge", "c", "a", "b"}},
		{name: "a whole one from there", then: reading{whole: true, since: at(0), shown: idSet{"a": true}}, want: []string{"deep", "a"}},
		{name: "one that moved", then: reading{since: at(0), shown: idSet{"a": true}}, want: []string{"deep", "edge", "c", "a", "b"}},
		{
			name: "a job whose name was changed", want: []string{"deep", "edge", "c", "b"},
			then: reading{shown: idSet{}, marked: []marked{listedAs("a", 0, mark{job: "another", tail: "x"})}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			b.take(first)
			if b.now().Before(at(0)) {
				t.Error("it has not seen the time")
			}
			b.take(test.then)
			var got []string
			for _, m := range b.related(key.In("ns"), idSet{key.tail(): true}) {
				got = append(got, m.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestHowFarDownTheNextReadingGoes.
func TestHowFarDownTheNextReadingGoes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		seen          *reading
		first, oldest time.Time
		want          time.Time
	}{
		{name: "to the first that matters", first: at(0), oldest: at(time.Hour), want: at(0)},
		{name: "to an older one that is asked for", first: at(0), oldest: at(-time.Hour), want: at(-time.Hour)},
		{name: "to all, for one of no date", first: at(0), want: time.Time{}},
		{name: "to where the last one began", seen: &reading{whole: true, newest: at(time.Minute)}, first: at(0), oldest: at(time.Hour), want: at(time.Minute)},
		{name: "one that moved does not count", seen: &reading{newest: at(time.Minute)}, first: at(0), oldest: at(time.Hour), want: at(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			if test.seen != nil {
				b.take(*test.seen)
			}
			if got := b.from(test.first, test.oldest); !got.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestMarksAreReadWhereverTheyStand.
func TestMarksAreReadWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       mark
		ok         bool
	}{
		{name: "at the end", text: "heat [ra:ba3f09b0.eeeb2d878f.2.3]", ok: true, want: mark{job: "ba3f09b0", tail: "eeeb2d878f.2.3", content: "eeeb2d878f"}},
		{name: "before other words", text: "[ra:ba3f09b0.eeeb2d878f.2.3] heat (copy)", ok: true, want: mark{job: "ba3f09b0", tail: "eeeb2d878f.2.3", content: "eeeb2d878f"}},
		{name: "the last of two", text: "[ra:ba3f09b0.0000000000.1.1] [ra:eeeb2d878f.2.3]", ok: true, want: mark{tail: "eeeb2d878f.2.3", content: "eeeb2d878f"}},
		{name: "none", text: "heat"},
		{name: "less than one", text: "heat [ra:eeeb2d878f.2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := readMark(test.text)
			if got != test.want || ok != test.ok {
				t.Errorf("got %v, %v, want %v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

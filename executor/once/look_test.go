package once

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// listing is one answer of a platform to who reads its job list.
type listing struct {
	items    []rescale.JobItem
	pages    int
	unstable bool
	err      error
}

// lists answers with one listing after the other, the last forever.
type lists struct {
	Reader
	answers []listing
	read    int
	given   int // items
	asked   []rescale.JobQuery
}

func (l *lists) Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	if ctx.Err() != nil {
		return rescale.Listing{}, ctx.Err()
	}
	a := l.answers[min(l.read, len(l.answers)-1)]
	l.read++
	l.asked = append(l.asked, query)
	for _, item := range a.items {
		l.given++
		if !yield(item) {
			break
		}
	}
	return rescale.Listing{Pages: a.pages, Stable: !a.unstable}, a.err
}

func item(id string, date time.Duration) rescale.JobItem {
	return rescale.JobItem{ID: id, Name: "[ra:ba3f09b0.eeeb2d878f.2.3]", Owner: "ada", DateInserted: at(date)}
}

// TestReadingAList counts only what stood still, and forgets nothing that it has seen.
func TestReadingAList(t *testing.T) {
	t.Parallel()
	a, b, c := item("a", 0), item("b", -time.Hour), item("c", -2*time.Hour)
	bobs, shout, plain := a, b, c
	bobs.Owner, shout.Owner, plain.Name = "bob", "ADA", "no marker"
	sorted := []rescale.JobItem{a, b}
	mixed := []rescale.JobItem{b, a}
	for _, test := range []struct {
		name    string
		answers []listing
		since   time.Time
		ids     []string // of ours
		newest  time.Time
		whole   bool
		reads   int
		given   int // items; 0 for all
		cause   error
	}{
		{name: "at once", answers: []listing{{items: sorted, pages: 2}}, ids: []string{"a", "b"}, newest: at(0), whole: true, reads: 1},
		{name: "others' jobs, and those without a marker", answers: []listing{{items: []rescale.JobItem{bobs, shout, plain}, pages: 2}}, ids: []string{"b"}, newest: at(0), whole: true, reads: 1},
		{name: "twice the same", answers: []listing{{items: []rescale.JobItem{a, a, b}, pages: 2}}, ids: []string{"a", "b"}, newest: at(0), whole: true, reads: 1},
		{name: "it moves once", answers: []listing{{items: sorted, pages: 2, unstable: true}, {items: sorted[:1], pages: 2}}, ids: []string{"a", "b"}, newest: at(0), whole: true, reads: 2},
		{name: "it moves for ever", answers: []listing{{items: sorted, pages: 2, unstable: true}}, ids: []string{"a", "b"}, newest: at(0), reads: 3},
		{name: "one page in another order", answers: []listing{{items: mixed, pages: 1}}, ids: []string{"b", "a"}, newest: at(0), whole: true, reads: 1},
		{name: "pages in another order, twice", answers: []listing{{items: mixed, pages: 2}}, ids: []string{"b", "a"}, newest: at(0), whole: true, reads: 2},
		{
			name: "pages in another order that change", ids: []string{"b", "a", "c"}, newest: at(0), whole: true, reads: 3,
			answers: []listing{{items: []rescale.JobItem{c, b}, pages: 2}, {items: mixed, pages: 2}},
		},
		{name: "an error", answers: []listing{{items: sorted, pages: 2, err: errBroken}}, ids: []string{"a", "b"}, newest: at(0), whole: true, reads: 1, cause: errBroken},
		{name: "nothing", answers: []listing{{pages: 1}}, since: at(0), newest: at(0), whole: true, reads: 1},
		{name: "down to a date", answers: []listing{{items: []rescale.JobItem{a, b, c}, pages: 2}}, since: at(0), ids: []string{"a"}, newest: at(0), whole: true, reads: 1, given: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &lists{answers: test.answers}
			r, err := read(t.Context(), p, "ada", test.since)
			var ids []string
			for _, m := range r.marked {
				ids = append(ids, m.ID)
			}
			if diff := cmp.Diff(test.ids, ids); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if test.given != 0 && p.given != test.given {
				t.Errorf("it took %d items", p.given)
			}
			if !r.newest.Equal(test.newest) || !r.since.Equal(test.since) || r.whole != test.whole || p.read != test.reads || !errors.Is(err, test.cause) {
				t.Errorf("newest %v, since %v, whole %v, %d reads, %v", r.newest, r.since, r.whole, p.read, err)
			}
		})
	}
}

// city is a desk with jobs of every kind around job heat.
func city() (*desk, Key) {
	d, key := newDesk(), Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	again := key
	again.Attempt = 2
	d.lay("draft", -1*time.Minute, key, "ns")
	d.lay("foreign draft", -2*time.Minute, key, "elsewhere")
	d.lay("foreign run", -3*time.Minute, key, "elsewhere")
	d.lay("attempt", -4*time.Minute, again, "ns")
	d.lay("rival", -5*time.Minute, otherContent, "ns")
	d.lay("over", -6*time.Minute, otherContent, "ns")
	d.lay("waiting", -7*time.Minute, otherContent, "ns")
	d.lay("waits longer", -8*time.Minute, otherContent, "ns")
	d.lay("foreign rival", -9*time.Minute, otherContent, "elsewhere")
	d.lay("another", -10*time.Minute, Key{Digest: "d", Name: "cold", Generation: 1, Attempt: 1}, "ns")
	d.lay("first", -11*time.Minute, otherContent, "ns")
	clone := d.jobs["draft"]
	clone.ID, clone.ClonedFrom = "clone", "draft"
	d.jobs["clone"] = clone
	d.history = map[string][]rescale.Status{
		"foreign run": pending(), "attempt": pending(), "rival": pending(), "over": {{Status: "Completed"}}, "foreign rival": pending(),
		"another": pending(), "first": {{Status: "Completed"}},
	}
	return d, key
}

func idsOf(list []Found) (ids []string) {
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	return ids
}

// TestLook finds what is wanted, what is in the way and what waits.
func TestLook(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]time.Time{"the whole list": {}, "a part of it": at(-20 * time.Minute), "the top, and what is active": at(dateMargin - 4*time.Minute)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, key := city()
			s, err := Look(t.Context(), d, Search{Owner: "ada", Jobs: []Wanted{{Key: key, Namespace: "ns"}}, Since: since})
			if err != nil {
				t.Fatal(err)
			}
			job := key.In("ns")
			got := [][]string{idsOf(s.Found), idsOf(s.Rivals), {s.Newest[job]}}
			if diff := cmp.Diff([][]string{{"draft", "foreign run", "attempt"}, {"rival"}, {"attempt"}}, got); diff != "" {
				t.Errorf("found, rivals and newest (-want +got)\n%s", diff)
			}
			if !s.Waiting[job].Equal(at(-8*time.Minute)) || !s.Whole || s.Since.Before(at(-time.Minute)) {
				t.Errorf("got %v, %v, %v", s.Waiting, s.Whole, s.Since)
			}
		})
	}
}

// TestLookFails where a reading does.
func TestLookFails(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]string{"a draft": "read draft", "a rival": "read rival", "its statuses": "statuses rival"} {
		d, key := city()
		d.fails[what] = errBroken
		if _, err := Look(t.Context(), d, Search{Owner: "ada", Jobs: []Wanted{{Key: key, Namespace: "ns"}}}); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	p := &lists{answers: []listing{{items: []rescale.JobItem{item("a", 0)}, pages: 1}, {err: errBroken}}}
	s, err := Look(t.Context(), p, Search{Owner: "ada", Since: at(-time.Hour)})
	if !errors.Is(err, errBroken) || !s.Since.Equal(at(0)) || !s.Whole {
		t.Errorf("got %v, %v", s, err)
	}
	if diff := cmp.Diff([]rescale.JobQuery{{}, {State: rescale.StateNotCompleted}}, p.asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	p = &lists{answers: []listing{{unstable: true, err: errBroken}, {pages: 1}}}
	if s, err := Look(t.Context(), p, Search{Owner: "ada", Since: at(-time.Hour)}); !errors.Is(err, errBroken) || s.Whole || p.read != 1 {
		t.Errorf("got %v, %v", s, err)
	}
}

// TestMineAndEverywhere find what a lost journal knew, oldest first.
func TestMineAndEverywhere(t *testing.T) {
	t.Parallel()
	d, key := city()
	old := d.lay("old form", -12*time.Minute, otherContent, "")
	job := d.jobs["old form"]
	job.Name = "heat [ra:" + old.mark.tail + "]"
	d.jobs["old form"] = job
	for id, k := range map[string]Key{
		"no digest": {Name: "heat", Generation: 1, Attempt: 1}, "no generation": {Digest: "d", Name: "heat", Attempt: 1}, "no attempt": {Digest: "d", Name: "heat", Generation: 1},
	} {
		d.lay(id, 0, k, "ns")
	}
	mine, err := Mine(t.Context(), d, "ada", []Wanted{{Key: key, Namespace: "ns"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{"read another", "read foreign rival"} {
		if slices.Contains(d.calls, call) {
			t.Errorf("%s, which its marker rules out", call)
		}
	}
	want := []string{"old form", "first", "waits longer", "waiting", "over", "rival", "attempt", "foreign run", "draft"}
	if diff := cmp.Diff(want, idsOf(mine)); diff != "" {
		t.Errorf("mine (-want +got)\n%s", diff)
	}
	everywhere, err := Everywhere(t.Context(), d, "ada", []string{"heat"})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"old form", "first", "foreign rival", "waits longer", "waiting", "over", "rival", "attempt", "foreign run", "foreign draft", "draft"}
	if diff := cmp.Diff(want, idsOf(everywhere)); diff != "" {
		t.Errorf("everywhere (-want +got)\n%s", diff)
	}
	d.fails["read first"] = errBroken
	if list, err := Everywhere(t.Context(), d, "ada", []string{"heat"}); !errors.Is(err, errBroken) || list != nil {
		t.Errorf("got %v, %v", idsOf(list), err)
	}
	var moving *MovingError
	if _, err := Mine(t.Context(), &lists{answers: []listing{{unstable: true}}}, "ada", nil); !errors.As(err, &moving) {
		t.Errorf("got %v", err)
	}
	if _, err := Mine(t.Context(), &lists{answers: []listing{{err: errBroken}}}, "ada", nil); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

// TestAround reads what is of the names of some jobs, and of others only what counts now.
func TestAround(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for n, id := range []string{"mesh draft", "heat 1", "heat 2", "mesh 1", "mesh 2"} {
		name, _, _ := strings.Cut(id, " ")
		d.lay(id, time.Duration(n)*time.Minute, Key{Digest: id, Name: name, Generation: 1, Attempt: 1}, "ns")
		if n > 0 {
			d.history[id] = []rescale.Status{{Status: "Completed"}}
		}
	}
	found, err := Around(t.Context(), d, "ada", []string{"heat 2"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"mesh draft", "heat 1", "heat 2", "mesh 2"}, idsOf(found)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if slices.Contains(d.calls, "read mesh 1") {
		t.Error("an older run of another job was read")
	}
	d.moves = true
	var moving *MovingError
	if _, err := Around(t.Context(), d, "ada", nil); !errors.As(err, &moving) {
		t.Errorf("got %v", err)
	}
}

// TestInspect takes for ours what carries one whole key in all of its tiles.
func TestInspect(t *testing.T) {
	t.Parallel()
	key := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	tile := func(key string) rescale.Tile {
		return rescale.Tile{EnvVars: map[string]string{KeyVariable: key, NamespaceVariable: "ns", UpstreamVariable: "1.1:mesh"}}
	}
	whole := rescale.Job{ID: "a", DateInserted: at(0), Tiles: []rescale.Tile{tile(key.String()), tile(key.String())}}
	clone, foreign, none := whole, whole, whole
	clone.ClonedFrom = "b"
	foreign.Tiles = []rescale.Tile{tile(key.String()), tile("")}
	none.Tiles = nil
	for _, test := range []struct {
		name  string
		job   rescale.Job
		fails map[string]error
		ok    bool
		cause error
	}{
		{name: "ours", job: whole, ok: true},
		{name: "a clone", job: clone},
		{name: "with a tile of somebody's", job: foreign},
		{name: "without tiles", job: none},
		{name: "gone", fails: map[string]error{"read a": errGone}},
		{name: "gone meanwhile", job: whole, fails: map[string]error{"statuses a": errGone}},
		{name: "not to be read", fails: map[string]error{"read a": errBroken}, cause: errBroken},
		{name: "its statuses not to be read", job: whole, fails: map[string]error{"statuses a": errBroken}, cause: errBroken},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk()
			d.jobs["a"], d.history["a"] = test.job, pending()
			for call, err := range test.fails {
				d.fails[call] = err
			}
			got, ok, err := Inspect(t.Context(), d, "a")
			if ok != test.ok || !errors.Is(err, test.cause) || err != nil && test.cause == nil {
				t.Errorf("got %v, %v", ok, err)
			}
			want := Found{ID: "a", Key: key, Namespace: "ns", History: pending(), Inserted: at(0), Upstream: "1.1:mesh", Stored: whole}
			if diff := cmp.Diff(want, got); diff != "" && test.ok {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestReadLeavesOutWhatIsNotOurs.
func TestReadLeavesOutWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	d, _ := city()
	d.jobs["bobs"] = rescale.Job{ID: "bobs"}
	found, err := Read(t.Context(), d, []string{"over", "bobs", "gone", "draft"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"over", "draft"}, idsOf(found)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestUpstreamOf takes the first tile that says it.
func TestUpstreamOf(t *testing.T) {
	t.Parallel()
	says := func(text string) rescale.Tile {
		return rescale.Tile{EnvVars: map[string]string{UpstreamVariable: text}}
	}
	for _, test := range []struct {
		name, want string
		tiles      []rescale.Tile
	}{
		{name: "none", tiles: []rescale.Tile{{}}},
		{name: "the second", tiles: []rescale.Tile{{}, says("b")}, want: "b"},
		{name: "both", tiles: []rescale.Tile{says("a"), says("b")}, want: "a"},
	} {
		if got := UpstreamOf(rescale.Job{Tiles: test.tiles}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWhatAFoundJobIs: a draft is never active, and a name alone makes no run of a job.
func TestWhatAFoundJobIs(t *testing.T) {
	t.Parallel()
	job := Job{Namespace: "ns", Name: "heat"}
	over := []rescale.Status{{Status: "Completed"}}
	for _, test := range []struct {
		name       string
		found      Found
		active, of bool
	}{
		{name: "a draft", found: Found{Key: Key{Name: "heat"}, Namespace: "ns"}, of: true},
		{name: "a run", found: Found{Key: Key{Name: "heat"}, Namespace: "ns", History: pending()}, active: true, of: true},
		{name: "a run that is over", found: Found{Key: Key{Name: "heat"}, Namespace: "ns", History: over}, of: true},
		{name: "of before there were namespaces", found: Found{Key: Key{Name: "heat"}}, of: true},
		{name: "of another namespace", found: Found{Key: Key{Name: "heat"}, Namespace: "elsewhere"}},
		{name: "of another name", found: Found{Key: Key{Name: "cold"}, Namespace: "ns"}},
	} {
		if active, of := test.found.Active(), test.found.of(job); active != test.active || of != test.of {
			t.Errorf("%s: active %v, of the job %v", test.name, active, of)
		}
	}
}

// TestElect elects the same one in whatever order they stand.
func TestElect(t *testing.T) {
	t.Parallel()
	draft := Found{ID: "b", Inserted: at(0)}
	twin := Found{ID: "a", Inserted: at(0)}
	late := Found{ID: "0", Inserted: at(1)}
	run := Found{ID: "z", Inserted: at(time.Hour), History: pending()}
	lateRun := Found{ID: "0", Inserted: at(2 * time.Hour), History: pending()}
	for _, test := range []struct {
		name       string
		wins, over Found
	}{
		{name: "the older", wins: draft, over: late},
		{name: "of one date the smaller id", wins: twin, over: draft},
		{name: "the submitted", wins: run, over: draft},
		{name: "the older of two submitted", wins: run, over: lateRun},
	} {
		for _, both := range [][]Found{{test.wins, test.over}, {test.over, test.wins}} {
			if got := Elect(both); got.ID != test.wins.ID {
				t.Errorf("%s: got %s", test.name, got.ID)
			}
		}
	}
}

// TestAGlance sorts what a list shows before anything is read.
func TestAGlance(t *testing.T) {
	t.Parallel()
	key := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	cold := Key{Digest: "d", Name: "cold", Generation: 1, Attempt: 1}
	job := key.In("ns")
	show := func(id string, date time.Duration, k Key, status string) marked {
		m := listedAs(id, date, mark{job: k.In("ns").Code(), tail: k.tail(), content: k.fingerprint()})
		m.Status = status
		return m
	}
	old := show("old form", -9, otherContent, "Executing")
	old.mark.job = ""
	foreign := show("foreign", -9, otherContent, "Executing")
	foreign.mark.job = "elsewhere"
	entries := []marked{
		show("run", 3, otherContent, "Executing"), show("younger run", 5, otherContent, "Executing"), show("older run", 1, key, "Executing"),
		show("over", 4, otherContent, "Completed"), show("draft", -2, otherContent, ""), show("older draft", -3, otherContent, ""),
		show("younger draft", -1, otherContent, ""), show("wanted draft", -4, key, ""), show("another's", 9, cold, "Executing"), old, foreign,
	}
	g := newGlance([]Wanted{{Key: key, Namespace: "ns"}, {Key: cold, Namespace: "ns"}})
	for _, m := range entries {
		g.at(m)
	}
	want := [][]string{{"older run", "wanted draft", "another's"}, {"run", "younger run", "old form"}, {"younger run", "another's"}}
	got := [][]string{g.candidates, g.rivals, {g.newest[job], g.newest[cold.In("ns")]}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates, rivals and newest (-want +got)\n%s", diff)
	}
	if !g.waiting[job].Equal(at(-3)) || len(g.waiting) != 1 {
		t.Errorf("waiting: %v", g.waiting)
	}
	// Two jobs can have one code.
	g.codes["both"] = []Job{{Name: "a"}, {Name: "b"}}
	m := show("both", 0, otherContent, "Executing")
	m.mark.job = "both"
	g.at(m)
	g.codes["undated"] = []Job{{Name: "c"}}
	undated := m
	undated.ID, undated.DateInserted, undated.mark.job = "undated", time.Time{}, "undated"
	if g.at(undated); g.newest[Job{Name: "c"}] != "undated" {
		t.Errorf("newest: %v", g.newest)
	}
	if g.newest[Job{Name: "a"}] != "both" || g.newest[Job{Name: "b"}] != "both" {
		t.Errorf("newest: %v", g.newest)
	}
}

// TestWhatAGlanceWants is decided by the whole key.
func TestWhatAGlanceWants(t *testing.T) {
	t.Parallel()
	key := Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}
	g := newGlance([]Wanted{{Key: key, Namespace: "ns"}})
	for _, test := range []struct {
		name             string
		found            Found
		wants, is, rival bool
	}{
		{name: "its draft", found: Found{Key: key, Namespace: "ns"}, wants: true, is: true},
		{name: "its run", found: Found{Key: key, Namespace: "ns", History: pending()}, wants: true, is: true, rival: true},
		{name: "its run in another namespace", found: Found{Key: key, Namespace: "elsewhere", History: pending()}, wants: true},
		{name: "its draft in another namespace", found: Found{Key: key, Namespace: "elsewhere"}},
		{name: "another content", found: Found{Key: otherContent, Namespace: "ns", History: pending()}, is: true, rival: true},
		{name: "no key", found: Found{History: pending()}},
	} {
		if wants, is, rival := g.wants(test.found), g.is(test.found), g.rival(test.found); wants != test.wants || is != test.is || rival != test.rival {
			t.Errorf("%s: wants %v, is %v, rival %v", test.name, wants, is, rival)
		}
	}
}

// TestEntries gives every job of the account, and reads to the end.
func TestEntries(t *testing.T) {
	t.Parallel()
	a, old, plain, bobs := item("a", 0), item("b", -time.Hour), item("c", -2*time.Hour), item("d", 0)
	old.Name, plain.Name, bobs.Owner = "[ra:eeeb2d878f.2.3]", "by hand", "bob"
	items := []rescale.JobItem{a, old, plain, bobs}
	want := []Entry{{a, "eeeb2d878f.2.3", "ba3f09b0"}, {old, "eeeb2d878f.2.3", ""}, {plain, "", ""}}
	for name, test := range map[string]struct {
		answer listing
		whole  bool
		cause  error
	}{
		"it stands still": {listing{items: items, pages: 2}, true, nil},
		"it moves":        {listing{items: items, pages: 2, unstable: true}, false, nil},
		"an error":        {listing{items: items, pages: 2, err: errBroken}, true, errBroken},
	} {
		got, whole, err := Entries(t.Context(), &lists{answers: []listing{test.answer}}, "ada")
		if diff := cmp.Diff(want, got); diff != "" || whole != test.whole || !errors.Is(err, test.cause) {
			t.Errorf("%s: whole %v, %v (-want +got)\n%s", name, whole, err, diff)
		}
	}
}

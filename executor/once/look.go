package once

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Found is a draft or job of ours, with the whole key.
type Found struct {
	ID        string
	Key       Key
	Namespace string           // of its name; empty when it does not say
	History   []rescale.Status // newest first; empty for a draft
	Inserted  time.Time
	Upstream  string // the runs of other jobs that it builds on, as it says itself
	Adopted   bool   // a manifest says that the key is its, and not the job itself
	Stored    rescale.Job
}

// Submitted reports whether it is no draft. Only the history proves that.
func (f Found) Submitted() bool { return len(f.History) > 0 }

// Verdict returns how it ended; false while it has not.
func (f Found) Verdict() (verdict.Judgement, bool) { return verdict.Judge(f.History) }

// Active reports whether it was submitted and has not ended.
func (f Found) Active() bool {
	_, over := f.Verdict()
	return f.Submitted() && !over
}

// of reports whether it is a run of the job. One without a namespace was made before
// there were any, and may be.
func (f Found) of(j Job) bool {
	return f.Key.Name == j.Name && (f.Namespace == j.Namespace || f.Namespace == "")
}

// Elect returns the one of several with the same key that the key stands for: the
// submitted one, else the oldest, else the one with the smallest id. Every runner that
// sees the same drafts elects the same one.
func Elect(same []Found) Found {
	return slices.MinFunc(same, func(a, b Found) int {
		return cmp.Or(first(a.Submitted(), b.Submitted()), older(a, b))
	})
}

// older orders jobs by date, and those of one date by id.
func older(a, b Found) int {
	return cmp.Or(a.Inserted.Compare(b.Inserted), cmp.Compare(a.ID, b.ID))
}

// near reports whether two dates are too close to say which of two jobs was made first.
func near(a, b Found) bool { return a.Inserted.Sub(b.Inserted).Abs() <= skew }

// first orders what holds before what does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Search is what to look for.
type Search struct {
	Owner string    // e-mail of the account, as the platform writes it
	Jobs  []Wanted  // what is looked for of each
	Since time.Time // no job with a wanted key is older; the zero date reads the whole list
}

// Wanted is a job in one content.
type Wanted struct {
	Key       Key // in any attempt and generation
	Namespace string
	Also      []string // other digests in which a run is one of this content
	// Means reports whether a run is one of this content in a digest that nobody can tell
	// beforehand; nil when there is none.
	Means func(Found) bool
}

// keys returns the wanted key in each of its digests.
func (w Wanted) keys() []Key { return w.Key.in(w.Also) }

// has reports whether a digest is a wanted one.
func (w Wanted) has(digest string) bool {
	return digest == w.Key.Digest || slices.Contains(w.Also, digest)
}

func (w Wanted) job() Job { return w.Key.In(w.Namespace) }

// Sighting is what a look at the job list showed.
type Sighting struct {
	Found   []Found           // jobs with a wanted key, and drafts of ours with one
	Rivals  []Found           // active runs of the wanted jobs in other contents
	Newest  map[Job]string    // id of the newest run of each job, in whatever content
	Past    map[Job][]Found   // ids and dates of all runs of each job in other contents, newest first
	Waiting map[Job]time.Time // date of the oldest draft of each job in another content
	Since   time.Time         // date of the newest job that it showed, and so of a look in which all older ones were seen; zero when there was none
	Whole   bool              // the list stood still while it was read, so that nothing was missed
}

// Look finds, through one listing, the jobs that carry a wanted key, in any attempt
// and generation of it, and the active runs of the same jobs in other contents. Those
// may be older than what is searched for, and are listed apart then.
func Look(ctx context.Context, p Reader, s Search) (Sighting, error) {
	r, err := read(ctx, p, s.Owner, s.Since)
	if err == nil && !s.Since.IsZero() {
		err = r.addActive(ctx, p, s.Owner)
	}
	if err != nil {
		return Sighting{Since: r.newest, Whole: r.whole}, err
	}
	g := newGlance(s.Jobs)
	for _, m := range r.marked {
		g.at(m)
	}
	sighting := Sighting{Since: r.newest, Whole: r.whole, Newest: g.newest, Past: g.past(), Waiting: g.waiting}
	if sighting.Found, err = inspect(ctx, p, g.candidates, g.wants); err == nil {
		sighting.Rivals, err = inspect(ctx, p, g.rivals, g.rival)
	}
	return sighting, err
}

// addActive adds the jobs that are not completed, however old they are.
func (r *reading) addActive(ctx context.Context, p Reader, owner string) error {
	_, err := p.Jobs(ctx, rescale.JobQuery{State: rescale.StateNotCompleted}, func(item rescale.JobItem) bool {
		r.add(item, owner)
		return true
	})
	return err
}

// glance sorts the entries of a list by what they may be to the wanted jobs. Only names
// and statuses are known yet.
type glance struct {
	contents map[string]bool  // fingerprints of the wanted keys
	codes    map[string][]Job // the wanted jobs by their codes, of which two can be the same
	names    map[string]Wanted
	newest   map[Job]string
	waiting  map[Job]time.Time
	others   map[Job][]marked // runs in other contents

	candidates []string // ids of jobs that may have a wanted key
	rivals     []string // ids of jobs that may be active runs of a wanted job in another content
	dates      map[Job]time.Time
}

func newGlance(jobs []Wanted) *glance {
	g := &glance{
		contents: make(map[string]bool), codes: make(map[string][]Job), names: make(map[string]Wanted),
		newest: make(map[Job]string), waiting: make(map[Job]time.Time), others: make(map[Job][]marked), dates: make(map[Job]time.Time),
	}
	for _, w := range jobs {
		for _, k := range w.keys() {
			g.contents[k.fingerprint()] = true
		}
		g.names[w.Key.Name] = w
		g.codes[w.job().Code()] = append(g.codes[w.job().Code()], w.job())
	}
	return g
}

// at takes in one entry of the list. A run that is over stays over, and need not be
// read.
func (g *glance) at(m marked) {
	wanted := g.contents[m.mark.content]
	draft, over := m.Status == "", verdict.Terminal(m.Status)
	for _, job := range g.codes[m.mark.job] {
		switch {
		case draft && !wanted:
			g.waits(job, m)
		case !draft:
			g.ran(job, m, wanted)
		}
	}
	switch {
	case wanted:
		g.candidates = append(g.candidates, m.ID)
	case !draft && !over && (len(g.codes[m.mark.job]) > 0 || m.mark.job == ""):
		g.rivals = append(g.rivals, m.ID)
	}
}

// waits takes in a draft of a job in another content.
func (g *glance) waits(job Job, m marked) {
	if first, known := g.waiting[job]; !known || m.DateInserted.Before(first) {
		g.waiting[job] = m.DateInserted
	}
}

// ran takes in a run of a job.
func (g *glance) ran(job Job, m marked, wanted bool) {
	if !wanted {
		g.others[job] = append(g.others[job], m)
	}
	if g.newest[job] == "" || m.DateInserted.After(g.dates[job]) {
		g.newest[job], g.dates[job] = m.ID, m.DateInserted
	}
}

// past returns the runs in other contents, of which the list shows ids and dates.
func (g *glance) past() map[Job][]Found {
	past := make(map[Job][]Found, len(g.others))
	for job, list := range g.others {
		slices.SortStableFunc(list, func(a, b marked) int { return b.DateInserted.Compare(a.DateInserted) })
		for _, m := range list {
			past[job] = append(past[job], Found{ID: m.ID, Inserted: m.DateInserted})
		}
	}
	return past
}

// wants reports whether a job has a wanted key. A draft for another namespace is its
// owner's business, as long as it is a draft.
func (g *glance) wants(f Found) bool {
	w, known := g.names[f.Key.Name]
	return known && w.has(f.Key.Digest) && (f.Submitted() || f.of(w.job()))
}

// is reports whether a job is a run of a wanted job, whatever its content.
func (g *glance) is(f Found) bool {
	w, known := g.names[f.Key.Name]
	return known && f.of(w.job())
}

// rival reports whether a job is an active run of a wanted job.
func (g *glance) rival(f Found) bool { return g.is(f) && f.Active() }

package once

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// maxRereads bounds how often a list that changes while it is read is read again.
const maxRereads = 3

// dateMargin is how much later than its date a draft may come into the list.
const dateMargin = 10 * time.Minute

// skew is how far the dates of two jobs may contradict the order in which they were made:
// the platform's servers need not agree on the time to the second, and dates can be whole
// seconds. Jobs whose dates differ by no more are near each other.
const skew = 5 * time.Second

// marked is a job of ours as a list shows it.
type marked struct {
	rescale.JobItem
	mark mark
}

// reading is what one look at the job list shows of an account's jobs.
type reading struct {
	marked []marked  // those with a marker in their names
	shown  idSet     // of all
	newest time.Time // date of the newest job in the list, whosever it is
	since  time.Time // down to where it was read; zero for all of it
	whole  bool      // it stood still while it was read, so that nothing was missed
	every  bool      // marked holds all of the account's jobs, with and without a marker
}

type idSet map[string]bool

// read reads the job list of owner strictly page after page, newest first, down to the
// date since; the zero date reads all pages. Between two pages of a list in another
// order, a job that is made and one that is deleted hide a third, though the count
// stands still: such a list counts only when two readings agree.
func read(ctx context.Context, p Reader, owner string, since time.Time) (reading, error) {
	return reading{since: since}.read(ctx, p, owner)
}

// read reads what the reading, which is empty yet, is to hold.
func (r reading) read(ctx context.Context, p Reader, owner string) (reading, error) {
	var before idSet
	var last reading
	for range maxRereads {
		now, sorted, err := r.readOnce(ctx, p, owner)
		now.marked = append(now.marked, missing(last.marked, now.shown)...)
		last = now
		if err != nil {
			return last, err
		}
		if last.whole && (sorted || maps.Equal(before, last.shown)) {
			return last, nil
		}
		before, last.whole = last.shown, false
	}
	return last, nil
}

// missing returns the jobs of an earlier reading that a later one does not show: a job
// that any of several readings shows exists.
func missing(earlier []marked, shown idSet) []marked {
	return slices.DeleteFunc(slices.Clone(earlier), func(m marked) bool { return shown[m.ID] })
}

// readOnce also reports whether the list can be trusted to be newest first, or was one
// page.
func (r reading) readOnce(ctx context.Context, p Reader, owner string) (now reading, sorted bool, err error) {
	now = r
	now.shown, now.newest = make(idSet), r.since
	order := newestFirst{since: r.since}
	listing, err := p.Jobs(ctx, rescale.JobQuery{}, func(item rescale.JobItem) bool {
		if order.ends(item.DateInserted) {
			return false
		}
		if item.DateInserted.After(now.newest) {
			now.newest = item.DateInserted
		}
		now.add(item, owner)
		return true
	})
	now.whole = listing.Stable
	return now, !order.broken || listing.Pages < 2, err
}

// add takes a job into the reading. The list also shows jobs that others share: they are
// never ours.
func (r *reading) add(item rescale.JobItem, owner string) {
	if !strings.EqualFold(item.Owner, owner) || r.shown[item.ID] {
		return
	}
	r.shown[item.ID] = true
	if m, ok := readMark(item.Name); ok || r.every {
		r.marked = append(r.marked, marked{item, m})
	}
}

// newestFirst finds where reading a list may stop. The platform lists newest first, but
// does not promise it: a list in another order is read to its end.
type newestFirst struct {
	since, last time.Time
	begun       bool // with what is not older than since
	broken      bool // an entry without a date, or younger than the one before
}

func (o *newestFirst) ends(date time.Time) bool {
	if date.IsZero() || !o.last.IsZero() && date.After(o.last.Add(skew)) {
		o.broken = true
	}
	o.last = date
	older := date.Before(o.since.Add(-dateMargin)) // never, when since is zero
	o.begun = o.begun || !older
	return older && o.begun && !o.broken
}

// book is the sum of the readings of one apply. A reading has to go down only to the
// newest date of the one before: older jobs are known already. Where readings overlap the
// newer one counts, because jobs can be deleted meanwhile. The book also keeps the
// platform's time. It is safe for concurrent use.
type book struct {
	mu     sync.Mutex
	whole  bool              // a reading that stood still was taken in
	newest time.Time         // date of the newest job in the last one that did
	jobs   map[string]marked // by id
	byTail map[string]idSet  // ids
	byJob  map[string]idSet  // ids by Job.Code; those with old markers under ""

	date time.Time // the newest that the platform has shown
	at   time.Time // the local time when it did
}

func newBook() *book {
	return &book{jobs: make(map[string]marked), byTail: make(map[string]idSet), byJob: make(map[string]idSet)}
}

// from returns the date down to which the next reading must go, when nothing before first
// matters and the reading must include the oldest job that is asked for, of that date.
func (b *book) from(first, oldest time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.whole {
		first = b.newest
	}
	if oldest.Before(first) {
		return oldest
	}
	return first
}

// take enters a reading.
func (b *book) take(r reading) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen(r.newest)
	if r.whole {
		for id, job := range b.jobs {
			if !job.DateInserted.Before(r.since.Add(-dateMargin)) && !r.shown[id] {
				b.remove(job)
			}
		}
		b.whole, b.newest = true, r.newest
	}
	for _, job := range r.marked {
		b.enter(job)
	}
}

func (b *book) enter(job marked) {
	if old, known := b.jobs[job.ID]; known {
		b.remove(old) // a person may have changed its name
	}
	b.jobs[job.ID] = job
	put(b.byTail, job.mark.tail, job.ID)
	put(b.byJob, job.mark.job, job.ID)
}

func put(index map[string]idSet, key, id string) {
	if index[key] == nil {
		index[key] = make(idSet)
	}
	index[key][id] = true
}

func (b *book) remove(job marked) {
	delete(b.jobs, job.ID)
	delete(b.byTail[job.mark.tail], job.ID)
	delete(b.byJob[job.mark.job], job.ID)
}

// forget removes a job that is certainly gone.
func (b *book) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if job, known := b.jobs[id]; known {
		b.remove(job)
	}
}

// related returns the jobs that matter to an election of a key, in the order of their
// dates: those with one of its tails in any namespace, and those that are or may be of the
// same job.
func (b *book) related(job Job, tails idSet) (list []marked) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make(idSet)
	sets := []idSet{b.byJob[job.Code()], b.byJob[""]}
	for tail := range tails {
		sets = append(sets, b.byTail[tail])
	}
	for _, set := range sets {
		for id := range set {
			if !ids[id] {
				ids[id] = true
				list = append(list, b.jobs[id])
			}
		}
	}
	slices.SortFunc(list, func(a, b marked) int {
		return cmp.Or(a.DateInserted.Compare(b.DateInserted), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// marked reports whether a job has the marker of a key.
func (b *book) marked(id string, k Key) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byTail[k.tail()][id]
}

// saw notes a date that the platform has just shown.
func (b *book) saw(date time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen(date)
}

func (b *book) seen(date time.Time) {
	if date.After(b.date) {
		b.date, b.at = date, time.Now()
	}
}

// now returns a lower bound of the platform's time: the newest date that it has shown
// plus the local time since. A Date header is not trusted: a proxy may have written it.
func (b *book) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.date.Add(time.Since(b.at))
}

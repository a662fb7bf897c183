package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
)

// Price is what a core-hour costs, in USD by the list; 0 when it names no price.
type Price struct{ OnDemand, Economy float64 }

// Weigh adds up books by list prices, by core type, and finds what does not balance. It
// changes nothing but the books.
func Weigh(b Books, prices map[string]Price, now time.Time) Audit {
	a := Audit{Whole: b.whole, Remarks: slices.Clone(b.remarks)}
	for _, i := range doubles(b.runs) {
		a.Remarks = append(a.Remarks, b.runs[i].remark(Double, Breaks))
	}
	for _, i := range rivals(b.runs) {
		r := b.runs[i].remark(Rival, Breaks)
		r.Why = b.runs[i].Namespace
		a.Remarks = append(a.Remarks, r)
	}
	for _, r := range b.runs {
		switch {
		case r.Older:
		case r.Draft():
			a.Total.Drafts++
		default:
			r.Use = r.use(prices, now)
			a.Runs = append(a.Runs, r)
		}
	}
	slices.SortStableFunc(a.Runs, func(x, y Run) int {
		return cmp.Or(y.Submitted.Compare(x.Submitted), cmp.Compare(x.ID, y.ID))
	})
	slices.SortStableFunc(a.Remarks, func(x, y Remark) int {
		return cmp.Or(cmp.Compare(x.Weight, y.Weight), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Key, y.Key), x.Date.Compare(y.Date), cmp.Compare(x.ID, y.ID))
	})
	a.add()
	return a
}

// doubles gives the billed runs whose key has another one. Of those that are older than the
// audit goes back only the doubles of a younger run count.
func doubles(runs []Run) []int {
	return several(runs, func(r Run) (string, bool) { return r.Key.String(), !r.Draft() }, func([]int) bool { return true })
}

// rivals gives the active runs of a job that has another one with another key: two with one
// key are doubles.
func rivals(runs []Run) []int {
	name := func(r Run) (string, bool) {
		job := r.Key.In(r.Namespace)
		return job.Namespace + "\n" + job.Name, r.Active()
	}
	return several(runs, name, func(same []int) bool {
		return slices.ContainsFunc(same, func(i int) bool { return runs[i].Key != runs[same[0]].Key })
	})
}

// several gives the places of runs that share something with another one, in their order.
func several(runs []Run, of func(Run) (string, bool), counts func(same []int) bool) (places []int) {
	groups := make(map[string][]int)
	for i, r := range runs {
		if shared, ok := of(r); ok {
			groups[shared] = append(groups[shared], i)
		}
	}
	for _, same := range groups {
		young := slices.ContainsFunc(same, func(i int) bool { return !runs[i].Older })
		if len(same) > 1 && young && counts(same) {
			places = append(places, same...)
		}
	}
	slices.Sort(places)
	return places
}

// use works out what a run has taken, as apply does: the most cores that it has at a time,
// at the dearest price, from Executing to the end (rescale-api.md §8.2). What the platform
// does not know any more, or does not price, is taken from the journal.
func (r Run) use(prices map[string]Price, now time.Time) Use {
	if r.Gone {
		return r.recorded
	}
	u := Use{Rate: r.recorded.Rate}
	listed := 0.0
	for _, t := range r.Tiles {
		if t.Cores > u.Cores {
			u.Cores, u.CoreType = t.Cores, t.CoreType
		}
		price := prices[t.CoreType].OnDemand
		if r.Economy {
			price = prices[t.CoreType].Economy
		}
		listed = max(listed, price)
	}
	if listed > 0 {
		u.Rate = listed
	}
	ended := r.Judged.Ended
	if !r.Over() {
		ended, u.Open = now, !r.Started.IsZero()
	}
	if !r.Started.IsZero() && ended.After(r.Started) {
		u.CoreHours = float64(u.Cores) * ended.Sub(r.Started).Hours()
	}
	if cost := u.CoreHours * u.Rate; u.Rate > 0 || u.CoreHours == 0 {
		u.Cost = &cost
	}
	return u
}

// add adds up the runs.
func (a *Audit) add() {
	keys := make(map[once.Key]int)
	manifests, projects, months := make(sums), make(sums), make(sums)
	for _, r := range a.Runs {
		keys[r.Key]++
		a.Total.PerKey = max(a.Total.PerKey, keys[r.Key])
		a.Total.count(r)
		a.Total.take(r)
		manifests.of(r.manifest()).take(r)
		projects.of(r.Project, "").take(r)
		if !r.Started.IsZero() {
			months.of(r.Started.UTC().Format("2006-01"), "").take(r)
		}
	}
	doubles := make(map[string]int) // by key, also those that are older than the audit goes back
	for _, r := range a.Remarks {
		switch r.Kind {
		case Double:
			doubles[r.Key]++
			a.Total.PerKey = max(a.Total.PerKey, doubles[r.Key])
		case Copy:
			a.Total.Copies++
		case Deleted:
			a.Total.Deleted++
		default: // counted elsewhere, or not at all
		}
	}
	a.Total.Keys = len(keys)
	a.Manifests, a.Projects, a.Months = manifests.dearest(), projects.dearest(), months.byName()
}

// manifest is whose money a run is: the manifest in its repository, or without one the job,
// of which a matrix has many.
func (r Run) manifest() (name, repo string) {
	if r.Source.Path != "" {
		return r.Source.Path, r.Source.Repo
	}
	family, _, _ := strings.Cut(r.Key.Name, "/")
	return family, ""
}

func (t *Totals) count(r Run) {
	for _, c := range []struct {
		n  *int
		is bool
	}{
		{&t.Active, r.Active()},
		{&t.NeverBegan, r.Over() && r.Started.IsZero()},
		{&t.Stopped, r.Judged.Verdict == verdict.Stopped},
		{&t.NoCommit, r.Source.Commit == "" && !r.Gone},
		{&t.Dirty, r.Source.Commit != "" && !r.Source.Clean()},
	} {
		if c.is {
			*c.n++
		}
	}
}

// take adds a run.
func (s *Sum) take(r Run) {
	s.Runs++
	s.CoreHours += r.Use.CoreHours
	switch {
	case r.Use.Cost != nil:
		s.Cost += *r.Use.Cost
	case r.Use.CoreHours > 0:
		s.Unpriced++
	}
	if r.Use.Open {
		s.Open++
	}
}

// sums are sums by what the runs have in common.
type sums map[string]*Sum

func (s sums) of(name, repo string) *Sum {
	id := fmt.Sprintf("%q %q", repo, name)
	if s[id] == nil {
		s[id] = &Sum{Name: name, Repo: repo}
	}
	return s[id]
}

func (s sums) byName() []Sum {
	list := make([]Sum, 0, len(s))
	for _, sum := range s {
		list = append(list, *sum)
	}
	slices.SortFunc(list, func(a, b Sum) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Repo, b.Repo)) })
	return list
}

func (s sums) dearest() []Sum {
	list := s.byName()
	slices.SortStableFunc(list, func(a, b Sum) int { return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(b.CoreHours, a.CoreHours)) })
	return list
}

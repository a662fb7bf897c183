package once

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// lookParallel bounds the GETs that run at once while looking.
const lookParallel = 8

// Mine finds every draft and job of owner that is a run of one of the jobs, or has the
// content of one, whatever its namespace: oldest first, attempts in their order. It is
// for callers that know nothing, and reads the whole job list.
func Mine(ctx context.Context, p Reader, owner string, jobs []Wanted) ([]Found, error) {
	g := newGlance(jobs)
	may := func(m mark) bool { return g.contents[m.content] || m.job == "" || len(g.codes[m.job]) > 0 }
	return mine(ctx, p, owner, may, func(f Found) bool { return g.is(f) || g.wants(f) })
}

// Everywhere finds every draft and job of owner with one of the names, in whatever
// namespace and content. It reads every job that carries a marker.
func Everywhere(ctx context.Context, p Reader, owner string, names []string) ([]Found, error) {
	all := func(mark) bool { return true }
	return mine(ctx, p, owner, all, func(f Found) bool { return slices.Contains(names, f.Key.Name) })
}

// Around finds what has to be known before some jobs of owner can go: every draft and run
// of their names, in whatever content, and of every other job its newest run and its
// drafts. It reads the whole job list.
func Around(ctx context.Context, p Reader, owner string, ids []string) ([]Found, error) {
	list, err := readAll(ctx, p, owner)
	if err != nil {
		return nil, err
	}
	near, newest := idSet{"": true}, make(map[string]marked) // by Job.code
	for _, m := range list {
		if slices.Contains(ids, m.ID) {
			near[m.mark.job] = true
		}
		if m.Status != "" && !m.DateInserted.Before(newest[m.mark.job].DateInserted) {
			newest[m.mark.job] = m
		}
	}
	return readMine(ctx, p, list, func(m marked) bool {
		return near[m.mark.job] || m.Status == "" || newest[m.mark.job].ID == m.ID
	}, func(Found) bool { return true })
}

func mine(ctx context.Context, p Reader, owner string, may func(mark) bool, is func(Found) bool) ([]Found, error) {
	list, err := readAll(ctx, p, owner)
	if err != nil {
		return nil, err
	}
	return readMine(ctx, p, list, func(m marked) bool { return may(m.mark) }, is)
}

// readAll reads the job list to its end.
func readAll(ctx context.Context, p Reader, owner string) ([]marked, error) {
	r, err := read(ctx, p, owner, time.Time{})
	if err == nil && !r.whole {
		err = &MovingError{}
	}
	return r.marked, err
}

// Entry is a job of an account as its list shows it.
type Entry struct {
	rescale.JobItem
	Marker string // what all jobs of one key share in their markers, in whatever namespace; empty without one
	Code   string // [Job.Code] in the marker; empty without one, and in an old one
}

// Entries reads the whole job list of owner, of jobs with and without a marker, in the
// order of the list. It is not whole when the list changed each time it was read, so that
// jobs may be missing.
func Entries(ctx context.Context, p Reader, owner string) (list []Entry, whole bool, err error) {
	r, err := reading{every: true}.read(ctx, p, owner)
	for _, m := range r.marked {
		list = append(list, Entry{JobItem: m.JobItem, Marker: m.mark.tail, Code: m.mark.job})
	}
	return list, r.whole, err
}

// readMine reads those jobs of a list that may be wanted, and gives those that are.
func readMine(ctx context.Context, p Reader, list []marked, may func(marked) bool, is func(Found) bool) ([]Found, error) {
	var ids []string
	for _, m := range list {
		if may(m) {
			ids = append(ids, m.ID)
		}
	}
	found, err := inspect(ctx, p, ids, func(f Found) bool {
		return is(f) && f.Key.Digest != "" && f.Key.Generation >= 1 && f.Key.Attempt >= 1
	})
	slices.SortStableFunc(found, func(a, b Found) int {
		return cmp.Or(a.Inserted.Compare(b.Inserted), cmp.Compare(a.Key.Attempt, b.Key.Attempt), cmp.Compare(a.ID, b.ID))
	})
	return found, err
}

// inspect reads every candidate, and keeps those that are really ours and wanted, in
// the order of the candidates. After an error it returns none.
func inspect(ctx context.Context, p Reader, candidates []string, wanted func(Found) bool) ([]Found, error) {
	slots := make([]*Found, len(candidates))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for i, id := range candidates {
		group.Go(func() error {
			found, ok, err := Inspect(ctx, p, id)
			if ok && wanted(found) {
				slots[i] = &found
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []Found
	for _, f := range slots {
		if f != nil {
			found = append(found, *f)
		}
	}
	return found, nil
}

// Read reads jobs by their ids, and leaves out those that are not ours or are gone.
func Read(ctx context.Context, p Reader, ids []string) ([]Found, error) {
	return inspect(ctx, p, ids, func(Found) bool { return true })
}

// Inspect reads one job; ok is false when it is not ours or is gone.
func Inspect(ctx context.Context, p Reader, id string) (found Found, ok bool, err error) {
	job, err := p.Job(ctx, id)
	if patience.NotFound(err) {
		return Found{}, false, nil
	}
	if err != nil {
		return Found{}, false, err
	}
	key, ok := ours(job)
	if !ok {
		return Found{}, false, nil
	}
	history, err := p.Statuses(ctx, id)
	if patience.NotFound(err) {
		return Found{}, false, nil
	}
	job.Raw = nil // a sweep keeps thousands of these
	return Found{
		ID: job.ID, Key: key, Namespace: variable(job, NamespaceVariable), History: history,
		Inserted: job.DateInserted, Upstream: variable(job, UpstreamVariable), Stored: job,
	}, err == nil, err
}

// ours reads the whole key, which every tile carries: a job to which a person has added
// another analysis is not the one that the key stands for. A clone carries the key too,
// but belongs to the person who made it.
func ours(job rescale.Job) (key Key, ok bool) {
	if job.ClonedFrom != "" || len(job.Tiles) == 0 {
		return Key{}, false
	}
	text := job.Tiles[0].EnvVars[KeyVariable]
	for _, tile := range job.Tiles {
		if tile.EnvVars[KeyVariable] != text {
			return Key{}, false
		}
	}
	return ParseKey(text)
}

// Recognize reads the key of a stored job and the namespace of its name; ok is false for
// one that is not ours, such as a copy that a person made.
func Recognize(job rescale.Job) (key Key, namespace string, ok bool) {
	key, ok = ours(job)
	if !ok {
		return Key{}, "", false
	}
	return key, variable(job, NamespaceVariable), true
}

// Bearing is what the body of a job says about its key, whoever wrote it.
type Bearing string

// The bearings. A copy is none of ours: it belongs to the person who made it.
const (
	Bare    Bearing = ""        // it says nothing
	Whole   Bearing = "whole"   // every tile carries one key, see [Recognize]
	Copied  Bearing = "copied"  // it carries a key or a marker, and says that a person has copied it
	Partial Bearing = "partial" // its tiles do not all carry the same key
	Foreign Bearing = "foreign" // its key has a form that this version cannot read
)

// BearingOf reads what a stored job says about its key. A copy counts as one by its marker,
// too.
func BearingOf(job rescale.Job) Bearing {
	text := variable(job, KeyVariable)
	_, marked := readMark(job.Name)
	_, whole := ours(job)
	switch {
	case whole:
		return Whole
	case job.ClonedFrom != "" && (marked || text != ""):
		return Copied
	case text == "":
		return Bare
	}
	for _, tile := range job.Tiles {
		if tile.EnvVars[KeyVariable] != text {
			return Partial
		}
	}
	return Foreign
}

// UpstreamOf is the runs of other jobs that a job builds on, as it says itself.
func UpstreamOf(job rescale.Job) string { return variable(job, UpstreamVariable) }

// SourceOf returns where a stored job says it comes from; false when it does not. Of a run
// that was found again it is the commit that started it.
func SourceOf(job rescale.Job) (source.Source, bool) {
	return source.Parse(variable(job, source.Variable))
}

// variable returns the value of a variable that all tiles of a job share.
func variable(job rescale.Job, name string) string {
	for _, tile := range job.Tiles {
		if value := tile.EnvVars[name]; value != "" {
			return value
		}
	}
	return ""
}

package once

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Found is a draft or job of ours, with the whole key.
type Found struct {
	ID       string
	Key      Key
	History  []rescale.Status // newest first; empty for a draft
	Inserted time.Time
	Upstream string // the runs of other jobs that it builds on, as it says itself
}

// Submitted tells that it is no draft. Only the history proves that.
func (f Found) Submitted() bool { return len(f.History) > 0 }

// Verdict tells how it ended; false while it has not.
func (f Found) Verdict() (verdict.Judgement, bool) { return verdict.Judge(f.History) }

// Active tells that it was submitted and has not come to its end.
func (f Found) Active() bool {
	_, over := f.Verdict()
	return f.Submitted() && !over
}

// Elect is the one of several with the same key that the key stands for: the
// submitted one, else the oldest, else the one with the smallest id. Every runner
// that sees the same drafts elects the same one.
func Elect(same []Found) Found {
	return slices.MinFunc(same, func(a, b Found) int {
		return cmp.Or(
			first(a.Submitted(), b.Submitted()),
			a.Inserted.Compare(b.Inserted),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// first puts what holds before what does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Search says what to look for.
type Search struct {
	Owner string    // e-mail of the account, as the platform writes it
	Keys  []Key     // in any attempt and generation
	Since time.Time // no job of them is older; the zero date reads the whole list
}

// Sighting is what a look at the job list showed.
type Sighting struct {
	Found   []Found
	Horizon time.Time // date of the newest job that it showed, and so of a look in which all older ones were seen; zero when there was none
	Whole   bool      // the list stood still while it was read, so that nothing was missed
}

// Look finds, through one listing, the jobs that carry a wanted key, in any attempt
// and generation of it.
func Look(ctx context.Context, p Reader, s Search) (Sighting, error) {
	r, err := read(ctx, p, s.Owner, s.Since)
	sighting := Sighting{Horizon: r.newest, Whole: r.whole}
	if err != nil {
		return sighting, err
	}
	wanted := make(map[string]bool, len(s.Keys))
	for _, k := range s.Keys {
		wanted[k.fingerprint()] = true
	}
	var candidates []string
	for _, item := range r.marked {
		if fingerprint, _ := parseMarker(item.Name); wanted[fingerprint] {
			candidates = append(candidates, item.ID)
		}
	}
	sighting.Found, err = verify(ctx, p, candidates)
	return sighting, err
}

// lookParallel bounds the GETs that run at once while looking.
const lookParallel = 8

// Owned is a draft or job of ours, with all that the platform says of it.
type Owned struct {
	Found
	Job rescale.Job
}

// verify reads every candidate and keeps those that are really ours.
func verify(ctx context.Context, p Reader, candidates []string) ([]Found, error) {
	owned, err := inspect(ctx, p, candidates, func(Key) bool { return true })
	var found []Found
	for _, o := range owned {
		found = append(found, o.Found)
	}
	return found, err
}

// Mine finds every draft and job of owner whose key is of one of the names, in any
// content, generation and attempt: oldest first, attempts in their order. It is for
// those who know nothing, so that it reads the whole job list and every job in it
// that carries a marker.
func Mine(ctx context.Context, p Reader, owner string, names []string) ([]Owned, error) {
	r, err := read(ctx, p, owner, time.Time{})
	if err != nil {
		return nil, err
	}
	if !r.whole {
		return nil, &MovingError{}
	}
	ids := make([]string, len(r.marked))
	for i, item := range r.marked {
		ids[i] = item.ID
	}
	mine, err := inspect(ctx, p, ids, func(k Key) bool {
		return slices.Contains(names, k.Name) && k.Digest != "" && k.Generation >= 1 && k.Attempt >= 1
	})
	slices.SortStableFunc(mine, func(a, b Owned) int {
		return cmp.Or(a.Inserted.Compare(b.Inserted), cmp.Compare(a.Key.Attempt, b.Key.Attempt), cmp.Compare(a.ID, b.ID))
	})
	return mine, err
}

// inspect reads every candidate, and keeps those that are really ours and whose key
// is wanted, in the order of the candidates. After an error it gives none.
func inspect(ctx context.Context, p Reader, candidates []string, wanted func(Key) bool) ([]Owned, error) {
	slots := make([]*Owned, len(candidates))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for i, id := range candidates {
		group.Go(func() (err error) {
			slots[i], err = inspectOne(ctx, p, id, wanted)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var owned []Owned
	for _, o := range slots {
		if o != nil {
			owned = append(owned, *o)
		}
	}
	return owned, nil
}

// inspectOne gives nil for a job that is not ours, not wanted, or not there any more.
func inspectOne(ctx context.Context, p Reader, id string, wanted func(Key) bool) (*Owned, error) {
	job, err := p.Job(ctx, id)
	if NotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, ok := ours(job)
	if !ok || !wanted(key) {
		return nil, nil
	}
	history, err := p.Statuses(ctx, id)
	if NotFound(err) {
		return nil, nil
	}
	found := Found{ID: job.ID, Key: key, History: history, Inserted: job.DateInserted, Upstream: upstream(job)}
	return &Owned{found, job}, err
}

// ours reads the whole key, which every tile carries: a job that a person has put
// another analysis into is not the one that the key stands for. A clone has it too,
// and is somebody's own.
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

// upstream is the runs of other jobs that a job builds on, as it says itself.
func upstream(job rescale.Job) string {
	for _, tile := range job.Tiles {
		if runs := tile.EnvVars[UpstreamVariable]; runs != "" {
			return runs
		}
	}
	return ""
}

// NotFound tells that the platform does not have what was asked for.
func NotFound(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

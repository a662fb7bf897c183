package executor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// lookParallel bounds the GETs that run at once while looking.
const lookParallel = 8

// Found is a draft or job of ours that the listing shows.
type Found struct {
	ID        string
	Key       Key
	Submitted bool
	Inserted  time.Time
}

// Observation is what the platform and the disk hold, as far as a plan needs it.
type Observation struct {
	At       time.Time                   // the platform's clock when the listing was read
	Found    []Found                     // jobs of ours with the whole key
	Statuses map[string][]rescale.Status // of runs that the journal calls active, by job id
	Gone     map[string]bool             // job ids that the platform no longer has
	Missing  map[string][]string         // result files that are not here, by job name
}

// best is the job that a key stands for: the newest attempt, and among several
// drafts of one attempt the submitted one, else the smallest (inserted, id).
func (o Observation) best(key Key) (Found, bool) {
	var same []Found
	for _, f := range o.Found {
		if f.Key.Digest == key.Digest && f.Key.Name == key.Name && f.Key.Generation == key.Generation && f.Key.Attempt >= key.Attempt {
			same = append(same, f)
		}
	}
	if len(same) == 0 {
		return Found{}, false
	}
	return slices.MinFunc(same, func(a, b Found) int {
		return cmp.Or(
			cmp.Compare(b.Key.Attempt, a.Key.Attempt),
			compareSubmitted(a, b),
			a.Inserted.Compare(b.Inserted),
			cmp.Compare(a.ID, b.ID),
		)
	}), true
}

func compareSubmitted(a, b Found) int {
	switch {
	case a.Submitted == b.Submitted:
		return 0
	case a.Submitted:
		return -1
	}
	return 1
}

// draft tells that the platform shows no status for the run: it was never submitted.
func (o Observation) draft(run state.Run) bool {
	history, read := o.Statuses[run.ID]
	return read && len(history) == 0
}

// Observe reads what NewPlan needs. It sends GETs only: one status history for
// each run that the journal calls active, and, when a job may be on the
// platform without the journal knowing, one listing for all jobs together.
func Observe(ctx context.Context, p Finder, resolved resolver.Result, snapshot state.Snapshot) (Observation, error) {
	seen, err := Active(ctx, p, resolved.Jobs, snapshot)
	if err != nil {
		return seen, err
	}
	if seen.Missing, err = missingOutputs(ctx, resolved.Jobs, snapshot); err != nil {
		return seen, err
	}
	unknown := unsettled(resolved.Jobs, snapshot)
	if len(unknown) == 0 {
		return seen, nil
	}
	seen.Found, seen.At, err = Look(ctx, p, resolved.User.Email, unknown)
	return seen, err
}

// activeRuns are the runs whose end the journal has not seen.
func activeRuns(jobs []resolver.Job, snapshot state.Snapshot) []string {
	var ids []string
	for _, job := range jobs {
		for _, run := range snapshot.Runs[job.Name] {
			switch run.Stage {
			case state.StageCreated, state.StageSubmitting, state.StageSubmitted:
				ids = append(ids, run.ID)
			case state.StageCreating, state.StageFinished:
			}
		}
	}
	return ids
}

// unsettled are the keys that the journal has no job id for.
func unsettled(jobs []resolver.Job, snapshot state.Snapshot) []Key {
	var keys []Key
	for _, job := range jobs {
		known := slices.ContainsFunc(snapshot.Runs[job.Name], func(r state.Run) bool {
			return r.Digest == job.Digest && r.Stage != state.StageCreating
		})
		if !known {
			keys = append(keys, Key{Digest: job.Digest, Name: job.Name, Generation: 1, Attempt: 1})
		}
	}
	return keys
}

// Active reads the status histories of the runs that the journal calls active.
func Active(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (Observation, error) {
	seen := Observation{Statuses: make(map[string][]rescale.Status), Gone: make(map[string]bool)}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for _, id := range activeRuns(jobs, snapshot) {
		group.Go(func() error {
			history, err := p.Statuses(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			if notFound(err) {
				seen.Gone[id] = true
				return nil
			}
			seen.Statuses[id] = history
			return err
		})
	}
	return seen, group.Wait()
}

func notFound(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// maxRereads bounds how often a listing that moves while it is read is read
// again. What any of the readings shows is there.
const maxRereads = 3

// Look finds the jobs of owner that carry one of the keys, through one listing.
// A name that ends in the marker is only a candidate: the job itself must show
// the whole key and must not be a clone, for people clone jobs in the web UI,
// marker included.
func Look(ctx context.Context, p Finder, owner string, keys []Key) ([]Found, time.Time, error) {
	wanted := make(map[string]bool, len(keys))
	for _, k := range keys {
		wanted[k.fingerprint()] = true
	}
	var candidates []rescale.JobItem
	seen := make(map[string]bool)
	var listing rescale.Listing
	for range maxRereads {
		var err error
		listing, err = p.Jobs(ctx, rescale.JobQuery{}, func(item rescale.JobItem) bool {
			fingerprint, ok := parseMarker(item.Name)
			if ok && wanted[fingerprint] && item.Owner == owner && !seen[item.ID] {
				seen[item.ID] = true
				candidates = append(candidates, item)
			}
			return true
		})
		if err != nil {
			return nil, time.Time{}, err
		}
		if listing.Stable {
			break
		}
	}
	found, err := verify(ctx, p, candidates)
	return found, listing.At, err
}

// verify reads every candidate and keeps those that are really ours.
func verify(ctx context.Context, p Finder, candidates []rescale.JobItem) ([]Found, error) {
	slots := make([]*Found, len(candidates))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for i, item := range candidates {
		group.Go(func() error {
			job, err := p.Job(ctx, item.ID)
			if notFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			key, ok := keyOf(job)
			if ok && job.ClonedFrom == "" {
				slots[i] = &Found{ID: job.ID, Key: key, Submitted: item.Status != "", Inserted: job.DateInserted}
			}
			return nil
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

// keyOf reads the whole key, which every tile carries.
func keyOf(job rescale.Job) (Key, bool) {
	for _, tile := range job.Tiles {
		if key, ok := ParseKey(tile.EnvVars[KeyVariable]); ok {
			return key, true
		}
	}
	return Key{}, false
}

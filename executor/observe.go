package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// lookParallel bounds the GETs that run at once while looking.
const lookParallel = 8

// Found is a draft or job of ours that the listing shows.
type Found struct {
	ID       string
	Key      Key
	History  []rescale.Status // newest first; empty for a draft
	Inserted time.Time
}

// Submitted tells that it is no draft. Only the history proves that.
func (f Found) Submitted() bool { return len(f.History) > 0 }

// over tells that it came to its end.
func (f Found) over() bool {
	_, done := verdict.Judge(f.History)
	return done
}

// Observation is what the platform and the disk hold, as far as a plan needs it.
type Observation struct {
	At       time.Time                   // the platform's clock when the listing was read
	Now      time.Time                   // the local clock when the statuses were read
	Found    []Found                     // jobs of ours with the whole key
	Statuses map[string][]rescale.Status // of runs that the journal calls active, by job id
	Gone     map[string]bool             // job ids that the platform no longer has
	Missing  map[string][]string         // result files that are not here, by job name
}

// best is the job that a key stands for, of this attempt or a later one: the
// submitted ones before drafts, the newest attempt first, and among the drafts
// of one attempt the smallest (inserted, id).
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
			compareSubmitted(a, b),
			cmp.Compare(b.Key.Attempt, a.Key.Attempt),
			a.Inserted.Compare(b.Inserted),
			cmp.Compare(a.ID, b.ID),
		)
	}), true
}

func compareSubmitted(a, b Found) int {
	switch {
	case a.Submitted() == b.Submitted():
		return 0
	case a.Submitted():
		return -1
	}
	return 1
}

// UnstableError tells that the platform's job list moved each time it was read,
// and that a job which may be in it was not seen. Starting it could bill twice.
type UnstableError struct{ Name string }

// Error is the act and the cause.
func (e *UnstableError) Error() string {
	return fmt.Sprintf("looking for job %q on the platform: the job list changed while it was read, %d times in a row", e.Name, maxRereads)
}

// Hint tells how to go on.
func (*UnstableError) Hint() string { return "apply again in a moment; nothing was started" }

// Observe reads what NewPlan needs. It sends GETs only: one status history for
// each run that the journal calls active, and, when a job may be on the
// platform without the journal knowing, one listing for all jobs together.
func Observe(ctx context.Context, p Finder, resolved resolver.Result, snapshot state.Snapshot, options Options) (Observation, error) {
	seen, err := Active(ctx, p, resolved.Jobs, snapshot)
	if err != nil {
		return seen, err
	}
	if seen.Missing, err = missingOutputs(ctx, resolved.Jobs, snapshot); err != nil {
		return seen, err
	}
	unknown := seen.unsettled(resolved.Jobs, snapshot, options)
	if len(unknown) == 0 {
		return seen, nil
	}
	sighting, err := Look(ctx, p, resolved.User.Email, unknown)
	seen.Found, seen.At = sighting.Found, sighting.At
	if err != nil || sighting.Stable {
		return seen, err
	}
	for _, key := range unknown {
		if _, ok := seen.best(key); !ok {
			return seen, &UnstableError{key.Name}
		}
	}
	return seen, nil
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

// unsettled are the keys that may be created: whatever the journal says, another
// process may have done it already.
func (o Observation) unsettled(jobs []resolver.Job, snapshot state.Snapshot, options Options) []Key {
	var keys []Key
	for _, job := range jobs {
		key := Key{Digest: job.Digest, Name: job.Name, Generation: 1, Attempt: 1}
		current, known := newest(snapshot.Runs[job.Name], job.Digest)
		replace := slices.Contains(options.Replace, job.Name)
		switch {
		case !known:
		case current.Stage == state.StageCreating, o.Gone[current.ID] && current.Stage == state.StageCreated:
			key.Attempt = current.Attempt
		case replace && (current.Stage == state.StageFinished || o.Gone[current.ID]):
			key.Attempt = current.Attempt + 1
		default:
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// Active reads the status histories of the runs that the journal calls active.
// Of many runs, one listing gives the present status of those that are still
// active, which is all that is asked of them.
func Active(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (Observation, error) {
	seen := Observation{Now: time.Now(), Statuses: make(map[string][]rescale.Status), Gone: make(map[string]bool)}
	ids := activeRuns(jobs, snapshot)
	if len(ids) > lookParallel {
		if err := seen.glance(ctx, p); err != nil {
			return seen, err
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return len(seen.Statuses[id]) > 0 })
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for _, id := range ids {
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

// glance notes the status of every active job in the listing.
func (o *Observation) glance(ctx context.Context, p Finder) error {
	query := rescale.JobQuery{State: rescale.StateNotCompleted, PageSize: listingPage}
	_, err := p.Jobs(ctx, query, func(item rescale.JobItem) bool {
		if item.Status != "" && !verdict.Terminal(item.Status) {
			o.Statuses[item.ID] = []rescale.Status{{Status: item.Status}}
		}
		return true
	})
	return err
}

func notFound(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// maxRereads bounds how often a listing that moves while it is read is read
// again. What any of the readings shows is there.
const maxRereads = 3

// Sighting is what a look at the listing showed.
type Sighting struct {
	Found  []Found
	At     time.Time // the platform's clock
	Stable bool      // the listing stood still while it was read, so that nothing was missed
}

// Look finds the jobs of owner that carry one of the keys, in any attempt,
// through one listing. A name that ends in the marker is only a candidate: the
// job itself must show the whole key and must not be a clone, for people clone
// jobs in the web UI, marker included.
func Look(ctx context.Context, p Finder, owner string, keys []Key) (Sighting, error) {
	wanted := make(map[string]bool, len(keys))
	for _, k := range keys {
		wanted[k.fingerprint()] = true
	}
	var candidates []string
	listed := make(map[string]bool)
	var sighting Sighting
	for range maxRereads {
		listing, err := p.Jobs(ctx, rescale.JobQuery{}, func(item rescale.JobItem) bool {
			fingerprint, ok := parseMarker(item.Name)
			if ok && wanted[fingerprint] && strings.EqualFold(item.Owner, owner) && !listed[item.ID] {
				listed[item.ID] = true
				candidates = append(candidates, item.ID)
			}
			return true
		})
		if err != nil {
			return sighting, err
		}
		sighting.At, sighting.Stable = listing.At, listing.Stable
		if listing.Stable {
			break
		}
	}
	var err error
	sighting.Found, err = verify(ctx, p, candidates)
	return sighting, err
}

// verify reads every candidate and keeps those that are really ours.
func verify(ctx context.Context, p Finder, candidates []string) ([]Found, error) {
	slots := make([]*Found, len(candidates))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for i, id := range candidates {
		group.Go(func() (err error) {
			slots[i], err = inspect(ctx, p, id)
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

// inspect gives nil for a job that is not ours, or not there any more.
func inspect(ctx context.Context, p Finder, id string) (*Found, error) {
	job, err := p.Job(ctx, id)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, ok := keyOf(job)
	if !ok || job.ClonedFrom != "" {
		return nil, nil
	}
	history, err := p.Statuses(ctx, id)
	if notFound(err) {
		return nil, nil
	}
	return &Found{ID: job.ID, Key: key, History: history, Inserted: job.DateInserted}, err
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

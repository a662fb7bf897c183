// Package watch waits for runs to end. It asks for all of them with one listing per
// interval, and reads the history of a run only when that says more. It writes nothing:
// what it sees goes to its Reporter.
package watch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Reader reads what became of jobs.
type Reader interface {
	Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Reporter hears what is seen, while a lock is held: it must not wait for a run.
type Reporter interface {
	// Status is called when the status of a run changes, and when it is first seen:
	// before is then empty. Its error ends the wait for the run.
	Status(job, id, before string, latest rescale.Status) error
	// Warn reports trouble that does not end a wait; job is empty when it concerns all.
	Warn(job, message string)
}

// examineParallel bounds the histories that are read at once.
const examineParallel = 8

// firstInterval is the pause before the first look; it grows to the interval.
const firstInterval = 2 * time.Second

// Watch waits for the ends of many runs.
type Watch struct {
	platform Reader
	interval time.Duration // between two looks
	report   Reporter
	random   func() float64 // in [0, 1), for pauses
	wake     chan struct{}  // something new to watch

	mu    sync.Mutex
	jobs  map[string]*watched // by id
	ended error               // why nobody looks
}

// watched is one job that somebody waits for.
type watched struct {
	name   string
	status string
	quiet  int     // looks at which its cluster was gone although no final status came
	failed silence // looks that got no answer about it
	then   func(Ending)
}

// Ending is what became of a run, or why it is no longer watched.
type Ending struct {
	verdict.Judgement
	Seen string // the last status that was seen; empty when none was
	Err  error
}

// New returns a Watch that looks while Run runs, at most once per interval. random is in
// [0, 1); nil means a good one.
func New(p Reader, interval time.Duration, r Reporter, random func() float64) *Watch {
	if random == nil {
		random = rand.Float64
	}
	return &Watch{platform: p, interval: interval, report: r, random: random, wake: make(chan struct{}, 1), jobs: make(map[string]*watched)}
}

// Follow calls then once, when the run has ended or when Run has. then must not wait for
// anything: a lock is held.
func (w *Watch) Follow(name, id string, then func(Ending)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs[id] = &watched{name: name, then: then}
	if w.ended != nil {
		w.end(id, Ending{Err: w.ended})
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run sweeps until ctx ends. It rests while there is nothing to watch.
func (w *Watch) Run(ctx context.Context) {
	defer w.leave(ctx)
	pause, failed := min(firstInterval, w.interval), silence{}
	for {
		if w.idle() {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
				pause = min(firstInterval, w.interval)
			}
		}
		if patience.Sleep(ctx, w.jitter(pause)) != nil {
			return
		}
		pause = min(pause*3/2, w.interval)
		err := w.sweep(ctx)
		if ctx.Err() != nil {
			return
		}
		w.judge(err, &failed)
	}
}

// judge counts looks in a row that failed, and gives up after too many.
func (w *Watch) judge(err error, failed *silence) {
	if err == nil {
		*failed = silence{}
		return
	}
	if over := failed.exceeds(err); !over && !rescale.IsAuth(err) {
		if failed.looks == 1 {
			w.report.Warn("", fmt.Sprintf("looking at the jobs: %v; trying again", err))
		}
		return
	}
	*failed = silence{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.jobs {
		w.end(id, Ending{Err: fmt.Errorf("waiting for job %s: %w", id, err)})
	}
}

// leave stops looking.
func (w *Watch) leave(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = context.Cause(ctx)
	for id := range w.jobs {
		w.end(id, Ending{Err: w.ended})
	}
}

// end notifies the waiter of a job; the caller holds the lock.
func (w *Watch) end(id string, e Ending) {
	job := w.jobs[id]
	delete(w.jobs, id)
	e.Seen = job.status
	job.then(e)
}

// jitter spreads the looks of many runners by ± 10 %.
func (w *Watch) jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*w.random()))
}

func (w *Watch) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.jobs) == 0
}

// sweep is one look: a listing of the active jobs, then the history of those
// that left it.
func (w *Watch) sweep(ctx context.Context) error {
	active := make(map[string]rescale.JobItem)
	query := rescale.JobQuery{State: rescale.StateNotCompleted}
	_, err := w.platform.Jobs(ctx, query, func(item rescale.JobItem) bool {
		active[item.ID] = item
		return true
	})
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(examineParallel)
	for _, id := range w.left(active) {
		group.Go(func() error {
			short, cancel := context.WithTimeout(ctx, examineTime)
			defer cancel()
			return w.tolerate(id, w.examine(short, id))
		})
	}
	return group.Wait()
}

// examineTime bounds one look at one job, so that the others need not wait.
const examineTime = 30 * time.Second

// tolerate keeps one job's trouble from the others: only after many looks without an
// answer does the wait for that job end. A key that no longer works concerns all jobs.
func (w *Watch) tolerate(id string, err error) error {
	if rescale.IsAuth(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	job, watching := w.jobs[id]
	switch {
	case !watching:
	case err == nil:
		job.failed = silence{}
	case !job.failed.exceeds(err):
		if job.failed.looks == 1 {
			w.report.Warn(job.name, fmt.Sprintf("looking at it: %v; trying again", err))
		}
	default:
		w.end(id, Ending{Err: fmt.Errorf("waiting for job %s: %w", id, err)})
	}
	return nil
}

// maxDated is how many jobs people can follow, one line each. For so many, a change is
// read with its date, so that clocks follow the platform even after attaching again.
const maxDated = 40

// left notes the status of the active ones and returns the ids of those whose history
// must be read: they left the listing, lost their cluster, or changed their status and
// are few.
func (w *Watch) left(active map[string]rescale.JobItem) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var gone []string
	for id, job := range w.jobs {
		// A listing may be old: a job without status in it was submitted since.
		item := active[id]
		dated := item.Status == job.status || len(w.jobs) > maxDated
		if item.Status != "" && !verdict.Terminal(item.Status) && item.ClusterStatus != ClusterStopped && dated {
			w.note(id, job, rescale.Status{Status: item.Status})
			continue
		}
		gone = append(gone, id)
	}
	return gone
}

// note reports a status that changed; the caller holds the lock.
func (w *Watch) note(id string, job *watched, latest rescale.Status) {
	if latest.Status == "" || latest.Status == job.status {
		return
	}
	before := job.status
	job.status = latest.Status
	if err := w.report.Status(job.name, id, before, latest); err != nil {
		w.end(id, Ending{Err: err})
	}
}

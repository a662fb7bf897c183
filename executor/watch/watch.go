package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// listingPage is the page size of the polling listing: larger ones are untested
// against the platform's timeouts (rescale-api.md §2.2).
const listingPage = 200

// maxFailedSweeps is how many looks in a row may fail, each after the client's
// own retries, before waiting is given up. The jobs run on.
const maxFailedSweeps = 10

// firstInterval is the pause before the first look; it grows to the interval.
const firstInterval = 2 * time.Second

// watch waits for the end of many jobs with one listing an interval.
type watch struct {
	platform Finder
	interval time.Duration
	tell     func(Event)
	record   func(state.Record) error // of a status that changed
	wake     chan struct{}            // something new to watch

	mu   sync.Mutex
	jobs map[string]*watched // by id
}

// watched is one job that somebody waits for.
type watched struct {
	name   string
	status string
	quiet  int // looks at which its cluster was gone although no final status came
	failed int // looks in a row that got no answer about it
	end    chan ending
}

// ending is what a waiter gets.
type ending struct {
	judgement verdict.Judgement
	err       error
}

func newWatch(e *Executor, tell func(Event)) *watch {
	return &watch{
		platform: e.Platform, interval: e.interval(), tell: tell, record: e.Journal.Append,
		wake: make(chan struct{}, 1), jobs: make(map[string]*watched),
	}
}

// wait returns when the job ended, or when ctx did.
func (w *watch) wait(ctx context.Context, name, id string) (verdict.Judgement, error) {
	job := &watched{name: name, end: make(chan ending, 1)}
	w.mu.Lock()
	w.jobs[id] = job
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	select {
	case end := <-job.end:
		return end.judgement, end.err
	case <-ctx.Done():
		return verdict.Judgement{}, context.Cause(ctx)
	}
}

// last is the status that was seen last, empty when none was.
func (w *watch) last(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if job, ok := w.jobs[id]; ok {
		return job.status
	}
	return ""
}

// run sweeps until ctx ends. It rests while there is nothing to watch.
func (w *watch) run(ctx context.Context) {
	pause, failed := min(firstInterval, w.interval), 0
	for {
		if w.idle() {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
				pause = min(firstInterval, w.interval)
			}
		}
		if sleep(ctx, jitter(pause)) != nil {
			return
		}
		pause = min(pause*3/2, w.interval)
		err := w.sweep(ctx)
		if ctx.Err() != nil {
			return
		}
		failed = w.judge(err, failed)
	}
}

// judge counts looks in a row that failed, and gives up after too many.
func (w *watch) judge(err error, failed int) int {
	if err == nil {
		return 0
	}
	if failed++; failed < maxFailedSweeps && !rescale.IsAuth(err) {
		if failed == 1 {
			w.tell(Event{Type: EventWarning, Message: fmt.Sprintf("looking at the jobs: %v; trying again", err)})
		}
		return failed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.jobs {
		w.end(id, ending{err: fmt.Errorf("waiting for job %s: %w", id, err)})
	}
	return 0
}

// end wakes the one who waits for a job; the caller holds the lock.
func (w *watch) end(id string, e ending) {
	w.jobs[id].end <- e
	delete(w.jobs, id)
}

// jitter spreads looks of many runners by ± 10 %.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

func (w *watch) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.jobs) == 0
}

// sweep is one look: a listing of the active jobs, then the history of those
// that left it.
func (w *watch) sweep(ctx context.Context) error {
	active := make(map[string]rescale.JobItem)
	query := rescale.JobQuery{State: rescale.StateNotCompleted, PageSize: listingPage}
	_, err := w.platform.Jobs(ctx, query, func(item rescale.JobItem) bool {
		active[item.ID] = item
		return true
	})
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(lookParallel)
	for _, id := range w.left(active) {
		group.Go(func() error {
			short, cancel := context.WithTimeout(ctx, examineTime)
			defer cancel()
			return w.tolerate(id, w.examine(short, id))
		})
	}
	return group.Wait()
}

// examineTime bounds one look at one job, so that the others are not kept waiting.
const examineTime = 30 * time.Second

// tolerate lets one job's trouble be its own: only after many looks without an
// answer about it the wait for it ends. A key that no longer works is everybody's.
func (w *watch) tolerate(id string, err error) error {
	if rescale.IsAuth(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	job, watching := w.jobs[id]
	switch {
	case !watching:
	case err == nil:
		job.failed = 0
	case job.failed+1 < maxFailedSweeps:
		if job.failed++; job.failed == 1 {
			w.tell(Event{Type: EventWarning, Job: job.name, Message: fmt.Sprintf("looking at it: %v; trying again", err)})
		}
	default:
		w.end(id, ending{err: fmt.Errorf("waiting for job %s: %w", id, err)})
	}
	return nil
}

// left notes the status of the active ones and gives the ids of those whose
// history must be read: they left the listing, or lost their cluster.
func (w *watch) left(active map[string]rescale.JobItem) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var gone []string
	for id, job := range w.jobs {
		// A listing may be old: a job without status in it was submitted since.
		item := active[id]
		if item.Status != "" && !verdict.Terminal(item.Status) && item.ClusterStatus != clusterStopped {
			w.note(id, job, rescale.Status{Status: item.Status})
			continue
		}
		gone = append(gone, id)
	}
	return gone
}

// note records and tells a status that changed; the caller holds the lock. A
// journal that cannot be written ends the wait.
func (w *watch) note(id string, job *watched, latest rescale.Status) {
	if latest.Status == "" || latest.Status == job.status {
		return
	}
	job.status = latest.Status
	err := w.record(state.Record{
		Kind: state.KindStatus, Job: job.name, ID: id, Status: latest.Status, Reason: latest.Reason, StatusAt: latest.Date,
	})
	if err != nil {
		w.end(id, ending{err: err})
		return
	}
	w.tell(Event{Type: EventStatus, Job: job.name, ID: id, Status: latest.Status})
}

// examine reads the whole history of one job and ends the wait if it is over.
func (w *watch) examine(ctx context.Context, id string) error {
	history, err := w.platform.Statuses(ctx, id)
	if err != nil && !notFound(err) {
		return err
	}
	judgement, done := verdict.Judge(history)
	if notFound(err) {
		judgement, done = verdict.Judgement{Verdict: verdict.Stopped, Reason: "the job was deleted on the platform"}, true
	}
	if !done {
		if judgement, done, err = w.stuck(ctx, id, history); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	job, watching := w.jobs[id]
	if watching && len(history) > 0 {
		w.note(id, job, history[0])
	}
	if _, watching = w.jobs[id]; watching && done {
		w.end(id, ending{judgement: judgement})
	}
	return nil
}

// quietLooks is how often in a row a stopped cluster without a final status must
// be seen before the run counts as stopped.
const quietLooks = 3

// clusterStopped is the cluster status after which nothing runs any more.
const clusterStopped = "Stopped"

// stuck recognises a job that was stopped before it was validated: it may get no
// further status at all, only its cluster ends (rescale-api.md §8.2).
func (w *watch) stuck(ctx context.Context, id string, history []rescale.Status) (verdict.Judgement, bool, error) {
	if len(history) == 0 || slices.ContainsFunc(history, func(s rescale.Status) bool { return verdict.Ran(s.Status) }) {
		// A preempted job's cluster stops too, and comes back.
		return verdict.Judgement{}, false, nil
	}
	clusters, err := w.platform.ClusterStatuses(ctx, id)
	if err != nil || len(clusters) == 0 || clusters[0].Status != clusterStopped {
		return verdict.Judgement{}, false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	job, watching := w.jobs[id]
	if !watching {
		return verdict.Judgement{}, false, nil
	}
	if job.quiet++; job.quiet < quietLooks {
		return verdict.Judgement{}, false, nil
	}
	return verdict.Judgement{
		Verdict: verdict.Stopped, Reason: "its cluster stopped without a final status", Ended: clusters[0].Date,
	}, true, nil
}

// Package cluster runs submitted jobs. It walks each one through the platform's statuses, stages its inputs, runs its
// commands for real, and registers what they wrote. It keeps no state of its own: everything that matters is in the
// job's record, so that a new process goes on where a killed one was. It knows nothing of HTTP.
package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/runner"
)

// Config says how jobs run.
type Config struct {
	Store   *disk.Store
	Catalog *catalog.Catalog
	// Speed is how many seconds of the platform pass in a real one; 0: waiting takes no time. Walltime is
	// platform time too, but real time when Speed is 0.
	Speed      float64
	Shell      string
	Env        []string // base environment of the commands
	MaxRunning int      // jobs whose commands may run at a time
	Grace      time.Duration
	// Origin returns the address under which a command reaches the server, or the empty string when it is not known.
	Origin func() string
	Quirks func() Quirks // the choices that hold now
}

// Quirks choose between behaviours of the platform that are not known for sure, and call up rare ends of a job.
type Quirks struct {
	FailedReason string   // reason of Completed after a failure or stop; empty repeats the reason of Stopping
	StuckStop    bool     // a job stopped before Validated gets no further status
	NoCapacity   []string // core types that never get hardware
	Preempting   []string // core types on which low-priority jobs use up their restarts
}

// Cluster runs jobs. It is safe for concurrent use.
type Cluster struct {
	cfg   Config
	slots chan struct{}
	ctx   context.Context //nolint:containedctx // the life of the cluster's goroutines, ended by Close
	end   context.CancelCauseFunc
	work  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	lives   map[string]*life
	keys    map[string]string // SHA-256 of a job-scoped key -> job id
	failure error             // first error of the store
}

// life is the part of a running job that is not in its record.
type life struct {
	id   string
	ctx  context.Context //nolint:containedctx // ended by Stop
	stop context.CancelCauseFunc
	kill chan struct{}
	once sync.Once
	runs []context.CancelCauseFunc // each ends one run; guarded by Cluster.mu
}

var (
	errClosed  = errors.New("the emulator closes")
	errStopped = errors.New("stopped by the user")
)

// New returns a cluster that runs nothing yet.
func New(cfg Config) *Cluster {
	ctx, end := context.WithCancelCause(context.Background())
	c := &Cluster{
		cfg: cfg, slots: make(chan struct{}, cfg.MaxRunning), ctx: ctx, end: end,
		lives: map[string]*life{}, keys: map[string]string{},
	}
	for _, job := range cfg.Store.Jobs() {
		for _, key := range job.Keys {
			c.keys[key] = job.ID
		}
	}
	return c
}

// Resume goes on with the jobs that a former process left. What is left of their commands is ended first; commands
// that ran are run again from the start in a fresh folder, with the restart count one higher.
func (c *Cluster) Resume() {
	for _, job := range c.cfg.Store.Jobs() {
		switch {
		case !job.Deleted.IsZero():
		case job.Active():
			c.revive(job)
		case len(job.Cluster) > 0 && job.ClusterStatus() != "Stopped":
			c.launch(job.ID, func(l *life) { c.coolDown(l) })
		}
	}
}

func (c *Cluster) revive(job *disk.Job) {
	for i := range job.Runs {
		if process := job.Runs[i].Process; process != nil {
			runner.Reap(runner.Mark(*process))
		}
	}
	c.update(job.ID, func(j *disk.Job) {
		for i := range j.Runs {
			j.Runs[i].Process = nil
		}
		if j.Reached("Executing") {
			j.Restarts++
		}
	})
	if job.Stop != disk.NotStopped {
		c.launch(job.ID, func(l *life) { c.finish(l, brokenOff(userTerminated)); c.coolDown(l) })
		return
	}
	c.launch(job.ID, c.live)
}

// Close ends all commands and waits for them. Jobs whose commands were still running are run again by Resume of the
// next process. It returns the first error of the store since New.
func (c *Cluster) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.end(errClosed)
		for _, l := range c.lives {
			l.once.Do(func() { close(l.kill) })
		}
	}
	c.mu.Unlock()
	c.work.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// launch starts a job's goroutine, unless the cluster is closed or the job has one.
func (c *Cluster) launch(id string, live func(*life)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.lives[id] != nil {
		return
	}
	ctx, stop := context.WithCancelCause(c.ctx)
	l := &life{id: id, ctx: ctx, stop: stop, kill: make(chan struct{})}
	c.lives[id] = l
	c.work.Go(func() {
		live(l)
		stop(nil)
		c.mu.Lock()
		delete(c.lives, id)
		c.mu.Unlock()
	})
}

func (c *Cluster) interrupt(id string, how disk.StopKind) {
	c.mu.Lock()
	l := c.lives[id]
	c.mu.Unlock()
	if l == nil {
		return
	}
	l.stop(errStopped)
	if how == disk.Forced {
		l.once.Do(func() { close(l.kill) })
	}
}

// Submit starts a draft with the runs that it is to have, one unless it is a design of experiments. A job that was
// submitted before is left alone, only counted; it returns false for it. A deleted job is disk.ErrNotFound.
func (c *Cluster) Submit(id, base string, runs []disk.Run) (started bool, err error) {
	_, err = c.cfg.Store.UpdateJob(id, func(j *disk.Job) error {
		if !j.Deleted.IsZero() {
			return disk.ErrNotFound
		}
		j.Submits++
		if !j.Draft() {
			return nil
		}
		started = true
		j.Base, j.Runs = base, runs
		c.enter(j, "Pending", "")
		return nil
	})
	if err == nil && started {
		c.launch(id, c.live)
	}
	return started, err
}

// Stop ends an active job. A finished one is left alone.
func (c *Cluster) Stop(id string, how disk.StopKind) error {
	active := false
	_, err := c.cfg.Store.UpdateJob(id, func(j *disk.Job) error {
		if active = j.Active(); !active {
			return nil
		}
		first := j.Stop == disk.NotStopped
		j.Stop = how
		if c.cfg.Quirks().StuckStop && !j.Reached("Validated") {
			j.Abandoned = true
			return nil
		}
		switch {
		case how == disk.Forced && !j.Reached("Force Stop"):
			c.enter(j, "Force Stop", userTerminated)
		case first:
			c.enter(j, "Stopping", userTerminated)
		}
		return nil
	})
	if err == nil && active {
		c.interrupt(id, how)
	}
	return err
}

// Key finds the job that a job-scoped API key was made for, and reports whether the key is still alive.
func (c *Cluster) Key(key string) (job *disk.Job, alive, known bool) {
	sum := hashKey(key)
	c.mu.Lock()
	id, known := c.keys[sum]
	c.mu.Unlock()
	if !known {
		return nil, false, false
	}
	job, ok := c.cfg.Store.Job(id)
	if !ok {
		return nil, false, true
	}
	return job, job.Active() && slices.Index(job.Keys, sum) == len(job.Keys)-1, true
}

func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// update changes a record. An error of the store cannot be told to any client, so it is kept for Close.
func (c *Cluster) update(id string, change func(*disk.Job)) {
	_, err := c.cfg.Store.UpdateJob(id, func(j *disk.Job) error {
		change(j)
		return nil
	})
	c.note(err)
}

func (c *Cluster) note(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
	}
}

// enter adds a status to the job's history.
func (c *Cluster) enter(j *disk.Job, status, reason string) {
	c.enterAt(j, status, reason, c.cfg.Store.Now())
}

func (c *Cluster) enterAt(j *disk.Job, status, reason string, at time.Time) {
	j.Statuses = append(j.Statuses, disk.Status{ID: disk.StatusID(j.ID, "job", len(j.Statuses)), Name: status, Reason: reason, At: at})
}

// enterCluster adds statuses to the cluster's history.
func (c *Cluster) enterCluster(j *disk.Job, statuses ...string) {
	for _, status := range statuses {
		j.Cluster = append(j.Cluster, disk.Status{
			ID: disk.StatusID(j.ID, "cluster", len(j.Cluster)), Name: status, At: c.cfg.Store.Now(),
		})
	}
}

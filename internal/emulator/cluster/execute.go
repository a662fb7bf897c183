package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

var (
	errWalltime   = errors.New("walltime exceeded")
	errRunFailed  = errors.New("a run failed")
	errRunStopped = errors.New("the run was stopped by the user")
)

// execution is what the runs of a job have in common.
type execution struct {
	c    *Cluster
	life *life
	job  *disk.Job
	key  string // job-scoped API key
}

// execute runs the job's commands, in a design of experiments once for each row, and registers what they wrote. Its
// only errors are errClosed and errStopped.
func (c *Cluster) execute(l *life) (ending, error) {
	if l.ctx.Err() != nil {
		return ending{}, context.Cause(l.ctx)
	}
	e, err := c.begin(l)
	if err != nil {
		c.note(err)
		return brokenOff(runFailed), nil
	}
	switch err := e.runs(); {
	case errors.Is(err, errClosed), errors.Is(err, errStopped):
		return ending{}, err
	case errors.Is(err, errWalltime):
		return brokenOff(walltimeExceeded), nil
	case err != nil:
		return brokenOff(runFailed), nil //nolint:nilerr // what kept a command from running fails the job, not the platform
	}
	return ending{final: succeeded}, nil
}

// begin brings the job's own API key to life.
func (c *Cluster) begin(l *life) (*execution, error) {
	e := &execution{c: c, life: l, key: newKey()}
	sum := hashKey(e.key)
	c.mu.Lock()
	c.keys[sum] = l.id
	c.mu.Unlock()
	var err error
	e.job, err = c.cfg.Store.UpdateJob(l.id, func(j *disk.Job) error {
		j.Keys = append(j.Keys, sum)
		if len(j.Runs) == 0 {
			j.Runs = make([]disk.Run, 1)
		}
		for i := range j.Runs {
			if !j.Designed() || j.Runs[i].Ended.IsZero() {
				j.Runs[i] = disk.Run{Variables: j.Runs[i].Variables}
			}
		}
		return nil
	})
	return e, err
}

// runs runs what has not ended yet, as many at a time as the job has slots and this machine may run. One that fails
// stops no other. The gravest end of all is that of the job.
func (e *execution) runs() error {
	ctx, cancel := e.within(e.life.ctx)
	defer cancel()
	contexts := e.c.split(ctx, e.life, len(e.job.Runs))
	ends := make([]error, len(e.job.Runs))
	var group errgroup.Group
	group.SetLimit(min(e.slots(), e.c.cfg.MaxRunning))
	for i := range e.job.Runs {
		group.Go(func() error {
			ends[i] = e.end(contexts[i], i+1)
			return nil
		})
	}
	_ = group.Wait() // ends tell all
	return slices.MinFunc(ends, func(a, b error) int { return cmp.Compare(gravity(a), gravity(b)) })
}

// split gives each run a context of its own, which StopRun ends.
func (c *Cluster) split(ctx context.Context, l *life, runs int) []context.Context {
	contexts := make([]context.Context, runs)
	stops := make([]context.CancelCauseFunc, runs)
	for i := range contexts {
		contexts[i], stops[i] = context.WithCancelCause(ctx) //nolint:fatcontext // one for each run, none in another
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l.runs = stops
	return contexts
}

// StopRun ends the nth run of a job, from 1 on, if it has not ended yet. Its other runs go on.
func (c *Cluster) StopRun(id string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.lives[id]; l != nil && n <= len(l.runs) {
		l.runs[n-1](errRunStopped)
	}
}

func gravity(err error) int {
	for i, kind := range []error{errClosed, errStopped, errWalltime} {
		if errors.Is(err, kind) {
			return i
		}
	}
	if err != nil {
		return 3
	}
	return 4
}

func (e *execution) slots() int {
	slots := 1
	for i := range e.job.Spec.Tiles {
		slots = max(slots, e.job.Spec.Tiles[i].Slots)
	}
	return slots
}

// within bounds all runs of a design by the walltime: they share one cluster. A basic job has it for each tile.
func (e *execution) within(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := e.job.Walltime()
	if limit == 0 || !e.job.Designed() {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, e.c.real(limit), errWalltime)
}

// end runs the nth run to its end, unless a former process did, and tells why it is no success.
func (e *execution) end(ctx context.Context, n int) error {
	if former := e.job.Runs[n-1]; !former.Ended.IsZero() {
		return failed(former.ExitCode)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r, err := e.newRun(n)
	if err != nil {
		e.c.note(err)
		return err
	}
	cause := r.commands(ctx)
	if errors.Is(cause, errClosed) {
		e.c.note(errors.Join(r.log.Close(), r.clear()))
		return errClosed
	}
	if cause != nil && r.exit == 0 {
		r.exit = 1 // it never ran to its end
	}
	e.c.note(errors.Join(r.log.Close(), r.leaveOnStorage(), r.register()))
	return cmp.Or(cause, failed(&r.exit))
}

func failed(exit *int) error {
	if exit == nil || *exit != 0 {
		return errRunFailed
	}
	return nil
}

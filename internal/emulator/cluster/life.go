package cluster

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// Reasons of statuses. The first five are known (rescale-api.md §8.2); the text for an expired walltime is not.
const (
	succeeded         = "Completed successfully"
	runFailed         = "A run failed"
	userTerminated    = "User Terminated"
	restartsExhausted = "Exceeded max number of restarts"
	noCapacity        = "Could not allocate compute resources from the compute provider"
	walltimeExceeded  = "Walltime exceeded"
)

// Platform time between statuses (Appendix A.7).
const (
	untilQueued  = 2 * time.Second
	untilStarted = time.Second
	bootTime     = 90 * time.Second
	shutdownTime = 46 * time.Second
)

// ending is how a job's life came out.
type ending struct {
	stopping string // reason of Stopping; empty: the job does not pass through Stopping
	final    string // reason of Completed
}

func brokenOff(reason string) ending { return ending{stopping: reason, final: reason} }

func (c *Cluster) live(l *life) {
	end, err := c.walk(l)
	switch {
	case errors.Is(err, errClosed):
		return // the next process goes on
	case err != nil:
		end = brokenOff(userTerminated)
	}
	c.finish(l, end)
	c.coolDown(l)
}

// walk brings the job from where it is to the end of its commands. The only errors are errClosed and errStopped.
func (c *Cluster) walk(l *life) (ending, error) {
	job, ok := c.cfg.Store.Job(l.id)
	if !ok {
		return ending{}, errClosed
	}
	if err := c.pause(l.ctx, untilQueued); err != nil {
		return ending{}, err
	}
	if err := c.takeSlot(l); err != nil {
		return ending{}, err
	}
	defer func() { <-c.slots }()
	if !job.Reached("Executing") {
		if end, err := c.boot(l, job); err != nil || end != (ending{}) {
			return end, err
		}
	}
	return c.execute(l)
}

func (c *Cluster) takeSlot(l *life) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	c.reach(l.id, "Waiting for Queue")
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-l.ctx.Done():
		return context.Cause(l.ctx)
	}
}

// boot walks the job from Queued to Executing. It returns an ending if the job gets no further.
func (c *Cluster) boot(l *life, job *disk.Job) (ending, error) {
	c.reach(l.id, "Queued")
	if err := c.pause(l.ctx, untilStarted); err != nil {
		return ending{}, err
	}
	c.reach(l.id, "Started", "Validated")
	if uses(job, c.cfg.Quirks().NoCapacity) {
		return ending{final: noCapacity}, nil
	}
	c.update(l.id, func(j *disk.Job) {
		if len(j.Cluster) == 0 {
			c.enterCluster(j, "Not Started", "Starting")
		}
	})
	if err := c.pause(l.ctx, bootTime); err != nil {
		return ending{}, err
	}
	c.update(l.id, func(j *disk.Job) {
		c.enterCluster(j, "Started")
		if j.Stop == disk.NotStopped {
			c.enter(j, "Executing", "")
		}
	})
	if job.Spec.LowPriority && uses(job, c.cfg.Quirks().Preempting) {
		return ending{final: restartsExhausted}, nil
	}
	return ending{}, nil
}

func uses(job *disk.Job, coreTypes []string) bool {
	return slices.ContainsFunc(job.Spec.Tiles, func(t disk.Tile) bool { return slices.Contains(coreTypes, t.CoreType) })
}

// reach adds the statuses that the history does not have yet: a resumed job has some of them. A job that is being
// stopped keeps Stopping as its last status.
func (c *Cluster) reach(id string, statuses ...string) {
	c.update(id, func(j *disk.Job) {
		for _, status := range statuses {
			if j.Stop == disk.NotStopped && !j.Reached(status) {
				c.enter(j, status, "")
			}
		}
	})
}

// finish completes the job, unless it was left in the state in which it was stopped.
func (c *Cluster) finish(l *life, end ending) {
	c.update(l.id, func(j *disk.Job) {
		if j.Abandoned || j.Status() == "Completed" {
			return
		}
		at := c.ended(j)
		if j.Stop != disk.NotStopped { // it may have been stopped after its last command ended
			end = brokenOff(userTerminated)
		}
		if end.stopping != "" {
			if !j.Reached("Stopping") && !j.Reached("Force Stop") {
				c.enterAt(j, "Stopping", end.stopping, at)
			}
			if c.cfg.Quirks().FailedReason != "" {
				end.final = c.cfg.Quirks().FailedReason
			}
		}
		c.enterAt(j, "Completed", end.final, at)
		if len(j.Cluster) > 0 {
			c.enterCluster(j, "Stop Requested", "Stopping")
			if c.cfg.Speed <= 0 {
				c.enterCluster(j, "Stopped")
			}
		}
	})
}

// ended is when a run that ends now is over by the platform's clock, which goes at the
// emulator's speed while commands run: what a run took and costs, and whether its
// walltime ended it, is told by its times alone (rescale-api.md §8.2).
func (c *Cluster) ended(j *disk.Job) time.Time {
	now, began := c.cfg.Store.Now(), j.When("Executing")
	if c.cfg.Speed <= 1 || began.IsZero() {
		return now
	}
	took := time.Duration(float64(now.Sub(began)) * c.cfg.Speed)
	if limit := j.Walltime(); limit > 0 {
		took = min(took, limit)
	}
	return began.Add(took)
}

// coolDown stops the cluster some time after the job completed.
func (c *Cluster) coolDown(l *life) {
	job, ok := c.cfg.Store.Job(l.id)
	if !ok || len(job.Cluster) == 0 || job.ClusterStatus() == "Stopped" {
		return
	}
	if err := c.pause(c.ctx, shutdownTime); err != nil {
		return
	}
	c.update(l.id, func(j *disk.Job) { c.enterCluster(j, "Stopped") })
}

// pause waits some platform time. It returns the context's cause when that ends first.
func (c *Cluster) pause(ctx context.Context, platform time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.cfg.Speed <= 0 {
		return nil
	}
	timer := time.NewTimer(c.real(platform))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// real converts platform time to real time; without a speed they are the same.
func (c *Cluster) real(platform time.Duration) time.Duration {
	if c.cfg.Speed <= 0 {
		return platform
	}
	return time.Duration(float64(platform) / c.cfg.Speed)
}

package tidy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Deleter is what deleting needs of the platform. The client repeats no delete.
type Deleter interface {
	once.Deleter
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Deletion carries decisions out.
type Deletion struct {
	Platform Deleter
	// Waiting is called when the cluster of a job is waited for, with its present status, by
	// several goroutines. Nil tells nobody.
	Waiting func(job Job, cluster string)
}

// Result is what became of one job. Keep is [Active] also when a draft was submitted since
// the decision: then it is a run of somebody, and was spared.
type Result struct {
	Decision
	Deleted bool
	Err     error
}

// RefusedError means that the platform does not let a job be deleted.
type RefusedError struct {
	ID  string
	Err error
}

// Error names the job and the cause.
func (e *RefusedError) Error() string { return fmt.Sprintf("deleting job %s: %v", e.ID, e.Err) }

// Unwrap gives the platform's answer.
func (e *RefusedError) Unwrap() error { return e.Err }

// Hint tells how to go on.
func (e *RefusedError) Hint() string {
	return "the platform keeps a job until its cluster has stopped; in some minutes: rescale-apply delete " + e.ID
}

// deleteParallel bounds the jobs that are deleted at once.
const deleteParallel = 8

// Run deletes the jobs that are decided on, and gives one result for each, in their order.
// The trouble with one does not keep the others.
func (d Deletion) Run(ctx context.Context, decisions []Decision) []Result {
	results := make([]Result, len(decisions))
	var group errgroup.Group
	group.SetLimit(deleteParallel)
	for i, decision := range decisions {
		results[i].Decision = decision
		if decision.Keep == "" {
			group.Go(func() error { d.carryOut(ctx, &results[i]); return nil })
		}
	}
	_ = group.Wait() // each result has its own error
	return results
}

func (d Deletion) carryOut(ctx context.Context, r *Result) {
	if r.Err = d.cool(ctx, r.Job); r.Err != nil {
		return
	}
	r.Deleted, r.Err = once.Delete(ctx, d.Platform, r.Job.ID, r.Job.still)
	var refused *once.UndeletableError
	switch {
	case errors.As(r.Err, &refused):
		r.Err = &RefusedError{r.Job.ID, refused.Err}
	case r.Err == nil && !r.Deleted:
		r.Keep = Active
	}
}

// still finds that a job is what was decided on: a draft, a run that is over, or one that
// was stopped before it ran.
func (j Job) still(now []rescale.Status) bool {
	if !j.Submitted() {
		return len(now) == 0
	}
	_, over := verdict.Judge(now)
	return over || j.Active() && !verdict.Ran(now)
}

// The cluster of a job stops some tens of seconds after its end (rescale-api.md §8.3). When
// it has not after so long, the platform's answer to a delete tells more.
const (
	clusterLook = 2 * time.Second
	clusterTime = 10 * time.Minute
)

// cool waits for the cluster of a job to stop, before which the platform does not let the
// job be deleted. A cluster that was there before the job outlives it.
func (d Deletion) cool(ctx context.Context, job Job) error {
	if !job.Submitted() || job.Stored.ClusterID != "" {
		return nil
	}
	for waited := time.Duration(0); waited < clusterTime; waited += clusterLook {
		cluster, err := d.Platform.ClusterStatuses(ctx, job.ID)
		if err != nil {
			return err
		}
		if len(cluster) == 0 || cluster[0].Status == watch.ClusterStopped {
			return nil
		}
		if waited == 0 && d.Waiting != nil {
			d.Waiting(job, cluster[0].Status)
		}
		if err := patience.Sleep(ctx, clusterLook); err != nil {
			return err
		}
	}
	return nil
}

package watch

import (
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// examine reads the whole history of one job and ends the wait if it is over.
func (w *Watch) examine(ctx context.Context, id string) error {
	history, err := w.platform.Statuses(ctx, id)
	if err != nil && !patience.NotFound(err) {
		return err
	}
	judgement, done := verdict.Judge(history)
	if patience.NotFound(err) {
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
		w.end(id, Ending{Judgement: judgement})
	}
	return nil
}

// quietLooks is how often in a row a run without a final status must be seen with a stopped
// cluster before it counts as stopped.
const quietLooks = 3

// ClusterStopped is the cluster status after which nothing runs.
const ClusterStopped = "Stopped"

// stuck recognizes a job that was stopped before it was validated: it may get no further
// status, only its cluster ends (rescale-api.md §8.2).
func (w *Watch) stuck(ctx context.Context, id string, history []rescale.Status) (verdict.Judgement, bool, error) {
	ended, over, err := w.clusterEnded(ctx, id, history)
	if err != nil || !over {
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
		Verdict: verdict.Stopped, Reason: "its cluster stopped without a final status", Ended: ended,
	}, true, nil
}

// clusterEnded reports whether and when the cluster of a job stopped although the job never
// got far enough to need it. A preempted job's cluster stops too, and comes back.
func (w *Watch) clusterEnded(ctx context.Context, id string, history []rescale.Status) (at time.Time, ended bool, err error) {
	if len(history) == 0 || ran(history) {
		return time.Time{}, false, nil
	}
	clusters, err := w.platform.ClusterStatuses(ctx, id)
	if err != nil || len(clusters) == 0 || clusters[0].Status != ClusterStopped {
		return time.Time{}, false, err
	}
	return clusters[0].Date, true, nil
}

// Stuck reports whether a run without a final status will get none, and bills nothing more:
// it was stopped before it was validated, and its cluster has stopped (rescale-api.md §8.2).
func (w *Watch) Stuck(ctx context.Context, id string, history []rescale.Status) (bool, error) {
	for n := range quietLooks {
		if _, ended, err := w.clusterEnded(ctx, id, history); err != nil || !ended {
			return false, err
		}
		if n == quietLooks-1 {
			break
		}
		if err := patience.Sleep(ctx, min(stopInterval, w.interval)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func ran(history []rescale.Status) bool {
	return slices.ContainsFunc(history, func(s rescale.Status) bool { return verdict.Ran(s.Status) })
}

// stopInterval is the longest pause between two looks at a run that is being
// stopped: the platform takes seconds for it.
const stopInterval = 2 * time.Second

// clusterlessLooks is how often in a row a run that was asked to stop must be seen without a
// cluster and without a stopping status before it counts as stopped.
const clusterlessLooks = 30

// Stopped waits until a run that was asked to stop has ended: one that is stopping still
// runs. Before it is validated it may get no further status; then the end of its cluster
// counts, or that it never gets one (rescale-api.md §8.2).
func (w *Watch) Stopped(ctx context.Context, id string) (verdict.Judgement, error) {
	stopped := verdict.Judgement{Verdict: verdict.Stopped, Reason: "stopped before it ran"}
	for quiet, clusterless := 0, 0; quiet < quietLooks && clusterless < clusterlessLooks; {
		history, err := w.platform.Statuses(ctx, id)
		if patience.NotFound(err) {
			return stopped, nil
		}
		if err != nil {
			return verdict.Judgement{}, err
		}
		if judged, done := verdict.Judge(history); done {
			return judged, nil
		}
		if !ran(history) && !stopping(history) {
			clusters, err := w.platform.ClusterStatuses(ctx, id)
			switch {
			case err != nil:
				return verdict.Judgement{}, err
			case len(clusters) == 0:
				clusterless++
			case clusters[0].Status == ClusterStopped:
				quiet++
			}
		}
		if err := patience.Sleep(ctx, min(stopInterval, w.interval)); err != nil {
			return verdict.Judgement{}, err
		}
	}
	return stopped, nil
}

// stopping reports whether the platform has begun to stop a run, so that it will end.
func stopping(history []rescale.Status) bool {
	return slices.ContainsFunc(history, func(s rescale.Status) bool { return s.Status == "Stopping" || s.Status == "Force Stop" })
}

package planner

import (
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// activeRuns returns the runs whose end the journal has not seen.
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

// recorded returns the ids of all runs of jobs that a journal has.
func recorded(jobs []resolver.Job, snapshot state.Snapshot) map[string]bool {
	ids := make(map[string]bool)
	for _, job := range jobs {
		for _, run := range snapshot.Runs[job.Name] {
			ids[run.ID] = true
		}
	}
	return ids
}

// fewRuns is the number of runs up to which reading each one is quicker than a listing.
const fewRuns = 8

// Active reads the status histories of the runs that the journal calls active. For many
// runs, one listing shows the present status of those that are still active, which is all
// that is needed.
func Active(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) (Observation, error) {
	seen := Observation{Now: time.Now(), Statuses: make(map[string][]rescale.Status), Gone: make(map[string]bool)}
	ids := activeRuns(jobs, snapshot)
	seen.Open = make(map[string]bool, len(ids))
	for _, id := range ids {
		seen.Open[id] = true
	}
	seen.recorded = recorded(jobs, snapshot)
	if len(ids) > fewRuns {
		if err := seen.glance(ctx, p); err != nil {
			return seen, err
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return len(seen.Statuses[id]) > 0 })
	histories, err := patience.Each(ctx, ids, patience.NotFound, p.Statuses)
	for _, id := range ids {
		history, there := histories[id]
		seen.Statuses[id], seen.Gone[id] = history, !there && err == nil
	}
	if err != nil {
		return seen, err
	}
	return seen, seen.readBuilt(ctx, p, jobs, snapshot)
}

// readBuilt reads on which runs of other jobs those build that the journal has as drafts
// and that were submitted since: another runner may have brought them up to date first.
func (o *Observation) readBuilt(ctx context.Context, p Finder, jobs []resolver.Job, snapshot state.Snapshot) error {
	var ids []string
	for _, job := range jobs {
		for _, run := range snapshot.Runs[job.Name] {
			if rewritable(run) && len(o.Statuses[run.ID]) > 0 {
				ids = append(ids, run.ID)
			}
		}
	}
	stored, err := patience.Each(ctx, ids, patience.NotFound, p.Job)
	o.Built = make(map[string]string, len(stored))
	for id, job := range stored {
		o.Built[id] = once.UpstreamOf(job)
	}
	return err
}

// rewritable reports whether the journal has a run as a draft that builds on runs of other
// jobs, which any runner may replace by others until it is submitted.
func rewritable(run state.Run) bool {
	return run.Upstream != "" && (run.Stage == state.StageCreated || run.Stage == state.StageSubmitting)
}

// glance notes the status of every active job in the listing.
func (o *Observation) glance(ctx context.Context, p Finder) error {
	query := rescale.JobQuery{State: rescale.StateNotCompleted}
	_, err := p.Jobs(ctx, query, func(item rescale.JobItem) bool {
		if item.Status != "" && !verdict.Terminal(item.Status) {
			o.Statuses[item.ID] = []rescale.Status{{Status: item.Status}}
		}
		return true
	})
	return err
}

// active returns the runs of the job that may be active, other than the step's own,
// whatever their content.
func (d decision) active(step Step) []Rival {
	var rivals []Rival
	for _, run := range d.runs {
		if run.ID != step.ID && d.activeRun(run) {
			rivals = append(rivals, Rival{run.ID, run.Key})
		}
	}
	return rivals
}

// activeRun reports whether a run may be active on the platform. Only a draft without any
// status certainly is not; a run that was submitted, or was about to be a moment ago, may
// not show its first status yet.
func (d decision) activeRun(run state.Run) bool {
	if run.Stage == state.StageCreating || run.Stage == state.StageFinished || d.seen.Gone[run.ID] || d.seen.Stuck[run.ID] {
		return false
	}
	history := d.seen.Statuses[run.ID]
	if len(history) == 0 {
		recent := run.Stage == state.StageSubmitting && d.seen.Now.Sub(run.SubmittingAt) < patience.SettleTime
		return run.Stage == state.StageSubmitted || recent
	}
	_, done := verdict.Judge(history)
	return !done
}

// readStuck finds active runs that will never get a final status: they were stopped
// before they were validated, and their clusters have stopped (rescale-api.md §8.2). They
// hold nothing back.
func (o *Observation) readStuck(ctx context.Context, p Finder) error {
	var ids []string
	for _, f := range o.everything() {
		if f.Active() && !verdict.Ran(f.History) {
			ids = append(ids, f.ID)
		}
	}
	clusters, err := patience.Each(ctx, ids, patience.NotFound, p.ClusterStatuses)
	o.Stuck = make(map[string]bool)
	for id, history := range clusters {
		o.Stuck[id] = len(history) > 0 && history[0].Status == watch.ClusterStopped
	}
	return err
}

// conflict refuses to start a run while another of the same job is active: both would be
// billed.
func (d decision) conflict(wanted Step, rival Rival) Step {
	found := once.Found{ID: rival.ID}
	for _, f := range slices.Concat(d.seen.others(d.job.Name), d.seen.ofJob(d.job.Name)) {
		if f.ID == rival.ID {
			found = f
		}
	}
	wanted.Action, wanted.ID = Conflict, rival.ID
	wanted.Reasons = []string{once.DescribeRival(found)}
	if a, read := d.seen.Adopted[d.job.Name]; read && rival.ID == d.job.Adopt.V {
		wanted.Reasons = append(wanted.Reasons, a.Reason(d.job))
	}
	if len(found.History) == 0 {
		found.History = d.seen.Statuses[rival.ID] // after its date was told: a listing gives none
	}
	wanted.Hint = once.RivalHint(rival.ID, found.History)
	return wanted
}

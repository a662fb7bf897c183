// Package repair makes state files anew from what the platform has.
package repair

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/rebuild"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Repairer makes the state files of a workspace anew.
type Repairer struct {
	Workspace *workspace.Workspace
	Platform  *rescale.Client
	Owner     state.Identity
	Force     bool // also in the place of a file that is not ours
	Warn      func(message string)
}

// Rebuild locks every state file of the jobs before it looks, so that no apply runs
// meanwhile.
func (r Repairer) Rebuild(ctx context.Context, resolved []resolver.Job) (files []show.Journal, err error) {
	consent := state.OwnFile
	if r.Force {
		consent = state.AnyFile
	}
	replacements := make(map[string]*state.Replacement)
	defer func() {
		for _, replacement := range replacements {
			err = errors.Join(err, replacement.Close())
		}
	}()
	for _, path := range r.Workspace.StatePaths() {
		replacement, err := state.Replace(path, r.Owner, consent)
		if err != nil {
			return nil, needsForce(err)
		}
		replacements[path] = replacement
	}
	memory, err := rebuild.Recall(ctx, r.Platform, r.Owner.Account, r.names(resolved), resolved)
	if err != nil {
		return nil, fmt.Errorf("rebuilding the state: %w", err)
	}
	r.warnOfSurplus(memory)
	for _, path := range r.Workspace.StatePaths() {
		file, err := refill(replacements[path], memory.Records(r.Workspace.JobsAt(path)))
		if err != nil {
			return files, err
		}
		file.Path = path
		files = append(files, file)
		r.warnOfLost(replacements[path].Old(), file.Snapshot)
	}
	return files, nil
}

// names are those of the jobs of the workspace that are not resolved.
func (r Repairer) names(resolved []resolver.Job) (names []once.Job) {
	if len(resolved) > 0 {
		return nil
	}
	for _, job := range r.Workspace.Jobs {
		names = append(names, once.Job{Name: job.Name.V, Namespace: job.Namespace.V})
	}
	return names
}

// warnOfLost warns of runs that were paid and that the new file does not know: a
// later apply could pay them again.
func (r Repairer) warnOfLost(before, now state.Snapshot) {
	for _, job := range before.Jobs() {
		for _, run := range before.Runs[job] {
			if _, known := now.Find(run.Key); !known && run.Billed() {
				r.Warn(fmt.Sprintf("job %s: run %s is in the old file only; the manifest does not name the job any more, or the run was deleted on the platform and apply runs it again",
					job, run.ID))
			}
		}
	}
}

// refill writes the records and puts the file in its place.
func refill(r *state.Replacement, records []state.Record) (show.Journal, error) {
	for _, record := range records {
		if err := r.Append(record); err != nil {
			return show.Journal{}, err
		}
	}
	kept, err := r.Commit()
	return show.Journal{Snapshot: r.Snapshot(), Kept: kept}, err
}

// warnOfSurplus warns of jobs that no record speaks of.
func (r Repairer) warnOfSurplus(m rebuild.Memory) {
	for _, other := range m.Surplus {
		if other.Submitted() {
			r.Warn(fmt.Sprintf("job %s: %s was submitted beside %s, with the same key; both are billed", other.Key.Name, other.ID, other.Run))
			continue
		}
		r.Warn(fmt.Sprintf("job %s: draft %s is not needed beside run %s; it costs nothing, delete it on the platform if you like",
			other.Key.Name, other.ID, other.Run))
	}
}

// forceError is a file that is not put aside without being asked to.
type forceError struct{ error }

// Unwrap gives what the file is.
func (e *forceError) Unwrap() error { return e.error }

// Hint is how to ask.
func (*forceError) Hint() string {
	return "state rebuild --force puts it aside, under a name ending in .bak, and makes a new one for this account"
}

func needsForce(err error) error {
	var foreign *state.ForeignError
	var newer *state.NewerError
	var damaged *state.DamagedError
	if errors.As(err, &foreign) || errors.As(err, &newer) || errors.As(err, &damaged) {
		return &forceError{err}
	}
	return err
}

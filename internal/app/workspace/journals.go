package workspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Journals is one journal for each manifest file. A job's records are always in
// the journal of its own file, whatever other files are given with it, so that
// two applies of one job meet at one lock.
type Journals struct {
	open  map[string]*state.Journal // by path
	byJob map[string]string         // path, by job name
}

// OpenJournals locks every journal of the jobs, in one order for all processes.
func (w *Workspace) OpenJournals(owner state.Identity) (*Journals, error) {
	j := &Journals{open: make(map[string]*state.Journal), byJob: w.stateOf}
	for _, path := range w.StatePaths() {
		journal, err := state.Open(path, owner)
		if err != nil {
			return nil, errors.Join(err, j.Close())
		}
		j.open[path] = journal
	}
	return j, nil
}

// ReadJournals reads every journal of the jobs without locking it.
func (w *Workspace) ReadJournals(owner state.Identity) (state.Snapshot, error) {
	var all []state.Snapshot
	for _, path := range w.StatePaths() {
		snapshot, err := state.Read(path, owner)
		if err != nil {
			return state.Snapshot{}, err
		}
		all = append(all, snapshot)
	}
	return merge(all), nil
}

// Append writes records into the journals that they belong to: an upload, which
// is no job's, into all, so that each manifest knows it when it is given alone.
func (j *Journals) Append(records ...state.Record) error {
	own := make(map[string][]state.Record, 1)
	for _, r := range records {
		if r.Job != "" {
			own[j.byJob[r.Job]] = append(own[j.byJob[r.Job]], r)
			continue
		}
		for path := range j.open {
			own[path] = append(own[path], r)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(own)) {
		if err := j.open[path].Append(own[path]...); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot is what all journals add up to.
func (j *Journals) Snapshot() state.Snapshot {
	var all []state.Snapshot
	for _, path := range slices.Sorted(maps.Keys(j.open)) {
		all = append(all, j.open[path].Snapshot())
	}
	return merge(all)
}

// Close gives up all locks.
func (j *Journals) Close() error {
	var err error
	for _, journal := range j.open {
		err = errors.Join(err, journal.Close())
	}
	return err
}

// merge puts snapshots together: jobs are in one of them only, contents may be
// in several.
func merge(all []state.Snapshot) state.Snapshot {
	whole := state.Snapshot{Runs: make(map[string][]state.Run), Files: make(map[string][]state.File)}
	for _, s := range all {
		maps.Copy(whole.Runs, s.Runs)
		for content, files := range s.Files {
			whole.Files[content] = append(whole.Files[content], files...)
		}
	}
	return whole
}

// HideState keeps the folders of the state out of git: state names the account
// and changes with every apply. So a state file elsewhere is no input of a pattern.
func (w *Workspace) HideState(ctx context.Context) error {
	for _, path := range w.StatePaths() {
		path, err := filepath.Abs(path)
		if err != nil {
			return &state.WriteError{Path: path, Err: err}
		}
		before, _, inside := strings.Cut(path, string(filepath.Separator)+stateFolder+string(filepath.Separator))
		if !inside {
			claims := written.Claimed(written.Keeper, state.Files(filepath.Base(path))...)
			if err := written.Claim(ctx, filepath.Dir(path), claims); err != nil {
				return fmt.Errorf("listing state file %q as no input: %w", path, err)
			}
			continue
		}
		folder := filepath.Join(before, stateFolder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return &state.WriteError{Path: path, Err: fmt.Errorf("making its folder: %w", err)}
		}
		if err := hide(folder); err != nil {
			return &state.WriteError{Path: path, Err: fmt.Errorf("keeping it out of git: %w", err)}
		}
	}
	return nil
}

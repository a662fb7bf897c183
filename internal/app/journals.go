package app

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

// journals is one journal for each manifest file. A job's records are always in
// the journal of its own file, whatever other files are given with it, so that
// two applies of one job meet at one lock.
type journals struct {
	open  map[string]*state.Journal // by path
	byJob map[string]string         // path, by job name
}

// openJournals locks every journal of the session, in one order for all
// processes.
func (s *session) openJournals() (*journals, error) {
	j := &journals{open: make(map[string]*state.Journal), byJob: s.stateOf}
	for _, path := range s.statePaths() {
		journal, err := state.Open(path, s.identity())
		if err != nil {
			return nil, errors.Join(err, j.Close())
		}
		j.open[path] = journal
	}
	return j, nil
}

// readJournals reads every journal of the session without locking it.
func (s *session) readJournals() (state.Snapshot, error) {
	var all []state.Snapshot
	for _, path := range s.statePaths() {
		snapshot, err := state.Read(path, s.identity())
		if err != nil {
			return state.Snapshot{}, err
		}
		all = append(all, snapshot)
	}
	return merge(all), nil
}

func (s *session) statePaths() []string {
	return slices.Compact(slices.Sorted(maps.Values(s.stateOf)))
}

// Append writes records into the journals that they belong to: an upload, which
// is no job's, into all, so that each manifest knows it when it is given alone.
func (j *journals) Append(records ...state.Record) error {
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
func (j *journals) Snapshot() state.Snapshot {
	var all []state.Snapshot
	for _, path := range slices.Sorted(maps.Keys(j.open)) {
		all = append(all, j.open[path].Snapshot())
	}
	return merge(all)
}

// Close gives up all locks.
func (j *journals) Close() error {
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

// hideState keeps the folders of the state out of git: state names the account
// and changes with every apply. So a state file elsewhere is no input of a pattern.
func (s *session) hideState(ctx context.Context) error {
	for _, path := range s.statePaths() {
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

// hide keeps a folder out of git. An empty file is what a full disk has left.
func hide(folder string) error {
	path := filepath.Join(folder, ".gitignore")
	switch info, err := os.Lstat(path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file, and nothing is written through a link: remove it", path)
	case err == nil && info.Size() > 0:
		return nil
	}
	return os.WriteFile(path, []byte("*\n"), 0o600)
}

package repair

import (
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Forget drops a job from one file, and gives what was there before. Tool is who writes.
func Forget(path, name, tool string) (before state.Snapshot, err error) {
	journal, err := state.Open(path, state.Identity{Tool: tool})
	if err != nil {
		return state.Snapshot{}, err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	before = journal.Snapshot()
	return before, journal.Append(state.Record{Kind: state.KindForgot, Job: name})
}

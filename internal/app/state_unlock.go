package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

func (t *tool) stateUnlockVerb() options.Command {
	var at options.Recorded
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "unlock",
		Usage:    "show who holds the lock of a state file; tidy up after a holder that died",
		Examples: []string{"rescale-apply state unlock -f job.yaml"},
		Effect:   options.Changes,
		Concerns: []options.Concern{&at, &output},
		Do:       func(context.Context, options.Call) error { return t.unlock(at.Scope, output) },
	}
}

// unlock breaks no lock: the operating system has freed that of a dead process, and
// beside a living one a second writer could spend money.
func (t *tool) unlock(scope options.Scope, output options.Output) error {
	paths, err := t.surroundings().RecordedAt(scope)
	if err != nil {
		return err
	}
	var held error
	var locks []show.Lock
	for _, path := range paths {
		lock := show.Lock{Path: path}
		var locked *state.LockedError
		lock.Owner, lock.Stale, err = state.Unlock(path)
		if errors.As(err, &locked) {
			lock.Locked, lock.Owner = true, state.Owner{PID: locked.PID, Host: locked.Host, Since: locked.Since}
			held = errors.Join(held, err)
		} else if err != nil {
			return err
		}
		locks = append(locks, lock)
	}
	if output.JSON() {
		return errors.Join(show.WriteLocks(t.Out, locks), held)
	}
	t.Style().Locks(t.Out, locks)
	return held
}

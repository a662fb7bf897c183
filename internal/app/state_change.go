package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/spec"
)

func (t *tool) stateRemoveCommand() *cli.Command {
	return t.aboutJob(aboutJob{
		name:    "rm",
		usage:   "forget the runs of a job; the next apply looks for them on the platform",
		example: "rescale-apply state rm heat -f job.yaml",
		do:      t.stateRemove,
	})
}

func (t *tool) stateRemove(c *cli.Context, files []show.Journal, name, output string) error {
	if err := t.keepProtected(c, name); err != nil {
		return err
	}
	for i, f := range files {
		before, err := forget(f.Path, name)
		if err != nil {
			return err
		}
		files[i].Snapshot = before
	}
	for _, f := range files {
		if run, _ := f.Last(name); run.Stage == state.StageSubmitting || run.Stage == state.StageSubmitted {
			t.warn(fmt.Sprintf("run %s of job %s may still be under way; a changed manifest is not held back by it any more", run.ID, name))
		}
	}
	if output == "json" {
		return show.WriteForgotten(t.Stdout, files, name)
	}
	t.style(c).Forgotten(t.Stdout, files, name)
	return nil
}

// keepProtected refuses to forget a job that its manifest protects. A manifest that
// cannot be read, or is not given, protects nothing here: apply looks for the runs of
// protected jobs on the platform all the same.
func (t *tool) keepProtected(c *cli.Context, name string) error {
	if len(c.StringSlice("filename")) == 0 {
		return nil
	}
	m, err := t.read(c)
	if err != nil {
		return err
	}
	shelf := &sources.Shelf{Contained: t.contained(c)}
	jobs, _ := spec.Loader{Open: shelf.Open}.Load(m.sources)
	sources.Mark(shelf.Texts, m.sources)
	m.texts = shelf.Texts
	var list diag.List
	for _, job := range jobs {
		if job.Name.V == name && job.Protected.V {
			list = append(list, guard.Protected(name, job.Protected.Pos, "its runs must stay on record"))
		}
	}
	return t.refusals(c, m, list)
}

// forget drops a job from one file, and gives what was there before.
func forget(path, name string) (before state.Snapshot, err error) {
	journal, err := state.Open(path, state.Identity{Tool: programName + " " + Version()})
	if err != nil {
		return state.Snapshot{}, err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	before = journal.Snapshot()
	return before, journal.Append(state.Record{Kind: state.KindForgot, Job: name})
}

func (t *tool) stateUnlockCommand() *cli.Command {
	return &cli.Command{
		Name:      "unlock",
		Usage:     "show who holds the lock of a state file; tidy up after a holder that died",
		UsageText: "rescale-apply state unlock -f job.yaml",
		Flags:     stateFlags(),
		Action:    t.stateUnlock,
	}
}

// stateUnlock breaks no lock: the operating system has freed that of a dead process,
// and beside a living one a second writer could spend money.
func (t *tool) stateUnlock(c *cli.Context) error {
	output, err := onlyFormat(c, "text", "json")
	if err != nil {
		return err
	}
	paths, err := t.statePaths(c)
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
	if output == "json" {
		return errors.Join(show.WriteLocks(t.Stdout, locks), held)
	}
	t.style(c).Locks(t.Stdout, locks)
	return held
}

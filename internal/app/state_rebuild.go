package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor/rebuild"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

func (t *tool) stateRebuildCommand() *cli.Command {
	flags := []cli.Flag{
		manifestFlags()[0],
		&cli.BoolFlag{Name: "force", Usage: "also put aside a file of another account or platform, of a newer version, or that is no state file"},
	}
	return &cli.Command{
		Name:  "rebuild",
		Usage: "make a state file anew from the platform; keeps the old one beside it; sends GET requests only",
		UsageText: "rescale-apply state rebuild -f job.yaml\n" +
			"   rescale-apply state rebuild -f job.yaml --force",
		Flags:  join(flags, platformFlags(), outputFlags("text", "json")),
		Action: t.stateRebuild,
	}
}

func (t *tool) stateRebuild(c *cli.Context) error {
	output, err := onlyFormat(c, "text", "json")
	if err != nil {
		return err
	}
	return t.session(c, func(s *session) error {
		jobs, err := t.resolveIfPossible(c.Context, s)
		if err != nil {
			return err
		}
		if err := s.hideState(c.Context); err != nil {
			return err
		}
		files, err := t.rebuild(c, s, jobs)
		if err != nil {
			return err
		}
		if output == "json" {
			return show.WriteJournals(t.Stdout, files)
		}
		t.style(c).Rebuilt(t.Stdout, files)
		return nil
	})
}

// resolveIfPossible asks who the account is, which is needed, and what the jobs are
// made of now, which is not: inputs may be missing on the machine that repairs.
func (t *tool) resolveIfPossible(ctx context.Context, s *session) ([]resolver.Job, error) {
	var err error
	if s.resolved.User, err = s.platform.Me(ctx); err != nil {
		return nil, s.refused(fmt.Errorf("asking the platform for your account: %w", err))
	}
	resolved, problems, err := t.resolved(ctx, s)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil && len(problems) == 0:
		return resolved.Jobs, nil
	}
	t.warn("the manifest cannot be resolved here now (plan tells why), so that it is not recorded what the runs were made of")
	return named(s.jobs), nil
}

// rebuild locks every state file of the session before it looks, so that no apply
// goes on meanwhile.
func (t *tool) rebuild(c *cli.Context, s *session, jobs []resolver.Job) (files []show.Journal, err error) {
	consent := state.OwnFile
	if c.Bool("force") {
		consent = state.AnyFile
	}
	replacements := make(map[string]*state.Replacement)
	defer func() {
		for _, r := range replacements {
			err = errors.Join(err, r.Close())
		}
	}()
	for _, path := range s.statePaths() {
		r, err := state.Replace(path, s.identity(), consent)
		if err != nil {
			return nil, needsForce(err)
		}
		replacements[path] = r
	}
	memory, err := rebuild.Recall(c.Context, s.platform, s.resolved.User.Email, jobs)
	if err != nil {
		return nil, fmt.Errorf("rebuilding the state: %w", err)
	}
	t.warnOfSurplus(memory)
	for _, path := range s.statePaths() {
		file, err := refill(replacements[path], memory.Records(s.jobsAt(path)))
		if err != nil {
			return files, err
		}
		file.Path = path
		files = append(files, file)
		t.warnOfLost(replacements[path].Old(), file.Snapshot)
	}
	return files, nil
}

// warnOfLost tells of runs that were paid and that the new file does not know: a
// later apply could pay them again.
func (t *tool) warnOfLost(before, now state.Snapshot) {
	for _, job := range before.Jobs() {
		for _, run := range before.Runs[job] {
			if _, known := now.Find(run.Key); !known && (run.Stage == state.StageSubmitted || run.Stage == state.StageFinished) {
				t.warn(fmt.Sprintf("job %s: run %s is in the old file only; the manifest does not name the job any more, or the run was deleted on the platform and apply runs it again",
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

// jobsAt are the jobs whose state is in a file.
func (s *session) jobsAt(path string) []string {
	var names []string
	for name, at := range s.stateOf {
		if at == path {
			names = append(names, name)
		}
	}
	return names
}

// warnOfSurplus tells of jobs that no record speaks of.
func (t *tool) warnOfSurplus(m rebuild.Memory) {
	for _, other := range m.Surplus {
		if other.Submitted() {
			t.warn(fmt.Sprintf("job %s: %s was submitted beside %s, with the same key; both are billed", other.Key.Name, other.ID, other.Run))
			continue
		}
		t.warn(fmt.Sprintf("job %s: draft %s is not needed beside run %s; it costs nothing, delete it on the platform if you like",
			other.Key.Name, other.ID, other.Run))
	}
}

// forceError is a file that is not put aside without being asked to.
type forceError struct{ error }

// Unwrap gives what the file is.
func (e *forceError) Unwrap() error { return e.error }

// Hint tells how to ask.
func (*forceError) Hint() string {
	return "state rebuild --force puts it aside, under a name ending in .bak, and makes a new one for this account"
}

func needsForce(err error) error {
	if is[*state.ForeignError](err) || is[*state.NewerError](err) || is[*state.DamagedError](err) {
		return &forceError{err}
	}
	return err
}

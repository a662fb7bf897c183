package planner

import (
	"context"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// readTags reads the tags of successful runs that an earlier apply, maybe on another
// machine, may have judged by the checks, where the jobs' bodies lack them.
func (o *Observation) readTags(ctx context.Context, p Finder, jobs []resolver.Job, known state.Snapshot) (err error) {
	told := make(map[string]bool)
	for _, f := range o.everything() {
		told[f.ID] = f.Stored.Tags != nil
	}
	var ids []string
	for _, job := range jobs {
		if success.Of(job.Success).None() {
			continue
		}
		for _, run := range known.Runs[job.Name] {
			unjudged := run.Verdict == string(verdict.Succeeded) && run.Checks == "" && len(o.Statuses[run.ID]) > 0
			if unjudged && (job.Digest == "" || isRunOf(run, job)) && !told[run.ID] {
				ids = append(ids, run.ID)
			}
		}
	}
	o.Tags, err = patience.Each(ctx, ids, patience.NotFound, func(ctx context.Context, id string) (names []string, err error) {
		tags, err := p.Tags(ctx, id)
		for _, tag := range tags {
			names = append(names, tag.Name)
		}
		return names, err
	})
	return err
}

// readCommands reads the earlier runs of jobs whose command changed: a journal holds
// only its hash.
func (o *Observation) readCommands(ctx context.Context, p Finder, plan Plan) (err error) {
	known := make(map[string]rescale.Job)
	for _, f := range o.everything() {
		known[f.ID] = f.Stored
	}
	var ids []string
	for _, step := range plan.Steps {
		if _, read := known[step.Last.ID]; !read && step.Last.ID != "" && len(commandChanges(step)) > 0 {
			ids = append(ids, step.Last.ID)
		}
	}
	if o.Stored, err = patience.Each(ctx, ids, patience.NotFound, p.Job); err != nil {
		return err
	}
	for id, job := range known {
		o.Stored[id] = job
	}
	return nil
}

// commandChanges returns the indexes of a step's changes that are about a command.
func commandChanges(s Step) (at []int) {
	if s.Action != Rerun {
		return nil
	}
	for i, c := range s.Changes {
		if c.tile() >= 0 && c.Old != "" && c.New != "" {
			at = append(at, i)
		}
	}
	return at
}

// tile returns the index of the analysis whose command changed; -1 when something else
// did.
func (c Change) tile() int {
	if c.Field == "command" {
		return 0
	}
	at, is := strings.CutSuffix(c.Field, "].command")
	n, found := strings.CutPrefix(at, "analyses[")
	if tile, err := strconv.Atoi(n); is && found && err == nil {
		return tile
	}
	return -1
}

// showCommands adds the diffs of changed commands.
func (o Observation) showCommands(plan *Plan) {
	for i, step := range plan.Steps {
		stored, read := o.Stored[step.Last.ID]
		for _, at := range commandChanges(step) {
			tile := step.Changes[at].tile()
			if !read || tile >= len(stored.Tiles) || tile >= len(step.Job.Request.JobAnalyses) {
				continue
			}
			plan.Steps[i].Changes[at].Diff = commandDiff(stored.Tiles[tile].Command, step.Job.Request.JobAnalyses[tile].Command)
		}
	}
}

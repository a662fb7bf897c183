package app

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

func (t *tool) statusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "show how far the jobs of a manifest are; sends GET requests only",
		UsageText: "rescale-apply status -f job.yaml\n   rescale-apply status -f job.yaml -o json",
		Flags:     join(manifestFlags(), platformFlags(), outputFlags("text", "json")),
		Action:    t.status,
	}
}

func (t *tool) status(c *cli.Context) error {
	output, err := onlyFormat(c, "text", "json")
	if err != nil {
		return err
	}
	return t.session(c, func(s *session) error {
		snapshot, err := s.recall(c.Context)
		if err != nil {
			return err
		}
		list, err := s.states(c.Context, snapshot)
		if err != nil {
			return err
		}
		if output == "json" {
			return show.WriteStates(t.Stdout, list)
		}
		t.style(c).States(t.Stdout, list, time.Now())
		return nil
	})
}

// states gives one line for each job: what the journal knows, and for runs that
// it calls active what the platform says now.
func (s *session) states(ctx context.Context, snapshot state.Snapshot) ([]show.State, error) {
	var jobs []resolver.Job
	for _, job := range s.jobs {
		jobs = append(jobs, resolver.Job{Name: job.Name.V})
	}
	histories, err := executor.Active(ctx, s.platform, jobs, snapshot)
	if err != nil {
		return nil, err
	}
	var list []show.State
	for _, job := range s.jobs {
		line := show.State{Job: job.Name.V}
		if run, ok := snapshot.Last(job.Name.V); ok {
			line.Run, line.Known = run, true
			line.Gone = histories.Gone[run.ID]
			if history := histories.Statuses[run.ID]; len(history) > 0 {
				line.Run.Status, line.Run.StatusAt = history[0].Status, history[0].Date
				if judged, done := verdict.Judge(history); done {
					line.Run.Verdict, line.Run.Reason = string(judged.Verdict), judged.Reason
					line.Run.Started, line.Run.Ended = judged.Started, judged.Ended
				}
			}
		}
		list = append(list, line)
	}
	return list, nil
}

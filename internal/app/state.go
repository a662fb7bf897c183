package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

func (t *tool) stateVerbs() options.Command {
	return options.Command{
		Name:     "state",
		Part:     "Keep in order",
		Usage:    "show what is recorded of a manifest's runs, and repair it",
		Examples: []string{"rescale-apply state COMMAND -f job.yaml"},
		Group: []options.Command{
			t.stateListVerb(), t.stateShowVerb(), t.stateRemoveVerb(), t.stateRebuildVerb(), t.stateUnlockVerb(),
		},
	}
}

func (t *tool) stateListVerb() options.Command {
	var at options.Recorded
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "list",
		Usage:    "list the jobs of a state file, with their last runs; needs no network",
		Examples: []string{"rescale-apply state list -f job.yaml", "rescale-apply state list --state .rescale/job.yaml.state.jsonl -o json"},
		Concerns: []options.Concern{&at, &output},
		Do: func(context.Context, options.Call) error {
			files, err := t.surroundings().Recorded(at.Scope)
			if err != nil {
				return err
			}
			if output.JSON() {
				return show.WriteJournals(t.Out, files)
			}
			t.Style().Journals(t.Out, files)
			return nil
		},
	}
}

func (t *tool) stateShowVerb() options.Command {
	var at options.Recorded
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "show",
		Usage:    "show all that is recorded of one job's runs; needs no network",
		Args:     "JOB",
		Examples: []string{"rescale-apply state show heat -f job.yaml", "rescale-apply state show heat -f job.yaml -o json"},
		Concerns: []options.Concern{&at, &output},
		Do: func(_ context.Context, call options.Call) error {
			files, job, err := t.surroundings().RecordedOf(at.Scope, call.Args)
			if err != nil {
				return err
			}
			if output.JSON() {
				return show.WriteRuns(t.Out, files[0], job)
			}
			t.Style().Runs(t.Out, files[0], job)
			return nil
		},
	}
}

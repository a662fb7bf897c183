package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/internal/app/halting"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// stopOptions say what to stop, and how.
type stopOptions struct {
	options.Scope
	consent
	all    bool
	mode   stop.Mode
	output options.Output
}

func (t *tool) stopVerb() options.Command {
	o := stopOptions{output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:     "stop",
		Part:     "End and tidy",
		Usage:    "stop jobs that run, wait for their end, and fetch what outputs.onFailure wants",
		Args:     "NAME | ID ...",
		Examples: []string{"rescale-apply stop -f job.yaml heat", "rescale-apply stop -f job.yaml --all -y", "rescale-apply stop QwErTy --force"},
		Effect:   options.Changes,
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{
				{Name: "all", Into: &o.all, Usage: "all jobs of the manifest"},
				{Name: "no-wait", Into: &o.mode.NoWait, Usage: "return when all were told to stop (exit 101); licenses stay in use until the jobs have ended"},
				{Name: "force", Into: &o.mode.Force, Usage: "end at once what was told to stop: no restart files are written any more"},
			},
			o.flag(), &o.Platform, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			if err := o.possible(t, call.Verb); err != nil {
				return err
			}
			if o.all && len(call.Args) > 0 {
				return options.Usage("--all and names exclude each other", "leave one of the two out")
			}
			return t.subjects(ctx, naming{scope: o.Scope, words: call.Args, all: o.all, every: " --all"}, func(s *session, list []subject) error {
				return t.stop(ctx, s, o, list)
			})
		},
	}
}

func (t *tool) stop(ctx context.Context, s *session, o stopOptions, list []subject) error {
	active, err := s.active(ctx, list, o.all)
	if err != nil {
		return err
	}
	if err := s.unprotected(active, "must not be stopped"); err != nil {
		return err
	}
	if len(active) > 0 {
		question := fmt.Sprintf("stop %s: %s?", humanize.Plural(len(active), "run"), described(active))
		if err := o.ask(ctx, t, question); err != nil {
			return err
		}
	}
	runs, orders := stops(list)
	end := halting.Halting{Screen: t.Screen, From: s.Connection, JSON: o.output.JSON(), Orders: orders}
	results, err := stop.Stopper{Platform: s.Platform, Mode: o.mode, Tell: end.Tell}.Run(ctx, runs)
	if err != nil {
		return s.guarded(err)
	}
	return end.Conclude(ctx, results)
}

package app

import (
	"context"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// statusOptions say which jobs to look at.
type statusOptions struct {
	options.Scope
	transfers options.Transfers
	code      bool
	output    options.Output
}

func (t *tool) statusVerb() options.Command {
	o := statusOptions{output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:     "status",
		Part:     "Look and follow",
		Usage:    "show how far jobs are, those that are named in depth; sends GET requests only",
		Args:     "[NAME | ID ...]",
		Examples: []string{"rescale-apply status -f job.yaml", "rescale-apply status heat", "rescale-apply status QwErTy -o json", "rescale-apply status -f job.yaml --exit-status"},
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{{Name: "exit-status", Into: &o.code, Usage: "exit as apply would: 100 when one failed, 102 when one was stopped, 101 while one runs; 2 when one has not run"}},
			o.transfers.Results(), &o.Platform, t.reports, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			if len(call.Args) == 0 {
				return t.status(ctx, o)
			}
			return t.subjects(ctx, naming{scope: o.Scope, words: call.Args}, func(s *session, list []subject) error {
				return t.inDepth(ctx, s, o, list)
			})
		},
	}
}

func (t *tool) status(ctx context.Context, o statusOptions) error {
	w, err := t.load(o.Scope)
	if err != nil {
		return err
	}
	return t.session(ctx, w, o.Platform, func(s *session) error {
		list, err := s.states(ctx)
		if err != nil {
			return err
		}
		for i := range list {
			if o.transfers.NoDownload {
				list[i].Run.OutputsTo = ""
			}
		}
		t.reports.Looked(ctx, s.Jobs, list, s.site())
		if o.output.JSON() {
			err = show.WriteStates(t.Out, list)
		} else {
			s.style(true).States(t.Out, list, time.Now())
		}
		if err != nil || !o.code {
			return err
		}
		return ending.OfStates(list)
	})
}

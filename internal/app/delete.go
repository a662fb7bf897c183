package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/tidy"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/tidying"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// deleteOptions say what to delete.
type deleteOptions struct {
	options.Scope
	consent
	older  string
	rules  tidy.Rules
	output options.Output
}

func (t *tool) deleteVerb() options.Command {
	o := deleteOptions{output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:     "delete",
		Usage:    "delete older runs of jobs, with their results, on the platform; never inputs",
		Args:     "NAME | ID ...",
		Examples: []string{"rescale-apply delete -f job.yaml heat --older-than 30d", "rescale-apply delete -f job.yaml 'airfoil/*' -y", "rescale-apply delete QwErTy --forget"},
		Effect:   options.Changes,
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{
				{Name: "older-than", Into: &o.older, Usage: "only what ended, or was made, longer than `TIME` ago, such as 30d"},
				{Name: "forget", Into: &o.rules.Forget, Usage: "also the newest run and the newest success of a job, which the next apply pays again, and what this tool has not made"},
			},
			o.flag(), &o.Platform, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) (err error) {
			if err := o.possible(t, call.Verb); err != nil {
				return err
			}
			if o.rules.OlderThan, err = options.Span("older-than", o.older); err != nil {
				return err
			}
			return t.subjects(ctx, naming{scope: o.Scope, words: call.Args}, func(s *session, list []subject) error {
				return t.delete(ctx, s, o, list)
			})
		},
	}
}

func (t *tool) delete(ctx context.Context, s *session, o deleteOptions, list []subject) error {
	named, err := s.tidied(ctx, list)
	if err != nil {
		return err
	}
	o.rules.Protected = s.protected()
	named.Rules, named.Screen, named.Format, named.Free = o.rules, t.Screen, o.output.Format, s.Alone()
	decisions, err := named.Decide(ctx)
	if err != nil {
		return s.guarded(err)
	}
	if sum := tidying.Sum(decisions); sum.Jobs > 0 {
		question := fmt.Sprintf("delete %s with %s of results (%s)?", humanize.Plural(sum.Jobs, "run"), humanize.Plural(sum.Files, "file"), content.Bytes(sum.Bytes))
		if err := o.ask(ctx, t, question); err != nil {
			return err
		}
	}
	deleted, err := named.Delete(ctx, decisions)
	return errors.Join(err, s.forget(deleted))
}

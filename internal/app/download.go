package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// downloadOptions say what to download.
type downloadOptions struct {
	options.Scope
	fetch  fetch.Options
	output options.Output
}

func (t *tool) downloadVerb() options.Command {
	o := downloadOptions{fetch: fetch.Defaults(), output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:  "download",
		Usage: "fetch the result files of jobs, of a manifest or of any id",
		Args:  "[NAME | ID ...]",
		Examples: []string{
			"rescale-apply download -f job.yaml", "rescale-apply download -f job.yaml heat --to /tmp/heat --include '*.csv'",
			"rescale-apply download -f job.yaml --list", "rescale-apply download QwErTy --to /tmp/heat --all",
		},
		Concerns: []options.Concern{&o.Manifests, &o.fetch, &o.Platform, &o.output},
		Do:       func(ctx context.Context, call options.Call) error { return t.download(ctx, o, call.Args) },
	}
}

func (t *tool) download(ctx context.Context, o downloadOptions, words []string) error {
	return t.subjects(ctx, naming{scope: o.Scope, words: words, all: true, rest: " --to FOLDER"}, func(s *session, list []subject) error {
		ran, err := thatRan(list)
		clerk := fetch.Clerk{Screen: t.Screen, From: s.Connection, Parallel: o.fetch.Parallel, List: o.fetch.List, Format: o.output.Format}
		return errors.Join(clerk.Deliver(ctx, o.orders(s, ran), s.unknownOrder), err)
	})
}

// orders are what is wanted of subjects that have a run.
func (o downloadOptions) orders(s *session, list []subject) (orders []fetch.Order) {
	for _, x := range list {
		if x.Job == nil {
			orders = append(orders, o.fetch.OfID(x.ID, len(list)-1))
			continue
		}
		wish := o.fetch.OfJob(*x.Job, s.Written-1)
		wish.Whole, wish.Runs = wish.Whole && x.Run.Stage == state.StageFinished, x.Runs
		orders = append(orders, fetch.Order{Name: x.Name, ID: x.ID, Wish: wish, Run: x.Run, Checks: success.Of(x.Job.Success)})
	}
	return orders
}

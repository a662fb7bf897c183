package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// downloadOptions say what to download.
type downloadOptions struct {
	options.Scope
	fetch  fetch.Options
	output options.Output
}

func (t *tool) downloadVerb() options.Command {
	o := downloadOptions{fetch: fetch.Defaults(), output: options.Formats("text", "json")}
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
	if len(o.Files) == 0 {
		orders, err := o.ofIDs(words)
		if err != nil {
			return err
		}
		return t.visit(ctx, o.Platform, func(c *connect.Connection) error {
			return t.clerk(c, o).Deliver(ctx, orders, unknownID)
		})
	}
	w, err := t.load(o.Scope)
	if err != nil {
		return err
	}
	return t.session(ctx, w, o.Platform, func(s *session) error {
		orders, err := o.ofManifest(ctx, s, words)
		same := func(_ fetch.Order, err error) error { return err }
		return errors.Join(t.clerk(s.Connection, o).Deliver(ctx, orders, same), err)
	})
}

func (t *tool) clerk(c *connect.Connection, o downloadOptions) fetch.Clerk {
	return fetch.Clerk{Screen: t.Screen, From: c, Parallel: o.fetch.Parallel, List: o.fetch.List, Format: o.output.Format}
}

package app

import (
	"context"
	"errors"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	shown "github.com/rescale-apply/rescale-apply/internal/app/roster"
)

// listOptions say which jobs of the account to list.
type listOptions struct {
	options.Visited
	active, failed bool
	since          string
	query          roster.Query
	output         options.Output
}

func (t *tool) listVerb() options.Command {
	o := listOptions{output: options.Formats("text", "json"), query: roster.Query{Most: 50}}
	return options.Command{
		Name:     "list",
		Usage:    "list my jobs on the platform, the newest first; sends GET requests only",
		Examples: []string{"rescale-apply list", "rescale-apply list --active", "rescale-apply list --failed --since 7d --name 'airfoil*'"},
		Concerns: []options.Concern{
			options.Flags{
				{Name: "active", Into: &o.active, Usage: "only jobs that were submitted and are not over"},
				{Name: "failed", Into: &o.failed, Usage: "only jobs that are over and did not succeed, also those that a person stopped"},
				{Name: "ours", Into: &o.query.Ours, Usage: "only runs of manifests"},
				{Name: "name", Into: &o.query.Name, Usage: "only jobs whose name, on the platform or in the manifest, matches `PATTERN`"},
				{Name: "commit", Into: &o.query.Commit, Filled: true, Usage: "only runs of manifests that come from commit `SHA`, or one that begins so"},
				{Name: "since", Into: &o.since, Usage: "only jobs that were made in the last `TIME`, such as 7d"},
				{Name: "limit", Into: &o.query.Most, Usage: "at most `N` jobs; 0: all"},
			},
			&o.Visited, &o.output,
		},
		Do: func(ctx context.Context, _ options.Call) error { return t.list(ctx, o) },
	}
}

func (t *tool) list(ctx context.Context, o listOptions) error {
	if o.active && o.failed {
		return options.Usage("--active and --failed exclude each other", "leave one of the two out")
	}
	length, err := options.Span("since", o.since)
	if err := errors.Join(err, o.query.Check()); err != nil {
		return err
	}
	now := time.Now()
	if length > 0 {
		o.query.Since = now.Add(-length)
	}
	switch {
	case o.active:
		o.query.Which = roster.Active
	case o.failed:
		o.query.Which = roster.Failed
	}
	return t.visit(ctx, o.Platform, func(c *connect.Connection) error {
		s := &session{Connection: c}
		if err := s.ask(ctx); err != nil {
			return err
		}
		o.query.Owner = s.user.Email
		found, err := roster.Read(ctx, c.Platform, o.query)
		if err != nil {
			return c.Refused(err)
		}
		if o.output.JSON() {
			return shown.JSON(t.Out, found)
		}
		shown.Text(t.Out, o.query, found, now)
		return nil
	})
}

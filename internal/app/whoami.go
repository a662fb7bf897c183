package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/app/account"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

func (t *tool) whoamiVerb() options.Command {
	var platform options.Visited
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "whoami",
		Usage:    "show the account, the platform, the projects with their budgets, and where the key came from",
		Examples: []string{"rescale-apply whoami", "rescale-apply whoami --profile eu -o json"},
		Concerns: []options.Concern{&platform, &output},
		Do: func(ctx context.Context, _ options.Call) error {
			return t.visit(ctx, platform.Platform, func(c *connect.Connection) error {
				found, err := account.Read(ctx, c.Platform, c.Source)
				if err != nil {
					return c.Refused(err)
				}
				if c.Alone() {
					found.Platform, found.Embedded = c.Account, true
				}
				if output.JSON() {
					return found.JSON(t.Out)
				}
				found.Text(t.Out)
				return nil
			})
		},
	}
}

package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

func (t *tool) catalogVerb() options.Command {
	var platform options.Visited
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "catalog",
		Part:     "Look up",
		Usage:    "look up what the platform offers: hardware with prices, software, projects, automations",
		Args:     strings.Join(catalog.Kinds(), "|") + " [WORD]",
		Examples: []string{"rescale-apply catalog coretypes", "rescale-apply catalog analyses fluent", "rescale-apply catalog projects -o json"},
		Concerns: []options.Concern{&platform, &output},
		Group:    []options.Command{t.catalogLockVerb(), t.catalogUpdateVerb()},
		Do: func(ctx context.Context, call options.Call) error {
			switch {
			case len(call.Args) == 0:
				return options.Usage("catalog needs to know what to look up", fmt.Sprintf("%s catalog %s", options.Program, strings.Join(catalog.Kinds(), "|")))
			case len(call.Args) > 2:
				return options.Usage("catalog looks for one word at a time", fmt.Sprintf("%s catalog %s '%s'", options.Program, call.Args[0], strings.Join(call.Args[1:], " ")))
			}
			if err := catalog.Known(call.Args[0]); err != nil {
				return err
			}
			word := strings.Join(call.Args[1:], "")
			return t.visit(ctx, platform.Platform, func(c *connect.Connection) error {
				answer, err := catalog.Read(ctx, c.Platform, call.Args[0], word)
				if err != nil {
					return c.Refused(err)
				}
				if output.JSON() {
					return answer.JSON(t.Out)
				}
				answer.Text(t.Out)
				return nil
			})
		},
	}
}

package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/reference"
)

func (t *tool) explainVerb() options.Command {
	return options.Command{
		Name:     "explain",
		Usage:    "tell what a key of the manifest means, with an example",
		Args:     "[KEY]",
		Examples: []string{"rescale-apply explain", "rescale-apply explain hardware.walltime", "rescale-apply explain walltime"},
		Do: func(_ context.Context, call options.Call) error {
			switch len(call.Args) {
			case 0:
				reference.List(t.Out)
				return nil
			case 1:
				return reference.Explain(t.Out, call.Args[0])
			}
			return options.Usage("explain takes one key at a time", "rescale-apply explain "+call.Args[0])
		},
	}
}

package app

import (
	"context"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

func (t *tool) statusVerb() options.Command {
	var scope options.Scope
	var transfers options.Transfers
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "status",
		Usage:    "show how far the jobs of a manifest are; sends GET requests only",
		Examples: []string{"rescale-apply status -f job.yaml", "rescale-apply status -f job.yaml -o json"},
		Concerns: []options.Concern{&scope.Manifests, transfers.Results(), &scope.Platform, &output},
		Do: func(ctx context.Context, _ options.Call) error {
			w, err := t.load(scope)
			if err != nil {
				return err
			}
			return t.session(ctx, w, scope.Platform, func(s *session) error {
				list, err := s.states(ctx)
				if err != nil {
					return err
				}
				for i := range list {
					if transfers.NoDownload {
						list[i].Run.OutputsTo = ""
					}
				}
				if output.JSON() {
					return show.WriteStates(t.Out, list)
				}
				s.style(true).States(t.Out, list, time.Now())
				return nil
			})
		},
	}
}

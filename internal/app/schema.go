package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/schema"
)

func (t *tool) schemaVerb() options.Command {
	return options.Command{
		Name:     "schema",
		Usage:    "print the JSON schema of manifests, for editors",
		Examples: []string{"rescale-apply schema > job.schema.json"},
		Do: func(context.Context, options.Call) error {
			_, err := t.Out.Write(schema.JSON())
			return err
		},
	}
}

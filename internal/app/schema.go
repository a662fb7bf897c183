package app

import (
	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/schema"
)

func (t *tool) schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON schema of manifests, for editors",
		UsageText: "rescale-apply schema > job.schema.json",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			_, err := t.Stdout.Write(schema.JSON())
			return err
		},
	}
}

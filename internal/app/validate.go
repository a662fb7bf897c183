package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
)

func (t *tool) validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check manifests and their input files without a network",
		UsageText: "rescale-apply validate -f job.yaml",
		Flags:     join(manifestFlags(), outputFlags("text")),
		Action:    t.validate,
	}
}

// validate does what can be done offline: the text, the schema, the rules, and
// that every input file is there. Catalogs are plan's work.
func (t *tool) validate(c *cli.Context) error {
	if _, err := onlyFormat(c, "text"); err != nil {
		return err
	}
	m, err := t.load(c)
	if err != nil {
		return err
	}
	if _, err := t.find(c, m, m.jobs); err != nil {
		return err
	}
	t.slips(m)
	for _, source := range m.sources {
		n := 0
		for _, job := range m.jobs {
			if job.File == source.Name {
				n++
			}
		}
		fmt.Fprintf(t.Stdout, "%s: %s, no problems\n", source.Name, humanize.Plural(n, "job"))
	}
	return nil
}

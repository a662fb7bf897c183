package app

import (
	"context"
	"errors"

	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/scaffold"
)

// initOptions say what to write, and what is answered ahead.
type initOptions struct {
	options.Visited
	from    string
	force   bool
	answers [6]string
	output  options.Output
}

func (t *tool) initVerb() options.Command {
	o := initOptions{output: options.Formats("text", "json"), from: "."}
	return options.Command{
		Name:     "init",
		Part:     "Write manifests",
		Usage:    "write a manifest for the files of a folder; asks at most six questions",
		Args:     "[FILE]",
		Examples: []string{"rescale-apply init", "rescale-apply init --from decks/wing wing.yaml", "rescale-apply init --name wing --analysis ls_dyna --core-type emerald --cores 4 --walltime 2h --command './run.sh'"},
		Concerns: []options.Concern{
			options.Flags{
				{Name: "from", Into: &o.from, Usage: "`FOLDER` with the input files"},
				{Name: "force", Into: &o.force, Usage: "write over a file that is there"},
				{Name: "name", Into: &o.answers[0], Usage: "`NAME` of the job"},
				{Name: "analysis", Into: &o.answers[1], Usage: "software, as `CODE` or 'CODE VERSION'; rescale-apply catalog analyses lists them"},
				{Name: "core-type", Into: &o.answers[2], Usage: "hardware, as `CODE`; rescale-apply catalog coretypes lists them"},
				{Name: "cores", Into: &o.answers[3], Usage: "`N` cores per slot"},
				{Name: "walltime", Into: &o.answers[4], Usage: "longest `TIME` that the job may run, such as 8h"},
				{Name: "command", Into: &o.answers[5], Usage: "shell `TEXT` that the job runs"},
			},
			&o.Visited, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			if len(call.Args) > 1 {
				return options.Usage("init writes one file", "rescale-apply init "+call.Args[0])
			}
			return t.scaffold(ctx, o, append(call.Args, options.CurrentManifest)[0])
		},
	}
}

// scaffold does without a catalog where no key is: then it has no defaults of the platform.
func (t *tool) scaffold(ctx context.Context, o initOptions, file string) error {
	writer := scaffold.Writer{File: file, From: o.from, Force: o.force, Answers: scaffold.Ordered(o.answers), Flags: o.Again(), Notice: t.Line}
	if t.Stdin && t.Stderr {
		writer.Ask = scaffold.Terminal(ctx, t.env.Stdin, t.Err)
	}
	if err := writer.Free(); err != nil {
		return err
	}
	err := t.visit(ctx, o.Platform, func(c *connect.Connection) error { return c.Refused(writer.Read(ctx, c.Platform)) })
	var keyless *login.MissingKeyError
	if errors.As(err, &keyless) {
		t.Line("notice: " + keyless.Error() + ": answers are not checked against a catalog")
		err = nil
	}
	if err != nil {
		return err
	}
	written, err := writer.Write()
	if err != nil {
		return err
	}
	if o.output.JSON() {
		return written.JSON(t.Out)
	}
	written.Text(t.Out)
	return nil
}

package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/converting"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/convert/formats"
)

func (t *tool) convertVerb() options.Command {
	var wish converting.Wish
	output := options.Formats("text", "json")
	return options.Command{
		Name:  "convert",
		Usage: "make a manifest of jobs in another format: SGE scripts, the vendor's jobs.csv and JSON, job bodies, Nextflow",
		Args:  "FILE ...",
		Examples: []string{
			"rescale-apply convert job.sh --inputs 'case/*' --to job.yaml", "rescale-apply convert jobs.csv --to sweep.yaml --adopt state.csv", "rescale-apply convert body.json",
		},
		Concerns: []options.Concern{
			options.Flags{
				{Name: "to", Into: &wish.To, Filled: true, Usage: "`FILE` to write the manifest to, and its table beside it; without it, it is shown"},
				{Name: "inputs", Into: &wish.Inputs, Verbatim: true, Usage: "files that each job gets besides, as `PATTERN`; may be repeated"},
				{Name: "from", Into: &wish.From, Filled: true, Complete: strings.Join(formats.Names(), "|"), Usage: "`FORMAT` of the files, where it is not found out: " + strings.Join(formats.Names(), ", ")},
				{Name: "adopt", Into: &wish.Adopt, Filled: true, Usage: "state of the vendor's client, as `FILE`: jobs that it has submitted are taken over as they are"},
			},
			&output,
		},
		Do: func(_ context.Context, call options.Call) error {
			if len(call.Args) == 0 {
				return options.Usage("convert needs a file", "rescale-apply convert job.sh --to job.yaml")
			}
			if wish.To != "" && !options.IsManifest(wish.To) {
				return options.Usage(fmt.Sprintf("%q is no name of a manifest", wish.To), "--to takes a file such as job.yaml")
			}
			wish.Files, wish.Stdin = call.Args, t.env.Stdin
			return t.convert(wish, output)
		},
	}
}

// convert shows warnings on standard error, and in the data of -o json alone.
func (t *tool) convert(wish converting.Wish, output options.Output) error {
	done, err := wish.Convert()
	if !output.JSON() || err != nil {
		done.Warned(t.Warn, t.Hint)
	}
	if err != nil {
		return err
	}
	var files []string
	if wish.To != "" {
		if files, err = done.Save(wish.To); err != nil {
			return err
		}
	}
	switch {
	case output.JSON():
		return done.JSON(t.Out, files)
	case len(files) > 0:
		done.Text(t.Out, files)
		return nil
	}
	return t.Verbatim(done.Manifest)
}

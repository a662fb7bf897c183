package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

func (t *tool) renderCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "to", Usage: "`FOLDER` to write the files to, one folder for each job; without it they are shown"},
	}
	return &cli.Command{
		Name:      "render",
		Usage:     "show input templates with the values of each job",
		ArgsUsage: "[NAME ...]",
		UsageText: "rescale-apply render -f job.yaml\n   rescale-apply render -f job.yaml airfoil/aoa=4\n   rescale-apply render -f job.yaml --to /tmp/decks",
		Flags:     join(manifestFlags(), flags, []cli.Flag{outputFlags("text")[1]}),
		Action:    t.render,
	}
}

// rendered is one template of one job.
type rendered struct {
	job   spec.Job
	input files.Input
}

// below is the path of the text in the folder that all are written to.
func (r rendered) below() string { return r.job.FolderName() + "/" + r.input.Name }

func (t *tool) render(c *cli.Context) error {
	m, err := t.load(c)
	if err != nil {
		return err
	}
	jobs, err := chosen(m.jobs, c.Args().Slice())
	if err != nil {
		return err
	}
	inputs, err := t.find(c, m, jobs)
	if err != nil {
		return err
	}
	var all []rendered
	for i, job := range jobs {
		for _, in := range inputs[i] {
			if in.Rendering != nil {
				all = append(all, rendered{job, in})
			}
		}
	}
	switch {
	case len(all) == 0:
		return cmdline.Usage("no input is a template", "write inputs: [{path: deck.k.tmpl, template: true, as: deck.k}]")
	case c.String("to") != "":
		return t.writeRendered(c.Context, all, c.String("to"))
	}
	return t.showRendered(all)
}

// showRendered prints one text as it is, and several under a line that names them.
func (t *tool) showRendered(all []rendered) error {
	for i, r := range all {
		if len(all) > 1 {
			fmt.Fprintf(t.Stdout, "%s==> %s: %s <==\n", blankLine(i), r.job.Name.V, diag.Line(r.input.Name))
		}
		var text strings.Builder
		err := r.input.Rendering.Write(&text)
		if err == nil {
			_, err = io.WriteString(t.whole(), t.veil(text.String()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func blankLine(i int) string {
	if i == 0 {
		return ""
	}
	return "\n"
}

func (t *tool) writeRendered(ctx context.Context, all []rendered, to string) error {
	if err := claimRendered(ctx, all, to); err != nil {
		return fmt.Errorf("listing what is to be written: %w", err)
	}
	for _, r := range all {
		name := filepath.Join(to, filepath.FromSlash(r.below()))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("making the folder of a rendered file: %w", err)
		}
		file, err := os.Create(name)
		if err != nil {
			return fmt.Errorf("writing a rendered file: %w", err)
		}
		if err := closing(file, r.input.Rendering.Write(file)); err != nil {
			return fmt.Errorf("writing %s: %w", file.Name(), err)
		}
	}
	fmt.Fprintf(t.Stdout, "%s written to %s\n", humanize.Plural(len(all), "file"), to)
	return nil
}

// claimRendered lists the files as rescale-apply's, so that no pattern takes them for
// inputs.
func claimRendered(ctx context.Context, all []rendered, to string) error {
	claims := make([]written.File, len(all))
	for i, r := range all {
		sum, size := r.input.Rendering.Digest()
		claims[i] = written.File{Path: r.below(), By: written.Render, SHA512: sum, Size: size}
	}
	return written.Claim(ctx, to, claims)
}

// closing closes a file that was written to; the first error counts.
func closing(file io.Closer, err error) error {
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

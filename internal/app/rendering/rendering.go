// Package rendering shows input templates with the values of each job, or writes them.
package rendering

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Texts are the templates of jobs, in manifest order.
type Texts []rendered

// rendered is one template of one job.
type rendered struct {
	job  spec.Job
	text files.Text
}

// below is the path of the text in the folder that all are written to.
func (r rendered) below() string { return r.job.FolderName() + "/" + r.text.Name }

// Of finds the templates among the inputs of jobs, which stand in the same order.
func Of(jobs []spec.Job, inputs [][]files.Input) (Texts, error) {
	var all Texts
	for i, job := range jobs {
		for _, in := range inputs[i] {
			for _, text := range in.Texts() {
				all = append(all, rendered{job, text})
			}
		}
	}
	if len(all) == 0 {
		return nil, options.Usage("no input is a template", "write inputs: [{path: deck.k.tmpl, template: true, as: deck.k}]")
	}
	return all, nil
}

// Show prints one text as it is, and several under a line that names them.
func (all Texts) Show(s *screen.Screen) error {
	for i, r := range all {
		if len(all) > 1 {
			fmt.Fprintf(s.Out, "%s==> %s: %s <==\n", blankLine(i), r.job.Name.V, diag.Line(r.text.Name))
		}
		var text strings.Builder
		err := r.text.Write(&text)
		if err == nil {
			err = s.Verbatim(text.String())
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

// Write writes each text into a folder, one folder below it for each job.
func (all Texts) Write(ctx context.Context, to string) error {
	if err := all.claim(ctx, to); err != nil {
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
		if err := closing(file, r.text.Write(file)); err != nil {
			return fmt.Errorf("writing %s: %w", file.Name(), err)
		}
	}
	return nil
}

// claim lists the files as rescale-apply's, so that no pattern takes them for
// inputs.
func (all Texts) claim(ctx context.Context, to string) error {
	claims := make([]written.File, len(all))
	for i, r := range all {
		sum, size := r.text.Digest()
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

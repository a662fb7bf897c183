package checking

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/reporting"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Check does what can be done offline: the text, the schema, the rules, and that every
// input file is there. Catalogs are plan's work.
type Check struct {
	Around  workspace.Surroundings
	Scope   options.Scope
	Reports *reporting.Clerk
	Text    io.Writer // for people, a line for each manifest without problems
	JSON    io.Writer // for programs, one object; nil for none

	found Found
}

// Together checks manifests that are applied together.
func (c *Check) Together(ctx context.Context) error {
	return c.told(c.set(ctx, c.Scope.Files))
}

// Each checks manifests of which each is applied alone.
func (c *Check) Each(ctx context.Context) error {
	around := c.Around
	around.Found = nil
	w, err := around.Sources(c.Scope)
	if err != nil {
		return err
	}
	var wrong error
	for _, source := range w.Sources {
		if source.Name == sources.Stdin {
			return options.Usage("--each reads files, and standard input is none", "leave --each out")
		}
		wrong = errors.Join(wrong, c.set(ctx, []string{source.Name}))
	}
	return c.told(wrong)
}

// told writes what was found, unless it is not whole.
func (c *Check) told(wrong error) error {
	if c.JSON == nil || c.found.Take(wrong) != nil {
		return wrong
	}
	return errors.Join(wrong, c.found.JSON(c.JSON))
}

func (c *Check) set(ctx context.Context, files []string) error {
	var read []diag.Source
	around, scope := c.Around, c.Scope
	scope.Files = files
	around.Found = func(manifests []diag.Source) {
		read = manifests
		c.Reports.Found(manifests)
	}
	w, err := around.Load(scope)
	if err != nil {
		c.found.Put(read, nil)
		return err
	}
	c.found.Put(w.Sources, w.JobsIn)
	if err := w.ReadLocks(); err != nil {
		return err
	}
	inputs, err := w.Find(ctx, w.Jobs)
	for _, list := range inputs {
		err = errors.Join(err, c.Reports.Apart(list))
	}
	if err != nil {
		return err
	}
	c.Reports.Checked(w.Jobs)
	w.WarnOfSlips()
	c.found.Add(Warning, w.Slips())
	for _, source := range w.Sources {
		fmt.Fprintf(c.Text, "%s: %s, no problems\n", source.Name, humanize.Plural(w.JobsIn(source), "job"))
	}
	return nil
}

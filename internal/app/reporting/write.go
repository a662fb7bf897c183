package reporting

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/codequality"
	"github.com/rescale-apply/rescale-apply/internal/app/report/github"
	"github.com/rescale-apply/rescale-apply/internal/app/report/junit"
	"github.com/rescale-apply/rescale-apply/internal/app/report/md"
	"github.com/rescale-apply/rescale-apply/internal/app/report/sarif"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
)

// Write writes all reports on a command that ends with an error, or nil for none. It gives
// a *report.WriteError for each that could not be written. An end of ctx does not keep it
// from its work.
func (c *Clerk) Write(ctx context.Context, err error) (failed error) {
	if !c.armed {
		return nil
	}
	c.conclude(ctx, err)
	ctx = context.WithoutCancel(ctx)
	for _, o := range c.orders {
		r := c.found.Through(c.desk.Hide)
		r.Totals.Code = int(exit.Of(errors.Join(err, failed)))
		if wrong := c.carryOut(ctx, o, r); wrong != nil {
			failed = errors.Join(failed, &report.WriteError{Kind: string(o.kind), Path: o.file, Err: wrong})
		}
	}
	return failed
}

func (c *Clerk) carryOut(ctx context.Context, o order, r report.Report) error {
	var text []byte
	var err error
	switch o.kind {
	case markdown:
		text = []byte(md.Write(r, md.Comment()))
	case jUnit:
		text, err = junit.Write(r)
	case codeQuality:
		text, err = codequality.Write(r)
	case sarifLog:
		text, err = sarif.Write(r)
	case gitHub:
		return c.gitHub(ctx, o, r)
	}
	if err != nil {
		return err
	}
	return put(ctx, o.file, text)
}

// gitHub writes annotations, and what belongs into the files that GitHub names.
func (c *Clerk) gitHub(ctx context.Context, o order, r report.Report) error {
	lines := []byte(github.Annotations(r))
	var err error
	if o.file != "" {
		err = put(ctx, o.file, lines)
	} else {
		_, err = c.desk.Commands.Write(lines)
	}
	return errors.Join(err,
		c.add("GITHUB_STEP_SUMMARY", func(size int) string { return md.Write(r, md.Summary(size)) }),
		c.add("GITHUB_OUTPUT", func(int) string { return github.Outputs(r) }))
}

// add appends a text to the file that a variable names: GitHub makes them, and others may
// have written to them. What is no file is left alone, as none of GitHub's would be.
func (c *Clerk) add(variable string, text func(size int) string) error {
	name, size := c.desk.Getenv(variable), 0
	if name == "" {
		return nil
	}
	switch info, missing := os.Stat(name); {
	case missing != nil: // it is made, or opening it says what is wrong
	case !info.Mode().IsRegular():
		c.desk.Warn(variable + " names no file, so nothing is written to it: " + name)
		return nil
	default:
		size = int(info.Size())
	}
	return pour(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, []byte(text(size)))
}

// put writes a file as a whole, or not at all, once it is known as no input of any job:
// the pattern of one must not find it. What is no file, such as a pipe, just takes the text.
func put(ctx context.Context, name string, text []byte) error {
	switch info, err := os.Stat(name); {
	case isLink(name, info):
		return &linkError{name}
	case err == nil && !info.Mode().IsRegular():
		return pour(name, os.O_WRONLY, text)
	}
	folder, base := filepath.Split(name)
	if err := written.Claim(ctx, filepath.Clean(folder), written.Claimed(written.Reporter, base)); err != nil {
		return err
	}
	return partial.Write(name, partial.Announced{Digest: content.Digest{Size: int64(len(text))}}, bytes.NewReader(text))
}

// linkError is a file that has become a link while the command ran.
type linkError struct{ name string }

// Error is the fact.
func (e *linkError) Error() string { return e.name + " is a link, and no file is replaced through one" }

// pour writes to what may be a pipe. One without a reader is an error at once: opening it
// would wait for one, and no signal would end that.
func pour(name string, flags int, text []byte) error {
	file, err := os.OpenFile(name, flags|syscall.O_NONBLOCK, fs.FileMode(0o644))
	switch {
	case errors.Is(err, syscall.ENXIO):
		return &unreadError{name}
	case err != nil:
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// unreadError is a pipe without a reader.
type unreadError struct{ name string }

// Error is the fact.
func (e *unreadError) Error() string { return "nobody reads from the pipe " + e.name }

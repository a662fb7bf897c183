package success

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Platform is what is read.
type Platform interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
	Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error)
}

// Examiner looks at the outputs of runs that are over.
type Examiner struct {
	Platform Platform
	Looks    int           // how often to look before giving up; sameLooks at least
	Pause    time.Duration // between two looks; 0 means a second
	// Hold runs a look while others may have to wait; nil means at once. A pause holds
	// nobody up.
	Hold func(ctx context.Context, look func() error) error
	Tell func(rescale.File) // of each file that is read, before; may be nil
}

func (e Examiner) pause() time.Duration {
	if e.Pause > 0 {
		return e.Pause
	}
	return time.Second
}

// sameLooks is how many looks in a row must show the same outputs before a file that
// is not among them counts as not there: a list may fill up after the run has ended.
const sameLooks = 3

// UnknownError tells that it cannot be known whether a run passes its checks. It has
// neither succeeded nor failed then.
type UnknownError struct {
	ID   string
	Err  error
	Gone bool // waiting does not help
}

// Error names the run and the cause.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("checking the success of run %s: %v", e.ID, e.Err)
}

// Unwrap gives the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

// Hint tells how to go on.
func (e *UnknownError) Hint() string {
	if e.Gone {
		return "change success so that it asks for what is still there; a new run takes a higher rerun.generation, or --replace NAME=" + e.ID
	}
	return "apply again in a moment: it looks at the outputs again and starts nothing"
}

// Judge adds the checks to what the platform says of a run. One that has not
// succeeded is not looked at. The error is an *[UnknownError], or that the key no
// longer works, or the end of ctx.
func (e Examiner) Judge(ctx context.Context, id string, j verdict.Judgement, c Checks) (verdict.Judgement, error) {
	if j.Verdict != verdict.Succeeded || c.None() {
		return j, nil
	}
	failed, err := e.Examine(ctx, id, c)
	return j.Checked(failed), err
}

// Examine gives the checks that a run fails, in words, as Judge does.
func (e Examiner) Examine(ctx context.Context, id string, c Checks) (failed []string, err error) {
	var seen []outputs
	for n := 0; n < max(e.Looks, sameLooks); n++ {
		if n > 0 {
			if err := patience.Sleep(ctx, e.pause()); err != nil {
				return nil, err
			}
		}
		err = e.hold(ctx, func() error {
			now, err := e.list(ctx, id)
			if err != nil {
				return err
			}
			seen = append(seen, now)
			failed, err = e.look(ctx, c, seen)
			return err
		})
		var gone *goneError
		switch {
		case err == nil:
			return failed, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case rescale.IsAuth(err):
			return nil, err
		case errors.As(err, &gone):
			return nil, &UnknownError{ID: id, Err: err, Gone: true}
		}
	}
	return nil, &UnknownError{ID: id, Err: err}
}

func (e Examiner) hold(ctx context.Context, look func() error) error {
	if e.Hold == nil {
		return look()
	}
	return e.Hold(ctx, look)
}

// errFilling tells that the list of outputs is not what it is going to be.
var errFilling = errors.New("the platform does not list all of its outputs yet")

// look judges by the newest list, if that can be trusted.
func (e Examiner) look(ctx context.Context, c Checks, seen []outputs) (failed []string, err error) {
	now := seen[len(seen)-1]
	if now.filling() {
		return nil, errFilling
	}
	var lost []string
	for _, run := range now.runs() {
		missing, err := c.missing(now, run)
		if err != nil {
			return nil, err
		}
		lost = append(lost, missing...)
	}
	if len(lost) > 0 && !steady(seen) {
		return nil, fmt.Errorf("%w: %s", errFilling, strings.Join(lost, "; "))
	}
	failed = lost
	for _, run := range now.runs() {
		wrong, err := e.read(ctx, c, now, run)
		if err != nil {
			return nil, err
		}
		failed = append(failed, wrong...)
	}
	return failed, nil
}

// steady tells that the last looks showed the same outputs.
func steady(seen []outputs) bool {
	if len(seen) < sameLooks {
		return false
	}
	last := seen[len(seen)-sameLooks:]
	return !slices.ContainsFunc(last, func(o outputs) bool { return !slices.Equal(o.ids, last[0].ids) })
}

// read gives what the logs and the exit code of one run say against it.
func (e Examiner) read(ctx context.Context, c Checks, o outputs, run string) (failed []string, err error) {
	for _, log := range c.Logs {
		file, ok := o.find(run, log.File)
		if !ok {
			continue // it is missing, which has been said
		}
		against, err := e.open(ctx, file, log.against)
		if err != nil {
			return nil, err
		}
		for _, words := range against {
			failed = append(failed, o.of(run, "log "+log.File+" "+words))
		}
	}
	file, ok := o.find(run, c.ExitCode)
	if c.ExitCode == "" || !ok {
		return failed, nil
	}
	against, err := e.open(ctx, file, exitCode)
	for _, words := range against {
		failed = append(failed, o.of(run, words))
	}
	return failed, err
}

// open lets judge read a file.
func (e Examiner) open(ctx context.Context, file rescale.File, judge func(rescale.File, io.Reader) ([]string, error)) ([]string, error) {
	if e.Tell != nil {
		e.Tell(file)
	}
	body, err := e.Platform.Download(ctx, file.ID, rescale.Span{})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.RelativePath, err)
	}
	defer body.Close()
	against, err := judge(file, body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.RelativePath, err)
	}
	return against, nil
}

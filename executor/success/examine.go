package success

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Reader lists and reads the files of a job.
type Reader interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
	Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error)
}

// Examiner looks at the outputs of runs that are over.
type Examiner struct {
	Platform Reader
	Looks    int           // how often to look before giving up; fewest at least
	Pause    time.Duration // between two looks; 0 means a second
	// Hold runs a look, possibly after waiting for others; nil means at once. A pause holds
	// nobody up.
	Hold func(ctx context.Context, look func() error) error
	Tell func(rescale.File) // of each file that is read, before; may be nil
	// Late is called once, when looking takes long, with the latest time at which it ends;
	// may be nil.
	Late func(why error, until time.Time)
}

// tellLate calls Late before the n-th pause, if that is the one that makes the wait long.
func (e Examiner) tellLate(n, last int, why error) {
	before := time.Duration(n-1) * e.pause()
	if e.Late != nil && before <= patience.LongWait && before+e.pause() > patience.LongWait {
		e.Late(why, time.Now().Add(time.Duration(last-n+1)*e.pause()))
	}
}

func (e Examiner) pause() time.Duration {
	if e.Pause > 0 {
		return e.Pause
	}
	return time.Second
}

// fewest is the number of looks before giving up: a list may fill up after the run has
// ended.
const fewest = 3

// UnknownError reports that it cannot be known whether a run passes its checks. The run has
// then neither succeeded nor failed.
type UnknownError struct {
	ID   string
	Err  error
	Gone bool // waiting does not help
}

// Error names the run and the cause.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("checking the success of run %s: %v", e.ID, e.Err)
}

// Unwrap returns the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *UnknownError) Hint() string {
	if e.Gone {
		return "change success so that it asks for what is still there; a new run takes a higher rerun.generation, or --replace NAME=" + e.ID
	}
	return "apply again in a moment: it looks at the outputs again and starts nothing"
}

// Judge adds the checks to what the platform says about a run. It does not examine one that
// has not succeeded. The error is an *[UnknownError], or that the key no longer works, or
// the end of ctx.
func (e Examiner) Judge(ctx context.Context, id string, j verdict.Judgement, c Checks) (verdict.Judgement, error) {
	if j.Verdict != verdict.Succeeded || c.None() {
		return j, nil
	}
	found, err := e.examine(ctx, id, c)
	if len(found) > 0 {
		j.Run = found[0].run
	}
	return j.Checked(c.said(found)), err
}

// Which adds to a failure of a sweep which of its runs fail a check, as far as that shows
// at once: the platform says no more than that one of them failed.
func (e Examiner) Which(ctx context.Context, id string, j verdict.Judgement, c Checks) verdict.Judgement {
	if j.Verdict != verdict.Failed || c.None() || len(c.Runs) == 0 {
		return j
	}
	e.Looks, e.Late = fewest, nil
	found, err := e.examine(ctx, id, c)
	if err == nil && len(found) > 0 {
		j.Run = found[0].run
		j.Reason = strings.Join(append([]string{j.Reason}, c.said(found)...), "; ")
	}
	return j
}

// Examine returns the checks that a run fails, in words, as Judge does.
func (e Examiner) Examine(ctx context.Context, id string, c Checks) (failed []string, err error) {
	found, err := e.examine(ctx, id, c)
	return c.said(found), err
}

func (e Examiner) examine(ctx context.Context, id string, c Checks) (failed []finding, err error) {
	var seen outputs.Looks
	last := max(e.Looks, fewest) - 1
	for n := 0; n <= last; n++ {
		if n > 0 {
			e.tellLate(n, last, err)
			if err := patience.Sleep(ctx, e.pause()); err != nil {
				return nil, err
			}
		}
		err = e.hold(ctx, func() error {
			now, err := outputs.Look(ctx, e.Platform, id)
			if err != nil {
				return err
			}
			seen.Add(now)
			lost, err := c.lost(&seen, n == last)
			if err != nil {
				return err
			}
			failed, err = e.read(ctx, c, now)
			failed = append(lost, failed...)
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

// errFilling says that the list of outputs is not complete yet.
var errFilling = errors.New("the platform does not list all of its outputs yet")

// lost returns what the newest look lacks, if it can be trusted, or if it is the last one
// and lacks nothing.
func (c Checks) lost(seen *outputs.Looks, last bool) ([]finding, error) {
	l, err := c.missing(seen.Last)
	switch {
	case err != nil:
		return nil, err
	case seen.Settled(l.gap) || last && seen.Standing(l.gap):
		return l.found, nil
	case len(l.found) > 0 && seen.Last.Printed():
		return nil, fmt.Errorf("%w: %s", errFilling, strings.Join(c.said(l.found), "; "))
	}
	return nil, errFilling
}

// read returns what the logs and the exit codes say against the runs.
func (e Examiner) read(ctx context.Context, c Checks, r outputs.Reading) (failed []finding, err error) {
	for _, run := range c.runs(r) {
		for _, log := range c.Logs {
			against, err := e.open(ctx, run.find(log.File), log.against)
			if err != nil {
				return nil, err
			}
			for _, words := range against {
				failed = append(failed, run.says("log "+log.File+" "+words))
			}
		}
		against, err := e.open(ctx, run.find(c.ExitCode), exitCode)
		if err != nil {
			return nil, err
		}
		for _, words := range against {
			failed = append(failed, run.says(words))
		}
	}
	return failed, nil
}

// open lets judge read a file. A missing one is reported elsewhere.
func (e Examiner) open(ctx context.Context, found []outputs.File, judge func(rescale.File, io.Reader) ([]string, error)) ([]string, error) {
	if len(found) == 0 {
		return nil, nil
	}
	file := found[0].File
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

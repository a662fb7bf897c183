package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/logs/follow"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Follow prints what there is, and then what comes, until the run is over and all of its
// stored file was printed. It waits for a job that has not begun. Where the run is the only
// one, it also waits for the end of the job.
func (l Log) Follow(ctx context.Context) (Ending, error) {
	f := following{Log: l}
	f.Print = func(line Line) error {
		f.final = l.Print(line)
		return f.final
	}
	var failed patience.Silence
	for {
		v, done, err := f.step(ctx)
		if ctx.Err() != nil {
			return v.ending, context.Cause(ctx)
		}
		if err != nil && !f.lasting(err) && !failed.Exceeds(err) {
			done, err = false, f.trouble(failed, err)
		} else if err == nil {
			failed = patience.Silence{}
		}
		if done || err != nil {
			return v.ending, err
		}
		if err := l.pause(ctx); err != nil {
			return v.ending, err
		}
	}
}

// trouble tells of the first look that failed.
func (f *following) trouble(failed patience.Silence, why error) error {
	if failed.Looks > 1 {
		return nil
	}
	return f.note(fmt.Sprintf("%v; trying again", why))
}

// following is a Follow under way.
type following struct {
	Log
	text     follow.Follower
	said     string // the last note on what is waited for
	complete bool   // the stored file was printed
	final    error  // after which nothing may be printed again
}

// show prints what came.
func (f *following) show(r follow.Result) error {
	if r.Gap {
		if err := f.note(missed); err != nil {
			return err
		}
	}
	return f.print(r.Lines)
}

// lasting means that looking again does not help.
func (f *following) lasting(err error) bool {
	var absent *AbsentError
	var deleted *outputs.DeletedError
	var id *rescale.BadIDError
	var path *rescale.BadPathError
	return f.final != nil || rescale.IsAuth(err) || patience.NotFound(err) || errors.As(err, &absent) ||
		errors.As(err, &deleted) || errors.As(err, &id) || errors.As(err, &path)
}

// step looks once. Done means that nothing more comes.
func (f *following) step(ctx context.Context) (v view, done bool, err error) {
	if v, err = f.look(ctx); err != nil {
		return v, false, err
	}
	switch v.stage {
	case draft:
		return v, false, f.waiting("job " + f.ID + " is a draft; waiting until it is submitted and begins")
	case queued:
		return v, false, f.waiting("the status of job " + f.ID + " is " + v.status + "; waiting for its begin")
	case over:
		if f.complete {
			return v, true, nil
		}
		return v, true, f.last(ctx, v)
	case running:
	}
	if f.complete {
		return v, false, nil
	}
	done, err = f.grown(ctx)
	return v, done, err
}

// last prints the rest of the log of a job that is over.
func (f *following) last(ctx context.Context, v view) error {
	looks := storedLooks
	if v.ending.Started.IsZero() {
		looks = 1 // it printed nothing, and never will
	}
	err := f.rest(ctx, looks)
	var absent *AbsentError
	if errors.As(err, &absent) { // then this is what there is
		err = errors.Join(f.print(f.text.Close()), err)
	}
	return err
}

// waiting says once what is waited for.
func (f *following) waiting(text string) error {
	if f.said == text {
		return nil
	}
	f.said = text
	return f.note(text)
}

// grown prints what a run that goes on has written since. A run that shows nothing new may
// be over, though its job is not.
func (f *following) grown(ctx context.Context) (done bool, err error) {
	result, err := f.next(ctx)
	var notYet *rescale.NotYetError
	if err != nil && !errors.As(err, &notYet) {
		return false, err
	}
	if err == nil && len(result.Lines) > 0 {
		return false, f.show(result)
	}
	ended, alone, err := f.runs(ctx)
	if err != nil || !ended {
		return false, err
	}
	if !alone {
		return true, f.rest(ctx, storedLooks)
	}
	var absent *AbsentError
	if err := f.rest(ctx, 1); !errors.As(err, &absent) {
		return false, err
	}
	return false, nil // the job is about to end, and the file will be there then
}

// next reads windows until one goes on from the last.
func (f *following) next(ctx context.Context) (follow.Result, error) {
	if !f.text.Begun() {
		w, err := f.first(ctx)
		if err != nil {
			return follow.Result{}, err
		}
		return f.begin(w), nil
	}
	for n := firstLines; ; n = larger(n) {
		w, err := f.window(ctx, n)
		if err != nil {
			return follow.Result{}, err
		}
		if r := f.text.Add(w); !r.More {
			return r, nil
		}
	}
}

// begin takes the first window, and leaves out what is not wanted of it.
func (f *following) begin(w follow.Window) follow.Result {
	r := f.text.Add(w)
	if f.Tail <= 0 {
		r.Gap = !w.Whole && len(w.Lines) > 0
		return r
	}
	wanted := f.Tail
	if f.text.Open() {
		wanted-- // it comes
	}
	r.Lines = r.Lines[max(0, len(r.Lines)-wanted):]
	return r
}

// How long the stored file of a run that is over may take to be listed.
const (
	storedLooks = 25
	storedPause = 5 * time.Second
)

// rest prints what the stored file of a run that is over has beyond what was printed.
func (f *following) rest(ctx context.Context, looks int) error {
	file, err := f.find(ctx)
	var absent *AbsentError
	for n := 1; n < looks && errors.As(err, &absent); n++ {
		if err := patience.Sleep(ctx, min(storedPause, f.interval())); err != nil {
			return err
		}
		file, err = f.find(ctx)
	}
	if err != nil {
		return err
	}
	if !f.text.Begun() {
		f.complete = true
		f.final = f.printStored(ctx, file)
		return f.final
	}
	for size := int64(firstPart); ; size *= 8 {
		lines, whole, err := f.part(ctx, file, size)
		if err != nil {
			return err
		}
		r := f.text.Add(follow.Window{Lines: lines, Whole: whole, Last: size >= maxPart})
		if r.More {
			continue
		}
		r.Lines = append(r.Lines, f.text.Close()...)
		f.complete = true
		return f.show(r)
	}
}

// Package logs shows what a run prints or writes: from the work folder while it goes on,
// and from the stored file when it is over. It sends GETs only and writes nothing.
//
// While a run goes on, the platform shows the last lines of a file and nothing else
// (rescale-api.md §8.5). Package follow puts them together.
package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Source is what reading logs needs of the platform.
type Source interface {
	watch.Reader
	outputs.Lister
	WorkFolder
	Runs(ctx context.Context, id string) ([]rescale.Run, error)
	Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error)
}

// WorkFolder is what can be seen of a run while it goes on (rescale-api.md §8.5).
type WorkFolder interface {
	Tailer
	DirectoryContents(ctx context.Context, id, run string) ([]string, error)
}

// Log is a file of one run of a job.
type Log struct {
	Platform Source
	ID       string           // of the job
	Run      string           // its number; empty means 1
	File     string           // path in the work folder; empty means process_output.log
	Tail     int              // how many lines to begin with, the last ones; 0 means all
	Interval time.Duration    // between two looks at what grows; 0 means 15 s
	Random   func() float64   // in [0, 1), for pauses; nil means a good one
	Print    func(Line) error // called for one line at a time; its error ends the reading
}

// Line is a line of a log, without its break, or a note on it.
type Line struct {
	Text string // as the run wrote it: it may hold control characters and secrets
	Note bool   // not of the log: lines are missing, or why nothing comes
}

// Ending is what became of the job, as far as it is over.
type Ending struct {
	verdict.Judgement
	Over bool // false: the job goes on, though what was read may have ended
}

// defaultInterval is the pause between two looks at a log that grows (rescale-api.md §14 A8).
const defaultInterval = 15 * time.Second

func (l Log) run() string             { return cmp.Or(l.Run, "1") }
func (l Log) file() string            { return cmp.Or(l.File, spec.ProcessOutput) }
func (l Log) interval() time.Duration { return cmp.Or(l.Interval, defaultInterval) }

// pause waits for the interval, ± 10 %.
func (l Log) pause(ctx context.Context) error {
	random := l.Random
	if random == nil {
		random = rand.Float64
	}
	return patience.Sleep(ctx, time.Duration(float64(l.interval())*(0.9+0.2*random())))
}

// stage is how far a job has come.
type stage string

const (
	draft   stage = "draft"
	queued  stage = "queued"
	running stage = "running"
	over    stage = "over"
)

// view is what the platform says of a job at one time.
type view struct {
	stage  stage
	status string
	ending Ending
}

// look reads how far the job has come.
func (l Log) look(ctx context.Context) (view, error) {
	history, err := l.Platform.Statuses(ctx, l.ID)
	if err != nil {
		return view{}, fmt.Errorf("reading the status of job %s: %w", l.ID, err)
	}
	if len(history) == 0 {
		return view{stage: draft}, nil
	}
	v := view{stage: queued, status: history[0].Status}
	if judged, done := verdict.Judge(history); done {
		v.stage, v.ending = over, Ending{Judgement: judged, Over: true}
		return v, nil
	}
	if verdict.Ran(history) {
		v.stage = running
		return v, nil
	}
	stuck, err := watch.New(l.Platform, l.interval(), nil, l.Random).Stuck(ctx, l.ID, history)
	if stuck {
		judged := verdict.Judgement{Verdict: verdict.Stopped, Status: v.status, Reason: "its cluster stopped without a final status"}
		v.stage, v.ending = over, Ending{Judgement: judged, Over: true}
	}
	return v, err
}

// runs tells of the run that is read: that it is over, and that it is the only one, whose
// end is that of the job.
func (l Log) runs(ctx context.Context) (ended, alone bool, err error) {
	all, err := l.Platform.Runs(ctx, l.ID)
	if err != nil {
		return false, false, fmt.Errorf("listing the runs of job %s: %w", l.ID, err)
	}
	for _, r := range all {
		ended = ended || r.ID == l.run() && !r.Completed.IsZero()
	}
	return ended, len(all) <= 1, nil
}

// Read prints what there is now. A job that has not begun is a *NotStartedError, a file
// that is not there an *AbsentError, and one that cannot be seen yet a
// *rescale.NotYetError.
func (l Log) Read(ctx context.Context) (Ending, error) {
	v, err := l.look(ctx)
	if err != nil {
		return Ending{}, err
	}
	if err := l.begun(v); err != nil {
		return v.ending, err
	}
	if v.stage == running {
		err := l.once(ctx)
		if ended, why := l.endedMeanwhile(ctx, err); why != nil || !ended {
			return v.ending, errors.Join(why, err)
		}
	}
	file, err := l.find(ctx)
	if err != nil {
		return v.ending, err
	}
	return v.ending, l.printStored(ctx, file)
}

// begun is a *NotStartedError for a job that has not.
func (l Log) begun(v view) error {
	if v.stage == draft || v.stage == queued {
		return &NotStartedError{ID: l.ID, Status: v.status}
	}
	return nil
}

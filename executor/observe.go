package executor

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/crew"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Target is a run that was submitted, by whomever.
type Target struct {
	Name  string // in events; empty means the ID
	ID    string
	Cores int     // 0 leaves its core-hours and cost unknown
	Rate  float64 // USD per core-hour
}

// Observed is what an Observer needs of the platform: GETs only.
type Observed interface {
	watch.Reader
	outputReader
}

// Observer waits for the ends of runs as Apply does, and tells of them with the same
// events. It changes nothing: it has no journal, fetches no results, and leaves no tag.
type Observer struct {
	Platform Observed
	Interval time.Duration       // between two looks at the runs; 0 means 30 s
	Random   func() float64      // in [0, 1), for pauses; nil means a good one
	Notify   func(Event)         // called for one event at a time; nil is fine
	Redact   func(string) string // makes what a job printed fit to be shown; nil is fine

	// Judge adds what a manifest asks for to what the platform says of a run that is over;
	// nil takes the platform's word.
	Judge func(ctx context.Context, id string, j verdict.Judgement) (verdict.Judgement, error)
}

// Watch waits until all of the runs are over, or ctx ends: then the outcomes of the
// others hold a *RunningError. The outcomes are in the order of the targets. A target that
// is named twice is waited for once.
func (o *Observer) Watch(ctx context.Context, targets []Target) Report {
	w := &observation{Observer: o, ends: crew.New(ending), notify: func(Event) {}}
	if o.Notify != nil {
		w.notify = Paced(0, o.Notify)
	}
	look := watch.New(o.Platform, cmp.Or(o.Interval, defaultInterval), w, o.Random)
	watchCtx, endWatch := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { look.Run(watchCtx) })

	targets = distinct(targets)
	report := Report{Outcomes: make([]Outcome, len(targets))}
	w.working.Add(len(targets))
	for i, target := range targets {
		out := &report.Outcomes[i]
		out.Job, out.ID = cmp.Or(target.Name, target.ID), target.ID
		look.Follow(out.Job, out.ID, func(end watch.Ending) {
			w.ends.Do(func(*crew.Place) { w.finish(ctx, target, out, end) })
		})
	}
	w.working.Wait()
	endWatch()
	watching.Wait()
	return report
}

// distinct leaves out targets whose run is there already.
func distinct(targets []Target) (once []Target) {
	seen := make(map[string]bool, len(targets))
	for _, t := range targets {
		if !seen[t.ID] {
			seen[t.ID] = true
			once = append(once, t)
		}
	}
	return once
}

// observation is one Watch under way.
type observation struct {
	*Observer
	notify  func(Event)
	ends    *crew.Crew
	working sync.WaitGroup // runs that are not over
}

// finish tells how a run came out.
func (w *observation) finish(ctx context.Context, target Target, out *Outcome, end watch.Ending) {
	if end.Err == nil && w.Judge != nil {
		end.Judgement, end.Err = w.Judge(ctx, out.ID, end.Judgement)
	}
	if end.Err != nil {
		out.left(ctx, end)
	} else {
		out.took(end.Judgement, target.Cores, target.Rate)
		out.Verdict, out.Reason, out.Run = end.Verdict, end.Reason, end.Run
		if out.Verdict != verdict.Succeeded {
			out.Log, out.Run = failureLog{w.Platform, w.Redact, out.Run}.of(ctx, out.ID)
		}
	}
	w.notify(Event{Type: EventResult, Job: out.Job, ID: out.ID, Outcome: out})
	w.working.Done()
}

// Status reports whether the status of a run has changed.
func (w *observation) Status(job, id, _ string, latest rescale.Status) error {
	w.notify(Event{Type: EventStatus, Job: job, ID: id, Status: latest.Status, Since: latest.Date})
	return nil
}

// Warn tells of trouble that does not end the wait.
func (w *observation) Warn(job, message string) {
	w.notify(Event{Type: EventWarning, Job: job, Message: message})
}

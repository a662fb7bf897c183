// Package tally knows how far the jobs of an apply are. It learns it from events, each
// of which takes the same time however many jobs there are, and says it in one line.
package tally

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
)

// Tally counts the jobs of one apply. New makes one.
type Tally struct {
	free      bool
	began     time.Time
	rank      map[string]int  // of the names that are known, in the order of the manifest
	jobs      map[string]*Job // under way
	counts    [phases]int     // by phase; of Queued, only those that were heard of
	coreHours float64         // of the runs that ended
	cost      float64         // of the same, USD without licenses
}

// Job is one that is under way.
type Job struct {
	Name, ID string
	Status   string    // what it does, in the platform's words or ours
	Since    time.Time // when that began
	phase    phase
	rank     int
}

// phase is what jobs are counted by.
type phase int

const (
	queued    phase = iota // not started, or the platform has no machine for it yet
	waiting                // for other jobs
	running                // its command runs
	fetching               // its results are read or downloaded
	succeeded              // ended well, or was and stayed well
	failed                 // ended in any other way
	blocked                // a job that it builds on did not succeed
	left                   // goes on without us
	phases
)

// Apply is what is known of an apply before it begins.
type Apply struct {
	Order []string // names of all jobs, as in the manifest; jobs that are not among them count as well
	Free  bool     // nothing is billed
}

// New counts from now on.
func New(a Apply) *Tally {
	t := &Tally{free: a.Free, began: time.Now(), rank: make(map[string]int, len(a.Order)), jobs: make(map[string]*Job)}
	for _, name := range a.Order {
		t.rank[name] = len(t.rank)
	}
	return t
}

// Event takes what is new of a job. Events of no job change nothing.
func (t *Tally) Event(e executor.Event) {
	words, in := status(e)
	switch {
	case e.Type == executor.EventResult:
		t.end(*e.Outcome)
	case words != "" && e.Job != "":
		t.turn(e, words, in)
	}
}

// turn gives a job another status. Its clock starts when the platform says that the
// status began, or else when we heard of it: to wait is not to run.
func (t *Tally) turn(e executor.Event, words string, in phase) {
	job := t.job(e.Job)
	if e.ID != "" && e.Type != executor.EventQueued { // whose draft is another's
		job.ID = e.ID
	}
	if words == job.Status {
		return
	}
	t.counts[job.phase]--
	t.counts[in]++
	job.Status, job.phase, job.Since = words, in, e.Since
	if job.Since.IsZero() {
		job.Since = heard(e)
	}
}

func (t *Tally) job(name string) *Job {
	job, known := t.jobs[name]
	if !known {
		job = &Job{Name: name, rank: t.place(name)}
		t.jobs[name] = job
		t.counts[queued]++
	}
	return job
}

// place is where a job stands among the others. A name that nobody announced comes last.
func (t *Tally) place(name string) int {
	rank, known := t.rank[name]
	if !known {
		rank = len(t.rank)
		t.rank[name] = rank
	}
	return rank
}

// heard is when an event happened; its maker may leave that out.
func heard(e executor.Event) time.Time {
	if e.Time.IsZero() {
		return time.Now()
	}
	return e.Time
}

// end counts a job that is over for this apply.
func (t *Tally) end(o executor.Outcome) {
	t.place(o.Job)
	if job, known := t.jobs[o.Job]; known {
		t.counts[job.phase]--
		delete(t.jobs, o.Job)
	}
	t.counts[ending(o)]++
	if !o.Unchanged {
		t.coreHours, t.cost = t.coreHours+o.CoreHours, t.cost+o.Cost
	}
}

func ending(o executor.Outcome) phase {
	var waits *executor.WaitingError
	var runs *executor.RunningError
	switch {
	case o.Blocked != "":
		return blocked
	case errors.As(o.Err, &waits) || errors.As(o.Err, &runs) || o.Err == nil && o.Verdict == "":
		return left
	case o.Err == nil && o.Verdict == verdict.Succeeded:
		return succeeded
	}
	return failed
}

// Failed is how a job ends that a person must look at.
func Failed(o executor.Outcome) bool { return ending(o) == failed }

// Total is how many jobs there are.
func (t *Tally) Total() int { return len(t.rank) }

// Active is how many jobs are under way: something was heard of them, and not their end.
func (t *Tally) Active() int { return len(t.jobs) }

// Failures is how many jobs failed.
func (t *Tally) Failures() int { return t.counts[failed] }

// Jobs are those under way, in the order of the manifest. It looks at each of them.
func (t *Tally) Jobs() []*Job {
	list := make([]*Job, 0, len(t.jobs))
	for _, job := range t.jobs {
		list = append(list, job)
	}
	slices.SortFunc(list, func(a, b *Job) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

// ended is how many jobs are over.
func (t *Tally) ended() int {
	return t.counts[succeeded] + t.counts[failed] + t.counts[blocked] + t.counts[left]
}

// queued also counts the jobs that nothing was heard of.
func (t *Tally) queued() int {
	return t.Total() - t.ended() - t.counts[waiting] - t.counts[running] - t.counts[fetching]
}

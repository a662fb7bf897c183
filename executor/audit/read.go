package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Reader reads the jobs of an account.
type Reader interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
}

// Query says what to read.
type Query struct {
	Owner string // e-mail of the account: jobs that others share are listed, too, and are none of ours
	// Since leaves out jobs that were made before; zero for none. The list is read to its
	// end all the same, which is cheap: an older job that has the marker of a younger one,
	// or is active besides a younger one of its name, is looked at. One whose marker was
	// taken out of its name is not.
	Since    time.Time
	Recorded []state.Run // of all journals that are at hand
	// Tell is called before jobs are read one by one, with the number of GET requests that
	// this takes at most. Optional.
	Tell func(requests int)
}

// Books are what was read of an account. They hold little of each job, because there can
// be tens of thousands.
type Books struct {
	whole   bool
	runs    []Run // and drafts
	remarks []Remark
}

// Read reads the job list of an account, and every job in it by its id. A job that is gone
// meanwhile or that cannot be read is remarked on; errors are those that would meet every
// job.
func Read(ctx context.Context, p Reader, q Query) (Books, error) {
	entries, whole, err := once.Entries(ctx, p, q.Owner)
	if err != nil {
		return Books{}, fmt.Errorf("reading the job list: %w", err)
	}
	wanted := q.choose(entries)
	if q.Tell != nil {
		q.Tell(requests(wanted))
	}
	if err := q.look(ctx, p, wanted); err != nil {
		return Books{}, fmt.Errorf("reading jobs: %w", err)
	}
	books := Books{whole: whole}
	for _, s := range wanted {
		books.take(s)
	}
	if err := books.readStuck(ctx, p); err != nil {
		return Books{}, fmt.Errorf("reading clusters: %w", err)
	}
	return books, nil
}

// requests is how many GETs it takes to read jobs one by one.
func requests(wanted []sheet) (n int) {
	for _, s := range wanted {
		if n++; s.Marker != "" {
			n++ // its history
		}
	}
	return n
}

// sheet is one job while it is looked at.
type sheet struct {
	once.Entry
	older    bool
	record   *state.Run // of a journal; nil when none knows the job
	bearing  once.Bearing
	run      Run  // of a whole bearing
	fits     bool // the marker in its name, to its key
	marked   bool // it has one
	vanished bool
	unlisted bool // a journal names it, and the list does not show it
	unread   error
}

func (q Query) old(item rescale.JobItem) bool {
	return !item.DateInserted.IsZero() && item.DateInserted.Before(q.Since)
}

// choose gives the jobs to look at: those that are not older than the audit goes back, the
// older ones that the list shows beside one of those, and the recorded ones that it does not
// show at all.
func (q Query) choose(entries []once.Entry) (wanted []sheet) {
	recorded := make(map[string]*state.Run)
	for i := range q.Recorded {
		if run := &q.Recorded[i]; run.ID != "" && run.Billed() {
			recorded[run.ID] = run
		}
	}
	near := q.near(entries)
	for _, e := range entries {
		older := q.old(e.JobItem)
		if !older || near(e) {
			wanted = append(wanted, sheet{Entry: e, older: older, record: recorded[e.ID]})
		}
		delete(recorded, e.ID)
	}
	for i := range q.Recorded {
		run := &q.Recorded[i]
		if recorded[run.ID] == run && !run.SubmittedAt.Before(q.Since) {
			item := rescale.JobItem{ID: run.ID, Name: run.Job, Owner: q.Owner, DateInserted: run.Inserted, Status: run.Status}
			wanted = append(wanted, sheet{Entry: once.Entry{JobItem: item}, record: run, unlisted: true})
		}
	}
	return wanted
}

// near finds the older jobs that matter to a younger one, by what the list shows.
func (q Query) near(entries []once.Entry) func(once.Entry) bool {
	markers, active := make(map[string]bool), make(map[string]bool)
	for _, e := range entries {
		if !q.old(e.JobItem) && e.Marker != "" {
			markers[e.Marker] = true
			active[e.Code] = active[e.Code] || runs(e.JobItem)
		}
	}
	return func(e once.Entry) bool {
		return e.Marker != "" && (markers[e.Marker] || runs(e.JobItem) && (active[e.Code] || e.Code == ""))
	}
}

// runs reports whether the list shows a job as submitted and not over.
func runs(item rescale.JobItem) bool { return item.Status != "" && !verdict.Terminal(item.Status) }

// maxOutages is how many jobs the platform may fail to show again and again before it counts
// as down.
const maxOutages = 3

// look reads the jobs, some at once, and keeps their order.
func (q Query) look(ctx context.Context, p Reader, wanted []sheet) error {
	var outages atomic.Int32
	byID := make(map[string]*sheet, len(wanted))
	ids := make([]string, len(wanted))
	for i := range wanted {
		ids[i], byID[wanted[i].ID] = wanted[i].ID, &wanted[i]
	}
	read, err := patience.Each(ctx, ids, patience.NotFound, func(ctx context.Context, id string) (struct{}, error) {
		s := byID[id] // nobody else has it
		err := s.read(ctx, p)
		if ofOne(ctx, err, &outages) {
			s.unread, err = err, nil
		}
		return struct{}{}, err
	})
	for i := range wanted {
		_, there := read[wanted[i].ID]
		wanted[i].vanished = !there
	}
	return err
}

// ofOne reports whether an error is about one job, so that the others can still be read.
func ofOne(ctx context.Context, err error, outages *atomic.Int32) bool {
	var network *rescale.NetworkError
	var outage *rescale.OutageError
	switch {
	case err == nil, ctx.Err() != nil, patience.NotFound(err), rescale.IsAuth(err), errors.As(err, &network):
		return false
	case errors.As(err, &outage):
		return outages.Add(1) <= maxOutages
	}
	return true
}

// read reads the job, and the history of one that stands for a key.
func (s *sheet) read(ctx context.Context, p Reader) error {
	job, err := p.Job(ctx, s.ID)
	if err != nil {
		return err
	}
	s.bearing = once.BearingOf(job)
	if s.bearing != once.Whole {
		return nil
	}
	history, err := p.Statuses(ctx, s.ID)
	if err != nil {
		return err
	}
	s.run = runOf(job, history)
	s.run.Older = s.older
	if s.record != nil {
		s.run.recorded = recordedUse(s.record)
	}
	_, s.marked = once.Title(job.Name)
	s.fits = s.run.Key.Fits(job.Name, s.run.Namespace)
	return nil
}

func runOf(job rescale.Job, history []rescale.Status) Run {
	r := Run{ID: job.ID, Made: job.DateInserted, Economy: job.IsLowPriority, Project: job.ProjectID, ran: verdict.Ran(history)}
	r.Title, _ = once.Title(job.Name)
	r.Key, r.Namespace, _ = once.Recognize(job)
	r.Source, _ = once.SourceOf(job)
	r.tags = job.Tags != nil
	r.tagged = slices.ContainsFunc(job.Tags, func(tag string) bool { return strings.EqualFold(tag, stop.EarlyTag) })
	for _, t := range job.Tiles {
		r.Tiles = append(r.Tiles, Hardware{t.CoreType, t.CoresPerSlot * max(1, t.Slots)})
	}
	r.Judged, _ = verdict.Judge(history)
	for _, status := range history { // newest first
		r.Submitted = status.Date
		if status.Status == verdict.Executing {
			r.Started = status.Date
		}
	}
	if len(history) > 0 {
		r.Status = history[0].Status
	}
	return r
}

// readStuck ends the active runs besides others of their name that will never get a final
// status: they were stopped before they were validated (rescale-api.md §8.2).
func (b *Books) readStuck(ctx context.Context, p Reader) error {
	suspects := make(map[string]int)
	var ids []string
	for _, i := range rivals(b.runs) {
		if r := b.runs[i]; !r.ran {
			suspects[r.ID] = i
			ids = append(ids, r.ID)
		}
	}
	over, err := patience.Each(ctx, ids, patience.NotFound, func(ctx context.Context, id string) (bool, error) {
		r := b.runs[suspects[id]]
		if r.tagged {
			return true, nil
		}
		clusters, err := p.ClusterStatuses(ctx, id)
		if err != nil || len(clusters) > 0 && clusters[0].Status == watch.ClusterStopped {
			return err == nil, err
		}
		if r.tags {
			return false, nil
		}
		tags, err := p.Tags(ctx, id)
		return slices.ContainsFunc(tags, func(t rescale.Tag) bool { return strings.EqualFold(t.Name, stop.EarlyTag) }), err
	})
	for id, ended := range over {
		if ended {
			b.runs[suspects[id]].Judged = verdict.Judgement{Verdict: verdict.Stopped, Reason: "stopped before it ran"}
		}
	}
	return err
}

package once

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// desk is a platform on which a test puts jobs, and which fails on demand.
type desk struct {
	ReadWriter
	mu      sync.Mutex
	jobs    map[string]rescale.Job
	history map[string][]rescale.Status
	fails   map[string]error   // by call and id, each time
	first   map[string][]error // by call and id, one after the other
	moves   bool               // the list never stands still
	hides   map[string]bool    // ids that the list does not show
	before  func(call string)  // is told of each call and id
	calls   []string
}

func newDesk() *desk {
	return &desk{
		jobs: make(map[string]rescale.Job), history: make(map[string][]rescale.Status),
		fails: make(map[string]error), first: make(map[string][]error), before: func(string) {},
	}
}

func (d *desk) called(ctx context.Context, call, id string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := call + " " + id
	d.calls = append(d.calls, name)
	d.before(name)
	if errs := d.first[name]; len(errs) > 0 {
		d.first[name] = errs[1:]
		return errs[0]
	}
	if _, there := d.jobs[id]; !there {
		return errGone
	}
	return d.fails[name]
}

func (d *desk) Job(ctx context.Context, id string) (rescale.Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.called(ctx, "read", id)
	return d.jobs[id], err
}

func (d *desk) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.called(ctx, "statuses", id)
	return d.history[id], err
}

func (d *desk) SubmitJob(ctx context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.called(ctx, "submit", id)
}

func (d *desk) UpdateJob(ctx context.Context, id string, body rescale.JobRequest) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.called(ctx, "update", id)
	job := d.jobs[id]
	for i := range job.Tiles {
		if err == nil && i < len(body.JobAnalyses) {
			job.Tiles[i].EnvVars = body.JobAnalyses[i].EnvVars
		}
	}
	return err
}

// Jobs lists what lies there, newest first.
func (d *desk) Jobs(ctx context.Context, _ rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() != nil {
		return rescale.Listing{}, context.Cause(ctx)
	}
	d.calls = append(d.calls, "list")
	if err := d.fails["list"]; err != nil {
		return rescale.Listing{}, err
	}
	list := slices.SortedFunc(maps.Values(d.jobs), func(a, b rescale.Job) int { return b.DateInserted.Compare(a.DateInserted) })
	for _, j := range list {
		item := rescale.JobItem{ID: j.ID, Name: j.Name, Owner: j.Owner, DateInserted: j.DateInserted}
		if history := d.history[j.ID]; len(history) > 0 {
			item.Status = history[0].Status
		}
		if !d.hides[j.ID] && !yield(item) {
			break
		}
	}
	return rescale.Listing{Count: len(list), Pages: 1, Stable: !d.moves}, nil
}

// CreateJob makes job "new", also when its answer is lost.
func (d *desk) CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	job := rescale.Job{ID: "new", Name: body.Name, Owner: "ada", DateInserted: at(0)}
	for _, tile := range body.JobAnalyses {
		job.Tiles = append(job.Tiles, rescale.Tile{EnvVars: tile.EnvVars})
	}
	d.jobs["new"] = job
	err := d.called(ctx, "create", "new")
	if err != nil && !patience.OutcomeUnknown(err) {
		delete(d.jobs, "new")
	}
	return job, err
}

func (d *desk) DeleteJob(ctx context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.called(ctx, "delete", id)
	if err == nil {
		delete(d.jobs, id)
	}
	return err
}

// lay puts a job of the key on the desk, and gives it as a list shows it.
func (d *desk) lay(id string, date time.Duration, k Key, namespace string) marked {
	env := map[string]string{KeyVariable: k.String(), NamespaceVariable: namespace}
	d.jobs[id] = rescale.Job{ID: id, Name: "heat " + k.Marker(namespace), Owner: "ada", DateInserted: at(date), Tiles: []rescale.Tile{{EnvVars: env}}}
	return listedAs(id, date, mark{job: k.In(namespace).Code(), tail: k.tail(), content: k.fingerprint()})
}

// log is a journal.
type log struct {
	records []state.Record
	err     error
	on      state.Kind // fails on these alone; empty for all
}

func (l *log) Append(records ...state.Record) error {
	l.records = append(l.records, records...)
	if l.on != "" && !slices.ContainsFunc(records, func(r state.Record) bool { return r.Kind == l.on }) {
		return nil
	}
	return l.err
}

// said is a reporter that keeps what it hears.
type said struct {
	warnings, events []string
}

func (s *said) Created(job, id string)   { s.events = append(s.events, "created "+job+" "+id) }
func (s *said) Submitted(job, id string) { s.events = append(s.events, "submitted "+job+" "+id) }
func (s *said) Found(job, id string)     { s.events = append(s.events, "found "+job+" "+id) }

func (s *said) Waiting(job, draft string, _ time.Time) {
	s.events = append(s.events, "waiting "+job+" "+draft)
}

func (s *said) Warn(job, message string) { s.warnings = append(s.warnings, job+": "+message) }

// newWait is a draft of a desk that waits for a rival in another content.
func newWait() (*wait, *desk, *said) {
	d, out := newDesk(), new(said)
	r := &run{
		Starter: &Starter{Platform: d, Journal: new(log), Owner: "ada", Report: out, book: newBook(), Random: func() float64 { return 0.5 }},
		draft:   "own", own: "own",
		Claim: Claim{
			Key: Key{Digest: "d", Name: "heat", Generation: 1, Attempt: 1}, Namespace: "ns", Creating: state.Record{Kind: state.KindCreating},
			Label:   func(context.Context, string, bool) error { return nil },
			MakeWay: func(context.Context) error { return nil },
			Body: func(context.Context) (rescale.JobRequest, error) {
				return rescale.JobRequest{Name: "heat", JobAnalyses: make([]rescale.JobAnalysis, 2)}, nil
			},
		},
	}
	d.lay("own", 0, r.Key, "ns")
	d.lay("rival", -time.Minute, otherContent, "ns")
	w := &wait{run: r, draft: Found{ID: "own", Inserted: at(0)}, rival: rival{Found: Found{ID: "rival", Inserted: at(-time.Minute)}}}
	return w, d, out
}

// says is the records of a journal in words.
func (l *log) says() (list []string) {
	for _, r := range l.records {
		list = append(list, strings.TrimSpace(string(r.Kind)+" "+r.ID))
	}
	return list
}

func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

package roster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// batch is how many jobs are read before the list goes on: enough to read several at
// once, and few beyond the rows that are wanted.
const batch = 24

// reader fills a roster.
type reader struct {
	Query
	platform once.Reader

	last     time.Time // date of the job before
	unsorted bool      // the list is not newest first, so that it is read to its end
	waiting  []Row     // they may be wanted, in the order of the list
	rows     []Row
	taken    int  // runs that were read for their commits, or will be
	cut      bool // there are more than may be read
}

// past reports whether this job and all that follow are too old.
func (r *reader) past(item rescale.JobItem) bool {
	if item.DateInserted.IsZero() || !r.last.IsZero() && item.DateInserted.After(r.last) {
		r.unsorted = true
	}
	r.last = item.DateInserted
	return !r.unsorted && item.DateInserted.Before(r.Since)
}

// take keeps what may be wanted, by what the list shows of it.
func (r *reader) take(item rescale.JobItem) {
	title, marked := once.Title(item.Name)
	known, ours := r.Known[item.ID]
	row := Row{ID: item.ID, Name: title, Status: item.Status, Created: item.DateInserted, Ours: marked || ours}
	if ours {
		row.Manifest, row.Namespace = known.Job.Name, known.Job.Namespace
	}
	switch over := verdict.Terminal(item.Status); {
	case !strings.EqualFold(item.Owner, r.Owner),
		item.DateInserted.Before(r.Since),
		r.Without[once.CodeOf(item.Name)],
		r.Ours && !row.Ours,
		!row.Ours && !r.called(title),
		r.Which == Active && (over || item.Status == ""),
		r.Which == Failed && !over:
	case r.Commit != "" && !row.Ours:
	case r.Commit != "" && r.taken == MaxRead:
		r.cut = true
	default:
		r.taken++
		r.waiting = append(r.waiting, row)
	}
}

// settle reads what the list does not tell of the waiting jobs, some at once, and adds
// those that are wanted to the rows. A job that is gone meanwhile is left out.
func (r *reader) settle(ctx context.Context) error {
	byID := make(map[string]Row)
	var ids []string
	for _, row := range r.waiting {
		byID[row.ID] = row
		ids = append(ids, row.ID)
	}
	read, err := patience.Each(ctx, ids, patience.NotFound, func(ctx context.Context, id string) (Row, error) {
		return r.complete(ctx, byID[id])
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		row, there := read[id]
		if there && r.wants(row) && (row.Ours || !r.Ours) && r.called(row.Name, row.Manifest) {
			r.rows = append(r.rows, row)
		}
	}
	r.waiting = nil
	return nil
}

// complete reads a job that carries a marker, to see whether it is ours, and the history
// of one that is over: its status alone does not tell how it ended (rescale-api.md §8.2).
func (r *reader) complete(ctx context.Context, row Row) (Row, error) {
	if known := r.Known[row.ID]; known.Verdict != "" && r.Commit == "" {
		row.Verdict, row.Reason, row.Ended, row.Since = known.Verdict, known.Reason, known.Ended, known.Ended
		return row, nil
	}
	if row.Ours {
		found, ok, err := once.Inspect(ctx, r.platform, row.ID)
		if err != nil {
			return row, err
		}
		if ok {
			row.Manifest, row.Namespace = found.Key.Name, found.Namespace
			row.Source, _ = once.SourceOf(found.Stored)
			return row.with(found.History), nil
		}
		row.Ours, row.Manifest, row.Namespace = false, "", "" // a copy, or gone
	}
	if !verdict.Terminal(row.Status) {
		return row, nil
	}
	history, err := r.platform.Statuses(ctx, row.ID)
	return row.with(history), err
}

// with takes what a history tells, which is newer than the list.
func (r Row) with(history []rescale.Status) Row {
	if len(history) == 0 {
		return r
	}
	r.Status, r.Since = history[0].Status, history[0].Date
	if judged, over := verdict.Judge(history); over {
		r.Verdict, r.Reason, r.Ended = judged.Verdict, judged.Reason, judged.Ended
	}
	return r
}

// full reports whether no further row is wanted: one more than shown proves that there are more.
func (r *reader) full() bool { return r.Most > 0 && len(r.rows) > r.Most }

func (r *reader) roster(listing rescale.Listing) Roster {
	slices.SortStableFunc(r.rows, func(a, b Row) int { return b.Created.Compare(a.Created) })
	out := Roster{Rows: r.rows, More: r.full(), Loose: !listing.Stable, Cut: r.cut}
	if out.More {
		out.Rows = out.Rows[:r.Most]
	}
	return out
}

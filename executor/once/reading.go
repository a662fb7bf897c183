package once

import (
	"context"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// maxRereads bounds how often a list that moves while it is read is read again.
const maxRereads = 3

// dateMargin is how much later than its date a draft may come into the list: the
// platform's servers need not agree on the time to the second.
const dateMargin = 10 * time.Minute

// reading is what one look at the job list showed of an account's jobs.
type reading struct {
	marked []rescale.JobItem // those whose name ends in a marker
	shown  map[string]bool   // ids of all
	newest time.Time         // date of the newest job in the list, whosever it is
	whole  bool              // it stood still while it was read, so that nothing was missed
}

// read reads the job list of owner, newest first, down to the date since; the zero
// date reads all pages. What any of several readings shows is there.
func read(ctx context.Context, p Reader, owner string, since time.Time) (reading, error) {
	r := reading{shown: make(map[string]bool), newest: since}
	for range maxRereads {
		order := newestFirst{since: since}
		listing, err := p.Jobs(ctx, rescale.JobQuery{}, func(item rescale.JobItem) bool {
			if order.ends(item.DateInserted) {
				return false
			}
			if item.DateInserted.After(r.newest) {
				r.newest = item.DateInserted
			}
			// The list shows jobs that others share, too. They are never ours.
			if strings.EqualFold(item.Owner, owner) && !r.shown[item.ID] {
				r.shown[item.ID] = true
				if _, ok := parseMarker(item.Name); ok {
					r.marked = append(r.marked, item)
				}
			}
			return true
		})
		if err != nil {
			return r, err
		}
		if r.whole = listing.Stable; r.whole {
			break
		}
	}
	return r, nil
}

// newestFirst finds where a list may be left. The platform lists newest first, but
// does not promise it: a list in another order is read to its end.
type newestFirst struct {
	since, last time.Time
	begun       bool // with what is not older than since
	broken      bool // an entry without a date, or younger than the one before
}

func (o *newestFirst) ends(date time.Time) bool {
	if date.IsZero() || !o.last.IsZero() && date.After(o.last) {
		o.broken = true
	}
	o.last = date
	older := !o.since.IsZero() && date.Before(o.since.Add(-dateMargin))
	o.begun = o.begun || !older
	return older && o.begun && !o.broken
}

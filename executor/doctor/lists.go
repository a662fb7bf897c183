package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func listChecks() []check {
	return []check{
		{"new draft in a list", "a list shows a new draft within a minute", checkListed},
		{"older drafts in a list", "a list that shows a draft shows every older one", checkOlder},
		{"order of a list", "the newest job is the first", checkOrder},
		{"owner in a list", "jobs show their owner as the account does", checkOwner},
		{"pages", "pages together show every job once", checkPages},
		{"not completed", "a list of what is not completed shows drafts", checkNotCompleted},
	}
}

// visible is how long apply waits for a list that shows its draft (package once).
const visible = time.Minute

func checkListed(ctx context.Context, v *visit) (finding, error) {
	drafts, err := v.all()
	if err != nil {
		return finding{}, err
	}
	newest := drafts[len(drafts)-1]
	took, seen, err := late(ctx, func() (bool, error) {
		items, _, err := v.list(ctx, rescale.JobQuery{})
		found := shows(items, newest.ID)
		if found {
			v.listed = items
		}
		return found, err
	})
	switch {
	case err != nil:
		return finding{}, err
	case !seen:
		return matters(fmt.Sprintf("not within %v", took), "apply gives up a draft that no list shows, and submits nothing")
	case took > visible:
		return matters(after(took), "apply gives up a draft that no list shows, and submits nothing")
	case took > soon:
		return harmless(after(took), "apply waits for it")
	}
	return fine("at once")
}

var errUnlisted = errors.New("not looked at: no list shows the drafts")

// checkOlder looks at the list that was the first to show the newest draft, and at two more.
func checkOlder(ctx context.Context, v *visit) (finding, error) {
	if v.listed == nil {
		return finding{}, errUnlisted
	}
	const lists = 3
	items := v.listed
	for n := 1; ; n++ {
		for _, d := range v.drafts {
			if !shows(items, d.ID) {
				return matters("a list lacks an older one", "of two applies at once, both could start a run")
			}
		}
		if n == lists {
			return fine(fmt.Sprintf("%d lists do", lists))
		}
		var err error
		if items, _, err = v.list(ctx, rescale.JobQuery{}); err != nil {
			return finding{}, err
		}
		if newest := v.drafts[len(v.drafts)-1]; !shows(items, newest.ID) {
			return harmless("a later list lacks the newest", "apply reads the list again until it shows its draft")
		}
	}
}

// checkOrder compares the dates of neighbours.
func checkOrder(_ context.Context, v *visit) (finding, error) {
	if v.listed == nil {
		return finding{}, errUnlisted
	}
	var worst time.Duration
	for i, item := range v.listed[1:] {
		worst = max(worst, item.DateInserted.Sub(v.listed[i].DateInserted))
	}
	switch {
	case worst > skew:
		return matters(fmt.Sprintf("a job is %v newer than the one before it", worst.Round(time.Second)),
			"an older draft may be missed between two pages: both of two applies could start a run")
	case worst > 0:
		return harmless(fmt.Sprintf("newest first, but for %v", worst.Round(time.Millisecond)), "that is within what clocks may differ by")
	}
	return fine(fmt.Sprintf("newest first, of %d", len(v.listed)))
}

func checkOwner(_ context.Context, v *visit) (finding, error) {
	if v.listed == nil {
		return finding{}, errUnlisted
	}
	foreign := 0
	for _, item := range v.listed {
		same := item.Owner == v.me.Email
		switch {
		case v.made(item.ID) && !same && strings.EqualFold(item.Owner, v.me.Email):
			return matters("in other letters", "apply does not know its own drafts again: nothing is submitted")
		case v.made(item.ID) && !same:
			return matters("another one, or none", "apply does not know its own drafts again: nothing is submitted")
		case !same:
			foreign++
		}
	}
	return fine(fmt.Sprintf("the same; %d of %d jobs are of others", foreign, len(v.listed)))
}

// checkPages reads pages of two. A job that comes or goes meanwhile says nothing about
// pages, and they are read again.
func checkPages(ctx context.Context, v *visit) (finding, error) {
	if v.listed == nil {
		return finding{}, errUnlisted
	}
	var items []rescale.JobItem
	var listing rescale.Listing
	for range 3 {
		var err error
		if items, listing, err = v.list(ctx, rescale.JobQuery{PageSize: 2}); err != nil {
			return finding{}, err
		}
		if listing.Stable {
			break
		}
	}
	if !listing.Stable {
		return unclear("jobs came or went each time")
	}
	for _, d := range v.drafts {
		if !shows(items, d.ID) {
			return matters("a draft is on no page", "an older draft may be missed: both of two applies could start a run")
		}
	}
	if listing.Pages < 2 {
		return unclear(fmt.Sprintf("all on one page of %d, where 2 were asked for", len(items)))
	}
	return fine(fmt.Sprintf("%d jobs on %d pages", len(items), listing.Pages))
}

func checkNotCompleted(ctx context.Context, v *visit) (finding, error) {
	if v.listed == nil {
		return finding{}, errUnlisted
	}
	items, _, err := v.list(ctx, rescale.JobQuery{State: rescale.StateNotCompleted})
	if err != nil {
		return finding{}, err
	}
	if newest := v.drafts[len(v.drafts)-1]; !shows(items, newest.ID) {
		return harmless("it does not", "only runs are looked for there")
	}
	return fine("it does")
}

// checkListingWithout waits until the list forgets the draft that was deleted, and still
// shows another.
func checkListingWithout(ctx context.Context, v *visit) (finding, error) {
	d, err := v.deleted()
	if err != nil {
		return finding{}, err
	}
	other, err := v.draft(1)
	if err != nil || v.listed == nil {
		return finding{}, errUnlisted
	}
	took, forgotten, err := late(ctx, func() (bool, error) {
		items, _, err := v.list(ctx, rescale.JobQuery{})
		return shows(items, other.ID) && !shows(items, d.ID), err
	})
	const why = "each job of a list is read again before it counts"
	switch {
	case err != nil:
		return finding{}, err
	case !forgotten:
		return harmless(fmt.Sprintf("not within %v", took), why)
	case took > soon:
		return harmless(after(took), why)
	}
	return fine("at once")
}

package once

import (
	"context"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
)

// limit is how long a draft may wait for its submit. It is far above the time that a live
// runner takes from create to submit, see [batch.Size]: an older draft is a leftover.
const limit = 15 * time.Minute

// How often another runner's draft is read: soon at first, because most are about to be
// submitted.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 10 * time.Second
)

// How often a refused delete is repeated, and the pause between: the next one may succeed.
const (
	maxRefused   = 3
	refusalPause = time.Second
)

// clearWay waits until nothing has to go before the draft (design.md §4b, 3b).
func (r *run) clearWay(ctx context.Context, draft Found, rivals []rival) (ruling, error) {
	for _, q := range rivals {
		w := &wait{run: r, draft: draft, rival: q}
		passed, then, err := w.through(ctx)
		if err != nil || !passed {
			return then, err
		}
	}
	return ruling{submits: true}, nil
}

// wait is a draft's wait for one that goes first.
type wait struct {
	*run
	draft Found
	rival rival
	begun time.Time // local; zero while it has not begun
	told  bool
	polls int
}

// through returns when the rival is gone or over (passed), when the list must be read again
// or the rival is adopted (then), or when the draft must yield (err).
func (w *wait) through(ctx context.Context) (passed bool, then ruling, err error) {
	for {
		there, err := w.read(ctx)
		switch {
		case err != nil:
			return false, ruling{}, err
		case !there:
			return w.pass(), ruling{}, nil
		case w.rival.Submitted():
			return w.besides(ctx)
		case w.leftover():
			return false, readAgain(), w.revoke(ctx)
		case w.rival.near && older(w.rival.Found, w.draft) < 0:
			return false, ruling{}, w.withdraw(ctx)
		case w.Yield && !w.soon():
			return false, ruling{}, &WaitError{Job: w.Key.Name, Draft: w.rival.ID}
		}
		if deleted, err := w.pauses(ctx); deleted || err != nil {
			return deleted && w.pass(), ruling{}, err
		}
	}
}

// besides rules on a rival that was submitted: it is the wanted run, or it is over, or it
// is in the way.
func (w *wait) besides(ctx context.Context) (passed bool, then ruling, err error) {
	if w.rival.same {
		return false, ruling{adopted: &w.rival.Found}, nil
	}
	over, err := w.over(ctx, w.rival.Found)
	if err == nil && !over {
		err = &RivalError{Job: w.job(), Rival: w.rival.Found}
	}
	return over, ruling{}, err
}

// read reads the rival again, and reports whether it still is one.
func (w *wait) read(ctx context.Context) (there bool, err error) {
	if !w.rival.known {
		found, ok, err := Inspect(ctx, w.Platform, w.rival.ID)
		if err != nil || !ok || !found.of(w.job()) || found.Key == w.Key { // a person has written that marker
			return false, err
		}
		found.Inserted = w.rival.Inserted
		w.rival.Found, w.rival.known = found, true
		w.rival.same = w.kin(found)
		return true, nil
	}
	w.rival.History, err = w.Platform.Statuses(ctx, w.rival.ID)
	if patience.NotFound(err) {
		w.book.forget(w.rival.ID)
		return false, nil
	}
	return err == nil, err
}

// over reports whether a submitted run has ended.
func (r *run) over(ctx context.Context, f Found) (bool, error) {
	if _, done := f.Verdict(); done || r.Stuck == nil {
		return done, nil
	}
	return r.Stuck(ctx, f.ID, f.History)
}

// pass notes when the way became free: others that waited for the same draft could not
// submit before.
func (w *wait) pass() bool {
	if !w.begun.IsZero() {
		w.freed = w.book.now()
	}
	return true
}

// leftover reports whether nobody will submit the draft that goes first.
func (w *wait) leftover() bool {
	return w.Alone || w.Leftover[w.rival.ID] || w.left() <= 0
}

// soon reports whether a draft that is near, and not the smaller one, has had no time to
// make way yet: of two runners that begin at once, one continues.
func (w *wait) soon() bool {
	return w.rival.near && (w.begun.IsZero() || time.Since(w.begun) < 2*skew)
}

// left returns how long the draft that goes first may still take.
func (w *wait) left() time.Duration {
	since := w.rival.Inserted
	if w.freed.After(since) {
		since = w.freed
	}
	if since.IsZero() && !w.begun.IsZero() {
		return limit - time.Since(w.begun)
	}
	if since.IsZero() {
		return limit
	}
	return limit - w.book.now().Sub(since)
}

// revoke takes the right to submit from a leftover, and pauses, so that two runners do not
// revoke each other's drafts forever.
func (w *wait) revoke(ctx context.Context) error {
	if _, err := w.remove(ctx, w.rival.ID); err != nil {
		return err
	}
	w.Report.Warn(w.Key.Name, "draft "+w.rival.ID+" was left over, and was deleted")
	return patience.Sleep(ctx, time.Duration(w.Random()*float64(skew)))
}

// withdraw makes way for a draft that may be the older one: only a new draft, made
// later, can show that it is not.
func (w *wait) withdraw(ctx context.Context) error {
	submitted, err := w.remove(ctx, w.draft.ID)
	if err != nil {
		return err
	}
	if w.own == w.draft.ID {
		w.own = ""
	}
	if w.Yield && !submitted {
		return &WaitError{Job: w.Key.Name, Draft: w.rival.ID}
	}
	if submitted {
		return &vanishedError{ID: w.draft.ID}
	}
	return &vanishedError{ID: w.draft.ID, madeWay: w.rival.ID}
}

// pauses waits a little, without holding a place that others could use, and reports whether
// the list shows that the draft that goes first was deleted: the platform may still answer
// for a job in its trash.
func (w *wait) pauses(ctx context.Context) (deleted bool, err error) {
	if w.begun.IsZero() {
		w.begun = time.Now()
	}
	w.ticket.Leave()
	if !w.told && time.Since(w.begun) >= patience.LongWait {
		w.told = true
		w.Report.Waiting(w.Key.Name, w.rival.ID, time.Now().Add(w.left()))
	}
	if err := w.sleep(ctx, min(firstPoll<<min(w.polls, 10), lastPoll), w.rival.ID); err != nil {
		return false, err
	}
	if w.polls++; w.polls%looksApart == 0 {
		return w.deleted(ctx)
	}
	return false, nil
}

// looksApart is how many reads by id come before a look at the list.
const looksApart = 5

func (w *wait) deleted(ctx context.Context) (bool, error) {
	oldest := w.draft.Inserted
	if w.rival.Inserted.Before(oldest) {
		oldest = w.rival.Inserted
	}
	b := &ballot{key: w.Key, draft: w.draft.ID, oldest: oldest} // who is related does not matter
	w.lists.join(b).decide(ctx)
	return b.err == nil && !b.shows(w.rival.ID) && b.newest.After(w.rival.Inserted.Add(skew)), b.err
}

package once

import (
	"context"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// ruling is the result of an election: a run to adopt, the right to submit, or, when it
// is empty, that the list must be read again.
type ruling struct {
	adopted *Found // the run
	submits bool
}

// readAgain is the ruling after a draft was deleted, or should have been: whatever the
// answer was, only a new list shows what is there.
func readAgain() ruling { return ruling{} }

// elect decides by a list that shows the draft, and by reads by id (design.md §4b, step
// 3): first among the jobs of the key, then against those of the same job in other
// contents.
func (r *run) elect(ctx context.Context, b *ballot) (ruling, error) {
	all, err := r.sameKey(ctx, b)
	if err != nil {
		return ruling{}, err
	}
	same := slices.DeleteFunc(slices.Clone(all), func(f Found) bool { return f.Key != r.Key })
	if i := slices.IndexFunc(all, Found.Submitted); i >= 0 {
		r.losers = losersOf(all[i], r.ours(same))
		return ruling{adopted: &all[i]}, nil
	}
	drafts := r.ours(same)
	winner := Elect(drafts)
	r.losers = losersOf(winner, drafts)
	if r.own != "" && r.own != winner.ID {
		return r.concede(ctx, winner)
	}
	if err := r.choose(winner); err != nil {
		return ruling{}, err
	}
	return r.clearWay(ctx, winner, r.before(winner, all, b))
}

// sameKey reads the jobs with the key that a list shows, the draft among them, and those of
// the content in other digests. A new draft that is the only one with its key need not be
// read.
func (r *run) sameKey(ctx context.Context, b *ballot) ([]Found, error) {
	ids := []string{b.draft}
	own := Found{ID: b.draft, Key: r.Key}
	for _, m := range b.related {
		switch {
		case m.ID == b.draft:
			own.Inserted = m.DateInserted
		case b.tails[m.mark.tail], r.unknown(m):
			ids = append(ids, m.ID)
		}
	}
	if r.fresh && len(ids) == 1 {
		return []Found{own}, nil
	}
	same, err := inspect(ctx, r.Platform, ids, func(Found) bool { return true })
	if err != nil {
		return nil, err
	}
	same = slices.DeleteFunc(same, func(f Found) bool { return f.Key != r.Key && !r.kin(f) })
	if !slices.ContainsFunc(same, func(f Found) bool { return f.ID == b.draft }) {
		return nil, &vanishedError{ID: b.draft}
	}
	return same, nil
}

// unknown reports whether a run that is over may be one of the content in a digest that
// only its body tells, since the look that found none. Where it is not over, it is read as
// a rival.
func (r *run) unknown(m marked) bool {
	return r.Same != nil && m.over() && m.mark.job == r.job().Code() && !m.DateInserted.Before(r.Creating.Since.Add(-dateMargin))
}

// ours leaves out jobs of another namespace. A draft there is another runner's to submit,
// because only that runner checks the other runs of its job.
func (r *run) ours(same []Found) []Found {
	return slices.DeleteFunc(slices.Clone(same), func(f Found) bool { return !f.of(r.job()) && f.ID != r.draft })
}

// losersOf returns the jobs of one key that did not win.
func losersOf(winner Found, same []Found) []Found {
	return slices.DeleteFunc(slices.Clone(same), func(f Found) bool { return f.ID == winner.ID })
}

// concede deletes the own draft, which lost to another runner's. It comes before any
// wait, so that nobody waits for the draft.
func (r *run) concede(ctx context.Context, winner Found) (ruling, error) {
	own := r.own
	submitted, err := r.remove(ctx, own)
	if err != nil {
		return ruling{}, err
	}
	r.own = ""
	if submitted {
		return ruling{adopted: &Found{ID: own, Key: r.Key}}, nil
	}
	return readAgain(), r.choose(winner)
}

// choose continues with another draft than before, and records that.
func (r *run) choose(winner Found) error {
	if winner.ID == r.draft {
		return nil
	}
	r.draft, r.made, r.fresh = winner.ID, winner.Inserted, false
	return r.note()
}

// rival is a job that may have to go first.
type rival struct {
	Found      // ID and Inserted; the rest once it was read
	same  bool // it has our key, or one of our content in another digest
	near  bool // it may be older than the draft, or not
	known bool // it was read, and is what its marker says
}

// before are the jobs that must be over or gone before the draft may be submitted, in the
// order of their dates: those that are older or near, of other contents or digests or made
// for another namespace, and near drafts of the key.
func (r *run) before(winner Found, same []Found, b *ballot) (list []rival) {
	for _, f := range same {
		goesFirst := !f.of(r.job()) || f.Key != r.Key
		if f.ID != winner.ID && (near(f, winner) || goesFirst && older(f, winner) < 0) {
			list = append(list, rival{Found: f, same: true, near: near(f, winner), known: true})
		}
	}
	for _, m := range b.related {
		f := Found{ID: m.ID, Inserted: m.DateInserted}
		if !b.tails[m.mark.tail] && !m.over() && (near(f, winner) || older(f, winner) < 0) {
			list = append(list, rival{Found: f, near: near(f, winner)})
		}
	}
	slices.SortFunc(list, func(a, b rival) int { return older(a.Found, b.Found) })
	return list
}

// remove deletes a draft. It is submitted instead when somebody was faster.
func (r *run) remove(ctx context.Context, id string) (submitted bool, err error) {
	deleted, err := Delete(ctx, r.Platform, id, neverSubmitted)
	if deleted {
		r.book.forget(id)
	}
	return !deleted && err == nil, err
}

func neverSubmitted(history []rescale.Status) bool { return len(history) == 0 }

// Deleter looks at jobs and deletes them.
type Deleter interface {
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	DeleteJob(ctx context.Context, id string) error
}

// Delete deletes a job as long as its history allows it, and gives false when that does not
// any more. It looks before each request: what was a draft when one was sent whose answer
// is lost may be a run by now, of which the platform would delete the results. A job that
// is gone counts as deleted. The error is an *[UndeletableError] when the platform refuses
// again and again (rescale-api.md §7.4).
func Delete(ctx context.Context, p Deleter, id string, allowed func(history []rescale.Status) bool) (deleted bool, err error) {
	var refused error
	for range maxRefused {
		var spared bool
		refused = patience.Settle(ctx, func() error {
			var history []rescale.Status
			var there bool
			history, there, err = stands(ctx, p, id)
			if spared = there && !allowed(history); err != nil || !there || spared {
				return nil //nolint:nilerr // Delete returns it; only the request is repeated
			}
			return p.DeleteJob(ctx, id)
		})
		switch {
		case spared || err != nil:
			return false, err
		case refused == nil:
			return true, nil
		}
		if err := patience.Sleep(ctx, refusalPause); err != nil {
			return false, err
		}
	}
	return false, &UndeletableError{ID: id, Err: refused}
}

// stands is what a job is now, if it is there.
func stands(ctx context.Context, p Deleter, id string) (history []rescale.Status, there bool, err error) {
	history, err = p.Statuses(ctx, id)
	if patience.NotFound(err) {
		return nil, false, nil
	}
	return history, err == nil, err
}

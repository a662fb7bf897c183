package once

import (
	"context"
	"errors"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// spend submits the elected draft, and removes the losers. Only then is the run recorded as
// submitted, so that a process that dies in between leaves no forgotten draft.
func (r *run) spend(ctx context.Context) error {
	here, err := r.submit(ctx)
	if err != nil {
		return err
	}
	tell := r.Report.Found
	if here {
		tell = r.Report.Submitted
	}
	r.clear(ctx, r.draft, r.losers)
	return r.submitted(ctx, tell)
}

// adopt records a run that another runner submitted, and removes the drafts that it makes
// needless.
func (r *run) adopt(ctx context.Context, f Found) error {
	if f.ID != r.draft {
		r.draft, r.made = f.ID, time.Time{}
	}
	if r.kin(f) {
		r.Creating, _ = r.Same(f)
		r.Key, r.noted = f.Key, ""
		if err := r.Journal.Append(r.Creating); err != nil {
			return err
		}
	}
	if err := r.note(); err != nil {
		return err
	}
	r.clear(ctx, f.ID, r.losers)
	return r.submitted(ctx, r.Report.Found)
}

// submit spends the money: it records, then submits. A draft that this call did not make
// may have been submitted meanwhile, or may differ from the manifest. It reports whether
// the run was submitted here.
func (r *run) submit(ctx context.Context) (here bool, err error) {
	if !r.fresh {
		history, err := r.Platform.Statuses(ctx, r.draft)
		if err != nil {
			return false, r.failed("reading the statuses of", orVanished(r.draft, err))
		}
		if len(history) > 0 {
			return false, nil
		}
		if err := r.update(ctx); err != nil {
			return false, err
		}
	}
	if err := r.Label(ctx, r.draft, r.fresh); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	submitting := r.record(state.KindSubmitting, r.draft)
	submitting.Commit, submitting.Differ = r.Source.Commit, r.Source.Differ()
	if err := r.Journal.Append(submitting); err != nil {
		return false, err
	}
	if r.own == r.draft {
		r.own = "" // from here on it may be a run
	}
	if err := r.ensureSubmitted(ctx); err != nil {
		return false, r.failed("submitting", orVanished(r.draft, err))
	}
	return true, nil
}

// maxSubmits is how many submits of one draft may get lost before it is given up. Each
// follows the settle time, in which the draft showed no status.
const maxSubmits = 3

// ensureSubmitted submits. Only a status history proves a submit, not an answer: after an
// error the history decides (rescale-api.md §7.1).
func (r *run) ensureSubmitted(ctx context.Context) (err error) {
	for n := range maxSubmits {
		err = patience.Throttled(ctx, func() error { return r.Platform.SubmitJob(ctx, r.draft) })
		if err == nil || rescale.IsAuth(err) {
			return err
		}
		if n == 0 && patience.NotFound(err) {
			return errors.Join(err, r.unsubmitted())
		}
		if !patience.OutcomeUnknown(err) {
			history, readErr := r.Platform.Statuses(ctx, r.draft)
			if readErr == nil && len(history) > 0 {
				return nil // refused, because somebody has submitted it already
			}
			return err
		}
		if r.showsStatus(ctx) {
			return nil
		}
	}
	return err
}

// unsubmitted records that the draft was revoked before its only submit arrived, and
// nothing was billed. Otherwise the journal, which has the submit as begun, would leave a
// person to find out.
func (r *run) unsubmitted() error {
	r.noted = ""
	return r.Journal.Append(r.Creating)
}

// showsStatus reads the statuses until they show something, or for a few seconds.
func (r *run) showsStatus(ctx context.Context) bool {
	for _, pause := range patience.SettlePauses() {
		if patience.Sleep(ctx, pause) != nil {
			return false
		}
		if history, err := r.Platform.Statuses(ctx, r.draft); err == nil && len(history) > 0 {
			return true
		}
	}
	return false
}

// submitted records the run as it is, and reports who submitted it. A runner that wants it
// to build on other runs may have updated the draft last.
func (r *run) submitted(ctx context.Context, tell func(job, id string)) error {
	built, err := r.builtOn(ctx)
	if err != nil {
		return r.failed("reading what was submitted of", err)
	}
	wanted := r.Upstream
	r.Upstream = built
	if err := r.Journal.Append(r.record(state.KindSubmitted, r.draft)); err != nil {
		return err
	}
	tell(r.Key.Name, r.draft)
	if built != wanted {
		return &OtherRunsError{Name: r.Key.Name, ID: r.draft, Built: built, Wanted: wanted}
	}
	return nil
}

// builtOn returns the runs of other jobs that a submitted job says it builds on. A
// submitted job no longer changes.
func (r *run) builtOn(ctx context.Context) (string, error) {
	if r.Upstream == "" {
		return "", nil // it builds on none in any run of this content
	}
	job, err := r.Platform.Job(ctx, r.draft)
	if patience.NotFound(err) {
		return r.Upstream, nil // nobody knows
	}
	return variable(job, UpstreamVariable), err
}

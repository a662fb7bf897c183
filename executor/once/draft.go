package once

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// makeDraft takes the existing draft, or creates one as a member of a batch. Inputs are
// uploaded first: that may take hours, and a draft must be short-lived.
func (r *run) makeDraft(ctx context.Context) error {
	if r.ID != "" {
		r.draft = r.ID
		return errors.Join(r.note(), r.ticket.Enter(ctx))
	}
	var request rescale.JobRequest
	err := patience.Within(ctx, r.drafts, func() (err error) { request, err = r.Body(ctx); return err })
	if err != nil {
		return r.failed("preparing the inputs of", err)
	}
	if err := r.ticket.Enter(ctx); err != nil {
		return err
	}
	err = patience.Within(ctx, r.drafts, func() error { return r.create(ctx, r.sign(request)) })
	if err != nil {
		return err
	}
	if err := r.note(); err != nil {
		return err
	}
	r.Report.Created(r.Key.Name, r.draft)
	return nil
}

// maxCreates is how many creates of one claim may lose their answers before it gives
// up. Each follows a look that found nothing, and drafts are free.
const maxCreates = 3

// create creates a draft: it records, then creates, and when the answer is lost, looks
// for the draft before it repeats.
func (r *run) create(ctx context.Context, request rescale.JobRequest) error {
	var lost error
	for range maxCreates {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.Journal.Append(r.Creating); err != nil {
			return err
		}
		job, err := r.createOnce(ctx, request)
		if err == nil {
			return r.made201(ctx, job, request.Name)
		}
		if !patience.OutcomeUnknown(err) {
			return r.failed("creating", err)
		}
		found, unseen := r.findLost(ctx)
		if len(found) > 0 {
			winner := Elect(found)
			if winner.Key != r.Key {
				return &vanishedError{ID: winner.ID, Err: err} // another runner's: the next look adopts it
			}
			r.draft, r.made = winner.ID, winner.Inserted
			return nil
		}
		if lost = errors.Join(err, unseen); unseen != nil {
			break
		}
	}
	return r.failed("creating", &UnresolvedError{lost})
}

// made201 takes the answer to a create. A draft whose name lost its marker could not be
// found again, and is deleted.
func (r *run) made201(ctx context.Context, job rescale.Job, name string) error {
	r.draft, r.own, r.fresh, r.made = job.ID, job.ID, true, job.DateInserted
	r.book.saw(job.DateInserted)
	if job.Name == "" || strings.HasSuffix(job.Name, r.Key.Marker(r.Namespace)) {
		return nil
	}
	_, err := r.remove(ctx, job.ID)
	r.own = ""
	return errors.Join(r.failed("creating", &NameCutError{Sent: name, Stored: job.Name}), err)
}

func (r *run) createOnce(ctx context.Context, request rescale.JobRequest) (job rescale.Job, err error) {
	err = patience.Throttled(ctx, func() error {
		job, err = r.Platform.CreateJob(ctx, request)
		return err
	})
	return job, err
}

// findLost looks for the draft of a create whose answer was lost, until the list
// shows it or a few seconds have passed.
func (r *run) findLost(ctx context.Context) (found []Found, err error) {
	for _, pause := range patience.SettlePauses() {
		if err := patience.Sleep(ctx, pause); err != nil {
			return nil, err
		}
		if found, err = r.find(ctx); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// update brings a draft up to date with the manifest: walltime, priority or project may
// have changed, or a person may have edited the draft. Doing that twice is harmless.
func (r *run) update(ctx context.Context) error {
	request, err := r.Body(ctx)
	if err != nil {
		return r.failed("preparing the inputs of", err)
	}
	signed := r.sign(request)
	err = patience.Settle(ctx, func() error { return r.Platform.UpdateJob(ctx, r.draft, signed) })
	if err != nil && !patience.NotFound(err) {
		return &DraftError{r.draft, r.failed("updating the draft of", err)}
	}
	return orVanished(r.draft, err)
}

// sign puts the claim into the create body.
func (c Claim) sign(request rescale.JobRequest) rescale.JobRequest {
	signed := c.Key.Sign(request, c.Namespace)
	from := c.Source.Encode()
	for i, tile := range signed.JobAnalyses {
		if c.Upstream != "" {
			tile.EnvVars[UpstreamVariable] = c.Upstream
		}
		if i == 0 && from != "" {
			tile.EnvVars[source.Variable] = from
		}
	}
	return signed
}

// abandonTime bounds the clean-up of a claim that was interrupted.
const abandonTime = 5 * time.Second

// abandon deletes the own draft of a claim that another run blocks, or that was
// interrupted: others would wait for it.
func (r *run) abandon(ctx context.Context, why error) error {
	var rival *RivalError
	var waited *WaitError
	var stays *UndeletableError
	inTheWay := errors.As(why, &rival) || errors.As(why, &waited) || errors.As(why, &stays) && stays.ID != r.own
	if r.own == "" || ctx.Err() == nil && !inTheWay {
		return nil
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
		defer cancel()
	}
	if _, err := r.remove(ctx, r.own); err != nil {
		return r.failed("deleting draft "+r.own+" of", err)
	}
	return nil
}

// clear deletes drafts that lost. One that stays costs nothing, so a failure is only a
// warning.
func (r *run) clear(ctx context.Context, winner string, losers []Found) {
	if r.own != "" && !slices.ContainsFunc(losers, func(f Found) bool { return f.ID == r.own }) {
		losers = append(slices.Clone(losers), Found{ID: r.own})
	}
	for _, f := range losers {
		if f.ID == winner {
			continue
		}
		submitted, err := r.remove(ctx, f.ID)
		if submitted {
			err = &secondRunError{f.ID}
		}
		if err != nil {
			r.Report.Warn(r.Key.Name, "deleting the surplus draft "+f.ID+": "+err.Error())
		}
	}
}

// secondRunError reports what must not happen: a draft that lost was submitted.
type secondRunError struct{ id string }

// Error names the job.
func (e *secondRunError) Error() string {
	return "somebody has submitted it, so that it runs too; look at job " + e.id + " on the platform and stop it if it is not wanted"
}

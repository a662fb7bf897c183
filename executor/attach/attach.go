// Package attach gives drafts the high-performance storage that their runs must have. It
// works between create and submit, in any state that a crash or another runner has left a
// draft in, and trusts what it reads back, where the platform lets it. It knows neither
// plans nor the journal.
package attach

import (
	"context"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Writer attaches storage to jobs, and reads both.
type Writer interface {
	StorageStatus(ctx context.Context, id string) (string, error)
	AttachStorage(ctx context.Context, job, device string) error
	AttachedStorage(ctx context.Context, job string) ([]string, error)
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Attacher attaches storage.
type Attacher struct {
	Platform Writer
	// Warn is called for storage that a draft has besides.
	Warn func(job, message string)
}

// Wish is the storage that one draft is to have.
type Wish struct {
	Job     string // in words, for errors and warnings
	ID      string // of the draft
	Fresh   bool   // it was just made, and so has nothing
	Devices []string
}

// Attach returns without an error when the draft has all of its storage, all of which is
// started; also when the draft is gone or somebody has submitted it, which the submit finds
// out. After an error nothing must be submitted: the run would be billed, and lack its
// files. Storage that stops between the last look and the start of the run is beyond that.
func (a Attacher) Attach(ctx context.Context, w Wish) error {
	if len(w.Devices) == 0 {
		return nil
	}
	d := draft{Attacher: a, Wish: w}
	err := d.attach(ctx)
	if err == nil && !d.over {
		err = d.started(ctx)
	}
	if err != nil {
		return &once.StepError{Job: w.Job, Act: "attaching storage to", Err: err}
	}
	return nil
}

// draft is one draft while it gets its storage.
type draft struct {
	Attacher
	Wish
	over bool // it is no draft any more
}

// attach attaches what the draft does not have, and reads all back.
func (d *draft) attach(ctx context.Context) error {
	missing := d.Devices
	if !d.Fresh {
		has, shown, err := d.shown(ctx)
		if err != nil {
			return err
		}
		if missing = without(d.Devices, has); shown {
			d.tellOfOthers(has)
		}
	}
	for _, device := range missing {
		if err := d.one(ctx, device); err != nil || d.over {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	has, shown, err := d.shown(ctx)
	if lost := without(d.Devices, has); err == nil && shown && len(lost) > 0 {
		err = &Error{d.ID, lost[0], fmt.Errorf("the platform took it, and does not show it")}
	}
	return err
}

// shown reads what the draft has. Only attaching is known of the platform, so that it may
// refuse to tell (rescale-api.md §7.7).
func (d *draft) shown(ctx context.Context) (has []string, shown bool, err error) {
	has, err = d.Platform.AttachedStorage(ctx, d.ID)
	if err != nil && rescale.IsRefusal(err) && !rescale.IsAuth(err) {
		return nil, false, nil
	}
	return has, err == nil, err
}

// one attaches one device. It is repeated only where the answer was lost and the draft does
// not show it, which starts nothing and costs nothing.
func (d *draft) one(ctx context.Context, device string) (err error) {
	for _, pause := range patience.SettlePauses() {
		if err := patience.Sleep(ctx, pause); err != nil {
			return err
		}
		err = patience.Throttled(ctx, func() error { return d.Platform.AttachStorage(ctx, d.ID, device) })
		if !patience.OutcomeUnknown(err) {
			break
		}
		if has, _, unread := d.shown(ctx); unread == nil && slices.Contains(has, device) {
			return nil
		}
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return d.refused(ctx, device, err)
}

// refused finds out what it means that a device was not attached. The platform's words do
// not count.
func (d *draft) refused(ctx context.Context, device string, why error) error {
	if d.over = d.isOver(ctx); d.over {
		return nil
	}
	if has, _, err := d.shown(ctx); err == nil && slices.Contains(has, device) {
		return nil // by an earlier call, or by another runner
	}
	if err := d.isStarted(ctx, device); err != nil {
		return err
	}
	return &Error{d.ID, device, why}
}

// isOver reports whether the draft was deleted or submitted meanwhile.
func (d *draft) isOver(ctx context.Context) bool {
	if _, err := d.Platform.Job(ctx, d.ID); err != nil {
		return patience.NotFound(err)
	}
	history, err := d.Platform.Statuses(ctx, d.ID)
	return err == nil && len(history) > 0
}

// started looks last of all at the storage itself: it may have stopped since the plan.
func (d *draft) started(ctx context.Context) error {
	for _, device := range d.Devices {
		if err := d.isStarted(ctx, device); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) isStarted(ctx context.Context, device string) error {
	status, err := d.Platform.StorageStatus(ctx, device)
	switch {
	case patience.NotFound(err):
		return &StoppedError{Device: device, Status: "gone"}
	case err != nil:
		return err
	case status != rescale.StorageStarted:
		return &StoppedError{Device: device, Status: status}
	}
	return nil
}

// tellOfOthers tells of storage that somebody else has attached: nobody can take it away.
func (d *draft) tellOfOthers(has []string) {
	for _, device := range without(has, d.Devices) {
		d.Warn(d.Job, fmt.Sprintf("draft %s has storage %s, too, which the manifest does not name", d.ID, device))
	}
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(others, id) })
}

// Package fetch gets results of jobs onto this disk because a person asked for them,
// whether or not a manifest is at hand.
package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Order is one job whose results are asked for.
type Order struct {
	Name   string // in the manifest; its id without one
	ID     string
	Wish   results.Wish
	Run    state.Run      // as far as it is known
	Checks success.Checks // of the manifest, for a run that nobody has judged by them
}

// Clerk carries out orders.
type Clerk struct {
	Screen   *screen.Screen
	From     *connect.Connection
	Parallel int
	List     bool   // nothing is fetched
	Format   string // text or json
}

// Deliver fetches or lists what was ordered, one job after the other, and goes on with
// the next one whatever happens to one. Explain changes an error about a job before it
// is shown.
func (c Clerk) Deliver(ctx context.Context, orders []Order, explain func(Order, error) error) error {
	done, err := c.Collect(ctx, orders, explain)
	if c.Format == "json" {
		err = errors.Join(err, show.WriteDeliveries(c.Screen.Out, done))
	}
	return err
}

// Collect is Deliver for a caller that writes the JSON form itself.
func (c Clerk) Collect(ctx context.Context, orders []Order, explain func(Order, error) error) (done []show.Delivery, err error) {
	var failures []error
	for _, o := range orders {
		delivery, err := c.deliver(ctx, o)
		for _, e := range exit.Unsaid(explain(o, c.From.Refused(err))) {
			delivery.Failures = append(delivery.Failures, e)
			failures = append(failures, fmt.Errorf("job %s: %w", o.Name, e))
		}
		done = append(done, delivery)
		if ctx.Err() != nil {
			break
		}
	}
	return done, errors.Join(failures...)
}

func (c Clerk) deliver(ctx context.Context, o Order) (show.Delivery, error) {
	delivery, err := c.fetch(ctx, o)
	if c.Format != "text" {
		return delivery, err
	}
	if err == nil || len(delivery.Files) > 0 {
		c.Screen.Style().Delivery(c.Screen.Out, delivery)
	}
	if err == nil && len(delivery.Files) == 0 && selects(o.Wish) {
		c.Screen.Line(fmt.Sprintf("hint: no result of %s matches; download --list --all shows what there is", o.Name))
	}
	return delivery, err
}

func (c Clerk) fetch(ctx context.Context, o Order) (show.Delivery, error) {
	delivery := show.Delivery{Job: o.Name, ID: o.ID, To: o.Wish.Folder(), Listed: c.List}
	over, err := c.judged(ctx, o)
	if err != nil {
		return delivery, err
	}
	d := results.Download{
		Platform: c.From.Platform, ID: o.ID, Wish: o.Wish, Over: over, Parallel: c.Parallel,
		Warn: func(message string) { c.Screen.Warn("job " + o.Name + ": " + message) },
	}
	if c.List {
		d.Say = func(n results.Notice) { c.Screen.Warn(o.Name + ": " + n.Text) }
		listed, err := d.List(ctx)
		for _, r := range listed {
			delivery.Files = append(delivery.Files, show.DeliveredFile{Path: r.Path, Size: r.File.Size, SHA512: r.File.SHA512, Refused: r.Refused})
		}
		return delivery, err
	}
	watcher := c.Screen.Watch("text", show.Screen{Style: c.Screen.Style()})
	defer watcher.Close()
	tell := executor.Paced(0, watcher.Event)
	d.Tell = func(transfer results.Transfer) { tell(executor.Downloading(o.Name, o.ID, transfer)) }
	d.Say = func(n results.Notice) { tell(executor.Noticed(o.Name, o.ID, n)) }
	outputs, err := d.Run(ctx)
	for _, file := range outputs {
		delivery.Files = append(delivery.Files, show.DeliveredFile{Path: file.Path, Size: file.Size, SHA512: file.SHA512})
	}
	return delivery, err
}

// judged reports whether a run is over, and warns when it did not succeed: an apply that
// did not wait has not seen the end.
func (c Clerk) judged(ctx context.Context, o Order) (over bool, err error) {
	if o.Run.Stage == state.StageFinished && o.Checks.Judged(o.Run) {
		c.ended(o, verdict.Judgement{Verdict: verdict.Verdict(o.Run.Verdict), Reason: o.Run.Reason})
		return true, nil
	}
	history, err := c.From.Platform.Statuses(ctx, o.ID)
	if err != nil {
		return false, err
	}
	judged, over := verdict.Judge(history)
	if !over {
		if !c.List {
			c.Screen.Warn("job " + o.Name + " is not finished; these are the files so far")
		}
		return false, nil
	}
	judged, err = success.Examiner{Platform: c.From.Platform}.Judge(ctx, o.ID, judged, o.Checks)
	var unknown *success.UnknownError
	switch {
	case errors.As(err, &unknown):
		c.Screen.Warn("job " + o.Name + ": its success is not known yet: " + unknown.Err.Error())
	case err != nil:
		return true, err
	default:
		c.ended(o, judged)
	}
	return true, nil
}

// ended warns of the results of a run that did not succeed.
func (c Clerk) ended(o Order, j verdict.Judgement) {
	if j.Verdict != verdict.Succeeded {
		c.Screen.Warn(fmt.Sprintf("job %s: run %s %s: %s", o.Name, o.ID, j.Verdict, j.Reason))
	}
}

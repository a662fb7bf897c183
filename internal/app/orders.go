package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// ofIDs takes the arguments for ids of jobs on the platform.
func (o downloadOptions) ofIDs(ids []string) ([]fetch.Order, error) {
	if len(ids) == 0 {
		return nil, options.Usage("neither a manifest nor the id of a job is given", "rescale-apply download -f job.yaml, or rescale-apply download ID --to FOLDER")
	}
	if len(o.Targets) > 0 {
		return nil, options.Usage("--target chooses from a manifest, and none is given", "rescale-apply download -f job.yaml --target NAME")
	}
	var orders []fetch.Order
	for _, id := range ids {
		if options.IsManifest(id) {
			return nil, options.Usage(fmt.Sprintf("%q is not the id of a job", id), "rescale-apply download -f "+id)
		}
		orders = append(orders, o.fetch.OfID(id, len(ids)-1))
	}
	return orders, nil
}

// ofManifest takes the arguments for names of the manifest's jobs. What it cannot order
// is in the error; the rest is ordered.
func (o downloadOptions) ofManifest(ctx context.Context, s *session, names []string) ([]fetch.Order, error) {
	jobs, err := s.Chosen(names)
	if err != nil {
		return nil, err
	}
	_, snapshot, err := s.recall(ctx)
	if err != nil {
		return nil, err
	}
	var orders []fetch.Order
	for _, job := range jobs {
		run, ok := snapshot.Last(job.Name.V)
		if !ok || run.ID == "" {
			err = errors.Join(err, options.Usage(fmt.Sprintf("job %q has not run yet", job.Name.V), "apply it first"))
			continue
		}
		wish := o.fetch.OfJob(job, s.Written-1)
		wish.Whole = wish.Whole && run.Stage == state.StageFinished
		for _, earlier := range snapshot.Runs[job.Name.V] {
			wish.Runs = append(wish.Runs, earlier.ID)
		}
		orders = append(orders, fetch.Order{Name: job.Name.V, ID: run.ID, Wish: wish, Run: run, Checks: success.Of(job.Success)})
	}
	return orders, err
}

// unknownID says what is wrong with an id that the platform does not know.
func unknownID(o fetch.Order, err error) error {
	var bad *rescale.BadIDError
	if !errors.As(err, &bad) && !patience.NotFound(err) {
		return err
	}
	return options.Usage(fmt.Sprintf("the platform has no job %q", o.ID),
		"without -f, jobs are named by their ids, such as QwErTy; those of a manifest by: rescale-apply download -f job.yaml "+o.ID)
}

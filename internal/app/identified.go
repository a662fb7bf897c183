package app

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// identified gives subjects that were named by their ids the names of their jobs, and the
// jobs themselves where the manifest has them: what guards a job guards it by its id, too.
// Verbs that only look do without.
func (s *session) identified(ctx context.Context, list []subject) ([]subject, error) {
	if s.tool.effect != options.Changes {
		return list, nil
	}
	err := each(ctx, list, func(ctx context.Context, x *subject) error {
		stored, err := s.Platform.Job(ctx, x.ID)
		if err != nil {
			return unknown(s, *x, err)
		}
		for i, job := range s.Jobs {
			if job.Adopt.V == x.ID {
				x.Name, x.Job = job.Name.V, &s.Jobs[i]
				return nil
			}
		}
		key, namespace, ours := once.Recognize(stored)
		if !ours {
			x.Name = stored.Name
			return nil
		}
		x.Name = key.Name
		for i, job := range s.Jobs {
			if job.Name.V == key.Name && (job.Namespace.V == namespace || namespace == "") {
				x.Job = &s.Jobs[i]
			}
		}
		return nil
	})
	return list, err
}

// only refuses ids of runs that are not of the manifest.
func (s *session) only(list []subject) error {
	for _, x := range list {
		if x.Job == nil {
			_, err := s.Chosen([]string{x.ID})
			return err
		}
	}
	return nil
}

// atOnce bounds the jobs that are read at once.
const atOnce = 4

// each works on all subjects, some at once.
func each(ctx context.Context, list []subject, work func(context.Context, *subject) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range list {
		group.Go(func() error { return work(ctx, &list[i]) })
	}
	return group.Wait()
}

// active are the subjects whose run is not over. One that was named and is not there is
// an error; of all jobs of a manifest, those without a run are left out.
func (s *session) active(ctx context.Context, list []subject, all bool) (active []subject, err error) {
	var ran []subject
	for _, x := range list {
		switch {
		case x.ID != "":
			ran = append(ran, x)
		case !all:
			return nil, options.Usage(fmt.Sprintf("job %q has no run that could be stopped", x.Name), "status shows what runs")
		}
	}
	err = each(ctx, ran, func(ctx context.Context, x *subject) error {
		history, err := s.Platform.Statuses(ctx, x.ID)
		if err != nil {
			return unknown(s, *x, err)
		}
		_, over := verdict.Judge(history)
		x.active = len(history) > 0 && !over
		return nil
	})
	for _, x := range ran {
		if x.active {
			active = append(active, x)
		}
	}
	return active, err
}

// unprotected refuses what would touch the run of a protected job.
func (s *session) unprotected(list []subject, what string) error {
	var refused diag.List
	for _, x := range list {
		if x.Job != nil && x.Job.Protected.V {
			refused = append(refused, guard.Protected(x.Name, x.Job.Protected.Pos, "run "+x.ID+" "+what))
		}
	}
	return s.Forbidden(refused)
}

// described names a few subjects with their runs.
func described(list []subject) string {
	var words []string
	for i, x := range list {
		if i == 5 {
			words = append(words, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		words = append(words, fmt.Sprintf("%s (%s)", diag.Line(x.Name), x.ID))
	}
	return strings.Join(words, ", ")
}

// stops are the runs of subjects, and the results that their manifest wants of
// runs that did not succeed.
func stops(list []subject) (runs []stop.Run, orders []fetch.Order) {
	for _, x := range list {
		if x.ID == "" {
			continue
		}
		run := stop.Run{Name: x.Name, ID: x.ID}
		if x.Job != nil {
			run.Protected = x.Job.Protected
			if x.Job.Outputs.OnFailure.V {
				orders = append(orders, fetch.Order{Name: x.Name, ID: x.ID, Wish: fetch.Defaults().OfJob(*x.Job, 0), Run: x.Run})
			}
		}
		runs = append(runs, run)
	}
	return runs, orders
}

package once

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Platform is what the steps need of the platform. The client repeats none of
// the changes.
type Platform interface {
	Reader
	Writer
}

// Reader reads what is there.
type Reader interface {
	Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error)
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Writer makes drafts, spends the money, and removes drafts that nobody needs.
type Writer interface {
	CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error)
	UpdateJob(ctx context.Context, id string, body rescale.JobRequest) error
	SubmitJob(ctx context.Context, id string) error
	DeleteJob(ctx context.Context, id string) error
}

// Journal is where every step is written before and after it happens. Append
// returns only when the record is safe on the disk; its error stops the run.
type Journal interface {
	Append(state.Record) error
}

// Reporter is told what happened.
type Reporter interface {
	Created(job, id string)
	Submitted(job, id string)
	Found(job, id string) // a run that was on its way before: nothing is submitted
	Warn(job, message string)
}

package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Platform is everything that apply needs of the platform.
type Platform interface {
	Finder
	Starter
	Storage
	results.Platform
}

// Finder reads what is there.
type Finder interface {
	Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error)
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Starter makes a draft, labels it and spends the money. The client repeats none
// of its changes.
type Starter interface {
	CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error)
	UpdateJob(ctx context.Context, id string, body rescale.JobRequest) error
	SubmitJob(ctx context.Context, id string) error
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	AddTag(ctx context.Context, id, tag string) error
}

// Storage keeps input files.
type Storage interface {
	Upload(ctx context.Context, upload rescale.Upload) (rescale.File, error)
	File(ctx context.Context, id string) (rescale.File, error)
}

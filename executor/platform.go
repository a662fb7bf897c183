package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Platform is everything that apply needs of the platform.
type Platform interface {
	Finder
	once.Writer
	Steward
	Storage
	results.Platform
}

// Finder reads what is there.
type Finder interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Steward labels jobs and stops them.
type Steward interface {
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	AddTag(ctx context.Context, id, tag string) error
	StopJob(ctx context.Context, id string) error
}

// Storage keeps input files.
type Storage interface {
	Upload(ctx context.Context, upload rescale.Upload) (rescale.File, error)
	File(ctx context.Context, id string) (rescale.File, error)
}

package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Platform is everything that apply needs of the platform.
type Platform interface {
	Finder
	once.Writer
	Steward
	inputs.Platform
}

// Finder reads what is there.
type Finder interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	results.Platform
}

// Observer reads what a plan needs.
type Observer interface {
	Finder
	inputs.Finder
}

// Steward labels jobs and stops them.
type Steward interface {
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	AddTag(ctx context.Context, id, tag string) error
	StopJob(ctx context.Context, id string) error
}

package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/label"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Platform is everything that apply needs of the platform.
type Platform interface {
	Finder
	Changer
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

// Changer makes jobs, labels them and stops them.
type Changer interface {
	once.Writer
	label.Platform
	StopJob(ctx context.Context, id string) error
}

package executor

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/attach"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/label"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/shelf"
)

// Platform is everything that apply needs from the platform.
type Platform interface {
	planner.Finder
	Changer
	inputs.Writer
	inputs.Finder
}

// Changer makes jobs, labels them and stops them.
type Changer interface {
	once.Writer
	label.Writer
	attach.Writer
	shelf.Folders
	StopJob(ctx context.Context, id string) error
}

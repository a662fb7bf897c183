package logs

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
)

// Entry is a file of a run.
type Entry struct {
	Path     string // in the work folder
	Size     int64  // bytes; -1 while the run goes on
	Arriving bool   // it is not stored as a whole yet
}

// List lists the files of a run: those in its work folder while it goes on, and what is
// stored of them when it is over. A job that has not begun is a *NotStartedError.
func (l Log) List(ctx context.Context) ([]Entry, error) {
	v, err := l.look(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.begun(v); err != nil {
		return nil, err
	}
	if v.stage == over {
		return l.stored(ctx)
	}
	paths, err := l.Platform.DirectoryContents(ctx, l.ID, l.run())
	if ended, why := l.endedMeanwhile(ctx, err); ended || why != nil {
		if why != nil {
			return nil, why
		}
		return l.stored(ctx)
	}
	var list []Entry
	for _, path := range paths {
		list = append(list, Entry{Path: path, Size: -1})
	}
	return list, err
}

// stored are the stored files of the run.
func (l Log) stored(ctx context.Context) (list []Entry, err error) {
	reading, err := outputs.Look(ctx, l.Platform, l.ID)
	if err != nil {
		return nil, fmt.Errorf("listing the files of job %s: %w", l.ID, err)
	}
	for _, f := range reading.Of("run" + l.run()).Files {
		if !f.Deleted {
			list = append(list, Entry{Path: f.RelativePath, Size: f.Size, Arriving: f.Arriving()})
		}
	}
	return list, nil
}

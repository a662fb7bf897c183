package executor

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// upload is one content on its way to the platform, shared by all jobs that use it.
type upload struct {
	once sync.Once
	id   string
	err  error
}

// inputFiles gives the ids of a job's inputs, uploading what is not there yet.
func (a *application) inputFiles(ctx context.Context, step Step) ([]rescale.InputRef, error) {
	files := make([]rescale.InputRef, len(step.Job.Inputs))
	// No sibling is cancelled by a failure: an upload may be another job's too.
	var group errgroup.Group
	group.SetLimit(a.parallel())
	for i, in := range step.Job.Inputs {
		group.Go(func() error {
			id, err := a.fileID(ctx, in)
			files[i] = rescale.InputRef{ID: id, Decompress: &step.Job.Inputs[i].Decompress}
			return err
		})
	}
	return files, group.Wait()
}

// fileID uploads each content and name once in an apply, however many jobs use it.
func (a *application) fileID(ctx context.Context, in resolver.Input) (string, error) {
	if in.Path == "" {
		return in.ID, nil
	}
	content := in.SHA512 + "\n" + in.Name
	a.storing.Lock()
	u, known := a.uploads[content]
	if !known {
		u = new(upload)
		a.uploads[content] = u
	}
	a.storing.Unlock()
	u.once.Do(func() { u.id, u.err = a.store(ctx, in) })
	return u.id, u.err
}

// store takes the file that an earlier apply uploaded, if the platform still
// has it, and uploads it otherwise: record, upload, record.
func (a *application) store(ctx context.Context, in resolver.Input) (string, error) {
	if stored, _ := a.before.File(in.SHA512, in.Name); stored.ID != "" {
		file, err := a.Platform.File(ctx, stored.ID)
		if err == nil && file.Complete && !file.Deleted {
			return stored.ID, nil
		}
		if err != nil && !once.NotFound(err) {
			return "", err
		}
	}
	meta := state.File{Name: in.Name, SHA512: in.SHA512, Size: in.Size}
	if err := a.Journal.Append(state.Record{Kind: state.KindUploading, File: meta}); err != nil {
		return "", err
	}
	file, err := a.send(ctx, in)
	if err != nil {
		return "", err
	}
	stored := meta
	stored.ID = file.ID
	if err := a.Journal.Append(state.Record{Kind: state.KindUploaded, File: stored}); err != nil {
		return "", err
	}
	a.notify(Event{Type: EventUploaded, File: in.Name, Size: in.Size, ID: file.ID})
	return file.ID, nil
}

// progressEvery is the shortest time between two progress events of one transfer.
const progressEvery = 100 * time.Millisecond

func (a *application) send(ctx context.Context, in resolver.Input) (rescale.File, error) {
	if err := in.Unchanged(); err != nil {
		return rescale.File{}, err
	}
	var told time.Time
	file, err := a.Platform.Upload(ctx, rescale.Upload{
		Name: in.Name,
		Size: in.Size,
		Open: in.Open,
		Progress: func(sent int64) {
			if now := time.Now(); now.Sub(told) >= progressEvery {
				told = now
				a.notify(Event{Type: EventUploading, File: in.Name, Size: in.Size, Sent: sent})
			}
		},
	})
	if err != nil {
		return rescale.File{}, err
	}
	if sum := file.SHA512; sum != "" && sum != in.SHA512 {
		return rescale.File{}, &resolver.ChangedError{Path: in.Path}
	}
	return file, in.Unchanged()
}

package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// ChangedError tells that a file is not what was planned any more: it was
// written to after it was hashed.
type ChangedError struct {
	Path string
	Err  error // may be nil
}

// Error names the file.
func (e *ChangedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s changed since it was planned: %v", e.Path, e.Err)
	}
	return e.Path + " changed since it was planned"
}

// Unwrap gives the cause.
func (e *ChangedError) Unwrap() error { return e.Err }

// Hint tells how to go on.
func (e *ChangedError) Hint() string {
	return "let the program that writes it finish, then apply again; no job was created with it"
}

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
func (a *application) fileID(ctx context.Context, in files.Input) (string, error) {
	if in.Path == "" {
		return in.ID, nil
	}
	what := in.SHA512 + "\n" + in.Name
	a.storing.Lock()
	u, known := a.uploads[what]
	if !known {
		u = new(upload)
		a.uploads[what] = u
	}
	a.storing.Unlock()
	u.once.Do(func() { u.id, u.err = a.store(ctx, in) })
	return u.id, u.err
}

// store takes the file that an earlier apply uploaded, if the platform still
// has it, and uploads it otherwise: record, upload, record.
func (a *application) store(ctx context.Context, in files.Input) (string, error) {
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

func (a *application) send(ctx context.Context, in files.Input) (rescale.File, error) {
	if err := unchanged(in); err != nil {
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
		return rescale.File{}, changed(err)
	}
	if sum := file.SHA512; sum != "" && sum != in.SHA512 {
		return rescale.File{}, &ChangedError{Path: in.Path}
	}
	return file, unchanged(in)
}

// unchanged compares the files of an input with what they were when they were hashed.
func unchanged(in files.Input) error {
	err := in.Unchanged()
	var file *content.ChangedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &file):
		return &ChangedError{Path: file.Path}
	}
	return &ChangedError{Path: in.Path, Err: err}
}

// changed is the error for a file that is not what it was, if err is about one: an
// archive notices it while it is packed.
func changed(err error) error {
	var file *content.ChangedError
	if errors.As(err, &file) {
		return &ChangedError{Path: file.Path}
	}
	return err
}

// Package inputs brings the input files of jobs to the platform: each content once under
// its name, and nothing that is there already. It knows neither plans nor jobs, and
// decides nothing about runs.
package inputs

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Writer stores input files, and reads stored ones.
type Writer interface {
	Reader
	Upload(ctx context.Context, upload rescale.Upload) (rescale.File, error)
}

// Journal records every upload before and after it happens.
type Journal interface {
	Append(...state.Record) error
}

// Reporter hears how far uploads are, possibly of several at a time.
type Reporter interface {
	// Uploading is called when an upload begins, and whenever bytes were sent. sent
	// starts over when the upload does.
	Uploading(in files.Input, sent int64)
	Uploaded(in files.Input, id string)
	// Aborted ends an upload that failed.
	Aborted(in files.Input)
}

// Store gives inputs their ids. One serves a whole apply and all its jobs.
type Store struct {
	Platform Writer
	Journal  Journal
	Known    state.Snapshot // the journal when the apply began
	Found    Stock          // what the plan saw on the platform
	Report   Reporter
	Parallel int // uploads at once, at least 1

	// Look finds inputs on the platform that the plan could not know; nil is fine.
	Look func(ctx context.Context, wanted []files.Input) (Stock, error)

	mu    sync.Mutex // guards what follows
	later Stock      // what was looked for since the plan
	files map[Content]*file
	made  map[string]bool // ids of uploads
	slots *semaphore.Weighted
}

// file is one content on its way to the platform, shared by all jobs that use it.
type file struct {
	done chan struct{} // closed when the others are final
	id   string
	err  error
}

// IDs returns the files that stand for inputs of a job, uploading what is not there.
func (s *Store) IDs(ctx context.Context, list []files.Input) ([]rescale.InputRef, error) {
	refs := make([]rescale.InputRef, len(list))
	// A failure cancels no sibling: an upload may be another job's too.
	var group errgroup.Group
	group.SetLimit(max(1, s.Parallel))
	for i, in := range list {
		group.Go(func() error {
			id, err := s.id(ctx, in)
			refs[i] = rescale.InputRef{ID: id, Decompress: &list[i].Decompress}
			return err
		})
	}
	return refs, group.Wait()
}

// id uploads each content once, however many jobs use it.
func (s *Store) id(ctx context.Context, in files.Input) (string, error) {
	if in.Path == "" {
		return in.ID, nil
	}
	f, first := s.share(Of(in))
	if first {
		f.id, f.err = s.inTurn(ctx, in)
		close(f.done)
	}
	select {
	case <-f.done:
		return f.id, f.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// share returns the content's file; first is true for the caller that must bring it.
func (s *Store) share(c Content) (f *file, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = make(map[Content]*file)
		s.slots = semaphore.NewWeighted(int64(max(1, s.Parallel)))
	}
	f, known := s.files[c]
	if !known {
		f = &file{done: make(chan struct{})}
		s.files[c] = f
	}
	return f, !known
}

// inTurn waits for one of the slots.
func (s *Store) inTurn(ctx context.Context, in files.Input) (id string, err error) {
	err = patience.Within(ctx, s.slots, func() error { id, err = s.provide(ctx, in); return err })
	return id, err
}

// provide takes the stored file if there is one, and uploads otherwise.
func (s *Store) provide(ctx context.Context, in files.Input) (string, error) {
	id, err := s.Stored(ctx, in)
	if err != nil || id != "" {
		return id, err
	}
	return s.upload(ctx, in)
}

// Stored returns the file of an input that an earlier apply or another machine uploaded,
// if the platform still has it; else it is empty. What the plan found counts; where it
// did not look, what the journal knows.
func (s *Store) Stored(ctx context.Context, in files.Input) (string, error) {
	known, _ := s.Known.File(in.SHA512, in.Name)
	id, looked := s.found(Of(in))
	if !looked {
		id = known.ID
	}
	if id == "" {
		return "", nil
	}
	there, err := holds(ctx, s.Platform, id, in)
	if err != nil || !there {
		return "", err
	}
	if id != known.ID {
		err = s.Journal.Append(uploaded(in, id))
	}
	return id, err
}

// Seek looks once for inputs that neither the plan nor the journal knows, such as copies
// of results when the state is lost. Stored and IDs use what it finds.
func (s *Store) Seek(ctx context.Context, list []files.Input) error {
	var wanted []files.Input
	for _, in := range list {
		_, looked := s.found(Of(in))
		known, _ := s.Known.File(in.SHA512, in.Name)
		if !looked && known.ID == "" && in.SHA512 != "" {
			wanted = append(wanted, in)
		}
	}
	if s.Look == nil || len(wanted) == 0 {
		return nil
	}
	stock, err := s.Look(ctx, wanted)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.later == nil {
		s.later = make(Stock)
	}
	maps.Copy(s.later, stock)
	return err
}

// found returns what looking on the platform showed for a content.
func (s *Store) found(c Content) (id string, looked bool) {
	if id, looked = s.Found[c]; looked {
		return id, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, looked = s.later[c]
	return id, looked
}

// upload records, uploads, and records.
func (s *Store) upload(ctx context.Context, in files.Input) (string, error) {
	if err := unchanged(in); err != nil {
		return "", err
	}
	begun := state.Record{Kind: state.KindUploading, File: state.File{Name: in.Name, SHA512: in.SHA512, Size: in.Size}}
	if err := s.Journal.Append(begun); err != nil {
		return "", err
	}
	s.Report.Uploading(in, 0)
	id, err := s.send(ctx, in)
	if err == nil {
		err = s.Journal.Append(uploaded(in, id))
	}
	if err != nil {
		s.Report.Aborted(in)
		return "", err
	}
	s.mu.Lock()
	if s.made == nil {
		s.made = make(map[string]bool)
	}
	s.made[id] = true
	s.mu.Unlock()
	s.Report.Uploaded(in, id)
	return id, nil
}

// Made reports whether a file is an upload of this very store.
func (s *Store) Made(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made[id]
}

func uploaded(in files.Input, id string) state.Record {
	return state.Record{Kind: state.KindUploaded, File: state.File{Name: in.Name, SHA512: in.SHA512, Size: in.Size, ID: id}}
}

// send uploads, and rejects a file that changes meanwhile.
func (s *Store) send(ctx context.Context, in files.Input) (string, error) {
	sent, err := s.Platform.Upload(ctx, rescale.Upload{
		Name: in.Name, Type: uploadType(in), Size: in.Size, Open: in.Open,
		Progress: func(sent int64) { s.Report.Uploading(in, sent) },
	})
	if err != nil {
		return "", changed(in, err)
	}
	if sent.SHA512 != "" && sent.SHA512 != in.SHA512 {
		return "", &ChangedError{Path: in.Path}
	}
	return sent.ID, unchanged(in)
}

// uploadType returns the type of an upload; empty for the ordinary one.
func uploadType(in files.Input) rescale.FileType {
	if in.Use == spec.ForCommand {
		return 0
	}
	return Of(in).Type
}

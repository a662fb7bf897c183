package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Platform is what downloading needs.
type Platform interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
	Download(ctx context.Context, id string) (io.ReadCloser, error)
}

// Download fetches result files of one job.
type Download struct {
	Platform Platform
	ID       string // of the job on the platform
	Wish     Wish
	Parallel int            // transfers at once, at least 1
	Tell     func(Transfer) // called whenever bytes came, for one transfer at a time
}

// Transfer is how far one file is.
type Transfer struct {
	Path string // below the folder
	Size int64  // bytes
	Sent int64  // bytes so far
	Done bool
}

// Result is one file that a run left, and where it goes below the folder.
type Result struct {
	Path string
	File rescale.File
}

// List gives the files that Run would fetch.
func (d Download) List(ctx context.Context) ([]Result, error) {
	wanted, err := content.Selector(d.Wish.Include, d.Wish.Exclude)
	if err != nil {
		return nil, err
	}
	files, err := d.Platform.JobFiles(ctx, d.ID, "")
	if err != nil {
		return nil, err
	}
	several := severalRuns(files)
	var list []Result
	for _, f := range files {
		if f.Deleted || !f.Complete || !wanted(f.RelativePath) {
			continue
		}
		path := f.RelativePath
		if several {
			path = runOf(f) + "/" + path
		}
		list = append(list, Result{Path: path, File: f})
	}
	return list, nil
}

// Run downloads every file that is wanted. A file that cannot be fetched, or
// that would leave the folder, does not stop the others; the error joins all.
func (d Download) Run(ctx context.Context) ([]state.Output, error) {
	files, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	var telling sync.Mutex
	tell := func(t Transfer) {
		telling.Lock()
		defer telling.Unlock()
		d.Tell(t)
	}
	outputs := make([]state.Output, len(files))
	var failures []error
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(max(1, d.Parallel))
	for i, file := range files {
		group.Go(func() error {
			output, err := d.one(ctx, file, tell)
			if err != nil {
				mu.Lock()
				failures = append(failures, fmt.Errorf("downloading %s: %w", file.Path, err))
				mu.Unlock()
			}
			outputs[i] = output
			return nil
		})
	}
	_ = group.Wait() // failures has every error
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	fetched := slices.DeleteFunc(outputs, func(o state.Output) bool { return o.Path == "" })
	return fetched, errors.Join(failures...)
}

func (d Download) one(ctx context.Context, r Result, tell func(Transfer)) (state.Output, error) {
	path, err := content.LocalPath(d.Wish.Folder(), r.Path)
	if err != nil {
		return state.Output{}, err
	}
	if err := d.Wish.permit(path, r.Path); err != nil {
		return state.Output{}, err
	}
	body, err := d.Platform.Download(ctx, r.File.ID)
	if err != nil {
		return state.Output{}, err
	}
	defer body.Close()
	transfer := Transfer{Path: r.Path, Size: r.File.Size}
	want := content.Digest{SHA512: r.File.SHA512, Size: r.File.Size}
	reader := &meter{Reader: body, transfer: transfer, tell: tell}
	if err := content.WriteVerified(path, want, reader, r.File.Uploaded); err != nil {
		return state.Output{}, err
	}
	transfer.Sent, transfer.Done = transfer.Size, true
	tell(transfer)
	return state.Output{Path: r.Path, Size: want.Size, SHA512: want.SHA512}, nil
}

// meter tells how much was read.
type meter struct {
	io.Reader
	transfer Transfer
	tell     func(Transfer)
}

// Read passes the bytes on.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.transfer.Sent += int64(n)
	m.tell(m.transfer)
	return n, err
}

// runOf finds the run in a storage path such as
// user/user_X/output/job_Y/run1/a.csv (rescale-api.md §3.2).
func runOf(f rescale.File) string {
	if m := runFolder().FindStringSubmatch(f.Path); m != nil {
		return m[1]
	}
	return "run1"
}

var runFolder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/(run\d+)/`) })

// severalRuns tells that files of more than one run are there: two runs may hold
// the same relative path.
func severalRuns(files []rescale.File) bool {
	return slices.ContainsFunc(files, func(f rescale.File) bool { return runOf(f) != runOf(files[0]) })
}

package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Reader lists and reads the files of a job.
type Reader interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
	Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error)
}

// Download fetches result files of one job.
type Download struct {
	Platform Reader
	ID       string // of the job on the platform
	Wish     Wish
	Over     bool           // the run is over: what is not listed yet, or not whole, is waited for
	Parallel int            // transfers at once, at least 1; a large file takes those that nobody else needs
	Tell     func(Transfer) // called whenever bytes came, for one transfer at a time
	Warn     func(string)   // called for each thing that is asked for and does not come; nil is fine
	Say      func(Notice)   // called for what becomes of files that were here before; nil is fine

	sizes sizes
}

// Run downloads every wanted file that is not here with the platform's content. A file
// that cannot be fetched, or that must not be written, does not stop the others; the
// error is then an *[IncompleteError].
func (d Download) Run(ctx context.Context) ([]state.Output, error) {
	files, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.Wish.lands(d.Wish.Folder()); err != nil {
		return nil, err // before anything is made there
	}
	if files, err = oneFileEach(d.Wish.Folder(), files); err != nil {
		return nil, err
	}
	return d.Bring(ctx, files)
}

// Bring downloads files that are chosen already, as Run does.
func (d Download) Bring(ctx context.Context, files []Result) ([]state.Output, error) {
	if err := d.Wish.lands(d.Wish.Folder()); err != nil {
		return nil, err
	}
	if err := roomFor(d.Wish.Folder(), files); err != nil {
		return nil, err
	}
	home, files, err := d.announce(ctx, files)
	if err != nil {
		return nil, fmt.Errorf("listing what is to be written: %w", err)
	}
	fetched, failed := d.fetch(ctx, home, files)
	whole := len(failed) == 0 && ctx.Err() == nil && d.Wish.Whole
	err = d.settled(home.settle(context.WithoutCancel(ctx), fetched, whole))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return fetched, fmt.Errorf("listing what was written: %w", err)
	case len(failed) > 0:
		return fetched, &IncompleteError{failed}
	}
	return fetched, nil
}

// fetch downloads the files, several at a time.
func (d Download) fetch(ctx context.Context, home *home, files []Result) (fetched []state.Output, failed []error) {
	outputs := make([]state.Output, len(files))
	failures := make([]error, len(files))
	t := &transfers{Download: d, home: home, slots: semaphore.NewWeighted(int64(max(1, d.Parallel))), wanted: amount(files)}
	var group sync.WaitGroup
	for i, file := range files {
		if t.slots.Acquire(ctx, 1) != nil {
			break // ctx has ended
		}
		group.Go(func() {
			defer t.slots.Release(1)
			output, err := t.one(ctx, file)
			if err != nil {
				err = fmt.Errorf("downloading %s: %w", cmp.Or(file.Called, file.Path), err)
			}
			outputs[i], failures[i] = output, err
		})
	}
	group.Wait()
	fetched = slices.DeleteFunc(outputs, func(o state.Output) bool { return o.Path == "" })
	return fetched, slices.DeleteFunc(failures, func(err error) bool { return err == nil })
}

// IncompleteError says which files did not arrive. The others did.
type IncompleteError struct{ Failures []error }

// mostNamed is how many files an error names; all are in it.
const mostNamed = 3

// Error names the first files.
func (e *IncompleteError) Error() string {
	var named []string
	for _, err := range e.Failures[:min(mostNamed, len(e.Failures))] {
		named = append(named, err.Error())
	}
	if more := len(e.Failures) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(named, "; ")
}

// Unwrap returns the error of each file.
func (e *IncompleteError) Unwrap() []error { return e.Failures }

// transfers is the files of one download in progress.
type transfers struct {
	Download
	home    *home
	slots   *semaphore.Weighted // one for each body that is read
	telling sync.Mutex
	wanted  Amount // guarded by telling
}

// amount returns how much there is to fetch.
func amount(list []Result) (sum Amount) {
	for _, r := range list {
		if r.Refused == nil {
			sum.Files, sum.Bytes = sum.Files+1, sum.Bytes+r.File.Size
		}
	}
	return sum
}

func (t *transfers) tell(transfer Transfer) {
	t.telling.Lock()
	defer t.telling.Unlock()
	transfer.Wanted = t.wanted
	t.Tell(transfer)
}

// spare drops a file that is here from the wanted ones.
func (t *transfers) spare(r Result) {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.wanted.Files, t.wanted.Bytes = t.wanted.Files-1, t.wanted.Bytes-r.File.Size
}

// one downloads a file. It checks the place again: the files before it may have made
// folders.
func (t *transfers) one(ctx context.Context, r Result) (state.Output, error) {
	if r.Refused != nil {
		return state.Output{}, r.Refused
	}
	path, err := t.Wish.place(r.Path)
	if err != nil {
		return state.Output{}, err
	}
	output := state.Output{Path: r.Path, Size: r.File.Size, SHA512: r.File.SHA512}
	if isHere(ctx, path, r.File) {
		t.spare(r)
		return output, nil
	}
	p := &progress{transfer: Transfer{Path: r.Path, Size: r.File.Size}, tell: t.tell}
	makeWay := func() error { return t.home.makeWay(ctx, r.Path, path) }
	err = t.fetch(ctx, target{path, r.File, makeWay}, p)
	p.end(err)
	if err != nil {
		return state.Output{}, err
	}
	return output, nil
}

// fetch downloads a file. One that differs from its announcement may have been damaged
// on its way: it is fetched once more before that is an error.
func (t *transfers) fetch(ctx context.Context, to target, p *progress) error {
	once := t.small
	if to.file.Size >= t.sizes.withDefaults().large {
		once = t.large
	}
	err := once(ctx, to, p)
	var mismatch *partial.MismatchError
	if !errors.As(err, &mismatch) {
		return err
	}
	p.begin(0)
	return once(ctx, to, p)
}

// isHere reports whether the file is on this disk already. Reading it costs less than
// fetching it; a file that cannot be read is replaced.
func isHere(ctx context.Context, path string, file rescale.File) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != file.Size || file.SHA512 == "" {
		return false
	}
	digests, err := content.HashAll(ctx, []string{path})
	return err == nil && digests[0].SHA512 == file.SHA512
}

// target is a file of the platform and its place on this disk.
type target struct {
	path    string
	file    rescale.File
	makeWay func() error // before the file takes its place
}

func (t target) announced() partial.Announced {
	digest := content.Digest{SHA512: t.file.SHA512, Size: t.file.Size}
	return partial.Announced{ID: t.file.ID, Digest: digest, Time: t.file.Uploaded, MakeWay: t.makeWay}
}

// small fetches a file in one go: starting over costs less than remembering.
func (t *transfers) small(ctx context.Context, to target, p *progress) error {
	body, err := t.Platform.Download(ctx, to.file.ID, rescale.Span{})
	if err != nil {
		return err
	}
	defer body.Close()
	return partial.Write(to.path, to.announced(), metered{body, p})
}

package results

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Shelf gives results of runs to other jobs, which use them where they are. It is
// safe for use by many goroutines, and lists the files of a run once for all of them.
type Shelf struct {
	Platform Lister

	mu     sync.Mutex
	places map[string]*place // by the id of the run
}

// Lister lists what a run left.
type Lister interface {
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
}

// place is the files of one run; turn holds one token, for the one who may look.
type place struct {
	turn  chan struct{}
	files []rescale.File
	ids   []string // of the files, sorted
	same  int      // looks in a row that showed these; 0 before the first
}

// shelfPauses are the pauses before looks for files that a run has just left: they
// may come into the list, or be complete, a moment after its end.
var shelfPauses = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// sameLooks is how many looks in a row must show the same files before what is not
// among them counts as not there.
const sameLooks = 3

// Take gives the files of a run that match, of two versions the newer one. Where none
// does, the error is a *[NothingError], and where one was deleted, a *[DeletedError].
func (s *Shelf) Take(ctx context.Context, id string, include, exclude []string) ([]rescale.File, error) {
	wanted, err := content.Selector(include, exclude)
	if err != nil {
		return nil, err
	}
	p := s.place(id)
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	taken, err := p.take(ctx, wanted, func() ([]rescale.File, error) { return s.Platform.JobFiles(ctx, id, "") })
	if err != nil {
		return nil, err
	}
	if len(taken) == 0 || !whole(taken) || !p.printed() && p.same < sameLooks {
		return nil, &NothingError{ID: id, Include: include, Partial: len(taken) > 0}
	}
	if i := slices.IndexFunc(taken, func(f rescale.File) bool { return f.Deleted }); i >= 0 {
		return nil, &DeletedError{ID: id, Path: taken[i].RelativePath}
	}
	return taken, nil
}

// take looks until what is wanted is there, or for a while.
func (p *place) take(ctx context.Context, wanted func(string) bool, list func() ([]rescale.File, error)) ([]rescale.File, error) {
	taken := choose(p.files, wanted)
	for _, pause := range shelfPauses {
		if whole(taken) && p.printed() && (len(taken) > 0 || p.same >= sameLooks) {
			break
		}
		if p.same > 0 {
			if err := patience.Sleep(ctx, pause); err != nil {
				return nil, err
			}
		}
		files, err := list()
		if err != nil {
			return nil, err
		}
		p.see(files)
		taken = choose(files, wanted)
	}
	return taken, nil
}

func (s *Shelf) place(id string) *place {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.places[id]
	if p == nil {
		if s.places == nil {
			s.places = make(map[string]*place)
		}
		p = &place{turn: make(chan struct{}, 1)}
		p.turn <- struct{}{}
		s.places[id] = p
	}
	return p
}

// see notes what the list shows now.
func (p *place) see(files []rescale.File) {
	before := p.ids
	p.files, p.ids = files, make([]string, len(files))
	for i, f := range files {
		p.ids[i] = f.ID
	}
	slices.Sort(p.ids)
	if !slices.Equal(before, p.ids) {
		p.same = 0
	}
	p.same++
}

// printed tells that every run in the list has what its command printed, which is
// there when the run is over: the list is full then.
func (p *place) printed() bool {
	has := make(map[string]bool) // by run
	for _, f := range p.files {
		has[RunOf(f)] = has[RunOf(f)] || f.RelativePath == spec.ProcessOutput
	}
	for _, printed := range has {
		if !printed {
			return false
		}
	}
	return len(has) > 0
}

// choose gives the wanted files, of two versions the newer one. They may be on their
// way still, or deleted.
func choose(files []rescale.File, wanted func(string) bool) (taken []rescale.File) {
	at := make(map[string]int)
	for _, f := range files {
		if !wanted(f.RelativePath) {
			continue
		}
		i, again := at[f.Path]
		if !again || f.Path == "" {
			at[f.Path] = len(taken)
			taken = append(taken, f)
		} else if replaces(f, taken[i]) {
			taken[i] = f
		}
	}
	return taken
}

// replaces tells that a file is the version that counts beside another one.
func replaces(f, other rescale.File) bool {
	if f.Deleted != other.Deleted {
		return other.Deleted
	}
	return f.Uploaded.After(other.Uploaded)
}

// whole tells that nothing is on its way still.
func whole(files []rescale.File) bool {
	return !slices.ContainsFunc(files, func(f rescale.File) bool { return !f.Complete && !f.Deleted })
}

// DeletedError tells that a file which a run left, and which is asked for, was deleted
// on the platform. The others are not what the run left.
type DeletedError struct{ ID, Path string }

// Error names the run and the file.
func (e *DeletedError) Error() string {
	return fmt.Sprintf("%s of run %s was deleted on the platform", e.Path, e.ID)
}

// Hint tells how to do without.
func (*DeletedError) Hint() string {
	return "exclude leaves it out, and so does a narrower pattern in files"
}

// NothingError tells that a run left no file of those that were asked for.
type NothingError struct {
	ID      string
	Include []string
	Partial bool // there are some, and they are not complete
}

// Error names the run and the patterns.
func (e *NothingError) Error() string {
	if e.Partial {
		return fmt.Sprintf("files of run %s that match %s are not complete on the platform", e.ID, strings.Join(e.Include, ", "))
	}
	return fmt.Sprintf("run %s left no file that matches %s", e.ID, strings.Join(e.Include, ", "))
}

// Hint tells how to see what is there.
func (e *NothingError) Hint() string {
	return "rescale-apply download " + e.ID + " --list --all shows what there is"
}

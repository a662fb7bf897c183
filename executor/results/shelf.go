package results

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
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
	read  bool
	files []rescale.File
}

// shelfPauses are the pauses before looks for files that a run has just left: they
// may come into the list, or be complete, a moment after its end.
var shelfPauses = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second}

// Take gives the files of a run that match, of two versions the newer one. Where
// none does, the error is a *[NothingError].
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
	for _, pause := range shelfPauses {
		if p.read {
			if taken, whole := choose(p.files, wanted); whole && len(taken) > 0 {
				return taken, nil
			}
			if err := once.Sleep(ctx, pause); err != nil {
				return nil, err
			}
		}
		if p.files, err = s.Platform.JobFiles(ctx, id, ""); err != nil {
			return nil, err
		}
		p.read = true
	}
	taken, whole := choose(p.files, wanted)
	if len(taken) == 0 || !whole {
		return nil, &NothingError{ID: id, Include: include, Partial: !whole}
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

// choose gives the wanted files that are there, and tells whether all of them are complete.
func choose(files []rescale.File, wanted func(string) bool) (taken []rescale.File, whole bool) {
	whole = true
	at := make(map[string]int)
	for _, f := range files {
		if f.Deleted || !wanted(f.RelativePath) {
			continue
		}
		whole = whole && f.Complete
		i, again := at[f.Path]
		switch {
		case !again || f.Path == "":
			at[f.Path] = len(taken)
			taken = append(taken, f)
		case f.Uploaded.After(taken[i].Uploaded):
			taken[i] = f
		}
	}
	return taken, whole
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

package outputs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Listing lists the files of runs for jobs that build on them, which use them where they
// are. It lists those of a run once for all jobs, and is safe for concurrent use.
type Listing struct {
	Platform Lister

	mu     sync.Mutex
	places map[string]*place // by the id of the run
}

// place is the files of one run; turn holds one token, for the one caller that may look.
type place struct {
	turn  chan struct{}
	looks Looks
	runs  int // of a sweep; else 0
}

// Expect says how many runs a sweep has: Take waits until each of them is listed, so that
// a list that fills up late does not pass for the whole.
func (l *Listing) Expect(ctx context.Context, id string, runs int) error {
	p, err := l.hold(ctx, id)
	if err == nil {
		p.runs = runs
		p.release()
	}
	return err
}

// gap returns what a look at a run lacks of some files.
func (p *place) gap(r Reading, wanted func(path string) bool) Gap {
	gap := GapOf(r.Matching(wanted))
	for _, part := range r.Split(p.runs) {
		gap = gap.And(GapOf(part.Files[:min(1, len(part.Files))]))
	}
	return gap
}

// Take returns the files of a run that match. Where none does, the error is a
// *[NothingError], and where one was deleted, a *[DeletedError].
func (l *Listing) Take(ctx context.Context, id string, include, exclude []string) ([]File, error) {
	wanted, err := content.Selector(include, exclude)
	if err != nil {
		return nil, err
	}
	p, err := l.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer p.release()
	gap := func(r Reading) Gap { return p.gap(r, wanted) }
	if err := p.looks.settle(ctx, func() (Reading, error) { return Look(ctx, l.Platform, id) }, gap); err != nil {
		return nil, err
	}
	taken := p.looks.Last.Matching(wanted)
	if found := GapOf(taken); found != None || !p.looks.Settled(found) && !p.looks.Standing(found) {
		return nil, &NothingError{ID: id, Include: include, Partial: len(taken) > 0}
	}
	if i := slices.IndexFunc(taken, func(f File) bool { return f.Deleted }); i >= 0 {
		return nil, &DeletedError{ID: id, Path: taken[i].RelativePath}
	}
	return taken, nil
}

// Idle returns the exclude patterns that leave out none of the files that include
// matches, in any of the runs: there may be a slip in them. A run that was looked at is
// not looked at again.
func (l *Listing) Idle(ctx context.Context, runs, include, exclude []string) ([]string, error) {
	asked, err := content.Selector(include, nil)
	if err != nil || len(exclude) == 0 {
		return nil, err
	}
	var paths []string
	for _, id := range runs {
		reading, err := l.reading(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, f := range reading.Matching(asked) {
			paths = append(paths, f.RelativePath)
		}
	}
	return content.Idle(exclude, paths)
}

// reading returns what the last look at a run showed; it takes the first one if there was
// none.
func (l *Listing) reading(ctx context.Context, id string) (Reading, error) {
	p, err := l.hold(ctx, id)
	if err != nil {
		return Reading{}, err
	}
	defer p.release()
	if p.looks.same == 0 {
		now, err := Look(ctx, l.Platform, id)
		if err != nil {
			return now, err
		}
		p.looks.Add(now)
	}
	return p.looks.Last, nil
}

// hold waits for its turn to look at a run, and keeps it until release.
func (l *Listing) hold(ctx context.Context, id string) (*place, error) {
	p := l.place(id)
	select {
	case <-p.turn:
		return p, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *place) release() { p.turn <- struct{}{} }

func (l *Listing) place(id string) *place {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.places[id]
	if p == nil {
		if l.places == nil {
			l.places = make(map[string]*place)
		}
		p = &place{turn: make(chan struct{}, 1)}
		p.turn <- struct{}{}
		l.places[id] = p
	}
	return p
}

// DeletedError reports that a wanted file of a run was deleted on the platform. The other
// files alone are not what the run left.
type DeletedError struct{ ID, Path string }

// Error names the run and the file.
func (e *DeletedError) Error() string {
	return fmt.Sprintf("%s of run %s was deleted on the platform", e.Path, e.ID)
}

// Hint says how to do without.
func (*DeletedError) Hint() string {
	return "exclude leaves it out, and so does a narrower pattern in files"
}

// NothingError reports that a run left none of the wanted files.
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

// Hint says how to see what is there.
func (e *NothingError) Hint() string {
	return "rescale-apply download " + e.ID + " --list --all shows what there is"
}

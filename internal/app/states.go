package app

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/app/detail"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/standing"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// states gives one line for each job of the manifest.
func (s *session) states(ctx context.Context) ([]show.State, error) {
	seen, snapshot, err := s.recall(ctx)
	if err != nil {
		return nil, err
	}
	return standing.Jobs{Platform: s.Platform, List: s.Jobs, Seen: seen, Recorded: snapshot}.States(ctx)
}

// inDepth shows all that the platform says of jobs.
func (t *tool) inDepth(ctx context.Context, s *session, o statusOptions, list []subject) error {
	var states []show.State
	all := sync.OnceValues(func() ([]show.State, error) { return s.states(ctx) })
	for i, x := range list {
		d, err := s.detail(ctx, x, all)
		if err != nil {
			return unknown(s, x, err)
		}
		states = append(states, x.state(d))
		if o.output.JSON() {
			err = d.JSON(t.Out)
		} else {
			separate(t.Out, i)
			d.Text(t.Out)
		}
		if err != nil {
			return err
		}
	}
	t.reports.Looked(ctx, s.Jobs, states, s.site())
	if !o.code {
		return nil
	}
	return ending.OfStates(states)
}

// detail is all that can be known of a subject; of one that has not run, what it waits for
// among all jobs.
func (s *session) detail(ctx context.Context, x subject, all func() ([]show.State, error)) (detail.Detail, error) {
	if x.ID == "" {
		list, err := all()
		return detail.Detail{Key: once.Key{Name: x.Name}, Namespace: x.Job.Namespace.V, Blocked: standing.Waiting(x.Name, list)}, err
	}
	d, err := detail.Gather(ctx, s.Platform, x.ID, x.job().Checks)
	d.Free = s.Alone()
	return d, err
}

// state is a subject in the form of a line of status. A draft is no run.
func (x subject) state(d detail.Detail) show.State {
	return show.State{Job: x.Name, Known: len(d.History) > 0, Run: state.Run{ID: x.ID, Verdict: string(d.Judged.Verdict)}}
}

// separate puts an empty line before all but the first of several texts.
func separate(w io.Writer, i int) {
	if i > 0 {
		fmt.Fprintln(w)
	}
}

package seats_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/seats"
)

// hall is where jobs of one group ask for seats, and what they are told.
type hall struct {
	*seats.Seats
	mu    sync.Mutex
	shown []seats.Run
	err   error
	looks int
	begun int
	told  []string
}

const interval = 30 * time.Second

// open makes seats for the jobs a to f, of which Run is not called yet.
func open(most int, stay bool) *hall {
	h := new(hall)
	h.Seats = seats.New(seats.Config{
		Groups: []seats.Group{{Most: most, Jobs: []string{"a", "b", "c", "d", "e", "f"}}}, Interval: interval, Stay: stay,
		Look: func(ctx context.Context) ([]seats.Run, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.looks++
			return slices.Clone(h.shown), errors.Join(h.err, ctx.Err())
		},
		Begin: func(n int) { h.begun += n },
	})
	return h
}

func (h *hall) ask(jobs ...string) {
	for _, job := range jobs {
		h.Ask(seats.Ask{
			Job:  job,
			Wait: func(full *seats.FullError) { h.note("%s waits for %v", job, full) },
			Then: func(err error) { h.note("%s gets %v", job, err) },
		})
	}
}

func (h *hall) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, fmt.Sprintf(format, args...))
}

func (h *hall) show(runs ...seats.Run) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shown = runs
}

// want compares what the jobs were told since the last time, when all is quiet.
func (h *hall) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff(want, h.told); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
	h.told = nil
}

// run gives seats until the test ends.
func (h *hall) run(t *testing.T) (stop context.CancelCauseFunc) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	t.Cleanup(func() { cancel(nil); running.Wait() })
	return cancel
}

// TestTheFirstBeginFirst: in the order of the group, whatever the order in which they ask.
func TestTheFirstBeginFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(2, false)
		h.ask("d", "a", "c", "b")
		h.run(t)
		h.want(t, "a gets <nil>", "b gets <nil>", "c waits for a seat: 2 of 2 run", "d waits for a seat: 2 of 2 run")
		h.Free("b", "B")
		h.want(t, "c gets <nil>")
		h.ask("b")
		h.want(t, "b waits for a seat: 2 of 2 run")
		h.Free("a", "")
		h.Free("c", "C")
		h.want(t, "b gets <nil>", "d gets <nil>")
		if h.begun != 5 {
			t.Errorf("%d were announced", h.begun)
		}
	})
}

// TestRunsOfOthersHaveSeats: they are looked at again while somebody waits for them, and
// not while each seat is taken here.
func TestRunsOfOthersHaveSeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(3, false)
		h.Hold("f")
		h.show(seats.Run{Job: "f", ID: "F"}, seats.Run{Job: "e", ID: "E"}, seats.Run{Job: "x", ID: "X"})
		h.ask("a", "b")
		h.run(t)
		h.want(t, "a gets <nil>", "b waits for a seat: 3 of 3 run")
		looks := h.looks
		h.show()
		h.want(t)
		time.Sleep(interval)
		h.want(t, "b gets <nil>")
		if h.ask("c"); h.looks != looks+1 {
			t.Errorf("%d looks", h.looks-looks)
		}
		time.Sleep(10 * interval)
		h.want(t, "c waits for a seat: 3 of 3 run")
		if h.looks != looks+1 {
			t.Errorf("%d looks while all seats are taken here", h.looks-looks)
		}
	})
}

// TestAnOldListTakesNoSeat of a run that has ended here, and the job whose run it shows
// waits only for the others.
func TestAnOldListTakesNoSeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(1, false)
		h.ask("a", "b")
		h.run(t)
		h.want(t, "a gets <nil>", "b waits for a seat: 1 of 1 run")
		h.show(seats.Run{Job: "a", ID: "A"})
		h.Free("a", "A")
		h.want(t, "b gets <nil>")
		h.show(seats.Run{Job: "c", ID: "C"})
		h.Free("b", "B")
		h.ask("c", "d")
		h.want(t, "c gets <nil>", "d waits for a seat: 1 of 1 run")
	})
}

// TestALoweredBound: what runs goes on, and nothing begins before enough of it is over.
func TestALoweredBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(1, false)
		for _, job := range []string{"a", "b", "c"} {
			h.Hold(job)
		}
		h.ask("d")
		h.run(t)
		h.want(t, "d waits for a seat: 3 of 1 run")
		h.Free("a", "A")
		h.Free("b", "B")
		h.want(t)
		h.Free("c", "C")
		h.want(t, "d gets <nil>")
	})
}

// TestNobodyWaitsForRuns who need not: what begins may fail and make room, what runs not.
func TestNobodyWaitsForRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(2, true)
		h.show(seats.Run{Job: "f", ID: "F"})
		h.ask("a", "b", "c")
		h.run(t)
		h.want(t, "a gets <nil>")
		h.Free("a", "")
		h.want(t, "b gets <nil>")
		h.Hold("b")
		h.want(t, "c gets a seat: 2 of 2 run")
		h.ask("d")
		h.want(t, "d gets a seat: 2 of 2 run")
	})
}

// TestWhyThereIsNoSeat: the platform refuses the look, the wait is over, or the job does
// not want one any more.
func TestWhyThereIsNoSeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(1, false)
		h.Hold("f")
		h.ask("a", "b")
		stop := h.run(t)
		h.want(t, "a waits for a seat: 1 of 1 run", "b waits for a seat: 1 of 1 run")
		if !h.Withdraw("a") || h.Withdraw("a") || h.Withdraw("x") {
			t.Error("a job waits once, until it does not want to any more")
		}
		h.err = errors.New("the key is wrong")
		h.Free("f", "F")
		h.want(t, "b gets the key is wrong")
		h.err = nil
		h.ask("c", "d")
		h.want(t, "c gets <nil>", "d waits for a seat: 1 of 1 run")
		stop(errors.New("interrupted"))
		h.want(t, "d gets interrupted")
		h.ask("e")
		h.want(t, "e gets interrupted")
		if h.Bound("x") || !h.Bound("e") {
			t.Error("x is in the group, or e is not")
		}
	})
}

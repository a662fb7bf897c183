package overrun_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/overrun"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func took(id string, d time.Duration) overrun.Run {
	return overrun.Run{ID: id, Started: noon, Ended: noon.Add(d)}
}

func TestCutOffByTheTimes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		took     time.Duration
		walltime int
		want     bool
	}{
		"to the second":                       {8 * time.Hour, 8, true},
		"its files were saved for long":       {9*time.Hour + 20*time.Minute, 8, true},
		"the machines counted from their own": {8*time.Hour - 9*time.Minute, 8, true},
		"it failed long before":               {7*time.Hour + 45*time.Minute, 8, false},
		"it failed at once":                   {time.Minute, 1, false},
		"a short one, nearly":                 {55 * time.Minute, 1, true},
		"a short one, before":                 {50 * time.Minute, 1, false},
		"no walltime is known":                {100 * time.Hour, 0, false},
	} {
		if got := took("", tc.took).CutOff(tc.walltime); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOnlyFailuresAreOverruns(t *testing.T) {
	t.Parallel()
	for v, want := range map[verdict.Verdict]bool{
		verdict.Failed: true, verdict.SuccessCheckFailed: true,
		verdict.Succeeded: false, verdict.Stopped: false, verdict.NoCapacity: false, verdict.RestartsExhausted: false,
	} {
		if _, got := overrun.Of(state.Run{ID: "A", Verdict: string(v), Started: noon, Ended: noon}); got != want {
			t.Errorf("%s: %v", v, got)
		}
	}
	if _, got := overrun.Of(state.Run{ID: "A", Verdict: string(verdict.Failed), Ended: noon}); got {
		t.Error("a run that never executed was ended by its walltime")
	}
}

type platform map[string]rescale.Job

func (p platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Job{}, err
	}
	job, there := p[id]
	if !there {
		return job, &rescale.Error{Status: http.StatusNotFound}
	}
	return job, nil
}

func TestWalltimes(t *testing.T) {
	t.Parallel()
	p := platform{
		"One": {Tiles: []rescale.Tile{{Walltime: 3}}}, "Two": {Tiles: []rescale.Tile{{Walltime: 3}, {Walltime: 4}}},
		"Open": {Tiles: []rescale.Tile{{Walltime: 3}, {}}}, "Short": {Tiles: []rescale.Tile{{Walltime: 3}}},
	}
	runs := []overrun.Run{took("One", 3*time.Hour), took("Two", time.Hour), took("Open", time.Hour), took("Gone", time.Hour), took("Short", time.Minute)}
	hours, err := overrun.Walltimes(t.Context(), p, runs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"One": 3, "Two": 7}, hours); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

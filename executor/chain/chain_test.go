package chain_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/chain"
)

// wing is a mesh that two points solve, which one job collects, and a job alone.
func wing() *chain.Gates {
	mesh := []chain.Need{{Name: "mesh", Jobs: []string{"mesh"}}}
	return chain.New([]chain.Job{
		{Name: "post", Needs: []chain.Need{{Name: "solve", Jobs: []string{"solve/a=1", "solve/a=2"}}, mesh[0]}},
		{Name: "solve/a=1", Needs: mesh},
		{Name: "solve/a=2", Needs: mesh},
		{Name: "mesh"},
		{Name: "alone"},
	})
}

func TestJobsBeginWhenAllTheyNeedSucceeded(t *testing.T) {
	t.Parallel()
	gates := wing()
	for _, step := range []struct {
		ends  string
		ready []string
	}{
		{"alone", nil},
		{"mesh", []string{"solve/a=1", "solve/a=2"}},
		{"solve/a=2", nil},
		{"solve/a=2", nil}, // told twice
		{"solve/a=1", []string{"post"}},
	} {
		ready := gates.End(step.ends, chain.End{ID: "id of " + step.ends})
		if diff := cmp.Diff(step.ready, ready); diff != "" {
			t.Errorf("after %s (-want +got)\n%s", step.ends, diff)
		}
		for _, name := range ready {
			if err := gates.Wait(t.Context(), name); err != nil || !gates.Free(name) {
				t.Errorf("%s waits: %v", name, err)
			}
		}
	}
	if id := gates.ID("solve/a=1"); id != "id of solve/a=1" {
		t.Errorf("id %q", id)
	}
}

// One failure blocks what builds on it at once, and nothing else.
func TestAFailureBlocksItsBranchOnly(t *testing.T) {
	t.Parallel()
	gates := wing()
	gates.End("mesh", chain.End{})
	if ready := gates.End("solve/a=1", chain.End{Why: "failed as A"}); ready != nil {
		t.Errorf("ready: %v", ready)
	}
	var blocked *chain.BlockedError
	if err := gates.Wait(t.Context(), "post"); !errors.As(err, &blocked) || blocked.By != "solve/a=1" || blocked.Error() != "solve/a=1 failed as A" {
		t.Errorf("post: %v", err)
	}
	if ready := gates.End("solve/a=2", chain.End{}); ready != nil {
		t.Errorf("ready: %v", ready)
	}
	if !gates.Free("alone") || !gates.Free("solve/a=2") {
		t.Error("another branch waits")
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("time is up")
	cancel(cause)
	if err := wing().Wait(ctx, "post"); !errors.Is(err, cause) {
		t.Error(err)
	}
}

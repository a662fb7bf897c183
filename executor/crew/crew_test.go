package crew_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/crew"
)

// TestWorkIsDoneInOrderByAFewHands: what waits for long leaves its place to what comes next.
func TestWorkIsDoneInOrderByAFewHands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var begun []int
		ends := make([]chan struct{}, 6)
		hands := crew.New(2)
		for i := range ends {
			ends[i] = make(chan struct{})
			hands.Do(func(p *crew.Place) {
				mu.Lock()
				begun = append(begun, i)
				mu.Unlock()
				if i == 1 {
					p.Leave()
				}
				<-ends[i]
			})
		}
		for _, step := range []struct {
			ends int
			want []int
		}{
			{-1, []int{0, 1, 2}},
			{2, []int{0, 1, 2, 3}},
			{1, []int{0, 1, 2, 3}}, // its place was free already
			{0, []int{0, 1, 2, 3, 4}},
			{3, []int{0, 1, 2, 3, 4, 5}},
			{4, []int{0, 1, 2, 3, 4, 5}},
			{5, []int{0, 1, 2, 3, 4, 5}},
		} {
			if step.ends >= 0 {
				close(ends[step.ends])
			}
			synctest.Wait()
			mu.Lock()
			got := slices.Sorted(slices.Values(begun))
			mu.Unlock()
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("after the end of %d (-want +got)\n%s", step.ends, diff)
			}
		}
	})
}

package fold_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/show/fold"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// sweep is so many new points, each changed by change.
func sweep(points int, change func(i int, s *planner.Step)) planner.Plan {
	var p planner.Plan
	for i := range points {
		s := planner.Step{Job: resolver.Job{Name: fmt.Sprintf("wing/n=%d", i)}, Action: planner.Run, Reasons: []string{"new"}}
		if change != nil {
			change(i, &s)
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// ran makes a step one that is over.
func ran(s *planner.Step, verdict string) {
	s.Action, s.ID = planner.Unchanged, "Id"+s.Job.Name[len("wing/n="):]
	s.Reasons, s.Last = []string{verdict + " as " + s.ID}, state.Run{ID: s.ID, Verdict: verdict}
}

func estimate(usd float64) resolver.Estimate {
	return resolver.Estimate{Bounded: true, CoreHours: 10 * usd, Rate: 0.1, Cost: usd}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plan   planner.Plan
		wishes fold.Wishes
		want   []string
	}{
		"all alike":    {sweep(50, nil), fold.Wishes{}, []string{"wing run 50 of 50 points, new"}},
		"few":          {sweep(2, nil), fold.Wishes{}, []string{"wing/n=0 run new", "wing/n=1 run new"}},
		"just not few": {sweep(fold.Few+1, nil), fold.Wishes{}, []string{"wing run 6 of 6 points, new"}},
		"in full":      {sweep(6, nil), fold.Wishes{Full: true}, []string{"wing/n=0 run new", "wing/n=1 run new", "wing/n=2 run new", "wing/n=3 run new", "wing/n=4 run new", "wing/n=5 run new"}},
		"other jobs": {
			sweep(6, func(_ int, s *planner.Step) { s.Job.Name = s.Job.Name[len("wing/"):] }),
			fold.Wishes{},
			[]string{"n=0 run new", "n=1 run new", "n=2 run new", "n=3 run new", "n=4 run new", "n=5 run new"},
		},
		"two are new, and have names": {
			sweep(50, func(i int, s *planner.Step) {
				if i%25 != 7 {
					ran(s, "succeeded")
				}
			}),
			fold.Wishes{},
			[]string{"wing unchanged 48 of 50 points, succeeded", "wing/n=7 run new", "wing/n=32 run new"},
		},
		"what failed is not folded": {
			sweep(12, func(i int, s *planner.Step) {
				ran(s, "succeeded")
				if i > 8 {
					ran(s, "failed")
				}
			}),
			fold.Wishes{},
			[]string{"wing unchanged 9 of 12 points, succeeded", "wing/n=9 unchanged failed as Id9", "wing/n=10 unchanged failed as Id10", "wing/n=11 unchanged failed as Id11"},
		},
		"nor what is refused, replaced or stopped": {
			sweep(9, func(i int, s *planner.Step) {
				switch i {
				case 0:
					s.Action, s.Reasons = planner.Refused, []string{"too dear"}
				case 1:
					s.Action, s.Replaces, s.Reasons = planner.Rerun, true, []string{"replaced"}
				case 2:
					s.Stop = []planner.Rival{{ID: "Abc"}}
				}
			}),
			fold.Wishes{},
			[]string{"wing/n=0 refused too dear", "wing/n=1 rerun replaced", "wing/n=2 run new", "wing run 6 of 9 points, new"},
		},
		"costs differ": {
			sweep(14, func(i int, s *planner.Step) { s.Job.Estimate = estimate(float64(1 + i%2)) }),
			fold.Wishes{},
			[]string{"wing run 7 of 14 points, new, at most 10 core-h, 1.00 USD each", "wing run 7 of 14 points, new, at most 20 core-h, 2.00 USD each"},
		},
		"costs differ, and nobody pays": {
			sweep(14, func(i int, s *planner.Step) { s.Job.Estimate = estimate(float64(1 + i%2)) }),
			fold.Wishes{Free: true},
			[]string{"wing run 14 of 14 points, new"},
		},
		"one bound is not known": {
			sweep(14, func(i int, s *planner.Step) { s.Job.Estimate = resolver.Estimate{Bounded: i%2 > 0, CoreHours: 2} }),
			fold.Wishes{},
			[]string{"wing run 7 of 14 points, new, without an upper bound of the cost", "wing run 7 of 14 points, new, at most 2 core-h each, price unknown"},
		},
		"one file of all changed": {
			sweep(6, func(_ int, s *planner.Step) {
				s.Action, s.Reasons = planner.Rerun, []string{"input deck.k changed (187ad0d → ee0fd6c, 1.1 KB)"}
			}),
			fold.Wishes{},
			[]string{"wing rerun 6 of 6 points, input deck.k changed (187ad0d → ee0fd6c, 1.1 KB)"},
		},
		"a file of each changed": {
			sweep(6, func(i int, s *planner.Step) {
				s.Action, s.Reasons = planner.Rerun, []string{fmt.Sprintf("input deck.k changed (187ad0%d → ee0fd6c, 1.1 KB)", i), "command changed"}
			}),
			fold.Wishes{},
			[]string{"wing rerun 6 of 6 points, input deck.k changed, command changed"},
		},
		"reasons differ": {
			sweep(12, func(i int, s *planner.Step) {
				s.Action, s.Reasons = planner.Rerun, []string{fmt.Sprintf("cores 1 → %d", 2+i%2)}
			}),
			fold.Wishes{},
			[]string{"wing rerun 6 of 12 points, cores 1 → 2", "wing rerun 6 of 12 points, cores 1 → 3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			steps := 0
			for _, line := range fold.Lines(tc.plan, tc.wishes) {
				got = append(got, fmt.Sprint(line.Name, " ", line.Action, " ", line.Why))
				steps += len(line.Steps)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || steps != len(tc.plan.Steps) {
				t.Errorf("%d of %d steps (-want +got)\n%s", steps, len(tc.plan.Steps), diff)
			}
		})
	}
}

package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// step is a new job that needs others.
func step(name string, needs ...string) planner.Step {
	s := planner.Step{
		Job: resolver.Job{Name: name}, Action: planner.Run, Reasons: []string{"new"},
		Key: once.Key{Digest: "aa", Name: name, Generation: 1, Attempt: 1},
	}
	for _, need := range needs {
		s.Job.Rank++
		s.Job.Needs = append(s.Job.Needs, spec.Need{Name: spec.Value[string]{V: need}, Jobs: []string{need}})
	}
	return s
}

// as is a step with another action.
func as(s planner.Step, a planner.Action, more ...func(*planner.Step)) planner.Step {
	s.Action = a
	for _, change := range more {
		change(&s)
	}
	return s
}

func TestCollect(t *testing.T) {
	t.Parallel()
	all := []planner.Step{step("mesh"), step("solve", "mesh"), step("post", "solve")}
	over := as(all[0], planner.Unchanged)
	byRival := func(s *planner.Step) { s.ID = "Old" }
	deleted := func(s *planner.Step) { s.ID, s.Last = "Old", state.Run{ID: "Old", Key: s.Key.String()} }
	dearer := func(s *planner.Step) { s.Job.Estimate = resolver.Estimate{Bounded: true, Rate: 1, Cost: 2} }
	for name, tc := range map[string]struct {
		reviewed, steps []planner.Step
		bounds          []planner.Bound
		want            []string
	}{
		"what waits for a run that is over": {
			all, []planner.Step{over, all[1]}, nil, []string{"mesh unchanged", "solve run"},
		},
		"what waits for a run that goes on": {
			all, []planner.Step{as(all[0], planner.Running), all[1], all[2]}, nil, []string{"mesh running", "solve run", "post run"},
		},
		"nothing else of what was reviewed": {
			all, all, nil,
			[]string{
				"mesh withheld it waits for no other job: apply without --collect starts it",
				"solve withheld it waits for mesh, which is not started", "post withheld it waits for solve, which is not started",
			},
		},
		"in any order of the manifest": {
			all,
			[]planner.Step{all[1], all[0]},
			nil,
			[]string{"solve withheld it waits for mesh, which is not started", "mesh withheld it waits for no other job: apply without --collect starts it"},
		},
		"nothing that was not reviewed": {
			all[:1], []planner.Step{over, all[1]}, nil, []string{"mesh unchanged", "solve withheld not reviewed"},
		},
		"nothing that costs more": {
			[]planner.Step{all[0], as(all[1], planner.Run, dearer)},
			[]planner.Step{over, as(all[1], planner.Run, dearer, func(s *planner.Step) { s.Job.Estimate.Cost = 3 })},
			nil,
			[]string{"mesh unchanged", "solve withheld not reviewed"},
		},
		"a draft that waits": {
			all, []planner.Step{over, as(all[1], planner.Resume)}, nil, []string{"mesh unchanged", "solve resume"},
		},
		"a draft that nobody reviewed": {
			nil, []planner.Step{as(all[0], planner.Resume)}, nil, []string{"mesh withheld not reviewed"},
		},
		"what waits for a seat": {
			all, []planner.Step{all[0]}, []planner.Bound{{Most: 1, Jobs: []once.Job{{Name: "mesh"}}}}, []string{"mesh run"},
		},
		"a rule or a rival in the way of what is not started": {
			nil,
			[]planner.Step{as(all[0], planner.Refused), as(all[1], planner.Conflict, byRival)},
			nil,
			[]string{"mesh withheld not reviewed", "solve withheld not reviewed"},
		},
		"a rule or a rival in the way of what would be": {
			all,
			[]planner.Step{over, as(all[1], planner.Refused), as(all[2], planner.Conflict, byRival)},
			nil,
			[]string{"mesh unchanged", "solve refused", "post conflict"},
		},
		"a run that was deleted": {
			nil, []planner.Step{as(all[0], planner.Conflict, deleted)}, nil, []string{"mesh conflict"},
		},
		"runs that are there": {
			nil,
			[]planner.Step{as(all[0], planner.Judge), as(all[1], planner.Fetch), as(all[2], planner.Blocked)},
			nil,
			[]string{"mesh judge", "solve fetch", "post blocked"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reviewed := review.New(review.Of(planner.Plan{Steps: tc.reviewed}, platform, account))
			plan := planner.Plan{Steps: tc.steps, Bounds: tc.bounds}
			var got []string
			for i, s := range review.Collect(plan, reviewed).Steps {
				line := s.Job.Name + " " + string(s.Action)
				if s.Action == planner.Withheld {
					line += " " + s.Reasons[0]
					if s.Stop != nil || plan.Steps[i].Action == planner.Withheld {
						t.Errorf("%s: stops %v, plan changed to %s", s.Job.Name, s.Stop, plan.Steps[i].Action)
					}
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestCollectASweep holds back what builds on one of ten thousand points.
func TestCollectASweep(t *testing.T) {
	t.Parallel()
	const points = 10_000
	var reviewed, now planner.Plan
	need := spec.Need{Name: spec.Value[string]{V: "wing"}}
	for i := range points {
		point := step(fmt.Sprintf("wing/n=%d", i))
		need.Jobs = append(need.Jobs, point.Job.Name)
		reviewed.Steps = append(reviewed.Steps, point)
		if i < points-1 {
			point.Action = planner.Unchanged
		}
		now.Steps = append(now.Steps, point)
	}
	for i := range points {
		sum := step(fmt.Sprintf("sum/n=%d", i))
		sum.Job.Rank, sum.Job.Needs = 1, []spec.Need{need}
		reviewed.Steps, now.Steps = append(reviewed.Steps, sum), append(now.Steps, sum)
	}
	steps := review.Collect(now, review.New(review.Of(reviewed, platform, account))).Steps
	last := steps[2*points-1]
	if last.Action != planner.Withheld || !strings.Contains(last.Reasons[0], "wing/n=9999") || steps[0].Action != planner.Unchanged {
		t.Errorf("%s, %q", last.Action, last.Reasons)
	}
}

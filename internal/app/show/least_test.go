package show_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestAPlanTellsWhatTheLimitsTake: in its last line, and of what is over in an instant, nothing.
func TestAPlanTellsWhatTheLimitsTake(t *testing.T) {
	t.Parallel()
	perSecond := func(rate float64) func(int) time.Duration {
		return func(n int) time.Duration { return time.Duration(float64(n) / rate * float64(time.Second)) }
	}
	for name, tc := range map[string]struct {
		runs, fetches int
		limits        show.Limits
		want          string
	}{
		"a large sweep":     {1500, 0, show.Limits{Submits: perSecond(0.25), Downloads: perSecond(20)}, "1500 submits take at least 1h40m, by the platform's limits. Results of 1500 jobs take at least 1m15s."},
		"results alone":     {0, 200, show.Limits{Submits: perSecond(0.25), Downloads: perSecond(20)}, "Results of 200 jobs take at least 10s."},
		"results unwanted":  {1500, 0, show.Limits{Submits: perSecond(0.25)}, "1500 submits take at least 1h40m, by the platform's limits."},
		"soon":              {1, 1, show.Limits{Submits: perSecond(0.25), Downloads: perSecond(20)}, ""},
		"on this machine":   {1500, 0, show.Limits{}, ""},
		"only just to tell": {2, 0, show.Limits{Submits: perSecond(0.25)}, "2 submits take at least 8.0s, by the platform's limits."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var plan planner.Plan
			for i := range tc.runs + tc.fetches {
				job := resolver.Job{Name: fmt.Sprint("wing/n=", i), Outputs: spec.Outputs{Download: []spec.Value[string]{{V: "*.csv"}}}}
				step := planner.Step{Job: job, Action: planner.Run}
				if i >= tc.runs {
					step.Action = planner.Fetch
				}
				plan.Steps = append(plan.Steps, step)
			}
			summary := show.Style{Free: true, Limits: tc.limits}.Summary(plan)
			_, said, _ := strings.Cut(summary, ".")
			said = strings.TrimSpace(strings.TrimPrefix(said, " Nothing is billed: the platform is this machine."))
			if diff := cmp.Diff(tc.want, said); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", summary, diff)
			}
		})
	}
}

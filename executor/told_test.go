package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// TestALongWaitForTheJobListIsTold: a list that does not show a draft for half a minute is
// nothing to be silent about.
func TestALongWaitForTheJobListIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.hidden = map[string]bool{"A": true}
		lists := 0
		p.after = func(call string) {
			if call == "list" {
				if lists++; lists == 8 {
					p.hidden = nil
				}
			}
		}
		var told []string
		plan := planner.New([]resolver.Job{plain("wing")}, state.Snapshot{}, planner.Observation{Since: noon}, planner.Options{})
		run := executor.Executor{Platform: p, Journal: m, Owner: owner, Notify: func(e executor.Event) {
			if e.Type == executor.EventWarning {
				told = append(told, e.Job+": "+e.Message)
			}
		}}
		if _, err := run.Apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if len(told) == 0 || !strings.HasPrefix(told[0], "wing: draft A is not in the job list yet; it is read again at ") {
			t.Errorf("told %q", told)
		}
	})
}

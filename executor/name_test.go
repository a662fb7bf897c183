package executor_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// another is a job of the same name, in another content, by another runner.
func another(id, namespace string, at time.Time) rescale.Job {
	key := once.Key{Digest: plantest.Job("b=2").Digest, Name: "wing", Generation: 1, Attempt: 1}
	return rescale.Job{
		ID: id, Name: "wing " + key.Marker(namespace), Owner: owner, DateInserted: at,
		Tiles: []rescale.Tile{{EnvVars: map[string]string{once.KeyVariable: key.String(), once.NamespaceVariable: namespace}}},
	}
}

// equal is a job of the same content, made for another namespace.
func equal(id, namespace string, j resolver.Job, at time.Time) rescale.Job {
	job := keyed(id, j, at)
	key := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}
	job.Name = j.Name + " " + key.Marker(namespace)
	job.Tiles[0].EnvVars[once.NamespaceVariable] = namespace
	return job
}

// TestWhatComesInBeforeTheSubmit lets another runner's job come in while our draft is
// made, and move when our runner waits for it.
func TestWhatComesInBeforeTheSubmit(t *testing.T) {
	t.Parallel()
	const here, elsewhere = "team/sims", "team/others"
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	running := plantest.History("Executing", "", "Validated", "")
	j := plain("wing")
	j.Namespace = here
	for name, tc := range map[string]struct {
		rival   rescale.Job
		history []rescale.Status // from the beginning
		later   []rescale.Status // after it was waited for
		gone    bool             // later its runner deletes it
		submits int
		rivals  int // deleted
		refused bool
	}{
		"an older run that is active":               {another("Riv", here, minute(-3)), running, nil, false, 0, 0, true},
		"an older run that is over":                 {another("Riv", here, minute(-3)), plantest.History("Completed", ""), nil, false, 1, 0, false},
		"an older draft that is submitted":          {another("Riv", here, minute(-3)), nil, running, false, 0, 0, true},
		"an older draft that its runner deletes":    {another("Riv", here, minute(-3)), nil, nil, true, 1, 0, false},
		"an older draft that nobody submits":        {another("Riv", here, minute(-3)), nil, nil, false, 1, 1, false},
		"a leftover":                                {another("Riv", here, minute(-60)), nil, nil, false, 1, 1, false},
		"a younger draft":                           {another("Riv", here, minute(3)), nil, nil, false, 1, 0, false},
		"a draft of nearly the same time, smaller":  {another("A0", here, noon.Add(-time.Second)), nil, running, false, 0, 0, true},
		"a draft of nearly the same time, larger":   {another("Z", here, noon.Add(time.Second)), nil, nil, true, 1, 0, false},
		"an older run of another namespace":         {another("Riv", elsewhere, minute(-3)), running, nil, false, 1, 0, false},
		"equal content of another namespace":        {equal("Riv", elsewhere, j, minute(-3)), running, nil, false, 0, 0, false},
		"its draft, which is submitted":             {equal("Riv", elsewhere, j, minute(-3)), nil, running, false, 0, 0, false},
		"its draft, which nobody submits":           {equal("Riv", elsewhere, j, minute(-3)), nil, nil, false, 1, 1, false},
		"a clone":                                   {func() rescale.Job { c := another("Riv", here, minute(-3)); c.ClonedFrom = "X"; return c }(), running, nil, false, 1, 0, false},
		"a marker without the key":                  {func() rescale.Job { c := another("Riv", here, minute(-3)); c.Tiles = nil; return c }(), running, nil, false, 1, 0, false},
		"an old marker, which does not say the job": {func() rescale.Job { c := another("Riv", here, minute(-3)); c.Name = "wing " + oldMarker(c); return c }(), running, nil, false, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				p.jobs = []rescale.Job{{ID: "Zero", Owner: owner, DateInserted: minute(-120)}}
				reads := 0
				p.after = func(call string) {
					switch {
					case call == "create" && reads == 0:
						p.jobs = append(p.jobs, tc.rival)
						p.history[tc.rival.ID] = tc.history
					case call == "statuses":
						if reads++; reads < 6 {
							return
						}
						if p.history[tc.rival.ID] == nil {
							p.history[tc.rival.ID] = tc.later
						}
						if tc.gone {
							p.gone = map[string]bool{tc.rival.ID: true}
						}
					}
				}
				plan := planner.New([]resolver.Job{j}, m.Snapshot(), planner.Observation{}, planner.Options{})
				report, err := (&executor.Executor{Platform: p, Journal: m, Owner: owner, NoWait: true}).Apply(t.Context(), plan)
				if err != nil {
					t.Fatal(err)
				}
				o := report.Outcomes[0]
				var rival *once.RivalError
				if errors.As(o.Err, &rival) != tc.refused || o.Err != nil && !tc.refused {
					t.Errorf("outcome %+v", o)
				}
				if p.count("submit") != tc.submits || p.count("delete "+tc.rival.ID) != tc.rivals {
					t.Errorf("%d submits, calls %v", p.count("submit"), p.calls)
				}
			})
		})
	}
}

// oldMarker is the marker of a job in the form that did not name the job.
func oldMarker(j rescale.Job) string {
	key, _ := once.ParseKey(j.Tiles[0].EnvVars[once.KeyVariable])
	marker := key.Marker("")
	return "[ra:" + marker[len("[ra:12345678."):]
}

// TestAStuckRunHoldsBackNothing: it was stopped before it was validated, and gets no
// final status; its cluster tells.
func TestAStuckRunHoldsBackNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		history, clusters []rescale.Status
		want              planner.Action
	}{
		"its cluster stopped":       {plantest.History("Queued", "", "Pending", ""), plantest.History("Stopped", ""), planner.Rerun},
		"its cluster is stopping":   {plantest.History("Queued", "", "Pending", ""), plantest.History("Stopping", ""), planner.Conflict},
		"it has no cluster yet":     {plantest.History("Queued", "", "Pending", ""), nil, planner.Conflict},
		"it ran, and was preempted": {plantest.History("Executing", "", "Validated", ""), plantest.History("Stopped", ""), planner.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, j := newFake(), plain("wing")
			p.jobs = []rescale.Job{another("Riv", "", noon)}
			p.history["Riv"], p.clusters["Riv"] = tc.history, tc.clusters
			resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{j}}
			seen, err := planner.Observe(t.Context(), p, resolved, state.Snapshot{New: true}, planner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			step := planner.New(resolved.Jobs, state.Snapshot{New: true}, seen, planner.Options{}).Steps[0]
			if step.Action != tc.want {
				t.Errorf("%s %q, want %s", step.Action, step.Reasons, tc.want)
			}
			neverRan := tc.want == planner.Conflict && !verdict.Ran(tc.history)
			if deletable := strings.HasSuffix(step.Hint, "rescale-apply stop Riv; rescale-apply delete Riv"); deletable != neverRan {
				t.Errorf("advice %q", step.Hint)
			}
		})
	}
}

package executor_test

import (
	"errors"
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
	"github.com/rescale-apply/rescale-apply/spec"
)

// choosing is a job that leaves its version and its core type open, and would take these.
func choosing(name, coreType, version string) resolver.Job {
	j := plantest.Job("version="+version, "coreType="+coreType, "command="+name)
	j.Name, j.Inputs = name, nil
	j.Request = rescale.JobRequest{Name: name, JobAnalyses: []rescale.JobAnalysis{{Command: name}}}
	t := &j.Tiles[0]
	t.Version, t.CoreType, t.Open, t.Versions = version, coreType, true, []string{"2", "1"}
	for i, code := range []string{"emerald", "granite"} {
		a := resolver.Alternative{Code: code, Estimate: resolver.Estimate{Bounded: true, Rate: float64(1 + i)}}
		if t.Types = append(t.Types, a); code == coreType {
			t.Estimate, j.Estimate = a.Estimate, a.Estimate
		}
	}
	return j
}

// chosen is the draft of another runner that has chosen otherwise.
func chosen(id string, j resolver.Job, at time.Time) rescale.Job {
	job := keyed(id, j, at)
	job.Tiles[0].VersionCode, job.Tiles[0].CoreType, job.Tiles[0].CoresPerSlot = j.Tiles[0].Version, j.Tiles[0].CoreType, 8
	return job
}

// TestTwoChoicesAreOneRun: another runner has chosen another core type or version between
// our plan and our draft. Its run is adopted, in whatever state, and told as what it is.
func TestTwoChoicesAreOneRun(t *testing.T) {
	t.Parallel()
	active, ended := plantest.History("Executing", ""), plantest.History("Completed", "Completed successfully", "Executing", "")
	for name, tc := range map[string]struct {
		coreType, version string // what the other runner has chosen
		at                time.Duration
		history           []rescale.Status
		own               bool // our draft wins all the same
	}{
		"an older one runs":                                {coreType: "emerald", version: "2", at: -time.Minute, history: active},
		"an older one is over":                             {coreType: "emerald", version: "2", at: -time.Minute, history: ended},
		"a younger one is over":                            {coreType: "emerald", version: "2", at: time.Second, history: ended},
		"it is over, in a version that we know":            {coreType: "emerald", version: "1", at: -time.Minute, history: ended},
		"it is over, in a version that we do not know yet": {coreType: "granite", version: "3", at: -time.Minute, history: ended},
		"it runs in a version that we do not know yet":     {coreType: "granite", version: "3", at: -time.Minute, history: active},
		"an older draft of it is left over":                {coreType: "emerald", version: "2", at: -time.Hour, own: true},
		"a younger draft waits for ours":                   {coreType: "emerald", version: "2", at: time.Minute, own: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := choosing("wing", "granite", "2"), choosing("wing", tc.coreType, tc.version)
				p, m := newFake(), new(memory)
				p.jobs = []rescale.Job{{ID: "Zero", Owner: owner, DateInserted: noon.Add(-2 * time.Hour)}}
				p.after = func(call string) {
					switch {
					case call == "create":
						p.jobs = append(p.jobs, chosen("Riv", theirs, noon.Add(tc.at)))
						p.history["Riv"] = tc.history
					case p.history["Riv"] != nil && len(p.calls) > 15:
						p.history["Riv"] = ended
					}
				}
				o := apply(t.Context(), t, p, m, ours).Outcomes[0]
				if o.Verdict != verdict.Succeeded || o.Err != nil {
					t.Fatalf("outcome %+v", o)
				}
				if (o.ID != "Riv") != tc.own || (p.count("submit") == 1) != tc.own {
					t.Errorf("run %s after %d submits", o.ID, p.count("submit"))
				}
				if rate := map[string]float64{"emerald": 1, "granite": 2}[tc.coreType]; !tc.own && (o.CoreHours != 8*o.Ended.Sub(o.Started).Hours() || o.Cost != o.CoreHours*rate) {
					t.Errorf("%v core-hours for %v USD", o.CoreHours, o.Cost)
				}
				next := planner.New([]resolver.Job{ours}, m.Snapshot().With(m.records...), planner.Observation{Now: time.Now()}, planner.Options{}).Steps[0]
				if next.Action != planner.Unchanged || next.ID != o.ID {
					t.Errorf("next: %s of %s because %q", next.Action, next.ID, next.Reasons)
				}
				if tile := next.Job.Tiles[0]; !tc.own && (tile.CoreType != tc.coreType || tile.Version != tc.version) {
					t.Errorf("next: on %s in %s", tile.CoreType, tile.Version)
				}
			})
		})
	}
}

// TestAVersionThatIsGoneIsFoundBehindNewerRuns: without a state nobody can tell the digest of
// a run in a version that the catalog has no more. It is the run all the same, however many
// other contents ran since.
func TestAVersionThatIsGoneIsFoundBehindNewerRuns(t *testing.T) {
	t.Parallel()
	job, ended := choosing("wing", "granite", "2"), plantest.History("Completed", "Completed successfully", "Executing", "")
	p := newFake()
	for i, command := range []string{"wing", "other", "another"} {
		was := choosing(command, "granite", "0")
		was.Name = "wing"
		id := "Run" + command
		p.jobs = append(p.jobs, chosen(id, was, noon.Add(time.Duration(i)*time.Hour)))
		p.history[id] = ended
	}
	resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{job}}
	seen, err := planner.Observe(t.Context(), p, resolved, state.Snapshot{}, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := planner.New(resolved.Jobs, state.Snapshot{}, seen, planner.Options{}).Steps[0]
	if step.Action != planner.Unchanged || step.ID != "Runwing" || step.Job.Tiles[0].Version != "0" {
		t.Errorf("%s of %s in version %s because %q", step.Action, step.ID, step.Job.Tiles[0].Version, step.Reasons)
	}
}

// TestARetryInAVersionThatIsGoneIsNotRepeated: the attempt before it is in a version that
// the catalog has, and failed.
func TestARetryInAVersionThatIsGoneIsNotRepeated(t *testing.T) {
	t.Parallel()
	job := choosing("wing", "granite", "2")
	job.Rerun.OnFailure.V = spec.Always
	p, first, second := newFake(), choosing("wing", "granite", "1"), choosing("wing", "granite", "0")
	retry := chosen("Second", second, noon.Add(time.Hour))
	key := once.Key{Digest: second.Digest, Name: "wing", Generation: 1, Attempt: 2}
	retry.Name, retry.Tiles[0].EnvVars[once.KeyVariable] = "wing "+key.Marker(""), key.String()
	later := choosing("other", "granite", "2")
	later.Name = "wing"
	p.jobs = []rescale.Job{chosen("First", first, noon), retry, chosen("Later", later, noon.Add(2*time.Hour))}
	for id, reason := range map[string]string{"First": "A run failed", "Second": "Completed successfully", "Later": "Completed successfully"} {
		p.history[id] = plantest.History("Completed", reason, "Executing", "")
	}
	resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{job}}
	seen, err := planner.Observe(t.Context(), p, resolved, state.Snapshot{}, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := planner.New(resolved.Jobs, state.Snapshot{}, seen, planner.Options{}).Steps[0]
	if step.Action != planner.Unchanged || step.ID != "Second" {
		t.Errorf("%s of %s, attempt %d, because %q", step.Action, step.ID, step.Key.Attempt, step.Reasons)
	}
}

// TestADraftUnderAnotherChoiceIsSeen: what builds on a run that another machine has chosen
// has another digest than the manifest gives it now, and its needless drafts have that one.
func TestADraftUnderAnotherChoiceIsSeen(t *testing.T) {
	t.Parallel()
	under := func(mesh resolver.Job) resolver.Job {
		wing := plain("wing")
		wing.Rank, wing.Needs = 1, []spec.Need{{Name: spec.Value[string]{V: "mesh"}, Jobs: []string{"mesh"}}}
		wing.Parts = append(wing.Parts, resolver.Part{Field: "upstream mesh", Value: "sha256:" + mesh.Digest})
		wing.Digest = resolver.DigestOf(wing.Parts)
		return wing
	}
	mesh, ran := choosing("mesh", "granite", "2"), choosing("mesh", "emerald", "2")
	p, ended := newFake(), plantest.History("Completed", "Completed successfully", "Executing", "")
	for i, id := range []string{"Wing", "Draft"} {
		wing := keyed(id, under(ran), noon.Add(time.Duration(i)*time.Minute))
		wing.Tiles[0].EnvVars[once.UpstreamVariable] = "1.1:mesh"
		p.jobs = append(p.jobs, wing)
	}
	p.jobs = append(p.jobs, chosen("Mesh", ran, noon.Add(-time.Hour)))
	p.history["Mesh"], p.history["Wing"] = ended, ended
	resolved := resolver.Result{User: rescale.User{Email: owner}, Jobs: []resolver.Job{mesh, under(mesh)}}
	seen, err := planner.Observe(t.Context(), p, resolved, state.Snapshot{}, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := planner.New(resolved.Jobs, state.Snapshot{}, seen, planner.Options{}).Steps[1]
	if step.Action != planner.Unchanged || step.ID != "Wing" || len(step.Surplus) != 1 {
		t.Errorf("%s of %s because %q, %d needless drafts", step.Action, step.ID, step.Reasons, len(step.Surplus))
	}
}

// TestWhoBuildsOnAnotherChoiceIsNotStarted: its key was made for the run that was planned,
// and the other runner makes it with another one.
func TestWhoBuildsOnAnotherChoiceIsNotStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mesh, wing := choosing("mesh", "granite", "2"), plain("wing")
		wing.Rank, wing.Needs = 1, []spec.Need{{Name: spec.Value[string]{V: "mesh"}, Jobs: []string{"mesh"}}}
		p, m := newFake(), new(memory)
		p.after = func(call string) {
			if call == "create" {
				p.jobs = append(p.jobs, chosen("Riv", choosing("mesh", "emerald", "2"), noon.Add(-time.Minute)))
				p.history["Riv"] = plantest.History("Completed", "Completed successfully", "Executing", "")
			}
		}
		report := apply(t.Context(), t, p, m, mesh, wing)
		var choice *executor.ChoiceError
		if first, second := report.Outcomes[0], report.Outcomes[1]; first.ID != "Riv" || !errors.As(second.Err, &choice) || choice.ID != "Riv" || p.count("submit") != 0 {
			t.Errorf("outcomes %+v and %+v, %d submits", first, second, p.count("submit"))
		}
	})
}

package tidy

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

const day = 24 * time.Hour

// made is a job of a name that was made so long ago, and has the statuses, newest first.
func made(name, id string, ago time.Duration, statuses ...rescale.Status) Job {
	for i := range statuses {
		statuses[i].Date = noon().Add(-ago)
	}
	return Job{There: true, Own: true, Ours: true, Found: once.Found{
		ID: id, Namespace: "ns", Key: once.Key{Digest: id, Name: name, Generation: 1, Attempt: 1}, History: statuses, Inserted: noon().Add(-ago),
	}}
}

func with(j Job, changes ...func(*Job)) Job {
	for _, change := range changes {
		change(&j)
	}
	return j
}

func on(upstream string, inputs ...string) func(*Job) {
	return func(j *Job) { j.Upstream, j.Stored.Tiles = upstream, []rescale.Tile{{Inputs: inputs}} }
}

func leaving(ids ...string) func(*Job) {
	return func(j *Job) {
		j.results = make(map[string]bool)
		for _, id := range ids {
			j.results[id] = true
		}
	}
}

func in(namespace string) func(*Job) { return func(j *Job) { j.Namespace = namespace } }

func cluster(status string, ago time.Duration) func(*Job) {
	return func(j *Job) { j.cluster = history{{Status: status, Date: noon().Add(-ago)}} }
}

// words are statuses, newest first.
func words(list ...string) (statuses []rescale.Status) {
	for _, word := range list {
		statuses = append(statuses, rescale.Status{Status: word})
	}
	return statuses
}

func succeededRun(name, id string, ago time.Duration) Job {
	return made(name, id, ago, rescale.Status{Status: "Completed", Reason: "Completed successfully"}, rescale.Status{Status: "Executing"})
}

func failedRun(name, id string, ago time.Duration) Job {
	return made(name, id, ago, rescale.Status{Status: "Completed"}, rescale.Status{Status: "Stopping", Reason: "A run failed"}, rescale.Status{Status: "Executing"})
}

func TestDecide(t *testing.T) {
	t.Parallel()
	old := succeededRun("mesh", "Old", 9*day)
	newest := succeededRun("mesh", "New", day)
	for name, tc := range map[string]struct {
		job    Job
		others []Job
		rules  Rules
		keep   Reason
		by     []User
	}{
		"an older run":                 {job: old, others: []Job{newest}},
		"gone":                         {job: with(old, func(j *Job) { j.There = false }), rules: Rules{Forget: true}, keep: Gone},
		"of another account":           {job: with(old, func(j *Job) { j.Own = false }), rules: Rules{Forget: true}, keep: Elsewhere},
		"of a person":                  {job: with(old, func(j *Job) { j.Ours = false }), keep: Foreign},
		"of a person, to be forgotten": {job: with(old, func(j *Job) { j.Ours = false }), rules: Rules{Forget: true}},
		"a draft":                      {job: made("mesh", "Drf", 0), others: []Job{newest}},
		"a draft of a protected job":   {job: made("mesh", "Drf", 0), rules: Rules{Protected: map[once.Job]diag.Position{{Namespace: "ns", Name: "mesh"}: {Line: 9}}}},
		"active":                       {job: made("mesh", "Run", day, words("Executing")...), rules: Rules{Forget: true}, keep: Active},
		"being stopped":                {job: made("mesh", "Run", day, words("Stopping", "Executing")...), keep: Active},

		"younger than asked":        {job: old, others: []Job{newest}, rules: Rules{OlderThan: 10 * day}, keep: Young},
		"older than asked":          {job: old, others: []Job{newest}, rules: Rules{OlderThan: 8 * day}},
		"just as old as asked":      {job: old, others: []Job{newest}, rules: Rules{OlderThan: 9 * day}},
		"a draft that is younger":   {job: made("mesh", "Drf", day), rules: Rules{OlderThan: 2 * day}, keep: Young},
		"age counts from the end":   {job: with(old, func(j *Job) { j.Inserted = noon().Add(-20 * day) }), others: []Job{newest}, rules: Rules{OlderThan: 15 * day}, keep: Young},
		"the age of what is newest": {job: newest, rules: Rules{OlderThan: 2 * day, Forget: true}, keep: Young},

		"the newest":                            {job: newest, others: []Job{old}, keep: Newest},
		"the newest, to be forgotten":           {job: newest, others: []Job{old}, rules: Rules{Forget: true}},
		"the newest failed":                     {job: failedRun("mesh", "Bad", day), others: []Job{old}, keep: Newest},
		"the last success":                      {job: old, others: []Job{failedRun("mesh", "Bad", day)}, keep: NewestSuccess},
		"a failure before a success":            {job: failedRun("mesh", "Bad", 10*day), others: []Job{old}},
		"a newer draft is no run":               {job: old, others: []Job{made("mesh", "Drf", day)}, keep: Newest},
		"a newer run is of another name":        {job: old, others: []Job{succeededRun("wing", "New", day)}, keep: Newest},
		"a newer run is of another namespace":   {job: old, others: []Job{with(newest, in("other"))}, keep: Newest},
		"a newer run names no namespace":        {job: old, others: []Job{with(newest, in(""))}},
		"what is newer ended early":             {job: old, others: []Job{with(made("mesh", "Stk", day, words("Pending")...), func(j *Job) { j.tagged = true })}, keep: Newest},
		"of one date, the one with the last id": {job: succeededRun("mesh", "A", day), others: []Job{newest}},

		"it waits for hardware":                     {job: made("mesh", "Run", day, words("Queued", "Pending")...), keep: Active},
		"stopped early, with a tag":                 {job: with(made("mesh", "Run", day, words("Pending")...), func(j *Job) { j.tagged = true })},
		"stopped early, its cluster stopped":        {job: with(made("mesh", "Run", day, words("Queued")...), cluster("Stopped", 10*time.Minute))},
		"its cluster has just stopped":              {job: with(made("mesh", "Run", day, words("Queued")...), cluster("Stopped", 9*time.Minute)), keep: Active},
		"a tag and a cluster that runs":             {job: with(made("mesh", "Run", day, words("Queued")...), cluster("Started", day), func(j *Job) { j.tagged = true }), keep: Active},
		"a tag and a cluster that has just stopped": {job: with(made("mesh", "Run", day, words("Queued")...), cluster("Stopped", 0), func(j *Job) { j.tagged = true })},
		"stopping without a cluster":                {job: made("mesh", "Run", 10*time.Minute, words("Stopping", "Pending")...)},
		"stopping without a cluster for a moment":   {job: made("mesh", "Run", 9*time.Minute, words("Stopping", "Pending")...), keep: Active},
		"it ran, and was preempted":                 {job: with(made("mesh", "Run", day, words("Executing")...), cluster("Stopped", day)), keep: Active},

		"others build on it": {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh"))}, keep: Needed, by: []User{{"wing", "Wng"}}},
		"others build on it, to be forgotten": {
			job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh"))}, rules: Rules{Forget: true}, keep: Needed, by: []User{{"wing", "Wng"}},
		},
		"a draft builds on it":           {job: old, others: []Job{newest, with(made("wing", "Drf", 5*day), on("1.1:mesh"))}, keep: Needed, by: []User{{"wing", "Drf"}}},
		"others build on the newer one":  {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 0), on("1.1:mesh"))}},
		"others build on another try":    {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 5*day), on("1.2:mesh"))}},
		"others were made before":        {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 10*day), on("1.1:mesh"))}},
		"others of another namespace":    {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh"), in("other"))}},
		"another built on it in its day": {job: old, others: []Job{newest, with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh")), with(succeededRun("wing", "Now", 0), on("1.1:mesh"))}},
		"a run of its own name names it": {job: old, others: []Job{with(newest, on("1.1:mesh"))}},
		"they have its results": {
			job: with(old, leaving("Fil")), others: []Job{newest, with(succeededRun("wing", "Wng", 0), on("1.1:mesh", "Fil"))}, keep: Needed, by: []User{{"wing", "Wng"}},
		},
		"a point that others build on": {
			job: succeededRun("mesh/n=1", "Old", 9*day), others: []Job{succeededRun("mesh/n=1", "New", day), with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh"))},
			keep: Needed, by: []User{{"wing", "Wng"}},
		},
		"a point of which others take another try": {
			job: succeededRun("mesh/n=1", "Old", 9*day), others: []Job{succeededRun("mesh/n=1", "New", day), with(succeededRun("wing", "Wng", 5*day), on("1.1:mesh+2.1:mesh/n=1"))},
		},
		"protected, and needed": {
			job: newest, others: []Job{old}, rules: Rules{Protected: map[once.Job]diag.Position{{Namespace: "ns", Name: "mesh"}: {Line: 9}}}, keep: Newest,
		},
		"protected in another namespace": {job: old, others: []Job{newest}, rules: Rules{Protected: map[once.Job]diag.Position{{Namespace: "other", Name: "mesh"}: {Line: 9}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.rules.Now = noon()
			s := Survey{Jobs: []Job{tc.job}}
			if tc.job.Ours {
				s.around = append(s.around, tc.job.Found)
			}
			for _, j := range tc.others {
				if s.around = append(s.around, j.Found); j.tagged {
					s.Jobs = append(s.Jobs, j) // of others nobody reads that
				}
			}
			got, err := s.Decide(tc.rules)
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Keep != tc.keep {
				t.Errorf("kept as %q, want %q", got[0].Keep, tc.keep)
			}
			if diff := cmp.Diff(tc.by, got[0].By); diff != "" {
				t.Errorf("users (-want +got)\n%s", diff)
			}
		})
	}
}

// TestAProtectedRunRefusesAll, if it would be deleted.
func TestAProtectedRunRefusesAll(t *testing.T) {
	t.Parallel()
	place := diag.Position{File: "job.yaml", Line: 9, Col: 12}
	for name, of := range map[string]Job{"of the namespace": succeededRun("mesh", "Old", 9*day), "of none": with(succeededRun("mesh", "Old", 9*day), in(""))} {
		s := Survey{Jobs: []Job{of, succeededRun("mesh", "New", day), made("wing", "Drf", 0)}}
		for _, j := range s.Jobs {
			s.around = append(s.around, j.Found)
		}
		got, err := s.Decide(Rules{Now: noon(), Protected: map[once.Job]diag.Position{{Namespace: "ns", Name: "mesh"}: place}})
		var refused *guard.Error
		if !errors.As(err, &refused) || len(refused.Refusals) != 1 || refused.Refusals[0].Pos != place || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// TestPrice is of the largest tile and of all walltimes.
func TestPrice(t *testing.T) {
	t.Parallel()
	j := succeededRun("mesh", "Old", day)
	j.History = slices.Clone(j.History)
	j.History[1].Date = j.History[0].Date.Add(-3 * time.Hour)
	j.Stored.Tiles = []rescale.Tile{{CoresPerSlot: 4, Walltime: 2}, {CoresPerSlot: 2, Slots: 8, Walltime: 3}}
	if diff := cmp.Diff(Price{Cores: 16, Walltime: 5, Ran: 3 * time.Hour}, j.Price()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := made("mesh", "Run", day, words("Executing")...).Price(); got.Ran != 0 {
		t.Errorf("a run that goes on ran %v", got.Ran)
	}
}

// Package plantest makes jobs, runs and what the platform shows of them, for tests of
// what is decided about them and of what is done then.
package plantest

import (
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Noon is when everything happens.
func Noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// Job is a resolved job whose parts are given as "field=value".
func Job(parts ...string) resolver.Job {
	j := resolver.Job{
		Name: "wing", Tiles: []resolver.Tile{{Cores: 4, Slots: 1}},
		Inputs: []files.Input{{Name: "deck.k", Path: "/tmp/deck.k", SHA512: "77b0e4dff", Size: 12_345}},
	}
	for _, p := range parts {
		field, value, _ := strings.Cut(p, "=")
		j.Parts = append(j.Parts, resolver.Part{Field: field, Value: value})
	}
	j.Digest = resolver.DigestOf(j.Parts)
	return j
}

// Run is what the journal holds of a job at a stage.
func Run(j resolver.Job, stage state.Stage, id string) state.Run {
	key := once.Key{Digest: j.Digest, Name: j.Name, Generation: 1, Attempt: 1}
	r := state.Run{Job: j.Name, Key: key.String(), Digest: j.Digest, Generation: 1, Attempt: 1, Stage: stage, ID: id}
	for _, p := range j.Parts {
		r.Parts = append(r.Parts, state.Part(p))
	}
	return r
}

// Ended is the run when it has come to its end.
func Ended(r state.Run, verdict verdict.Verdict) state.Run {
	r.Stage, r.Verdict, r.Reason = state.StageFinished, string(verdict), "because"
	return r
}

// Again is the run in its second attempt.
func Again(r state.Run) state.Run {
	key, _ := once.ParseKey(r.Key)
	key.Attempt, r.Attempt = 2, 2
	r.Key = key.String()
	return r
}

// Pair is a mesh in the given generation, and a wing that builds on it.
func Pair(generation int) (mesh, wing resolver.Job) {
	mesh, wing = Job("command=sha256:a"), Job("command=sha256:b")
	mesh.Name, mesh.Inputs = "mesh", nil
	mesh.Rerun.Generation.V = generation
	wing.Rank = 1
	wing.Needs = []spec.Need{{Name: spec.Value[string]{V: "mesh"}, Jobs: []string{"mesh"}}}
	return mesh, wing
}

// On is a run that builds on a run of the mesh.
func On(upstream string, r state.Run) state.Run {
	r.Upstream = upstream
	return r
}

// SeenOn is a job on the platform that builds on a run of the mesh.
func SeenOn(upstream, id string, wing resolver.Job, attempt int, statuses ...string) once.Found {
	key := once.Key{Digest: wing.Digest, Name: wing.Name, Generation: 1, Attempt: attempt}
	return once.Found{ID: id, Key: key, History: History(statuses...), Inserted: Noon(), Upstream: upstream}
}

// History makes a status history, newest first, one minute apart.
func History(entries ...string) []rescale.Status {
	var list []rescale.Status
	for i := 0; i+1 < len(entries); i += 2 {
		list = append(list, rescale.Status{Status: entries[i], Reason: entries[i+1], Date: Noon().Add(-time.Duration(i/2) * time.Minute)})
	}
	return list
}

package tidy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Rules are what the caller wants of a decision.
type Rules struct {
	Now       time.Time
	OlderThan time.Duration              // keeps what ended, or was made, since; 0 keeps nothing for its age
	Protected map[once.Job]diag.Position // protected jobs of the manifest, with the places of the keys
	Forget    bool                       // deletes also the newest runs of a name, and what is not ours
}

// Reason is why a job is kept.
type Reason string

// The reasons, in the order in which they count.
const (
	Gone          Reason = "gone"           // it is not there
	Elsewhere     Reason = "elsewhere"      // it is of another account, which shares it
	Foreign       Reason = "foreign"        // this tool has not made it: a clone, or a job of a person
	Active        Reason = "active"         // it has not come to its end: stop it first
	Young         Reason = "young"          // it is not older than OlderThan
	Newest        Reason = "newest"         // it is the newest run of its name: without it the next apply pays again
	NewestSuccess Reason = "newest-success" // it is the newest run of its name that succeeded
	Needed        Reason = "needed"         // others build on it, see By
)

// Decision is what is to become of one job.
type Decision struct {
	Job  Job
	Keep Reason // empty: it is deleted
	By   []User // who builds on it
}

// User is a run or draft that builds on a run of another job.
type User struct{ Name, ID string }

// Decide gives one decision for each job, in their order. It is a *[guard.Error] when a run
// of a protected job would be deleted; then nothing may be.
func (s Survey) Decide(rules Rules) ([]Decision, error) {
	decisions := make([]Decision, len(s.Jobs))
	var refused diag.List
	for i, job := range s.Jobs {
		d := Decision{Job: job, Keep: s.keep(job, rules)}
		if d.Keep == "" {
			if d.By = s.users(job); len(d.By) > 0 {
				d.Keep = Needed
			}
		}
		if key, protected := rules.protects(job); protected && d.Keep == "" {
			refused = append(refused, guard.Protected(job.Key.Name, key, "run "+job.ID+" must not be deleted"))
		}
		decisions[i] = d
	}
	if len(refused) > 0 {
		return nil, &guard.Error{Refusals: refused}
	}
	return decisions, nil
}

// protects finds the key that protects a run. A draft is no run.
func (r Rules) protects(job Job) (key diag.Position, protected bool) {
	if !job.Ours || !job.Submitted() {
		return key, false
	}
	for of, key := range r.Protected {
		if of.Name == job.Key.Name && (of.Namespace == job.Namespace || job.Namespace == "") {
			return key, true
		}
	}
	return key, false
}

// keep is why a job stays whoever builds on it; empty when it need not.
func (s Survey) keep(job Job, rules Rules) Reason {
	early := job.early(rules.Now)
	switch {
	case !job.There:
		return Gone
	case !job.Own:
		return Elsewhere
	case !job.Ours && !rules.Forget:
		return Foreign
	case job.Active() && !early && !rules.young(job):
		return Active
	case rules.young(job):
		return Young
	case rules.Forget || !job.Submitted() || early: // the last one left nothing
		return ""
	case job.ID == s.newest(job, rules, func(once.Found) bool { return true }):
		return Newest
	case job.ID == s.newest(job, rules, succeeded):
		return NewestSuccess
	}
	return ""
}

// young is true of a job that is not old enough to go.
func (r Rules) young(job Job) bool { return r.OlderThan > 0 && r.Now.Sub(job.date()) < r.OlderThan }

// Protects finds the key that protects the job of a decision that keeps it.
func (r Rules) Protects(d Decision) (key diag.Position, protected bool) { return r.protects(d.Job) }

// date is when a job ended, or else when it was made.
func (j Job) date() time.Time {
	if judged, over := j.Verdict(); over && !judged.Ended.IsZero() {
		return judged.Ended
	}
	return j.Inserted
}

// quiet is how long a run that was stopped early must have been without a cluster, or with
// a stopped one.
const quiet = 10 * time.Minute

// early finds that a run is over although it has no final status: it was told to stop before
// it was validated (rescale-api.md §8.2). A run that waits for hardware looks alike, but for
// its cluster, for what the platform says of the stop, and for the tag that a stop leaves.
func (j Job) early(now time.Time) bool {
	if !j.Active() || verdict.Ran(j.History) {
		return false
	}
	if len(j.cluster) > 0 {
		ended := j.cluster[0].Status == watch.ClusterStopped
		return ended && (j.tagged || now.Sub(j.cluster[0].Date) >= quiet)
	}
	return j.tagged || verdict.Stopping(j.History) && now.Sub(j.History[0].Date) >= quiet
}

func succeeded(f once.Found) bool {
	judged, over := f.Verdict()
	return over && judged.Verdict == verdict.Succeeded
}

// newest is the id of the newest run of a job that is so, leaving out what ended early.
func (s Survey) newest(job Job, rules Rules, so func(once.Found) bool) (id string) {
	early := make(map[string]bool)
	for _, j := range s.Jobs {
		early[j.ID] = j.early(rules.Now)
	}
	runs := slices.DeleteFunc(slices.Clone(s.around), func(f once.Found) bool {
		return !sameJob(f, job.Found) || !f.Submitted() || early[f.ID] || !so(f)
	})
	if len(runs) == 0 {
		return ""
	}
	return slices.MaxFunc(runs, byDate).ID
}

func byDate(a, b once.Found) int {
	return cmp.Or(a.Inserted.Compare(b.Inserted), cmp.Compare(a.ID, b.ID))
}

// sameJob finds two runs of one name. One that names no namespace was made before there
// were any, and may be of each.
func sameJob(a, b once.Found) bool {
	return a.Key.Name == b.Key.Name && (a.Namespace == b.Namespace || a.Namespace == "" || b.Namespace == "")
}

// users are the newest runs of other jobs, and drafts, that build on a run.
func (s Survey) users(job Job) (users []User) {
	if !job.Ours || !job.Submitted() {
		return nil
	}
	newest := make(map[once.Job]string)
	for _, f := range slices.SortedFunc(slices.Values(s.around), byDate) {
		if f.Submitted() {
			newest[f.Key.In(f.Namespace)] = f.ID
		}
	}
	for _, f := range s.around {
		counts := !f.Submitted() || newest[f.Key.In(f.Namespace)] == f.ID
		if counts && !sameJob(f, job.Found) && (job.gives(f) || s.meant(f, job.Found)) {
			users = append(users, User{f.Key.Name, f.ID})
		}
	}
	return users
}

// gives finds a result of the job among the inputs of another.
func (j Job) gives(user once.Found) bool {
	return slices.ContainsFunc(user.Stored.Tiles, func(t rescale.Tile) bool {
		return slices.ContainsFunc(t.Inputs, func(id string) bool { return j.results[id] })
	})
}

// meant finds that the upstream of a job names a run. It names a version, which a run of
// each content has: the newest of those that were there is meant.
func (s Survey) meant(user, run once.Found) bool {
	if !names(user, run) {
		return false
	}
	return !slices.ContainsFunc(s.around, func(f once.Found) bool {
		return f.Submitted() && sameJob(f, run) && byDate(f, run) > 0 && names(user, f)
	})
}

// names finds that a upstream can name a run.
func names(user, run once.Found) bool {
	elsewhere := user.Namespace != run.Namespace && user.Namespace != "" && run.Namespace != ""
	if elsewhere || user.Inserted.Before(run.Inserted) {
		return false
	}
	version := chain.Version{Generation: run.Key.Generation, Attempt: run.Key.Attempt}
	return slices.ContainsFunc(chain.Names(user.Upstream), func(need string) bool {
		means := run.Key.Name == need || strings.HasPrefix(run.Key.Name, need+"/") // points of a matrix
		return means && chain.Builds(user.Upstream, chain.Need{Name: need}, run.Key.Name, version)
	})
}

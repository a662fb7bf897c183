// Package review holds a plan that people have seen against the one that is about to be
// carried out. What spends must be in the reviewed one, with the same key and no higher
// bound; less is fine, so that a pipeline's retry passes. The package is pure.
package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Plan is what a plan spends and stops, and for whom: what a review is about. Its keys in
// JSON are those of a plan file.
type Plan struct {
	Platform string `json:"platform"` // as the state names it
	Account  string `json:"account"`  // e-mail address
	Jobs     []Job  `json:"jobs"`
	Prune    []Run  `json:"prune,omitempty"` // active runs of jobs that no manifest has any more
}

// Job is what a plan says of one job.
type Job struct {
	Name      string         `json:"name"`
	Namespace string         `json:"namespace"`
	Action    planner.Action `json:"action"`
	Key       string         `json:"key"`
	Project   string         `json:"project"` // that pays; empty for none
	Priority  spec.Priority  `json:"priority"`
	MaxCost   *float64       `json:"maxCost"` // USD; nil when nothing bounds it
	Attempt
	Stops []Run `json:"stops,omitempty"`
}

// Attempt bounds one attempt of a run, also where nothing bounds how many there are.
type Attempt struct {
	CoreHours *float64 `json:"maxCoreHoursPerAttempt"` // nil without a walltime
	Cost      *float64 `json:"maxCostPerAttempt"`      // USD without licenses, to 1e-4; nil without a walltime or a price
}

// Run is an active run that is stopped.
type Run struct {
	Name      string `json:"name,omitempty"` // of its job, where it is not that of the step
	Namespace string `json:"namespace,omitempty"`
	ID        string `json:"id"`
	Key       string `json:"key,omitempty"`
	Commit    string `json:"commit,omitempty"` // that removed its job
}

// Of returns what is to be reviewed of a plan on a platform, for an account.
func Of(plan planner.Plan, platform, account string) Plan {
	reviewed := Plan{Platform: platform, Account: account, Jobs: make([]Job, len(plan.Steps))}
	for i := range plan.Steps {
		reviewed.Jobs[i] = jobOf(&plan.Steps[i])
	}
	for _, run := range plan.Prune {
		reviewed.Prune = append(reviewed.Prune, Run{Name: run.Name, Namespace: run.Namespace, ID: run.ID, Commit: run.Commit})
	}
	return reviewed
}

func jobOf(step *planner.Step) Job {
	job := Job{
		Name: step.Job.Name, Namespace: step.Job.Namespace, Action: step.Action, Key: step.Key.String(),
		Project: step.Job.Project, Priority: step.Job.Priority, MaxCost: MaxCost(step.Job.Estimate), Attempt: AttemptOf(step.Job),
	}
	for _, rival := range step.Stop {
		job.Stops = append(job.Stops, Run{ID: rival.ID, Key: rival.Key})
	}
	return job
}

// MaxCost is the bound of an estimate, in USD, rounded up to 1e-4; nil without one.
func MaxCost(e resolver.Estimate) *float64 {
	_, usd := e.Limit()
	if usd == nil {
		return nil
	}
	bound := guard.Up(*usd, 1e4)
	return &bound
}

// AttemptOf is what bounds one attempt of a run of a job.
func AttemptOf(job resolver.Job) Attempt {
	attempt := job.Attempt()
	hours, _ := attempt.Limit()
	return Attempt{hours, MaxCost(attempt)}
}

// spends reports whether the job would be submitted.
func (j Job) spends() bool { return planner.Step{Action: j.Action}.Spends() }

// name is what tells jobs apart.
func (j Job) name() once.Job { return once.Job{Namespace: j.Namespace, Name: j.Name} }

// Digest is the SHA-256, in hex, of all that the review is about, whatever its order: a
// line of JSON for each job, for each run that is stopped, and for each that is pruned. It
// finds a file that was edited by mistake; it proves nothing about who made the file.
func (p Plan) Digest() string {
	var lines []string
	add := func(words ...any) {
		line, _ := json.Marshal(words) // texts and numbers
		lines = append(lines, string(line))
	}
	add("on", p.Platform, p.Account)
	for _, j := range p.Jobs {
		add("job", j.Name, j.Namespace, j.Action, j.Key, j.MaxCost, j.Project, j.Priority, j.CoreHours, j.Cost)
		for _, run := range j.Stops {
			add("stop", j.Name, j.Namespace, run.ID)
		}
	}
	for _, run := range p.Prune {
		add("prune", run.Name, run.Namespace, run.ID)
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

package executor

import (
	"fmt"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Action is what a job needs.
type Action string

// The actions, from nothing to most.
const (
	Unchanged Action = "unchanged" // it ran, and nothing that matters changed
	Fetch     Action = "fetch"     // it ran; result files are missing here
	Resume    Action = "resume"    // it is on the platform already: go on with it
	Rerun     Action = "rerun"     // it ran, and something that matters changed
	Run       Action = "run"       // it never ran
	Conflict  Action = "conflict"  // a person must decide first
)

// Step is what one job needs, and why.
type Step struct {
	Job      resolver.Job
	Action   Action
	Reasons  []string // in words, never empty unless nothing is to say
	Changes  []Change // what differs from the last run, for Rerun
	Key      Key      // of the run that Apply is to reach
	ID       string   // on the platform, when there is one
	Stage    state.Stage
	Last     state.Run // the run that Unchanged and Fetch speak of
	Advice   string    // what to type next, for Conflict and failed runs
	Observed time.Time // the platform's clock when it was looked at
}

// Pending tells that Apply would do something for this job.
func (s Step) Pending() bool { return s.Action != Unchanged }

// Creates tells that Apply would make a new job on the platform.
func (s Step) Creates() bool { return s.Action == Run || s.Action == Rerun }

// Plan is one step for each job, in the order of the manifest, and the contents
// that are to be uploaded.
type Plan struct {
	Steps   []Step
	Uploads []resolver.Input // each content once
}

// Pending tells that Apply would do something.
func (p Plan) Pending() bool { return slices.ContainsFunc(p.Steps, Step.Pending) }

// Count gives how many steps have the action.
func (p Plan) Count(a Action) int {
	n := 0
	for _, s := range p.Steps {
		if s.Action == a {
			n++
		}
	}
	return n
}

// Options are the wishes of a person that change what a plan decides.
type Options struct {
	Replace []string // names of jobs to run again although nothing changed
}

// NewPlan decides what every job needs. It is pure: the same values give the
// same plan.
func NewPlan(jobs []resolver.Job, snapshot state.Snapshot, seen Observation, options Options) Plan {
	var plan Plan
	planned := make(map[string]bool)
	for _, job := range jobs {
		d := decision{job: job, runs: snapshot.Runs[job.Name], seen: seen, replace: slices.Contains(options.Replace, job.Name)}
		step := d.step()
		step.Observed = seen.At
		plan.Steps = append(plan.Steps, step)
		if !step.Creates() {
			continue
		}
		for _, in := range job.Inputs {
			content := in.SHA512 + "\n" + in.Name
			if stored, _ := snapshot.File(in.SHA512, in.Name); in.Path != "" && stored.ID == "" && !planned[content] {
				planned[content] = true
				plan.Uploads = append(plan.Uploads, in)
			}
		}
	}
	return plan
}

// decision is all that is known about one job when its action is chosen.
type decision struct {
	job     resolver.Job
	runs    []state.Run // of this name, oldest first
	seen    Observation
	replace bool
}

func (d decision) step() Step {
	if d.replace && len(d.runs) > 0 {
		return d.replaced()
	}
	for _, run := range slices.Backward(d.runs) {
		if run.Digest == d.job.Digest {
			return d.known(run)
		}
	}
	if found, ok := d.seen.best(d.key(1)); ok {
		return d.adopted(found)
	}
	if len(d.runs) == 0 {
		return d.creates(Run, d.key(1), "new")
	}
	return d.changed(d.runs[len(d.runs)-1])
}

// known is for a run with this very content in the journal.
func (d decision) known(run state.Run) Step {
	step := Step{Job: d.job, Key: d.key(run.Attempt), ID: run.ID, Stage: run.Stage, Last: run}
	switch run.Stage {
	case state.StageFinished:
		return d.settled(step)
	case state.StageCreating:
		if found, ok := d.seen.best(step.Key); ok {
			return d.adopted(found)
		}
		return d.creates(Run, step.Key, "an earlier create left nothing on the platform")
	case state.StageCreated, state.StageSubmitting, state.StageSubmitted:
	}
	if d.seen.Gone[run.ID] {
		return d.gone(step)
	}
	step.Action = Resume
	step.Reasons = []string{resumeReason(run, d.seen.Statuses[run.ID])}
	return step
}

// settled is for a run that came to its end.
func (d decision) settled(step Step) Step {
	step.Action = Unchanged
	step.Reasons = []string{fmt.Sprintf("%s as %s", step.Last.Verdict, step.ID)}
	switch {
	case verdict.Verdict(step.Last.Verdict) != verdict.Succeeded:
		step.Reasons = append(step.Reasons, step.Last.Reason)
		step.Advice = replaceAdvice(d.job.Name)
	case len(d.seen.Missing[d.job.Name]) > 0:
		step.Action = Fetch
		step.Reasons = append(step.Reasons, missingReason(d.seen.Missing[d.job.Name]))
	}
	return step
}

func (d decision) gone(step Step) Step {
	step.Action = Conflict
	step.Reasons = []string{fmt.Sprintf("job %s was deleted on the platform", step.ID)}
	step.Advice = replaceAdvice(d.job.Name)
	return step
}

// adopted is for a run that only the platform remembers.
func (d decision) adopted(found Found) Step {
	step := Step{Job: d.job, Key: found.Key, ID: found.ID, Stage: state.StageCreated, Action: Resume}
	step.Reasons = []string{fmt.Sprintf("draft %s found on the platform", found.ID)}
	if found.Submitted {
		step.Stage = state.StageSubmitted
		step.Reasons = []string{fmt.Sprintf("run %s found on the platform", found.ID)}
	}
	return step
}

// changed is for content that differs from the last run's.
func (d decision) changed(last state.Run) Step {
	if d.active(last) {
		return d.conflict(last, fmt.Sprintf("it changed while run %s is still active", last.ID))
	}
	changes := diff(last.Parts, d.job.Parts)
	step := d.creates(Rerun, d.key(1), describe(changes, d.job)...)
	step.Changes, step.Last = changes, last
	return step
}

// replaced starts the next attempt of the same content.
func (d decision) replaced() Step {
	last := d.runs[len(d.runs)-1]
	if d.active(last) {
		return d.conflict(last, fmt.Sprintf("run %s is still active", last.ID))
	}
	attempt := 1
	for _, run := range d.runs {
		if run.Digest == d.job.Digest {
			attempt = max(attempt, run.Attempt+1)
		}
	}
	step := d.creates(Rerun, d.key(attempt), "replaced on request")
	step.Last = last
	return step
}

// active tells that a run may still be under way. Starting another of the same
// job then would bill both.
func (d decision) active(last state.Run) bool {
	if last.Stage != state.StageSubmitted && last.Stage != state.StageSubmitting {
		return false
	}
	_, done := verdict.Judge(d.seen.Statuses[last.ID])
	return !done && !d.seen.Gone[last.ID] && !d.seen.draft(last)
}

func (d decision) conflict(last state.Run, reason string) Step {
	return Step{
		Job: d.job, Action: Conflict, Key: d.key(1), ID: last.ID, Stage: last.Stage, Last: last,
		Reasons: []string{reason},
		Advice:  "wait for it to end, or stop it on the platform; then apply again",
	}
}

func (d decision) creates(action Action, key Key, reasons ...string) Step {
	return Step{Job: d.job, Action: action, Key: key, Reasons: reasons}
}

func (d decision) key(attempt int) Key {
	return Key{Digest: d.job.Digest, Name: d.job.Name, Generation: 1, Attempt: attempt}
}

func replaceAdvice(name string) string {
	return "to run it again unchanged: --replace " + name
}

func resumeReason(run state.Run, history []rescale.Status) string {
	switch {
	case len(history) > 0:
		return fmt.Sprintf("%s is %s", run.ID, history[0].Status)
	case run.Stage == state.StageSubmitted:
		return fmt.Sprintf("%s was submitted", run.ID)
	}
	return fmt.Sprintf("draft %s is not submitted yet", run.ID)
}

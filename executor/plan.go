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
	Running  bool      // the platform shows statuses for ID: it was submitted
	Over     bool      // the statuses say that it came to its end
	Last     state.Run // the run that Unchanged and Fetch speak of
	Advice   string    // what to type next, for Conflict and failed runs
	Observed time.Time // the platform's clock when it was looked at
}

// Pending tells that Apply would do something for this job.
func (s Step) Pending() bool { return s.Action != Unchanged }

// Creates tells that Apply would make a new job on the platform.
func (s Step) Creates() bool { return s.Action == Run || s.Action == Rerun }

// Spends tells that Apply would submit: a new job, or a draft that is there.
func (s Step) Spends() bool {
	return s.Creates() || s.Action == Resume && s.Stage != state.StageSubmitted && !s.Running
}

// Plan is one step for each job, in the order of the manifest, and the contents
// that are to be uploaded.
type Plan struct {
	Steps   []Step
	Uploads []resolver.Input // each content once
}

// Pending tells that Apply would do something.
func (p Plan) Pending() bool { return slices.ContainsFunc(p.Steps, Step.Pending) }

// Spending is the steps for which Apply would submit.
func (p Plan) Spending() []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return !s.Spends() })
}

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

// step is what the job wants, unless that would bill two runs of it at a time.
func (d decision) step() Step {
	step := d.wanted()
	if !step.Spends() {
		return step
	}
	for _, run := range d.runs {
		if run.ID != step.ID && d.active(run) {
			return d.conflict(run)
		}
	}
	return step
}

// wanted looks at the current run only: the newest of this very content.
func (d decision) wanted() Step {
	current, known := newest(d.runs, d.job.Digest)
	switch {
	case !known || current.Stage == state.StageCreating:
		return d.unrecorded(current)
	case d.seen.Gone[current.ID]:
		return d.gone(current)
	case current.Stage != state.StageFinished:
		return d.underWay(current)
	case d.replace && !d.cutShort(current):
		return d.replaced(current.Attempt, current)
	}
	return d.settled(current)
}

// cutShort tells that a run is a replacement whose results never arrived: the
// same command, given again after a crash, goes on with it.
func (d decision) cutShort(current state.Run) bool {
	return current.Attempt > 1 && current.Selection == "" && len(d.seen.Missing[d.job.Name]) > 0
}

// newest is the last run of a content in the journal.
func newest(runs []state.Run, digest string) (state.Run, bool) {
	for _, run := range slices.Backward(runs) {
		if run.Digest == digest {
			return run, true
		}
	}
	return state.Run{}, false
}

// unrecorded is for content of which the journal has no job: never created, or
// with a create whose outcome was not recorded. The platform may know more.
func (d decision) unrecorded(current state.Run) Step {
	key := d.key(max(1, current.Attempt))
	found, ok := d.seen.best(key)
	switch {
	case ok && d.replace && found.over():
		return d.replaced(found.Key.Attempt, state.Run{})
	case ok:
		return d.adopted(found)
	case current.Key != "":
		return d.creates(Run, key, "an earlier create left nothing on the platform")
	case len(d.runs) == 0:
		return d.creates(Run, key, "new")
	}
	last := d.runs[len(d.runs)-1]
	changes := diff(last.Parts, d.job.Parts)
	step := d.creates(Rerun, key, describe(changes, d.job)...)
	step.Changes, step.Last = changes, last
	return step
}

// adopted is for a run that only the platform remembers.
func (d decision) adopted(found Found) Step {
	step := Step{Job: d.job, Key: found.Key, ID: found.ID, Stage: state.StageCreated, Action: Resume}
	step.Reasons = []string{fmt.Sprintf("draft %s found on the platform", found.ID)}
	if found.Submitted() {
		step.Stage, step.Running, step.Over = state.StageSubmitted, true, found.over()
		step.Reasons = []string{fmt.Sprintf("run %s found on the platform", found.ID)}
	}
	return step
}

// gone is for a job that the journal knows and the platform does not. A draft
// was never billed, so it is simply made again; anything else is a decision.
func (d decision) gone(current state.Run) Step {
	found, ok := d.seen.best(d.key(current.Attempt))
	switch {
	case current.Stage == state.StageCreated && ok:
		return d.adopted(found)
	case current.Stage == state.StageCreated:
		return d.creates(Run, d.key(current.Attempt), fmt.Sprintf("draft %s was deleted on the platform", current.ID))
	case d.replace:
		return d.replaced(current.Attempt, current)
	}
	step := d.of(Conflict, current, fmt.Sprintf("job %s was deleted on the platform", current.ID))
	step.Advice = replaceAdvice(d.job.Name)
	return step
}

// underWay is for a run whose end the journal has not seen. It is what --replace
// asked for, if that was asked: the same command again goes on with it.
func (d decision) underWay(current state.Run) Step {
	history := d.seen.Statuses[current.ID]
	step := d.of(Resume, current, resumeReason(current, history))
	step.Running = len(history) > 0
	_, step.Over = verdict.Judge(history)
	return step
}

// settled is for a run that came to its end.
func (d decision) settled(current state.Run) Step {
	step := d.of(Unchanged, current, fmt.Sprintf("%s as %s", current.Verdict, current.ID))
	switch {
	case verdict.Verdict(current.Verdict) != verdict.Succeeded:
		step.Reasons = append(step.Reasons, current.Reason)
		step.Advice = replaceAdvice(d.job.Name)
	case len(d.seen.Missing[d.job.Name]) > 0:
		step.Action = Fetch
		step.Reasons = append(step.Reasons, missingReason(d.seen.Missing[d.job.Name]))
	}
	return step
}

// replaced is the attempt after the given one, or what another machine has
// already made of it.
func (d decision) replaced(attempt int, last state.Run) Step {
	key := d.key(attempt + 1)
	if found, ok := d.seen.best(key); ok {
		return d.adopted(found)
	}
	step := d.creates(Rerun, key, "replaced on request")
	step.Last = last
	return step
}

// active tells that a run may be under way on the platform. Only a draft
// without any status is known not to be; a run that was submitted, or was about
// to be a moment ago, may not show its first status yet.
func (d decision) active(run state.Run) bool {
	if run.Stage == state.StageCreating || run.Stage == state.StageFinished || d.seen.Gone[run.ID] {
		return false
	}
	history := d.seen.Statuses[run.ID]
	if len(history) == 0 {
		recent := run.Stage == state.StageSubmitting && d.seen.Now.Sub(run.SubmittingAt) < settleTime
		return run.Stage == state.StageSubmitted || recent
	}
	_, done := verdict.Judge(history)
	return !done
}

// conflict refuses to start a run while another of the same job is under way:
// both would be billed.
func (d decision) conflict(rival state.Run) Step {
	step := d.of(Conflict, rival, fmt.Sprintf("it changed while run %s is still active", rival.ID))
	step.Advice = "wait for it to end, or stop it on the platform; then apply again"
	return step
}

// of is a step that speaks of a run in the journal.
func (d decision) of(action Action, run state.Run, reason string) Step {
	return Step{
		Job: d.job, Action: action, Key: d.key(max(1, run.Attempt)), ID: run.ID, Stage: run.Stage, Last: run, Reasons: []string{reason},
	}
}

func (d decision) creates(action Action, key Key, reasons ...string) Step {
	return Step{Job: d.job, Action: action, Key: key, Reasons: reasons}
}

func (d decision) key(attempt int) Key {
	return Key{Digest: d.job.Digest, Name: d.job.Name, Generation: 1, Attempt: attempt}
}

func replaceAdvice(name string) string {
	return "--replace " + name + " runs it again unchanged; download fetches what it left"
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

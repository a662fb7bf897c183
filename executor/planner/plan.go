// Package planner works out what each job needs, and why. Observe reads what the
// platform and the disk hold; New decides, purely: the same values give the same plan.
//
// A job is first decided alone (decide.go), then in the light of the jobs that it builds
// on (upstream.go), of active rivals and of what its manifest forbids. The package
// changes nothing: it sends GET requests only, and writes no journal.
package planner

import (
	"context"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Action is what a job needs.
type Action string

// The actions, from nothing to most.
const (
	Unchanged Action = "unchanged" // it ran, and nothing that matters changed
	Fetch     Action = "fetch"     // it ran; result files are missing here
	Judge     Action = "judge"     // it ran; what success means changed
	Running   Action = "running"   // its run is under way, and is what is wanted
	Resume    Action = "resume"    // its draft is on the platform already: continue with it
	Rerun     Action = "rerun"     // it ran, and something that matters changed
	Run       Action = "run"       // it never ran
	Blocked   Action = "blocked"   // a job that it builds on did not succeed
	Conflict  Action = "conflict"  // a person must decide first
	Refused   Action = "refused"   // the manifest forbids what is wanted
	Withheld  Action = "withheld"  // apply --collect does not start it, see package review
)

// Step is what one job needs, and why.
type Step struct {
	Job      resolver.Job
	Action   Action
	Reasons  []string // in words, never empty unless nothing is to say
	Changes  []Change // what differs from the last run, for Rerun
	Key      once.Key // of the run that Apply is to reach
	Attempts int      // number of the newest attempt of that content and generation, also one that builds on other runs; 0 for none
	ID       string   // on the platform, when there is one
	Stage    state.Stage
	Last     state.Run       // the run that Unchanged, Running, Fetch and Judge speak of
	Surplus  []once.Found    // drafts with the key of that run or of another that was paid, which a crash or another runner left
	Replaces bool            // a person wants it to run again, after Last
	Stop     []Rival         // active runs of the job that are stopped first
	Hint     string          // what to type next, for Conflict, Refused and failed runs
	Refusal  diag.Diagnostic // of Refused: the key that forbids it
	Upstream string          // the runs of other jobs that it builds on
	Since    time.Time       // no job with the key is older, by the platform's dates; zero when that is not known
	Source   source.Source   // of a run that Apply starts, for those who ask where it comes from; New leaves it empty
}

// Rival is another active run of a job.
type Rival struct {
	ID  string
	Key string
}

// Settled reports whether the journal knows how the run of this job ended.
func (s Step) Settled() bool { return s.Action == Unchanged || s.Action == Fetch }

// Pending reports whether something is to change for this job: Apply would create,
// submit, stop or delete, judge again, or fetch a file that is wanted here; or it would
// if nothing stood in the way. What it would only wait for is not pending.
func (s Step) Pending() bool {
	switch s.Action {
	case Run, Rerun, Resume, Judge, Fetch, Conflict, Refused:
		return true
	case Unchanged, Running, Blocked, Withheld:
	}
	return len(s.Surplus) > 0
}

// Creates reports whether Apply would make a new job on the platform.
func (s Step) Creates() bool { return s.Action == Run || s.Action == Rerun }

// Spends reports whether Apply would submit: a new job, or a draft that is there.
func (s Step) Spends() bool {
	return s.Creates() || s.Action == Resume
}

// Plan is one step for each job, in the order of the manifest, and the inputs of new
// runs. Each content is named once.
type Plan struct {
	Steps    []Step
	Uploads  []files.Input  // to be uploaded
	Reused   []files.Input  // found on the platform, with ID; what the journal knows is not among them
	Stock    inputs.Stock   // what was seen of them
	Recalled []state.Record // what the platform has shown and the journal does not know, as far as it is to
	Bounds   []Bound        // how many runs may be active at once
	Prune    []Pruned       // runs to stop whose jobs are in no manifest any more; New leaves it empty
	Prunable []Pruned       // such runs, which nobody has asked to stop; New leaves it empty
}

// Pruned is an active run whose job a commit has removed from its manifest.
type Pruned struct {
	Name      string // of the job
	Namespace string // of that name
	ID        string
	Commit    string // that removed it
}

// Bound is how many runs of some jobs may be active at once (limits.maxRunning).
type Bound struct {
	Most int
	Jobs []once.Job // in the order of the manifest, also those that the plan leaves out
}

// boundsOf are the bounds that some of the jobs have, in the order of the manifest.
func boundsOf(jobs []resolver.Job) (bounds []Bound) {
	names := make(map[string]string, len(jobs)) // namespaces, by job
	for _, job := range jobs {
		names[job.Name] = job.Namespace
	}
	known := make(map[*spec.Seats]bool)
	for _, job := range jobs {
		seats := job.Limits.Seats
		if seats == nil || known[seats] {
			continue
		}
		known[seats] = true
		bound := Bound{Most: seats.Most}
		for _, name := range seats.Jobs {
			namespace, planned := names[name]
			if !planned {
				namespace = job.Namespace
			}
			bound.Jobs = append(bound.Jobs, once.Job{Namespace: namespace, Name: name})
		}
		bounds = append(bounds, bound)
	}
	return bounds
}

// Pending reports whether Apply would do something.
func (p Plan) Pending() bool { return len(p.Prune) > 0 || slices.ContainsFunc(p.Steps, Step.Pending) }

// Spending returns the steps for which Apply would submit.
func (p Plan) Spending() (list []Step) {
	for i := range p.Steps { // a step is large, and a plan mostly has none of these
		if p.Steps[i].Spends() {
			list = append(list, p.Steps[i])
		}
	}
	return list
}

// Since returns the date before which nothing matters to a run that Apply would start;
// zero when unknown.
func (p Plan) Since() (first time.Time) {
	for i, s := range p.Spending() {
		if i == 0 || s.Since.Before(first) {
			first = s.Since
		}
	}
	return first
}

// Count returns how many steps have the action.
func (p Plan) Count(a Action) int {
	n := 0
	for _, s := range p.Steps {
		if s.Action == a {
			n++
		}
	}
	return n
}

// Options are a person's wishes that change what a plan decides.
type Options struct {
	Replace []string          // names of jobs to run again although nothing changed, sorted
	After   map[string]string // the same by name, each only as long as the run of this id is its newest
	Failed  bool              // also the jobs whose newest run failed or was stopped
	Keep    bool              // no run that is over is followed by another attempt, whatever the manifest says
	Command string            // how this tool was called, for hints
	Rivals  Rivalry           // what happens to runs of a job that are in the way
	NoReuse bool              // inputs are uploaded although the platform has them
	NoFetch bool              // results are not wanted on this machine
}

// Rivalry says what happens to an active run of a job whose manifest changed.
type Rivalry string

// What happens to a rival. Two runs of one job are never billed at once.
const (
	RefuseRivals Rivalry = ""     // a conflict, which a person must decide
	StopRivals   Rivalry = "stop" // they are stopped first
)

// New decides what every job needs. It is pure: the same values give the
// same plan.
func New(jobs []resolver.Job, snapshot state.Snapshot, seen Observation, options Options) Plan {
	seen = seen.indexed()
	seen.looked = true
	plan := Plan{Steps: make([]Step, len(jobs)), Stock: seen.Stock, Bounds: boundsOf(jobs)}
	jobs, snapshot, plan.Recalled = seen.know(jobs, snapshot, options)
	seen.Unused = unused(jobs, snapshot, options.Replace)
	obstacles, pending, changed := gather[string](), gather[bool](), gather[bool]()
	chain.Walk(Links(jobs), func(i int, upstream string) chain.Version {
		decision := seen.decide(jobs[i], snapshot, options, upstream)
		step := decision.blocked(decision.step(), obstacles.of(jobs[i]))
		step = explained(step, changed)
		obstacles.jobs[step.Job.Name] = obstacle(step)
		changed.jobs[step.Job.Name] = step.Creates() && !step.again()
		plan.Steps[i] = after(step, pending)
		pending.jobs[step.Job.Name] = !step.Settled() && step.Action != Blocked
		return version(step.Key)
	})
	plan.Recalled = withoutDrafts(seen.withoutStrangers(plan.Recalled), plan.Steps)
	seen.showCommands(&plan)
	plan.sort(snapshot)
	return plan
}

// Finder reads jobs and files.
type Finder interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	results.Reader
}

// Observer reads what a plan needs.
type Observer interface {
	Finder
	inputs.Finder
}

// Package planner works out what each job needs, and why. Observe reads what the
// platform and the disk hold; New decides, purely: the same values give the same plan.
//
// A job is decided about alone (decide.go), then in the light of those that it builds
// on (upstream.go), of rivals that are still running and of what its manifest forbids.
// The package changes nothing: it sends GET requests only, and writes no journal.
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
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// Action is what a job needs.
type Action string

// The actions, from nothing to most.
const (
	Unchanged Action = "unchanged" // it ran, and nothing that matters changed
	Fetch     Action = "fetch"     // it ran; result files are missing here
	Judge     Action = "judge"     // it ran; what success means changed
	Resume    Action = "resume"    // it is on the platform already: go on with it
	Rerun     Action = "rerun"     // it ran, and something that matters changed
	Run       Action = "run"       // it never ran
	Blocked   Action = "blocked"   // a job that it builds on did not succeed
	Conflict  Action = "conflict"  // a person must decide first
	Refused   Action = "refused"   // the manifest forbids what is wanted
)

// Step is what one job needs, and why.
type Step struct {
	Job     resolver.Job
	Action  Action
	Reasons []string // in words, never empty unless nothing is to say
	Changes []Change // what differs from the last run, for Rerun
	Key     once.Key // of the run that Apply is to reach
	ID      string   // on the platform, when there is one
	Stage   state.Stage
	Running bool            // the platform shows statuses for ID: it was submitted
	Over    bool            // the statuses say that it came to its end
	Last    state.Run       // the run that Unchanged, Fetch and Judge speak of
	Spare   []once.Found    // other jobs with the key, which a crash or another runner left
	Stop    []Rival         // active runs of the job that are stopped first
	Advice  string          // what to type next, for Conflict, Refused and failed runs
	Refusal diag.Diagnostic // of Refused: the key that forbids it
	Lineage string          // the runs of other jobs that it builds on
	Since   time.Time       // no job with the key is older, by the platform's dates; zero when that is not known
}

// Rival is another run of a job that is under way.
type Rival struct {
	ID  string
	Key string
}

// Settled tells that the journal knows how the run of this job ended.
func (s Step) Settled() bool { return s.Action == Unchanged || s.Action == Fetch }

// Pending tells that Apply would do something for this job.
func (s Step) Pending() bool { return s.Action != Unchanged && s.Action != Blocked }

// Creates tells that Apply would make a new job on the platform.
func (s Step) Creates() bool { return s.Action == Run || s.Action == Rerun }

// Spends tells that Apply would submit: a new job, or a draft that is there.
func (s Step) Spends() bool {
	return s.Creates() || s.Action == Resume && s.Stage != state.StageSubmitted && !s.Running
}

// Plan is one step for each job, in the order of the manifest, and what becomes
// of the inputs of new runs. Each content is named once.
type Plan struct {
	Steps   []Step
	Uploads []files.Input // to be uploaded
	Reused  []files.Input // found on the platform, with ID; what the journal knows is not among them
	Stock   inputs.Stock  // what was seen of them
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
	Replace []string // names of jobs to run again although nothing changed, sorted
	Rivals  Rivalry  // what happens to runs of a job that are in the way
	NoReuse bool     // inputs are uploaded although the platform has them
}

// Rivalry says what happens to an active run of a job whose manifest changed.
type Rivalry string

// The ways with a rival. Two runs of one job are never paid at a time.
const (
	RefuseRivals Rivalry = ""     // a conflict, which a person must decide
	StopRivals   Rivalry = "stop" // they are stopped first
)

// New decides what every job needs. It is pure: the same values give the
// same plan.
func New(jobs []resolver.Job, snapshot state.Snapshot, seen Observation, options Options) Plan {
	seen.byJob = index(seen.Found)
	plan := Plan{Steps: make([]Step, len(jobs)), Stock: seen.Stock}
	obstacles, pending := gather[string](), gather[bool]()
	chain.Walk(Links(jobs), func(i int, lineage string) chain.Version {
		step := blocked(seen.decide(jobs[i], snapshot, options, lineage).step(), obstacles.of(jobs[i]))
		obstacles.jobs[step.Job.Name] = obstacle(step)
		plan.Steps[i] = after(step, pending)
		pending.jobs[step.Job.Name] = !step.Settled() && step.Action != Blocked
		return version(step.Key)
	})
	plan.sort(snapshot)
	return plan
}

// Finder reads what is there.
type Finder interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	results.Platform
}

// Observer reads what a plan needs.
type Observer interface {
	Finder
	inputs.Finder
}

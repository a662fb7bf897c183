// Package executor makes the platform run what the manifest says, exactly once.
//
// Package planner reads what the platform and the disk hold, and decides what each job
// needs and why. Apply does it (upload, create, submit, poll, download), and writes every
// step to the journal before and after it happens. Apply is the only code that changes the
// world.
//
// Creating a job on the platform saves a draft, which costs nothing; only submit spends
// money, and it acts on an id. So a run is recorded as "creating" with its key before the
// draft is made, as "created" with its id after, as "submitting" before the money is spent
// and as "submitted" after. Whenever a process dies, the next one reads from the journal,
// or finds by the marker in the job's name, how far the run got, and continues from there
// (design.md §4).
//
// The package knows no YAML, no flags and no terminal.
package executor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/crew"
	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/label"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/seats"
	"github.com/rescale-apply/rescale-apply/executor/shelf"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/executor/watch"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// Journal records every step before and after it happens. Append returns once the records
// are safe on disk; its error stops the run.
type Journal interface {
	Append(...state.Record) error
	Snapshot() state.Snapshot
}

// Executor applies plans.
type Executor struct {
	Platform Platform
	Journal  Journal
	Owner    string         // e-mail of the account, as the platform writes it
	Company  string         // code of the account's organization; may be empty
	Parallel int            // transfers and requests at once, not jobs that run; 0 means 4
	Interval time.Duration  // between two looks at the jobs that run; 0 means 30 s
	NoWait   bool           // return when everything is submitted
	NoQueue  bool           // give a job up rather than wait for another runner's draft
	NoFetch  bool           // results are not wanted on this machine
	NoReuse  bool           // inputs are uploaded although the platform has them
	Alone    bool           // nobody else can use the platform: every draft of ours is a leftover
	Command  string         // how this tool was called, for hints
	Random   func() float64 // in [0, 1), for pauses; nil means a good one
	Notify   func(Event)    // called for one event at a time; nil is fine
	Pace     time.Duration  // between two events about one transfer; 0 means 100 ms

	// Permit is asked right before a run is started or a rival stopped, besides what the plan
	// says; nil permits all. Its error is that of the job, for which nothing is sent then.
	Permit func(planner.Step) error

	Secrets map[string]rescale.Secret // values of the jobs' secrets, by name
	Redact  func(string) string       // makes what a job printed fit to be shown; nil is fine
}

// ConflictError reports that a person must decide before a job is started.
type ConflictError struct{ Step planner.Step }

// Error names the job and the conflict.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("applying job %q: %s", e.Step.Job.Name, e.Step.Reasons[0])
}

// Hint says how to decide.
func (e *ConflictError) Hint() string { return e.Step.Hint }

// Apply brings every job of the plan to the state that the manifest asks for. It returns an
// outcome for each job, in the order of the plan, even when it is interrupted; the error is
// for a plan that must not be applied.
func (e *Executor) Apply(ctx context.Context, plan planner.Plan) (Report, error) {
	if refused := plan.Refusals(); len(refused) > 0 {
		return Report{}, &guard.Error{Refusals: refused}
	}
	if len(plan.Recalled) > 0 { // what the plan has found: the rest need not ask where a run is known from
		if err := e.Journal.Append(plan.Recalled...); err != nil {
			return Report{}, err
		}
	}
	a := e.application(plan)
	watchCtx, endWatch := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { a.watch.Run(watchCtx) })

	report := Report{Outcomes: make([]Outcome, len(plan.Steps))}
	a.working.Add(len(plan.Steps))
	for i := range plan.Steps {
		a.begin(ctx, task{&plan.Steps[i], &report.Outcomes[i]})
	}
	if len(plan.Bounds) > 0 {
		watching.Go(func() { a.seats.Run(watchCtx) })
	}
	a.working.Wait()
	endWatch()
	watching.Wait()
	return report, nil
}

// application returns an apply that is ready to begin.
func (e *Executor) application(plan planner.Plan) *application {
	a := &application{
		Executor: e,
		before:   e.Journal.Snapshot(),
		slots:    semaphore.NewWeighted(int64(e.parallel())),
		starts:   crew.New(starting),
		ends:     crew.New(ending),
		ahead:    crew.New(starting),
		listing:  &outputs.Listing{Platform: e.Platform},
		steps:    make(map[string]*planner.Step, len(plan.Steps)),
		notify:   func(Event) {},
	}
	if e.Notify != nil {
		a.notify = Paced(e.Pace, e.Notify)
	}
	a.store = &inputs.Store{
		Platform: e.Platform, Journal: e.Journal, Known: a.before, Found: plan.Stock, Report: a, Parallel: e.parallel(),
		Look: e.lookFor(a.before),
	}
	a.shelf = &shelf.Shelf{Platform: e.Platform, Warn: a.Warn}
	a.watch = watch.New(e.Platform, e.interval(), a, e.Random)
	a.starter = &once.Starter{
		Platform: e.Platform, Journal: e.Journal, Owner: e.Owner, Report: a, Since: plan.Since(),
		Alone: e.Alone, Yield: e.NoQueue, Random: e.Random, Stuck: a.watch.Stuck,
	}
	a.seats = a.newSeats(plan)
	a.starter.Expect(a.openGates(plan.Steps), e.parallel())
	return a
}

// lookFor looks for inputs made from other jobs' results, which no plan could know.
func (e *Executor) lookFor(known state.Snapshot) func(context.Context, []files.Input) (inputs.Stock, error) {
	search := inputs.Search{Owner: e.Owner, Known: known}
	if e.NoReuse {
		search.Scope = inputs.Nowhere
	}
	return func(ctx context.Context, wanted []files.Input) (inputs.Stock, error) {
		search := search
		search.Wanted = wanted
		return inputs.Look(ctx, e.Platform, search)
	}
}

func (e *Executor) parallel() int {
	if e.Parallel > 0 {
		return e.Parallel
	}
	return 4
}

// defaultInterval is what official clients use (rescale-api.md §8.4).
const defaultInterval = 30 * time.Second

func (e *Executor) interval() time.Duration {
	if e.Interval > 0 {
		return e.Interval
	}
	return defaultInterval
}

// application is one Apply in progress.
type application struct {
	*Executor
	before  state.Snapshot      // the journal when the apply began
	starter *once.Starter       // brings runs to submitted
	store   *inputs.Store       // brings inputs onto the platform
	shelf   *shelf.Shelf        // tidies them
	slots   *semaphore.Weighted // bounds the jobs that fetch results at once
	watch   *watch.Watch
	gates   *chain.Gates             // hold back the jobs that build on others
	listing *outputs.Listing         // what jobs take of others
	steps   map[string]*planner.Step // by the name of the job
	notify  func(Event)
	starts  *crew.Crew   // on the way to submitted runs
	ends    *crew.Crew   // after the runs
	ahead   *crew.Crew   // inputs of jobs that wait for a seat
	seats   *seats.Seats // of jobs of which only so many may run
	places  sync.Map     // of those who start, *crew.Place by the name of the job
	// switched holds the runs of jobs that run on something else than was planned, ids by the
	// name of the job.
	switched sync.Map
	working  sync.WaitGroup // jobs that are not done
}

// limited runs f while holding one of the slots.
func (a *application) limited(ctx context.Context, f func() error) error {
	return patience.Within(ctx, a.slots, f)
}

// fromRun repeats what the journal knows about a run that ended earlier.
func (o *Outcome) fromRun(step planner.Step) {
	run := step.Last
	o.Verdict, o.Reason, o.Status = verdict.Verdict(run.Verdict), run.Reason, run.Status
	o.Started, o.Ended, o.CoreHours, o.Cost = run.Started, run.Ended, run.CoreHours, run.Cost
	if len(run.Outputs) > 0 {
		o.To = results.Of(step.Job).Folder()
	}
}

// RunningError reports that waiting for a run ended before the run did.
type RunningError struct {
	ID     string
	Status string // last seen; may be empty
	Err    error  // why the wait ended: an interrupt, a time limit
}

// Error says what the run is doing.
func (e *RunningError) Error() string {
	if e.Status == "" {
		return "still on the platform as " + e.ID
	}
	return "still " + e.Status
}

// Unwrap returns the cause.
func (e *RunningError) Unwrap() error { return e.Err }

// finish judges a run that has ended, and fetches its results.
func (a *application) finish(ctx context.Context, t task, end watch.Ending) {
	out := t.out
	if end.Err != nil {
		out.left(ctx, end)
		return
	}
	cores, rate := a.hardware(ctx, t.Step.Job, out.ID)
	out.took(end.Judgement, cores, rate)
	out.Err = a.conclude(ctx, *t.Step, out, end.Judgement)
}

// hardware returns the cores of a run and the price of a core-hour, in USD, by what the
// platform has of it where the manifest leaves that open.
func (a *application) hardware(ctx context.Context, job resolver.Job, id string) (cores int, rate float64) {
	cores, rate = job.Cores(), job.Estimate.Rate
	if !slices.ContainsFunc(job.Tiles, func(t resolver.Tile) bool { return len(t.Types) > 0 }) {
		return cores, rate
	}
	stored, err := a.Platform.Job(ctx, id)
	if err != nil || len(stored.Tiles) == 0 {
		return cores, rate
	}
	cores = 0
	for _, t := range stored.Tiles { // one after the other
		cores = max(cores, t.CoresPerSlot*max(1, t.Slots))
	}
	as, is := job.On(resolver.RanOn(stored))
	if !is {
		return cores, 0 // nobody knows the price
	}
	return cores, as.Estimate.Rate
}

// left notes that waiting for a run ended before the run did.
func (o *Outcome) left(ctx context.Context, end watch.Ending) {
	o.Status, o.Err = end.Seen, end.Err
	if ctx.Err() != nil {
		o.Err = &RunningError{ID: o.ID, Status: o.Status, Err: end.Err}
	}
}

// fetchAgain fetches results of a run that ended earlier.
func (a *application) fetchAgain(ctx context.Context, step planner.Step, out *Outcome) error {
	err := a.limited(ctx, func() error { return a.fetch(ctx, step, out) })
	if !patience.NotFound(err) {
		return err
	}
	out.Hint = a.again(step)
	return fmt.Errorf("fetching the results of run %s: %w", step.ID, err)
}

// judgeAgain judges a run that ended earlier by the manifest's present checks.
func (a *application) judgeAgain(ctx context.Context, step planner.Step, out *Outcome) error {
	out.Verdict, out.Reason = "", ""
	var history []rescale.Status
	err := a.limited(ctx, func() (err error) {
		history, err = a.Platform.Statuses(ctx, step.ID)
		return err
	})
	if patience.NotFound(err) {
		out.Hint = a.again(step)
	}
	if err != nil {
		return fmt.Errorf("judging run %s again: %w", step.ID, err)
	}
	judgement, over := verdict.Judge(history)
	if !over {
		return fmt.Errorf("judging run %s again: the platform no longer calls it over", step.ID)
	}
	return a.conclude(ctx, step, out, judgement)
}

// again says how to follow the run of a step by another.
func (a *application) again(step planner.Step) string {
	return planner.AgainHint(a.Command, step.Job, planner.Rival{ID: step.ID, Key: step.Key.String()})
}

// conclude adds the manifest's checks to what the platform says about a run that is over,
// records the verdict, and fetches the results.
func (a *application) conclude(ctx context.Context, step planner.Step, out *Outcome, j verdict.Judgement) error {
	checks := success.Of(step.Job.Success)
	j, err := a.examiner(step.Job.Name, out.ID).Judge(ctx, out.ID, j, checks)
	if err != nil {
		return err
	}
	j = a.examiner(step.Job.Name, out.ID).Which(ctx, out.ID, j, checks)
	out.Verdict, out.Reason, out.Status, out.Run = j.Verdict, j.Reason, j.Status, j.Run
	err = a.Journal.Append(state.Record{
		Kind: state.KindFinished, Job: step.Job.Name, Key: step.Key.String(), ID: out.ID,
		Verdict: string(out.Verdict), Reason: out.Reason, Checks: checks.String(), Started: out.Started, Ended: out.Ended,
		CoreHours: out.CoreHours, Cost: out.Cost,
	})
	if err != nil {
		return err
	}
	if out.Verdict == verdict.Succeeded {
		a.end(step, *out) // others need not wait for what is downloaded here
	}
	a.mark(ctx, *out, checks)
	return a.limited(ctx, func() error { return a.collect(ctx, step, out) })
}

// collect fetches the results of a run that is over.
func (a *application) collect(ctx context.Context, step planner.Step, out *Outcome) error {
	if out.Verdict != verdict.Succeeded {
		out.Hint = planner.FailedHint(a.Command, step, out.ID, out.Verdict)
		out.Log, out.Run = failureLog{a.Platform, a.Redact, out.Run}.of(ctx, out.ID)
	}
	if err := a.retire(ctx, step, out); err != nil {
		return err
	}
	if a.NoFetch || !results.Wanted(step.Job, out.Verdict) {
		return nil
	}
	return a.fetch(ctx, step, out)
}

// mark leaves the verdict of the checks on the platform, so that a plan without a journal
// need not look at the outputs again.
func (a *application) mark(ctx context.Context, out Outcome, checks success.Checks) {
	checked := out.Verdict == verdict.Succeeded || out.Verdict == verdict.SuccessCheckFailed
	if tag := checks.Tag(out.Verdict); checked && tag != "" {
		a.labeler().Mark(ctx, label.Wish{Job: out.Job, ID: out.ID}, success.TagPrefix, tag)
	}
}

// How long the platform may take to list the outputs of a run that has ended.
const (
	outputPause = 5 * time.Second
	outputLooks = 25
)

func (a *application) examiner(job, id string) success.Examiner {
	return success.Examiner{
		Platform: a.Platform, Looks: outputLooks, Pause: min(outputPause, a.interval()), Hold: a.limited,
		Tell: func(f rescale.File) {
			a.notify(Event{Type: EventReading, Job: job, ID: id, File: f.RelativePath, Size: f.Size})
		},
		Late: func(why error, until time.Time) {
			a.Warn(job, fmt.Sprintf("%v; looking again until %s at the longest", why, until.Local().Format(time.TimeOnly)))
		},
	}
}

// took notes when a run was, how long it took and what that cost, at a rate in USD per
// core-hour.
func (o *Outcome) took(j verdict.Judgement, cores int, rate float64) {
	o.Started, o.Ended, o.Status = j.Started, j.Ended, j.Status
	if j.Started.IsZero() || j.Ended.Before(j.Started) {
		return
	}
	o.CoreHours = float64(cores) * j.Ended.Sub(j.Started).Hours()
	o.Cost = o.CoreHours * rate
}

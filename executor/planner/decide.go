package planner

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// decision is all that is known about one job when its action is chosen.
type decision struct {
	job     resolver.Job
	runs    []state.Run // of this name, oldest first
	seen    Observation
	replace bool // a person wants it to run again
	rivals  Rivalry
	lineage string // the runs of other jobs that it is to build on
}

func (o Observation) decide(job resolver.Job, snapshot state.Snapshot, options Options, lineage string) decision {
	_, replace := slices.BinarySearch(options.Replace, job.Name)
	return decision{
		job: job, runs: snapshot.Runs[job.Name], seen: o,
		replace: replace, rivals: options.Rivals, lineage: lineage,
	}
}

// step is what the job wants, unless that would bill two runs of it at a time.
func (d decision) step() Step {
	step := d.wanted()
	step.Lineage = d.lineage
	if !step.Spends() {
		return step
	}
	if refusal, refused := d.forbidden(step); refused {
		return refuse(step, refusal)
	}
	rivals := d.active(step)
	switch {
	case len(rivals) == 0:
	case d.rivals == StopRivals:
		step.Stop = rivals
		for _, r := range rivals {
			step.Reasons = append(step.Reasons, fmt.Sprintf("run %s is stopped first", r.ID))
		}
	default:
		return conflict(step, rivals[0])
	}
	return step
}

// wanted looks at one job alone.
func (d decision) wanted() Step {
	t := d.target()
	switch current := t.current; {
	case t.open:
		return d.unrecorded(t)
	case d.seen.Gone[current.ID]:
		step := d.of(Conflict, current, fmt.Sprintf("job %s was deleted on the platform", current.ID))
		step.Advice = AgainAdvice(d.job)
		return step
	case current.Stage != state.StageFinished:
		return d.underWay(current)
	default:
		return d.settled(current)
	}
}

// unrecorded is for a run of which the journal has no job. The platform may know
// more: other machines keep other journals.
func (d decision) unrecorded(t target) Step {
	found, ok := d.seen.best(t.key, t.built)
	switch {
	case t.drafted && (!ok || found.ID == t.current.ID):
		return d.underWay(t.current)
	case !ok:
		return d.creates(t)
	}
	judged, over := found.Verdict()
	judged = judged.Checked(d.seen.Failed[found.ID])
	next := target{current: t.current, key: d.beyond(), open: true}
	switch {
	case found.Submitted() && found.Upstream != d.lineage:
		next.because = ranAgain(found.Upstream, d.lineage)
		return d.unrecorded(next)
	case t.because == replaced, !over:
		return d.adopted(found)
	case d.replace:
		next.because = replaced
		return d.unrecorded(next)
	case retries(d.job, judged.Verdict):
		next.because = d.retrying(string(judged.Verdict), found.ID)
		return d.unrecorded(next)
	}
	return d.adopted(found)
}

// creates makes a new job, and says why.
func (d decision) creates(t target) Step {
	step := Step{Job: d.job, Action: Run, Key: t.key, Last: t.current, Reasons: []string{t.because}, Since: d.seen.Horizon}
	switch {
	case t.because != "" && t.key.Attempt > 1:
		step.Action = Rerun
	case t.because != "":
	case len(d.runs) == 0:
		step.Reasons = []string{"new"}
	default:
		step.Action, step.Last = Rerun, d.runs[len(d.runs)-1]
		step.Changes, step.Reasons = since(step.Last, d.job)
	}
	return step
}

// adopted is for a run that only the platform remembers.
func (d decision) adopted(found once.Found) Step {
	step := Step{
		Job: d.job, Key: found.Key, ID: found.ID, Stage: state.StageCreated, Action: Resume, Spare: d.seen.spare(found),
		Reasons: []string{fmt.Sprintf("draft %s found on the platform", found.ID)},
	}
	step.Since = found.Inserted
	for _, f := range step.Spare {
		if f.Inserted.Before(step.Since) {
			step.Since = f.Inserted
		}
	}
	if found.Submitted() {
		step.Stage, step.Running = state.StageSubmitted, true
		_, step.Over = found.Verdict()
		step.Reasons = []string{fmt.Sprintf("run %s found on the platform, %s", found.ID, found.History[0].Status)}
	}
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
	if !d.judged(current) {
		return d.judges(current)
	}
	step := d.of(Unchanged, current, fmt.Sprintf("%s as %s", current.Verdict, current.ID))
	if verdict.Verdict(current.Verdict) != verdict.Succeeded {
		step.Reasons = append(step.Reasons, current.Reason)
		step.Advice = FailedAdvice(d.job, verdict.Verdict(current.Verdict))
	}
	if missing := d.seen.Missing[d.job.Name]; len(missing) > 0 {
		step.Action = Fetch
		step.Reasons = append(step.Reasons, missingReason(missing))
	}
	if next := d.waitedFor(current); d.replace && next != "" {
		step.Reasons = append(step.Reasons, "replaced already, for "+next)
		step.Advice = fmt.Sprintf("--target %s --replace %s runs it once more before %s", d.job.Name, d.job.Name, next)
	}
	return step
}

// judged tells that the verdict on a run stands.
func (d decision) judged(run state.Run) bool {
	return success.Of(d.job.Success).Judged(run) && !d.passes(run)
}

// passes tells that a run which failed a check does not fail it any more.
func (d decision) passes(run state.Run) bool {
	against, looked := d.seen.Failed[run.ID]
	return looked && len(against) == 0 && run.Verdict == string(verdict.SuccessCheckFailed)
}

// judges is for a run that came to its end, and whose success means something else now.
func (d decision) judges(current state.Run) Step {
	if current.Checks == "" {
		return d.of(Judge, current, fmt.Sprintf("success of %s is not checked yet", current.ID))
	}
	if d.passes(current) {
		return d.of(Judge, current, fmt.Sprintf("%s passes its checks now", current.ID))
	}
	return d.of(Judge, current, fmt.Sprintf("success changed since %s was judged", current.ID))
}

// of is a step that speaks of a run in the journal.
func (d decision) of(action Action, run state.Run, reason string) Step {
	return Step{
		Job: d.job, Action: action, Key: d.key(max(1, run.Attempt)), ID: run.ID, Stage: run.Stage, Last: run, Reasons: []string{reason},
		Since: run.Intent,
	}
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

// AgainAdvice says how a run is followed by another.
func AgainAdvice(job resolver.Job) string {
	if job.Protected.V {
		return "it is protected: to run it again, write protected: false first"
	}
	return "--replace " + job.Name + " runs it again unchanged"
}

// FailedAdvice says what can follow a run that did not succeed, and what will.
func FailedAdvice(job resolver.Job, v verdict.Verdict) string {
	advice := AgainAdvice(job)
	if retries(job, v) {
		advice = "the next apply starts another attempt, as rerun.onFailure is always"
	}
	return advice + "; download --all fetches what it left"
}

package executor

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
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
	return decision{
		job: job, runs: snapshot.Runs[job.Name], seen: o,
		replace: slices.Contains(options.Replace, job.Name), rivals: options.Rivals, lineage: lineage,
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

// target is the run that a job wants as far as the journal tells.
type target struct {
	current state.Run // the newest of this very content and generation; zero when there is none
	key     once.Key  // of the run
	open    bool      // nothing in the journal is this run: it is looked for on the platform, and else made
	built   string    // the lineage that a run of any attempt may have to be this one; empty for none
	because string    // why an open run is wanted although the journal knows current
	drafted bool      // current is a draft, which will do if no run is found that builds on the right ones
}

// target looks at the journal, at what became of the current run, and at whether
// a person or the manifest wants another attempt.
func (d decision) target() target {
	current, known := newest(d.runs, d.job, d.lineage)
	t := target{current: current, key: d.key(max(1, current.Attempt))}
	gone := d.seen.Gone[current.ID]
	switch {
	case !known:
		t.open, t.built = true, d.lineage
	case current.Stage == state.StageCreating:
		t.open, t.because, t.built = true, "an earlier create left nothing on the platform", d.elsewhere(current)
	case gone && current.Stage == state.StageCreated: // never billed
		t.open, t.because, t.built = true, fmt.Sprintf("draft %s was deleted on the platform", current.ID), d.elsewhere(current)
	case d.stale(current):
		t.open, t.because, t.key, t.built = true, ranAgain(current.Upstream, d.lineage), d.next(), d.lineage
	case d.unsubmitted(current) && d.elsewhere(current) != "":
		t.open, t.drafted, t.built = true, true, d.lineage
	case d.replace && (gone || d.replaceable(current)):
		t.open, t.because, t.key = true, replaced, d.next()
	case current.Stage == state.StageFinished && retries(d.job, verdict.Verdict(current.Verdict)) && d.judged(current):
		t.open, t.because, t.key = true, d.retrying(current.Verdict, current.ID), d.next()
	}
	return t
}

const replaced = "replaced on request"

// replaceable tells that --replace means one more run after the current one. A run
// that is not over is what was asked for, unless it is to be stopped.
func (d decision) replaceable(current state.Run) bool {
	if current.Stage != state.StageFinished {
		return d.rivals == StopRivals && d.activeRun(current)
	}
	return !d.cutShort(current)
}

// cutShort tells that a run is a replacement whose results never arrived, or which
// another job is still to build on: the same command, given again after a crash, goes
// on with it.
func (d decision) cutShort(current state.Run) bool {
	fetched := current.Selection != "" || len(d.seen.Missing[d.job.Name]) == 0
	return current.Attempt > 1 && (!fetched || d.waitedFor(current) != "")
}

// waitedFor is a job that is still to build on a replacement which succeeded.
func (d decision) waitedFor(current state.Run) string {
	if current.Verdict != string(verdict.Succeeded) || d.rivals == StopRivals {
		return ""
	}
	return d.seen.Unused[current.ID]
}

// retries tells that a run with this verdict is followed by another attempt. What a
// person stopped stays stopped, and what is protected is not run again.
func retries(job resolver.Job, v verdict.Verdict) bool {
	return job.Rerun.OnFailure.V == spec.Always && v != verdict.Succeeded && v != verdict.Stopped && !job.Protected.V
}

func (decision) retrying(v, id string) string {
	return fmt.Sprintf("%s as %s, and rerun.onFailure is always", v, id)
}

// newest is the last run of a job's content and generation in the journal: of those
// that build on the wanted runs of other jobs, if there is one.
func newest(runs []state.Run, job resolver.Job, lineage string) (newest state.Run, known bool) {
	for _, run := range slices.Backward(runs) {
		if run.Digest != job.Digest || run.Generation != generation(job) {
			continue
		}
		if run.Upstream == lineage {
			return run, true
		}
		if !known {
			newest, known = run, true
		}
	}
	return newest, known
}

// generation is the one that the manifest asks for.
func generation(job resolver.Job) int { return max(1, job.Rerun.Generation.V) }

// wanted looks at one job alone.
func (d decision) wanted() Step {
	t := d.target()
	switch current := t.current; {
	case t.open:
		return d.unrecorded(t)
	case d.seen.Gone[current.ID]:
		step := d.of(Conflict, current, fmt.Sprintf("job %s was deleted on the platform", current.ID))
		step.Advice = againAdvice(d.job)
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
		step.Reasons = []string{fmt.Sprintf("run %s found on the platform", found.ID)}
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
		step.Advice = failedAdvice(d.job, verdict.Verdict(current.Verdict))
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

// active are the runs of the job that may be under way, other than the step's own:
// those that the journal knows, and of this content those on the platform.
func (d decision) active(step Step) []Rival {
	var rivals []Rival
	known := map[string]bool{step.ID: true}
	for _, run := range d.runs {
		if !known[run.ID] && d.activeRun(run) {
			rivals = append(rivals, Rival{run.ID, run.Key})
		}
		known[run.ID] = true
	}
	for _, f := range d.seen.Found {
		if !known[f.ID] && f.Key.Name == d.job.Name && f.Active() {
			rivals = append(rivals, Rival{f.ID, f.Key.String()})
		}
	}
	return rivals
}

// activeRun tells that a run may be under way on the platform. Only a draft
// without any status is known not to be; a run that was submitted, or was about
// to be a moment ago, may not show its first status yet.
func (d decision) activeRun(run state.Run) bool {
	if run.Stage == state.StageCreating || run.Stage == state.StageFinished || d.seen.Gone[run.ID] {
		return false
	}
	history := d.seen.Statuses[run.ID]
	if len(history) == 0 {
		recent := run.Stage == state.StageSubmitting && d.seen.Now.Sub(run.SubmittingAt) < once.SettleTime
		return run.Stage == state.StageSubmitted || recent
	}
	_, done := verdict.Judge(history)
	return !done
}

// conflict refuses to start a run while another of the same job is under way:
// both would be billed.
func conflict(wanted Step, rival Rival) Step {
	wanted.Action, wanted.ID = Conflict, rival.ID
	wanted.Reasons = []string{fmt.Sprintf("it changed while run %s is still active", rival.ID)}
	wanted.Advice = "wait for it to end and apply again; or --replace-running stops it first"
	return wanted
}

// of is a step that speaks of a run in the journal.
func (d decision) of(action Action, run state.Run, reason string) Step {
	return Step{
		Job: d.job, Action: action, Key: d.key(max(1, run.Attempt)), ID: run.ID, Stage: run.Stage, Last: run, Reasons: []string{reason},
		Since: run.Intent,
	}
}

// next is the attempt after all that the journal knows of this content and generation.
func (d decision) next() once.Key {
	last := 0
	for _, run := range d.runs {
		if run.Digest == d.job.Digest && run.Generation == generation(d.job) {
			last = max(last, run.Attempt)
		}
	}
	return d.key(last + 1)
}

// beyond is the attempt after all that the journal knows or that the platform has
// billed. A draft on the platform is of this attempt, or of a later one: another
// runner is about to submit it, or has died before that.
func (d decision) beyond() once.Key {
	next := d.next()
	for _, f := range d.seen.Found {
		if f.Key == d.key(f.Key.Attempt) && f.Submitted() {
			next.Attempt = max(next.Attempt, f.Key.Attempt+1)
		}
	}
	return next
}

func (d decision) key(attempt int) once.Key {
	return once.Key{Digest: d.job.Digest, Name: d.job.Name, Generation: generation(d.job), Attempt: attempt}
}

// againAdvice says how a run is followed by another.
func againAdvice(job resolver.Job) string {
	if job.Protected.V {
		return "it is protected: to run it again, write protected: false first"
	}
	return "--replace " + job.Name + " runs it again unchanged"
}

// failedAdvice says what can follow a run that did not succeed, and what will.
func failedAdvice(job resolver.Job, v verdict.Verdict) string {
	advice := againAdvice(job)
	if retries(job, v) {
		advice = "the next apply starts another attempt, as rerun.onFailure is always"
	}
	return advice + "; download --all fetches what it left"
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

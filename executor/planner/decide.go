package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// decision is everything that is known about one job when its action is chosen.
type decision struct {
	job      resolver.Job
	runs     []state.Run // of this name, oldest first
	seen     Observation
	replace  bool // a person wants it to run again
	exact    bool // after this very run
	keep     bool // a failure stays
	command  string
	rivals   Rivalry
	upstream string // the runs of other jobs that it is to build on
}

func (o Observation) decide(job resolver.Job, snapshot state.Snapshot, options Options, upstream string) decision {
	d := decision{
		job: job, runs: o.dated(snapshot.Runs[job.Name]), seen: o,
		rivals: options.Rivals, upstream: upstream, command: options.Command, keep: options.Keep,
	}
	newest := newestSubmitted(d.runs)
	_, d.replace = slices.BinarySearch(options.Replace, job.Name)
	d.exact = newest.ID != "" && options.After[job.Name] == newest.ID
	failed := newest.Stage == state.StageFinished && newest.Verdict != string(verdict.Succeeded) && d.judged(newest)
	d.replace = d.replace || d.exact || options.Failed && failed
	return d
}

// dated sorts the runs of a job by when the platform made them, as it says now or as the
// journal has it. A run whose date is unknown comes after those that the journal knew
// before it, and not before its Since.
func (o Observation) dated(runs []state.Run) []state.Run {
	if len(runs) < 2 {
		return runs
	}
	told := make(map[string]time.Time)
	for _, f := range slices.Concat(o.ofJob(runs[0].Job), o.others(runs[0].Job)) {
		told[f.ID] = f.Inserted
	}
	made := make(map[string]time.Time, len(runs)) // by key
	var before time.Time
	for _, r := range runs {
		before = cmp.Or(told[r.ID], r.Inserted, r.Since, before)
		made[r.Key] = before
	}
	sorted := slices.Clone(runs)
	slices.SortStableFunc(sorted, func(a, b state.Run) int { return made[a.Key].Compare(made[b.Key]) })
	return sorted
}

// newestSubmitted returns the newest run that was billed; zero when there is none.
func newestSubmitted(runs []state.Run) state.Run {
	for _, run := range slices.Backward(runs) {
		if run.Billed() {
			return run
		}
	}
	return state.Run{}
}

// step returns what the job wants, unless that would bill two runs of it at once.
func (d decision) step() Step {
	step := d.wanted()
	step.Upstream = d.upstream
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
		return d.conflict(step, rivals[0])
	}
	return step
}

// wanted looks at one job alone.
func (d decision) wanted() Step {
	t := d.target()
	switch current := t.current; {
	case t.open:
		return d.unadopted(d.creates(t))
	case d.seen.Gone[current.ID]:
		step := d.of(Conflict, current, deleted(current))
		step.Hint = AgainHint(d.command, d.job, Rival{current.ID, current.Key})
		return step
	case current.Stage == state.StageSubmitted:
		return d.running(current)
	case current.Stage != state.StageFinished:
		return d.draft(current)
	default:
		return d.settled(current)
	}
}

// unadopted adds to a new run why what is adopted is not it.
func (d decision) unadopted(step Step) Step {
	if a, read := d.seen.Adopted[d.job.Name]; read && a.Run() && (!a.Holds() || step.Key.Generation > 1) {
		step.Reasons = append(step.Reasons, a.Reason(d.job))
	}
	return step
}

// deleted says what is known of a run that the platform no longer has.
func deleted(run state.Run) string {
	if run.Stage == state.StageSubmitting {
		return fmt.Sprintf("draft %s was about to be submitted, and was deleted on the platform: nobody knows whether it ran", run.ID)
	}
	return fmt.Sprintf("job %s was deleted on the platform", run.ID)
}

// creates returns the step that makes a new job, and says why.
func (d decision) creates(t target) Step {
	step := Step{Job: d.job, Action: Run, Key: t.key, Attempts: d.next().Attempt - 1, Last: t.current, Replaces: t.because == replaced, Reasons: []string{t.because}}
	if !d.seen.Unsearched[d.job.Name] {
		step.Since = d.seen.since(d.job.Name, d.seen.Since)
	}
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

// draft is for a job that was created and not submitted yet. It counts as what --replace
// asked for: the same command, repeated, continues it.
func (d decision) draft(current state.Run) Step {
	reason := fmt.Sprintf("draft %s is not submitted yet", current.ID)
	if history := d.seen.Statuses[current.ID]; len(history) > 0 {
		reason = fmt.Sprintf("%s is %s", current.ID, history[0].Status)
	}
	return d.of(Resume, current, reason)
}

// running is for a run that has not been seen to end.
func (d decision) running(current state.Run) Step {
	reason := fmt.Sprintf("%s was submitted", current.ID)
	if current.Status != "" {
		reason = fmt.Sprintf("%s is %s", current.ID, current.Status)
	}
	if history := d.seen.Statuses[current.ID]; len(history) > 0 {
		reason = fmt.Sprintf("%s is %s", current.ID, history[0].Status)
	}
	return d.of(Running, current, reason)
}

// settled is for a run that has ended.
func (d decision) settled(current state.Run) Step {
	if !d.judged(current) {
		return d.judges(current)
	}
	step := d.of(Unchanged, current, fmt.Sprintf("%s as %s", current.Verdict, current.ID))
	if verdict.Verdict(current.Verdict) != verdict.Succeeded {
		step.Reasons = append(step.Reasons, current.Reason)
		if reason := spentReason(d.job, verdict.Verdict(current.Verdict), step.Attempts); reason != "" {
			step.Reasons = append(step.Reasons, reason)
		}
		step.Hint = FailedHint(d.command, step, current.ID, verdict.Verdict(current.Verdict))
	}
	if missing := d.seen.Missing[d.job.Name]; len(missing) > 0 {
		step.Action = Fetch
		step.Reasons = append(step.Reasons, missingReason(missing))
	}
	if next := d.waitedFor(current); d.replace && next != "" {
		step.Reasons = append(step.Reasons, "replaced already, for "+next)
		step.Hint = Again(d.command, Rival{current.ID, current.Key}) + " runs it once more before " + next
	}
	return step
}

// judged reports whether the verdict on a run stands.
func (d decision) judged(run state.Run) bool {
	return success.Of(d.job.Success).Judged(run) && !d.passes(run)
}

// passes reports whether a run that failed a check passes it now.
func (d decision) passes(run state.Run) bool {
	against, looked := d.seen.Failed[run.ID]
	return looked && len(against) == 0 && run.Verdict == string(verdict.SuccessCheckFailed)
}

// judges is for a run that has ended, and whose success means something else now.
func (d decision) judges(current state.Run) Step {
	if current.Checks == "" {
		return d.of(Judge, current, fmt.Sprintf("success of %s is not checked yet", current.ID))
	}
	if d.passes(current) {
		return d.of(Judge, current, fmt.Sprintf("%s passes its checks now", current.ID))
	}
	return d.of(Judge, current, fmt.Sprintf("success changed since %s was judged", current.ID))
}

// of returns a step about a run in the journal.
func (d decision) of(action Action, run state.Run, reason string) Step {
	job, _ := variant(run, d.job)
	key := d.key(max(1, run.Attempt))
	key.Digest = run.Digest
	reasons := []string{reason}
	switch {
	case run.ID != "" && run.ID == d.job.Adopt.V:
		reasons = append(reasons, "adopted")
	case run.Adopted && !d.job.Adopt.Written():
		reasons = append(reasons, "adopted earlier, which only this state knows: another machine would run it")
	}
	return Step{
		Job: job, Action: action, Key: key, ID: run.ID, Stage: run.Stage, Last: run, Reasons: reasons,
		Since: d.seen.since(d.job.Name, run.Since), Surplus: d.surplus(run), Attempts: d.next().Attempt - 1,
	}
}

// As returns the step for the run of a job that another runner has started, in whatever
// digest of the content; false when that is another content, generation or attempt.
func (s Step) As(f once.Found) (Step, bool) {
	key := s.Key
	key.Digest = f.Key.Digest
	job, same := s.Job.Variant(f.Key.Digest, resolver.RanOn(f.Stored))
	s.Job, s.Key = job, key
	return s, same && key == f.Key
}

// Again returns a command to paste that follows runs by others, and that buys each of
// them once however often it is repeated. command is how this tool was called.
func Again(command string, runs ...Rival) string {
	var words []string
	if command != "" {
		words = append(words, command)
	}
	for _, r := range runs {
		key, _ := once.ParseKey(r.Key)
		words = append(words, "--replace", Quote(key.Name+"="+r.ID))
	}
	return strings.Join(words, " ")
}

// Quote returns a word that a shell takes literally.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./=:,+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// AgainHint says how to follow a run by another.
func AgainHint(command string, job resolver.Job, run Rival) string {
	if job.Protected.V {
		return "it is protected: to run it again, write protected: false first"
	}
	return Again(command, run) + " runs it again unchanged"
}

// FailedHint says what can follow the run with an id that a step has led to and that did not
// succeed, and what will.
func FailedHint(command string, step Step, id string, v verdict.Verdict) string {
	hint := AgainHint(command, step.Job, Rival{id, step.Key.String()})
	attempts := max(step.Attempts, step.Key.Attempt)
	switch reason := spentReason(step.Job, v, attempts); {
	case retries(step.Job, v, attempts):
		hint = "the next apply starts another attempt, as rerun.onFailure is always"
	case reason != "":
		hint = reason + "; " + hint
	}
	return hint + "; download --all fetches its files"
}

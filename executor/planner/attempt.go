package planner

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/overrun"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// target is the run that a job wants, as far as is known.
type target struct {
	current state.Run // the newest of this very content and generation; zero when there is none
	key     once.Key  // of the run
	open    bool      // nothing that is known is this run: it is looked for on the platform, and else made
	because string    // why an open run is wanted although current is known
}

// target looks at the runs of the job, at what became of the current one, and at whether
// a person or the manifest wants another attempt.
func (d decision) target() target {
	current, known := newest(d.runs, d.job, d.upstream)
	t := target{current: current, key: d.key(max(1, current.Attempt))}
	if t.open, t.because = d.unmade(current, known); t.open {
		return t
	}
	t.key.Digest = current.Digest
	if t.because = d.again(current); t.because != "" {
		t.open, t.key = true, d.next()
	}
	return t
}

// unmade reports whether the present key has no run, and why not.
func (d decision) unmade(current state.Run, known bool) (open bool, because string) {
	switch {
	case !known:
		return true, ""
	case d.stale(current):
		return false, "" // it has one, and wants the next
	case d.unsubmitted(current) && d.unfit(current):
		return true, fmt.Sprintf("draft %s is for what a new run cannot take any more", current.ID)
	case current.Stage == state.StageCreating:
		return true, "an earlier create left nothing on the platform"
	case d.seen.Gone[current.ID] && current.Stage == state.StageCreated: // never billed
		return true, fmt.Sprintf("draft %s was deleted on the platform", current.ID)
	case d.seen.Gone[current.ID] && current.Stage == state.StageSubmitting && !d.seen.looked:
		return true, "" // another runner's run of this key may be there
	case d.unsubmitted(current) && current.Upstream != d.upstream && !d.seen.looked:
		return true, "" // a run of another attempt may build on the right ones
	}
	return false, ""
}

// unfit reports whether a draft was made for another choice than a new run would make now,
// and could not be submitted: nothing is paid yet, so the choice is made anew.
func (d decision) unfit(draft state.Run) bool {
	job, _ := variant(draft, d.job)
	_, refused := guard.Cost(job)
	return draft.Digest != d.job.Digest && (refused || job.Unfit())
}

// again returns why another run is to follow the current one; empty when none is.
func (d decision) again(current state.Run) string {
	judged := current.Stage == state.StageFinished && d.judged(current)
	switch {
	case d.stale(current):
		return ranAgain(current.Upstream, d.upstream)
	case d.replace && (d.seen.Gone[current.ID] || d.replaceable(current)):
		return replaced
	case judged && d.keep:
		return ""
	case judged && retries(d.job, verdict.Verdict(current.Verdict), d.next().Attempt-1):
		return d.retrying(current.Verdict, current.ID)
	case judged:
		return d.outgrown(current)
	}
	return ""
}

const replaced = "replaced on request"

// replaceable reports whether --replace means one more run after the current one. A run
// that is not over already is what was asked for, unless it is to be stopped.
func (d decision) replaceable(current state.Run) bool {
	if current.Stage != state.StageFinished {
		return d.rivals == StopRivals && d.activeRun(current)
	}
	return d.exact || !d.cutShort(current)
}

// cutShort reports whether a run is a replacement whose end the journal has not seen,
// whose results never arrived, or which another job is still to build on: the same
// command, repeated after a crash, continues it.
func (d decision) cutShort(current state.Run) bool {
	fetched := current.Selection != "" || len(d.seen.Missing[d.job.Name]) == 0
	return current.Attempt > 1 && (d.seen.Open[current.ID] || !fetched || d.waitedFor(current) != "")
}

// waitedFor returns a job that is still to build on a replacement that succeeded.
func (d decision) waitedFor(current state.Run) string {
	if current.Verdict != string(verdict.Succeeded) || d.rivals == StopRivals {
		return ""
	}
	return d.seen.Unused[current.ID]
}

// retries reports whether a run with this verdict is followed by another attempt, where
// so many were made. A run that a person stopped stays stopped, and a protected job is not
// run again.
func retries(job resolver.Job, v verdict.Verdict, attempts int) bool {
	return job.Rerun.OnFailure.V == spec.Always && v != verdict.Succeeded && v != verdict.Stopped && !job.Protected.V && !spent(job, attempts)
}

// spent reports whether rerun.atMost allows no attempt after so many. They are counted by
// the number of the newest one, which stays when older runs are deleted: the bound must
// hold for a schedule that tidies up.
func spent(job resolver.Job, attempts int) bool {
	return job.Rerun.AtMost.Written() && attempts > job.Rerun.AtMost.V
}

// spentReason says that a failure stays, which would be followed by another attempt but
// for the bound; empty for all others.
func spentReason(job resolver.Job, v verdict.Verdict, attempts int) string {
	if retries(job, v, attempts) || !retries(job, v, 0) {
		return ""
	}
	return fmt.Sprintf("rerun.atMost is %d, and this is attempt %d", job.Rerun.AtMost.V, attempts)
}

func (decision) retrying(v, id string) string {
	return fmt.Sprintf("%s as %s, and rerun.onFailure is always", v, id)
}

// outgrown returns why another attempt follows a run that its walltime ended: the
// manifest now allows more hours. It is empty for all others. Of all values outside the
// digest, this is the only one that starts a run.
func (d decision) outgrown(ended state.Run) string {
	run, failed := overrun.Of(ended)
	was, now := d.seen.Walltimes[ended.ID], walltime(d.job)
	if !failed || !run.CutOff(was) || now <= was {
		return ""
	}
	return fmt.Sprintf("%s as %s at the end of its walltime, hardware.walltime %d h → %d h", ended.Verdict, ended.ID, was, now)
}

// walltime returns the hours that a job asks for; 0 for none.
func walltime(job resolver.Job) int {
	hours := make([]int, len(job.Tiles))
	for i, tile := range job.Tiles {
		hours[i] = tile.Walltime
	}
	return overrun.Together(hours)
}

// newest returns the last run of a job's content and generation, preferably one that
// builds on the wanted runs of other jobs.
func newest(runs []state.Run, job resolver.Job, upstream string) (newest state.Run, known bool) {
	var wanted, others []state.Run
	for _, run := range runs {
		switch {
		case run.Generation != generation(job) || !isRunOf(run, job):
		case run.Upstream == upstream:
			wanted = append(wanted, run)
		default:
			others = append(others, run)
		}
	}
	if len(wanted) == 0 {
		wanted = others
	}
	if len(wanted) == 0 {
		return newest, false
	}
	return best(wanted), true
}

// best returns the last run, unless one in another digest of the same content has come
// further. What follows another attempt has a higher number than that: so a run with the
// same number was made without knowing it, as by another runner or for another text of the
// manifest.
func best(runs []state.Run) state.Run {
	last := runs[len(runs)-1]
	for _, run := range slices.Backward(runs) {
		if run.Digest != last.Digest && run.Attempt >= last.Attempt && worth(run) > worth(last) {
			last = run
		}
	}
	return last
}

// worth orders runs by what was paid for them and what that was good for.
func worth(run state.Run) int {
	switch {
	case run.Stage != state.StageSubmitted && run.Stage != state.StageFinished:
		return 0
	case run.Stage == state.StageFinished && run.Verdict != string(verdict.Succeeded):
		return 1
	}
	return 2
}

// isRunOf reports whether a run is one of a job's content, whatever the manifest leaves
// open and the run has decided.
func isRunOf(run state.Run, job resolver.Job) bool {
	_, is := variant(run, job)
	return is
}

// variant returns the job as a run has it. A run without parts says only its digest.
func variant(run state.Run, job resolver.Job) (resolver.Job, bool) {
	if run.Digest == job.Digest || !job.Loose() {
		return job, run.Digest == job.Digest
	}
	if len(run.Parts) == 0 {
		return job.Variant(run.Digest, nil)
	}
	values := make(map[string]string, len(run.Parts))
	for _, p := range run.Parts {
		values[p.Field] = p.Value
	}
	other, is := job.On(job.RanBy(func(field string) string { return values[field] }))
	return other, is && other.Digest == run.Digest
}

// generation returns the one that the manifest asks for.
func generation(job resolver.Job) int { return max(1, job.Rerun.Generation.V) }

// next returns the attempt after all known ones of this content and generation.
func (d decision) next() once.Key {
	last := 0
	for _, run := range d.runs {
		if run.Generation == generation(d.job) && isRunOf(run, d.job) {
			last = max(last, run.Attempt)
		}
	}
	return d.key(last + 1)
}

func (d decision) key(attempt int) once.Key {
	return once.Key{Digest: d.job.Digest, Name: d.job.Name, Generation: generation(d.job), Attempt: attempt}
}

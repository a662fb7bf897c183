package sim_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// What must hold:
//
//   - At each submit: no other run of the name is active, no run of the key was billed
//     before (unless a person has deleted it), the journal of the machine says that
//     the submit was about to be sent, and no more runs of this process are active than
//     the manifest has seats for.
//   - At each delete by a machine: it was a draft when that was sent, and not one in
//     another content that a process which is alive was about to submit.
//   - Of each further attempt: somebody asked for it, or what it builds on ran anew.
//   - No run is paid for another choice of version or core type when one of the content is
//     there, also without a state and when the catalog has moved on.
//   - When a machine applies in peace, until nothing is to be done: a plan is empty, no
//     draft with a key of the manifest is left, every run is recorded with the verdict
//     that it deserves, results are the bytes of the run that is wanted, and each run
//     was given what it says that it builds on.

// spent looks at a submit that has had its effect.
func (w *world) spent(a *apply, id string) {
	j := w.platform.byID[id]
	if j == nil || !j.submitted.Equal(w.platform.now()) || j.byHand {
		return // it was nothing new
	}
	key := keyOf(j.body)
	for _, other := range w.platform.jobs {
		if other == j || other.byHand || other.submitted.IsZero() || other.clonedFrom != "" {
			continue
		}
		if is := keyOf(other.body); is == key && other.deleted.IsZero() {
			w.fault("%s and %s are both runs of key %d.%d of %s", other.id, id, key.Generation, key.Attempt, key.Name)
		} else if is.Name == key.Name && other.active(w.platform.now()) {
			w.fault("%s and %s of %s are active at the same time", other.id, id, key.Name)
		}
	}
	if !a.machine.disk.begun(id) {
		w.fault("the submit of %s is not recorded", id)
	}
	if twin := w.twin(a, j); twin != nil && !w.mourns(a.manifest, groupOf(key.Name)) {
		w.fault("%s and %s are both runs of one content of %s, of another choice", twin.id, id, key.Name)
	}
	w.checkChoice(a, j)
	j.payer = a
	w.seated(a, key.Name)
}

// seated looks at a submit of a job of which only so many may run. What other processes
// submit in the same moments is not promised; in peace there are none.
func (w *world) seated(a *apply, name string) {
	i := slices.IndexFunc(a.jobs, func(j resolver.Job) bool { return j.Name == name })
	if i < 0 || a.jobs[i].Limits.Seats == nil {
		return
	}
	var active []string
	for _, j := range w.platform.jobs {
		counts := j.payer == a || a.quiet && !j.byHand
		if counts && j.active(w.platform.now()) && slices.Contains(a.jobs[i].Limits.Seats.Jobs, keyOf(j.body).Name) {
			active = append(active, j.id)
		}
	}
	if bound := a.jobs[i].Limits.Seats.Most; len(active) > bound {
		w.fault("%v are active at the same time, and %d may be of %s", active, bound, name)
	}
}

// deletes looks at a delete that is about to have its effect. The platform knows no
// delete on a condition: what was a draft when the delete was sent can be a run when it
// arrives, which the platform refuses as long as it is active.
func (w *world) deletes(a *apply, id string, sent time.Time) {
	j, err := w.platform.find(id)
	if err != nil {
		return
	}
	if !j.submitted.IsZero() && j.submitted.Before(sent) || j.clonedFrom != "" {
		w.fault("machine %d deletes %s, which is no draft of ours", a.machine.number, id)
	}
	m := j.maker
	alive := m != nil && m != a && !m.dead && !m.over
	if young := sent.Sub(j.inserted) < 14*time.Minute; alive && young && !w.story.mixes() && !a.means(j) {
		w.fault("machine %d deletes %s, which machine %d is about to submit", a.machine.number, id, m.machine.number)
	}
	if !j.submitted.IsZero() {
		w.mourned[groupOf(nameOf(j.body))] = true
	}
	for _, m := range w.machines {
		if m.disk.remembers(id) { // that machine cannot know whether it was billed before it was deleted
			w.revoked[id] = groupOf(nameOf(w.platform.byID[id].body))
		}
	}
}

// mixes reports whether a machine gets a state that is not its own, or not its last: what it
// calls a leftover may be another's.
func (s Story) mixes() bool {
	return slices.ContainsFunc(s.Rounds, func(r Round) bool {
		return slices.ContainsFunc(r.Acts, func(a Act) bool { return a.What == othersState || a.What == oldState })
	})
}

// Ids of the applies at the end.
const settling = 1000

// most is how often a person has to apply in peace at most until all is done.
const most = 4

// rundown is more than any run takes.
const rundown = 5 * time.Minute

// settle lets machines apply in peace.
func (w *world) settle(ctx context.Context) {
	time.Sleep(rundown)
	w.say("-- in peace")
	i := w.chance.of("settles").upTo(machines)
	m := w.machines[i]
	if len(m.last.Jobs) == 0 {
		for _, other := range w.machines {
			if len(other.last.Jobs) > 0 {
				m.last = other.last
			}
		}
	}
	if len(m.last.Jobs) == 0 {
		return
	}
	calm := m.last
	calm.Jobs = slices.Clone(calm.Jobs)
	for i := range calm.Jobs {
		calm.Jobs[i].Retry = false // it would go on forever
	}
	market := w.machines[w.chance.of("market").upTo(machines)].market
	for _, m := range w.machines {
		market.Newest = max(market.Newest, m.market.Newest) // versions do not come back
	}
	w.peace(ctx, m, Apply{ID: settling, Manifest: calm, Market: market})
	fresh := w.machines[(i+1)%machines]
	w.say("-- the same without a state")
	fresh.disk.text = nil
	w.peace(ctx, fresh, Apply{ID: settling + most, Manifest: calm, Market: market})
	w.say("-- and once more, in another market")
	billed := w.billed()
	fresh.disk.text = nil
	market.Newest, market.Dear = market.Newest+1, !market.Dear
	w.peace(ctx, fresh, Apply{ID: settling + 2*most, Manifest: calm, Market: market})
	if n := w.billed() - billed; n > 0 && len(w.mourned)+len(w.revoked) == 0 {
		w.fault("%d runs more without a state, in another market", n)
	}
	w.checkDrafts(ctx, fresh, calm, market)
	w.checkRuns()
	for _, m := range w.machines {
		w.setting.clear(m)
	}
}

// peace lets a machine apply until it has nothing to do, and looks at what it has come to.
func (w *world) peace(ctx context.Context, m *machine, first Apply) {
	var err error
	var a *apply
	for n := range most {
		spec := first
		spec.ID, spec.Machine = first.ID+n, m.number
		a = w.process(spec.ID, m)
		a.quiet = true
		_, err = a.run(ctx, spec)
		w.say("machine %d (%d) ends: %v", m.number, spec.ID, err)
		if err == nil || !w.pending(ctx, a, first) {
			break
		}
	}
	if w.pending(ctx, a, first) {
		w.fault("machine %d still has something to do: %v", m.number, err)
	}
	w.checkState(ctx, m, first)
}

// pending reports whether a plan is not empty.
func (w *world) pending(ctx context.Context, a *apply, calm Apply) bool {
	resolved, err := w.setting.resolve(ctx, a.machine, calm.Manifest, calm.Market)
	var snapshot state.Snapshot
	if err == nil {
		snapshot, err = state.ReadAt(kept{a.machine.disk, a}, identity())
	}
	if err != nil {
		w.fault("reading the state of machine %d: %v", a.machine.number, err)
		return true
	}
	plan, err := a.plan(ctx, resolved, snapshot, calm)
	if err != nil {
		w.fault("planning on machine %d: %v", a.machine.number, err)
		return true
	}
	a.machine.blocked = make(map[string]bool)
	for _, step := range plan.Steps {
		a.machine.blocked[step.Job.Name] = step.Action == planner.Blocked
	}
	for _, step := range plan.Steps {
		if step.Pending() && !w.mourns(calm.Manifest, groupOf(step.Job.Name)) {
			w.say("plan: %s %s %v", step.Job.Name, step.Action, step.Reasons)
			return true
		}
	}
	return false
}

// mourns reports whether a person has to say what is to become of a job, or of one that it
// builds on: its run was deleted, or a draft that somebody was about to submit.
func (w *world) mourns(m Manifest, group string) bool {
	for _, of := range w.revoked {
		if of == group {
			return true
		}
	}
	return w.mourned[group] || slices.ContainsFunc(m.job(group).Needs, func(n string) bool { return w.mourns(m, n) })
}

// checkDrafts finds drafts of ours in the present content that nobody needs.
func (w *world) checkDrafts(ctx context.Context, m *machine, calm Manifest, market Market) {
	resolved, _ := w.setting.resolve(ctx, m, calm, market) // it was resolved before
	a := &apply{jobs: resolved.Jobs, contents: contents(resolved.Jobs)}
	for _, j := range w.platform.jobs {
		if !j.submitted.IsZero() || !j.deleted.IsZero() || j.clonedFrom != "" {
			continue
		}
		key := keyOf(j.body)
		ran := slices.ContainsFunc(w.platform.jobs, func(o *job) bool {
			is := keyOf(o.body)
			return !o.submitted.IsZero() && o.deleted.IsZero() && o.clonedFrom == "" && is.Name == key.Name && is.Attempt == key.Attempt && a.means(o)
		})
		if ran && a.means(j) && w.undisputed(a, key.Name) {
			w.fault("draft %s of key %d.%d of %s is left over", j.id, key.Generation, key.Attempt, key.Name)
		}
	}
}

// job is the document that a job comes from; zero for one that is not in the manifest.
func (m Manifest) job(name string) Job {
	group, _, _ := strings.Cut(name, "/")
	for _, j := range m.Jobs {
		if j.Name == group {
			return j
		}
	}
	return Job{}
}

// checkRuns looks at all that was billed.
func (w *world) checkRuns() {
	for _, j := range w.platform.jobs {
		if j.submitted.IsZero() || j.clonedFrom != "" {
			continue
		}
		w.checkInputs(j)
		key := keyOf(j.body)
		if key.Attempt == 1 {
			continue
		}
		earlier := w.attemptBefore(j)
		switch {
		case earlier == nil && !w.undisputed(j.payer, key.Name): // it may be of another choice
		case earlier == nil && !w.unsure(j):
			w.fault("%s is attempt %d of %s, and there is none before it", j.id, key.Attempt, key.Name)
		case earlier == nil && w.replaced[key.Name] == 0:
			w.fault("%s is attempt %d of %s, and nobody has said what became of the one before it", j.id, key.Attempt, key.Name)
		case earlier == nil:
		case !earlier.deleted.IsZero() && earlier.deleted.Before(j.submitted): // by a person: it is not known any more
		case upstreamOf(earlier) != upstreamOf(j), w.replaced[key.Name] > 0:
		case !w.retried[groupOf(key.Name)]:
			w.fault("%s is attempt %d of %s, for which nobody has asked", j.id, key.Attempt, key.Name)
		case w.truth(earlier, "") == verdict.Succeeded && !w.checked(key.Name):
			w.fault("%s is attempt %d of %s, which had succeeded", j.id, key.Attempt, key.Name)
		}
	}
}

// unsure reports whether a draft in an earlier attempt is gone of which a journal says that
// its submit began: nobody knows whether it was billed, so its number is not used again.
func (w *world) unsure(run *job) bool {
	key := keyOf(run.body)
	return slices.ContainsFunc(w.platform.jobs, func(j *job) bool {
		before := keyOf(j.body)
		gone := w.noted[j.id] && j.submitted.IsZero() && !j.deleted.IsZero()
		earlier := before.Attempt < key.Attempt
		return gone && earlier && before.Name == key.Name && run.payer.means(j)
	})
}

// begins notes what a journal says of a draft. One that was deleted already is in the way
// of its machine as one is that is deleted later.
func (w *world) begins(id string) {
	w.noted[id] = true
	if j := w.platform.byID[id]; j != nil && j.submitted.IsZero() && !j.deleted.IsZero() {
		w.revoked[id] = groupOf(nameOf(j.body))
	}
}

// attemptBefore is the last run in an earlier attempt that was billed before a run; nil for
// none. The draft of an attempt may have made way, and the next one be another attempt. A
// key can have been billed twice when a person deleted its run.
func (w *world) attemptBefore(run *job) (earlier *job) {
	key := keyOf(run.body)
	for before := key.Attempt - 1; before > 0 && earlier == nil; before-- {
		for _, j := range w.platform.jobs {
			ran := j.clonedFrom == "" && !j.submitted.IsZero() && j.submitted.Before(run.submitted)
			if is := keyOf(j.body); ran && is.Name == key.Name && is.Attempt == before && w.follows(run, j) && (earlier == nil || j.submitted.After(earlier.submitted)) {
				earlier = j
			}
		}
	}
	return earlier
}

func groupOf(name string) string { group, _, _ := strings.Cut(name, "/"); return group }

// checked reports whether some manifest has checks for a job.
func (w *world) checked(name string) bool {
	for _, r := range w.story.Rounds {
		for _, a := range r.Applies {
			if a.Manifest.job(name).Checks != "" {
				return true
			}
		}
	}
	return false
}

// checkInputs compares what a run was given with what it says that it builds on.
func (w *world) checkInputs(j *job) {
	upstream := upstreamOf(j)
	for _, in := range j.body.JobAnalyses[0].InputFiles {
		f := w.platform.file(in.ID)
		if f == nil || f.Path == "" {
			continue
		}
		key := keyOf(w.platform.byID[strings.TrimPrefix(strings.Split(f.Path, "/")[3], "job_")].body)
		need := chain.Need{Name: groupOf(key.Name)}
		if !chain.Builds(upstream, need, key.Name, chain.Version{Generation: key.Generation, Attempt: key.Attempt}) {
			w.fault("%s says that it builds on %q, and has a file of %d.%d:%s", j.id, upstream, key.Generation, key.Attempt, key.Name)
		}
	}
}

// truth is the verdict that a run deserves by checks.
func (w *world) truth(j *job, by string) verdict.Verdict {
	switch {
	case !j.stopped.IsZero():
		return verdict.Stopped
	case j.fate.ends != succeeded:
		return verdict.Failed
	case by == checksNever, by == checksLog && j.fate.fatal, by == checksFile && j.fate.mute:
		return verdict.SuccessCheckFailed
	}
	return verdict.Succeeded
}

// checkState compares what a machine believes, after it has applied in peace, with what
// the platform has.
func (w *world) checkState(ctx context.Context, m *machine, calm Apply) {
	snapshot, err := state.ReadAt(kept{disk: m.disk}, identity())
	if err != nil {
		w.fault("reading the state of machine %d: %v", m.number, err)
		return
	}
	resolved, _ := w.setting.resolve(ctx, m, calm.Manifest, calm.Market) // it was resolved before
	for _, name := range snapshot.Jobs() {
		for _, run := range snapshot.Runs[name] {
			j := w.platform.byID[run.ID]
			if run.Stage == state.StageSubmitted && j != nil && j.submitted.IsZero() && j.deleted.IsZero() {
				w.fault("machine %d believes that %s of %s was submitted, and it is a draft", m.number, run.ID, name)
			}
			if j == nil || run.Stage != state.StageFinished || !j.deleted.IsZero() || run.Checks == "others" {
				continue // of which nobody can tell what it came to, or by which checks
			}
			by := w.checksOf(run.Checks)
			if is := w.truth(j, by); string(is) != run.Verdict {
				w.fault("machine %d believes that %s of %s %s; by checks %q it %s", m.number, run.ID, name, run.Verdict, by, is)
			}
			if run.Upstream != upstreamOf(j) {
				w.fault("machine %d believes that %s builds on %q; it builds on %q", m.number, run.ID, run.Upstream, upstreamOf(j))
			}
		}
	}
	if slices.ContainsFunc(resolved.Jobs, resolver.Job.Loose) {
		return // which run is the wanted one is more than the journal says
	}
	for _, job := range resolved.Jobs {
		w.checkResults(m, wantedRun(snapshot, resolved.Jobs, job), job)
	}
}

// checksOf returns the checks that a journal names.
func (w *world) checksOf(text string) string {
	switch {
	case strings.Contains(text, "never.txt"):
		return checksNever
	case strings.Contains(text, "FATAL"):
		return checksLog
	case text != "":
		return checksFile
	}
	return ""
}

// wantedRun is the newest run of the content and generation that a manifest has. Of a job
// that builds on others it is the newest that builds on the wanted runs of those: who goes
// back to an older generation of a job goes back to what was built on that, too.
func wantedRun(snapshot state.Snapshot, jobs []resolver.Job, job resolver.Job) (wanted state.Run) {
	fits := false
	for _, run := range snapshot.Runs[job.Name] {
		if run.Digest != job.Digest || run.Generation != max(1, job.Rerun.Generation.V) {
			continue
		}
		if builds := buildsOn(snapshot, jobs, job, run); builds || !fits {
			wanted, fits = run, builds
		}
	}
	return wanted
}

// buildsOn reports whether a run builds on the wanted runs of all jobs that its job needs.
func buildsOn(snapshot state.Snapshot, jobs []resolver.Job, job resolver.Job, run state.Run) bool {
	for _, need := range job.Needs {
		for _, name := range need.Jobs {
			i := slices.IndexFunc(jobs, func(j resolver.Job) bool { return j.Name == name })
			upstream := wantedRun(snapshot, jobs, jobs[i])
			if !chain.Builds(run.Upstream, chain.Need{Name: need.Name.V, Jobs: need.Jobs}, name, chain.Version{Generation: upstream.Generation, Attempt: upstream.Attempt}) {
				return false
			}
		}
	}
	return true
}

// checkResults compares the results on a disk with those of the run that the manifest wants.
// A blocked job wants one that cannot be made, and none of the older ones.
func (w *world) checkResults(m *machine, wanted state.Run, job resolver.Job) {
	if m.blocked[job.Name] || len(job.Outputs.Download) == 0 || wanted.Verdict != string(verdict.Succeeded) || wanted.Selection == "" {
		return
	}
	j := w.platform.byID[wanted.ID]
	if !j.deleted.IsZero() {
		return // a person has, and results that are lost cannot come back
	}
	for _, out := range wanted.Outputs {
		got, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(wanted.OutputsTo), out.Path))
		i := slices.IndexFunc(j.outputs, func(f *stored) bool { return f.RelativePath == out.Path })
		if err != nil || i < 0 || !bytes.Equal(got, j.outputs[i].content) {
			w.fault("%s on machine %d is not the result of %s: %v", out.Path, m.number, wanted.ID, err)
		}
	}
}

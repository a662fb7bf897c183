package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// StepError tells which step of which job failed.
type StepError struct {
	Job string
	Act string // "creating", "submitting", …
	Err error
}

// Error is the act, the job and the cause.
func (e *StepError) Error() string { return fmt.Sprintf("%s job %q: %v", e.Act, e.Job, e.Err) }

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Err }

// UnresolvedError tells that a create got no answer and that the platform shows
// no draft of it (yet). Nothing is billed: a draft is free.
type UnresolvedError struct {
	Job string
	Err error
}

// Error is the act, the job and the cause.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("creating job %q: the answer was lost and the platform shows no such draft yet: %v", e.Job, e.Err)
}

// Unwrap gives the cause.
func (e *UnresolvedError) Unwrap() error { return e.Err }

// Hint tells that going on is safe.
func (e *UnresolvedError) Hint() string {
	return "run the same command again: it looks for the draft first; nothing was submitted"
}

// start brings one run from wherever it is to submitted, and gives its id.
func (a *application) start(ctx context.Context, step Step) (id string, err error) {
	if step.Creates() {
		if id, err = a.create(ctx, step); err != nil {
			return "", err
		}
		return id, a.spend(ctx, step, id)
	}
	if step.Last.ID != step.ID {
		// Found on the platform, unknown to the journal: write down what is there.
		if err := a.adopt(step); err != nil {
			return step.ID, err
		}
	}
	if step.Stage == state.StageSubmitted {
		return step.ID, nil
	}
	return step.ID, a.takeUp(ctx, step)
}

// takeUp goes on with a draft that this apply did not create. Somebody may have
// submitted it meanwhile; if not, it is made what the manifest says now, for
// walltime, priority and project may have changed, or a person may have edited it.
func (a *application) takeUp(ctx context.Context, step Step) error {
	history, err := a.Platform.Statuses(ctx, step.ID)
	if err != nil {
		return &StepError{step.Job.Name, "reading the statuses of", err}
	}
	if len(history) > 0 {
		return a.submitted(step, step.ID)
	}
	files, err := a.inputFiles(ctx, step)
	if err != nil {
		return &StepError{step.Job.Name, "uploading the inputs of", err}
	}
	if err := a.update(ctx, step, files); err != nil {
		return &DraftError{step.ID, &StepError{step.Job.Name, "updating the draft of", err}}
	}
	return a.spend(ctx, step, step.ID)
}

// update makes a draft what the manifest says. Doing that twice is harmless, so
// that a lost answer is only a reason to do it again.
func (a *application) update(ctx context.Context, step Step, files []rescale.InputRef) (err error) {
	for _, pause := range settlePauses {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		err = patiently(ctx, func() error { return a.Platform.UpdateJob(ctx, step.ID, body(step, files)) })
		if !outcomeUnknown(err) {
			return err
		}
	}
	return err
}

// DraftError tells that a draft cannot be made what the manifest says, so that
// it is not submitted.
type DraftError struct {
	ID  string
	Err error
}

// Error is the cause.
func (e *DraftError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *DraftError) Unwrap() error { return e.Err }

// Hint tells the way out.
func (e *DraftError) Hint() string {
	return "delete draft " + e.ID + " on the platform, which costs nothing; the next apply makes a new one"
}

// spend labels a draft and submits it.
func (a *application) spend(ctx context.Context, step Step, id string) error {
	a.tag(ctx, step, id)
	return a.submit(ctx, step, id)
}

// adopt records a job that a process without our journal made.
func (a *application) adopt(step Step) error {
	for _, record := range []state.Record{a.intent(step), a.record(state.KindCreated, step, step.ID)} {
		if err := a.Journal.Append(record); err != nil {
			return err
		}
	}
	if step.Stage != state.StageSubmitted {
		return nil
	}
	for _, kind := range []state.Kind{state.KindSubmitting, state.KindSubmitted} {
		if err := a.Journal.Append(a.record(kind, step, step.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) intent(step Step) state.Record {
	record := a.record(state.KindCreating, step, "")
	record.Digest, record.Generation, record.Attempt = step.Key.Digest, step.Key.Generation, step.Key.Attempt
	record.Intent = step.Observed
	for _, p := range step.Job.Parts {
		record.Parts = append(record.Parts, state.Part(p))
	}
	return record
}

func (a *application) record(kind state.Kind, step Step, id string) state.Record {
	return state.Record{Kind: kind, Job: step.Job.Name, Key: step.Key.String(), ID: id}
}

// create uploads what is needed and makes the draft: record, create, record.
func (a *application) create(ctx context.Context, step Step) (string, error) {
	files, err := a.inputFiles(ctx, step)
	if err != nil {
		return "", &StepError{step.Job.Name, "uploading the inputs of", err}
	}
	if err := ctx.Err(); err != nil {
		return "", context.Cause(ctx)
	}
	if err := a.Journal.Append(a.intent(step)); err != nil {
		return "", err
	}
	var id string
	err = patiently(ctx, func() error {
		job, err := a.Platform.CreateJob(ctx, body(step, files))
		id = job.ID
		return err
	})
	if outcomeUnknown(err) {
		id, err = a.findDraft(ctx, step, err)
	}
	if err != nil {
		return "", &StepError{step.Job.Name, "creating", err}
	}
	if err := a.Journal.Append(a.record(state.KindCreated, step, id)); err != nil {
		return "", err
	}
	a.notify(Event{Type: EventCreated, Job: step.Job.Name, ID: id})
	return id, nil
}

// body is the resolved request with what only the executor knows: the marker in
// the name, the key in every tile, the ids of the input files.
func body(step Step, files []rescale.InputRef) rescale.JobRequest {
	request := step.Job.Request
	request.Name = request.Name + " " + step.Key.Marker()
	tiles := make([]rescale.JobAnalysis, len(request.JobAnalyses))
	for i, tile := range request.JobAnalyses {
		env := maps.Clone(tile.EnvVars)
		if env == nil {
			env = make(map[string]string)
		}
		env[KeyVariable] = step.Key.String()
		tile.EnvVars, tile.InputFiles = env, files
		tiles[i] = tile
	}
	request.JobAnalyses = tiles
	return request
}

// settlePauses are the pauses before looks at the platform after a lost answer.
var settlePauses = []time.Duration{0, time.Second, 4 * time.Second}

// settleTime is how long after a submit its first status may be missing.
const settleTime = time.Minute

// findDraft looks for the draft of a create whose answer was lost.
func (a *application) findDraft(ctx context.Context, step Step, lost error) (string, error) {
	for _, pause := range settlePauses {
		if err := sleep(ctx, pause); err != nil {
			break
		}
		sighting, err := Look(ctx, a.Platform, a.Owner, []Key{step.Key})
		if err != nil {
			return "", &UnresolvedError{step.Job.Name, errors.Join(lost, err)}
		}
		exact := slices.DeleteFunc(sighting.Found, func(f Found) bool { return f.Key != step.Key })
		if best, ok := (Observation{Found: exact}).best(step.Key); ok {
			return best.ID, nil
		}
	}
	return "", &UnresolvedError{step.Job.Name, lost}
}

// tag adds the tags that the job does not have: the platform ignores tags in
// the create body (rescale-api.md §7.6). A label that is missing does not keep a
// run from starting; it is told.
func (a *application) tag(ctx context.Context, step Step, id string) {
	if len(step.Job.Tags) == 0 {
		return
	}
	has := make(map[string]bool)
	if !step.Creates() {
		present, err := a.Platform.Tags(ctx, id)
		if err != nil {
			a.warn(step.Job.Name, "reading its tags", err)
		}
		for _, t := range present {
			has[t.Name] = true
		}
	}
	for _, name := range step.Job.Tags {
		if has[name] {
			continue
		}
		if err := patiently(ctx, func() error { return a.Platform.AddTag(ctx, id, name) }); err != nil {
			a.warn(step.Job.Name, fmt.Sprintf("adding tag %q", name), err)
		}
	}
}

func (a *application) warn(job, act string, err error) {
	a.notify(Event{Type: EventWarning, Job: job, Message: fmt.Sprintf("%s: %v", act, err)})
}

// submit spends the money: record, submit, record.
func (a *application) submit(ctx context.Context, step Step, id string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := a.Journal.Append(a.record(state.KindSubmitting, step, id)); err != nil {
		return err
	}
	if err := a.ensureSubmitted(ctx, id); err != nil {
		return &StepError{step.Job.Name, "submitting", err}
	}
	return a.submitted(step, id)
}

func (a *application) submitted(step Step, id string) error {
	if err := a.Journal.Append(a.record(state.KindSubmitted, step, id)); err != nil {
		return err
	}
	a.notify(Event{Type: EventSubmitted, Job: step.Job.Name, ID: id})
	return nil
}

// ensureSubmitted submits. Only a status history proves a submit, an answer does
// not: after an error the history decides (rescale-api.md §7.1). A repeat on the
// same id never makes a second run.
func (a *application) ensureSubmitted(ctx context.Context, id string) error {
	err := patiently(ctx, func() error { return a.Platform.SubmitJob(ctx, id) })
	if err == nil || rescale.IsAuth(err) {
		return err
	}
	if !outcomeUnknown(err) {
		if history, readErr := a.Platform.Statuses(ctx, id); readErr == nil && len(history) > 0 {
			return nil // refused, because somebody has submitted it already
		}
		return err
	}
	if a.isSubmitted(ctx, id) {
		return nil
	}
	// Still a draft after the settle time: the submit never arrived.
	if err = a.Platform.SubmitJob(ctx, id); outcomeUnknown(err) && a.isSubmitted(ctx, id) {
		return nil
	}
	return err
}

func outcomeUnknown(err error) bool {
	var unknown *rescale.OutcomeUnknownError
	return errors.As(err, &unknown)
}

// isSubmitted reads the statuses until they show something, or for the settle time.
func (a *application) isSubmitted(ctx context.Context, id string) bool {
	for _, pause := range settlePauses {
		if sleep(ctx, pause) != nil {
			return false
		}
		if history, err := a.Platform.Statuses(ctx, id); err == nil && len(history) > 0 {
			return true
		}
	}
	return false
}

// maxThrottled is how often one call may be refused for being too many.
const maxThrottled = 10

// patiently repeats a call that was refused with 429: it certainly had no
// effect, and the client holds the next one back for as long as it should.
func patiently(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		var refused *rescale.Error
		if outcomeUnknown(err) || !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests || n == maxThrottled {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/attach"
	"github.com/rescale-apply/rescale-apply/executor/label"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/shelf"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/remote"
	"github.com/rescale-apply/rescale-apply/spec"
)

// start brings one run from wherever it is to submitted, and returns its id.
// The step is another one when another runner has chosen what the manifest leaves open.
func (a *application) start(ctx context.Context, step planner.Step) (id string, now planner.Step, err error) {
	if err := errors.Join(a.permit(step), a.outdated(step)); err != nil {
		a.starter.Fewer()
		return "", step, err
	}
	others := make(map[once.Key]planner.Step)
	claim := once.Claim{
		Key: step.Key, Namespace: step.Job.Namespace, Upstream: step.Upstream, Source: step.Source,
		Creating: creating(step), ID: step.ID,
		Leftover: leftover(a.before.Runs[step.Job.Name], step),
		MakeWay:  func(ctx context.Context) error { return a.stopRivals(ctx, step) },
		Body:     func(ctx context.Context) (rescale.JobRequest, error) { return a.body(ctx, step) },
		Label: func(ctx context.Context, id string, fresh bool) error {
			err := a.labeler().Label(ctx, label.Wish{
				Job: step.Job.Name, ID: id, Fresh: fresh, Project: step.Job.Request.ProjectID, Tags: step.Job.Tags, Fields: step.Job.Fields,
			})
			if err != nil {
				return err
			}
			wish := attach.Wish{Job: step.Job.Name, ID: id, Fresh: fresh, Devices: remote.IDs(step.Job.Storage)}
			return attach.Attacher{Platform: a.Platform, Warn: a.Warn}.Attach(ctx, wish) // last: storage can stop any moment
		},
	}
	if step.Job.Loose() {
		claim.Also = step.Job.Digests()
		claim.Same = func(f once.Found) (state.Record, bool) {
			other, same := step.As(f)
			others[f.Key] = other
			return creating(other), same
		}
	}
	id, key, err := a.starter.Start(ctx, claim)
	if other, adopted := others[key]; adopted && key != step.Key {
		step = other
		a.switched.Store(step.Job.Name, id)
	}
	return id, step, err
}

// outdated returns an error for a job that was planned to build on another content than
// the one that another runner has started meanwhile.
func (a *application) outdated(step planner.Step) error {
	for _, need := range step.Job.Needs {
		for _, name := range need.Jobs {
			if id, switched := a.switched.Load(name); switched {
				return &ChoiceError{Job: step.Job.Name, On: name, ID: id.(string)} //nolint:forcetypeassert // nothing else is stored
			}
		}
	}
	return nil
}

// ChoiceError reports that a job was not started, because another runner has chosen what a
// job that it builds on leaves open.
type ChoiceError struct {
	Job string
	On  string // the other job
	ID  string // of its run
}

// Error names both jobs.
func (e *ChoiceError) Error() string {
	return fmt.Sprintf("starting job %q: another runner has started %s as %s, on another core type or in another version than this plan is for", e.Job, e.On, e.ID)
}

// Hint says that running again is safe.
func (*ChoiceError) Hint() string {
	return "run the same command again: it plans with that run; nothing was submitted"
}

func (a *application) permit(step planner.Step) error {
	if a.Permit == nil {
		return nil
	}
	return a.Permit(step)
}

// leftover returns the drafts of the job in other contents that our own journal
// records. The journal is locked, so nobody else is about to submit them.
func leftover(runs []state.Run, step planner.Step) map[string]bool {
	ids := make(map[string]bool)
	for _, run := range runs {
		if run.Key != step.Key.String() && (run.Stage == state.StageCreated || run.Stage == state.StageSubmitting) {
			ids[run.ID] = true
		}
	}
	return ids
}

func (a *application) labeler() label.Labeler {
	return label.Labeler{Platform: a.Platform, Company: a.Company, Warn: a.Warn}
}

// creating returns the record that a run is about to be created.
func creating(step planner.Step) state.Record {
	record := state.Record{
		Kind: state.KindCreating, Job: step.Job.Name, Key: step.Key.String(), Since: step.Since,
		Digest: step.Key.Digest, Generation: step.Key.Generation, Attempt: step.Key.Attempt, Upstream: step.Upstream,
	}
	for _, p := range step.Job.Parts {
		record.Parts = append(record.Parts, state.Part(p))
	}
	return record
}

// body returns the resolved request with the ids of the input files: local ones, which
// are uploaded here if the platform does not have them, and results of other jobs; and
// with the secrets.
func (a *application) body(ctx context.Context, step planner.Step) (rescale.JobRequest, error) {
	files, err := a.store.IDs(ctx, step.Job.Inputs)
	if err != nil {
		return rescale.JobRequest{}, err
	}
	others, err := a.results(ctx, step)
	if err != nil {
		return rescale.JobRequest{}, err
	}
	request := step.Job.Request
	request.JobAnalyses = slices.Clone(request.JobAnalyses)
	for i := range request.JobAnalyses {
		request.JobAnalyses[i].Secrets = a.secrets(step.Job)
	}
	for i, in := range step.Job.Inputs {
		tile := &request.JobAnalyses[in.Tile]
		switch in.Use {
		case spec.ForCommand:
			tile.InputFiles = append(tile.InputFiles, files[i])
		case spec.Before:
			tile.PreProcessScript = &rescale.FileRef{ID: files[i].ID}
		case spec.After:
			tile.PostProcessScript = &rescale.FileRef{ID: files[i].ID}
		case spec.ForRuns:
			request.ParamFile = &rescale.FileRef{ID: files[i].ID}
		case spec.ForEach:
			tile.TemplateTasks = append(tile.TemplateTasks, rescale.TemplateTask{TemplateFile: rescale.FileRef{ID: files[i].ID}, ProcessedFilename: in.To})
		}
	}
	for i, refs := range others {
		tile := &request.JobAnalyses[i]
		tile.InputFiles = append(tile.InputFiles, refs...)
		files = append(files, refs...)
	}
	a.tidy(ctx, step.Job, files)
	return request, nil
}

// tidy puts what this apply has uploaded for a job where its manifest wants it. Files that
// were on the platform before stay as they are: others may look for them there.
func (a *application) tidy(ctx context.Context, job resolver.Job, files []rescale.InputRef) {
	var ids []string
	for _, file := range files {
		if a.store.Made(file.ID) {
			ids = append(ids, file.ID)
		}
	}
	a.shelf.Tidy(ctx, shelf.Wish{Job: job.Name, Folder: job.Uploads.Folder.V, Tags: spec.Texts(job.Uploads.Tags)}, ids)
}

// secrets returns the variables of a job whose values only the caller knows.
func (a *application) secrets(job resolver.Job) map[string]rescale.Secret {
	if len(job.Secrets) == 0 {
		return nil
	}
	values := make(map[string]rescale.Secret, len(job.Secrets))
	for _, name := range job.Secrets {
		values[name] = a.Secrets[name]
	}
	return values
}

// Created reports that a draft was made.
func (a *application) Created(job, id string) {
	a.notify(Event{Type: EventCreated, Job: job, ID: id})
}

// Submitted reports that a run is on its way.
func (a *application) Submitted(job, id string) {
	a.notify(Event{Type: EventSubmitted, Job: job, ID: id})
}

// Found reports that a run was on its way already.
func (a *application) Found(job, id string) {
	a.notify(Event{Type: EventFound, Job: job, ID: id})
}

// Waiting reports that a draft of another runner goes first, at most until then.
func (a *application) Waiting(job, draft string, until time.Time) {
	a.aside(job)
	a.notify(Event{Type: EventQueued, Job: job, ID: draft, Until: until})
}

// Status records and reports that the status of a run has changed. The first one seen
// may be the one that an earlier apply recorded.
func (a *application) Status(job, id, before string, latest rescale.Status) (err error) {
	if before != "" || a.recorded(job, id) != latest.Status {
		err = a.Journal.Append(state.Record{
			Kind: state.KindStatus, Job: job, ID: id, Status: latest.Status, Reason: latest.Reason, StatusAt: latest.Date,
		})
	}
	if err == nil {
		a.notify(Event{Type: EventStatus, Job: job, ID: id, Status: latest.Status, Since: latest.Date})
		err = a.readiness(job, latest.Status)
	}
	return err
}

// recorded returns the status of a run in the journal when the apply began.
func (a *application) recorded(job, id string) string {
	for _, run := range a.before.Runs[job] {
		if run.ID == id {
			return run.Status
		}
	}
	return ""
}

// Warn reports trouble that does not keep a job from running.
func (a *application) Warn(job, message string) {
	a.notify(Event{Type: EventWarning, Job: job, Message: message})
}

// stopRivals stops the active runs that a new one replaces, and waits until they end:
// two runs of one job are never billed at a time.
func (a *application) stopRivals(ctx context.Context, step planner.Step) error {
	if err := a.permit(step); err != nil {
		return err
	}
	for _, rival := range step.Stop {
		if err := a.stopRival(ctx, step, rival); err != nil {
			return &once.StepError{Job: step.Job.Name, Act: fmt.Sprintf("stopping run %s of", rival.ID), Err: err}
		}
	}
	return nil
}

func (a *application) stopRival(ctx context.Context, step planner.Step, rival planner.Rival) error {
	err := patience.Settle(ctx, func() error { return a.Platform.StopJob(ctx, rival.ID) })
	if err != nil && !patience.NotFound(err) {
		// It may have ended by itself meanwhile: then there is nothing to stop.
		if history, readErr := a.Platform.Statuses(ctx, rival.ID); readErr != nil || !over(history) {
			return err
		}
	}
	tell := time.AfterFunc(patience.LongWait, func() {
		a.Warn(step.Job.Name, fmt.Sprintf("run %s is stopping; waiting until it has ended", rival.ID))
	})
	judged, err := a.watch.Stopped(ctx, rival.ID, func(rescale.Status) {})
	tell.Stop()
	if err != nil {
		return err
	}
	a.Warn(step.Job.Name, fmt.Sprintf("run %s was stopped; it ended as %s", rival.ID, judged.Verdict))
	if _, recorded := a.before.Find(rival.Key); !recorded {
		return nil
	}
	// A run whose submit had begun is recorded as submitted first: it was stopped.
	for _, record := range []state.Record{{Kind: state.KindSubmitted}, {
		Kind: state.KindFinished, Verdict: string(judged.Verdict), Reason: judged.Reason, Started: judged.Started, Ended: judged.Ended,
	}} {
		record.Job, record.Key, record.ID = step.Job.Name, rival.Key, rival.ID
		if err := a.Journal.Append(record); err != nil {
			return err
		}
	}
	return nil
}

func over(history []rescale.Status) bool {
	_, done := verdict.Judge(history)
	return done
}

package once

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
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

// Hint tells what to add when the platform wants to know who pays.
func (e *StepError) Hint() string {
	var refused *rescale.Error
	if errors.As(e.Err, &refused) && slices.ContainsFunc(refused.Fields, func(f rescale.FieldError) bool { return f.Path == "projectId" || f.Path == "project_id" }) {
		return "your organization wants to know who pays: write project: with the name or id of one of your projects; nothing was submitted"
	}
	return ""
}

// UnresolvedError tells that a create got no answer, again and again, and that the
// platform shows no draft of it (yet). Nothing is billed: a draft is free.
type UnresolvedError struct{ Err error }

// Error is what happened and the cause.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("the answer was lost and the platform shows no such draft yet: %v", e.Err)
}

// Unwrap gives the cause.
func (e *UnresolvedError) Unwrap() error { return e.Err }

// Hint tells that going on is safe.
func (*UnresolvedError) Hint() string {
	return "run the same command again: it looks for the draft first; nothing was submitted"
}

// InvisibleError tells that the platform's job list did not show a draft that was
// made, so that it is not known whether another runner made one before.
type InvisibleError struct{ ID string }

// Error names the draft.
func (e *InvisibleError) Error() string {
	return fmt.Sprintf("the platform's job list does not show draft %s yet, so it may hide one that another runner made", e.ID)
}

// Hint tells that going on is safe.
func (*InvisibleError) Hint() string {
	return "run the same command again in a minute: it goes on with the draft; nothing was submitted"
}

// UnstableError tells that the platform's job list moved each time it was read,
// and that a job which may be in it was not seen. Starting it could bill twice.
type UnstableError struct{ Name string }

// Error is the act and the cause.
func (e *UnstableError) Error() string {
	return fmt.Sprintf("looking for job %q on the platform: the job list changed while it was read, %d times in a row", e.Name, maxRereads)
}

// Hint tells how to go on.
func (*UnstableError) Hint() string { return "apply again in a moment; nothing was started" }

// MovingError tells that the job list changed each time it was read, so that it is
// not known whether all of it was seen.
type MovingError struct{}

// Error is the act and the cause.
func (*MovingError) Error() string {
	return fmt.Sprintf("reading the platform's job list: it changed while it was read, %d times in a row", maxRereads)
}

// Hint tells how to go on.
func (*MovingError) Hint() string {
	return "run the same command again in a moment; nothing was changed"
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

// OtherRunsError tells that a key's run builds on other runs than it should: another
// runner, which wanted those, has submitted it.
type OtherRunsError struct {
	Name, ID      string
	Built, Wanted string // as in Claim.Upstream
}

// Error names both.
func (e *OtherRunsError) Error() string {
	return fmt.Sprintf("another runner has started job %q as %s on %s, and it was to build on %s", e.Name, e.ID, e.Built, e.Wanted)
}

// Hint tells how to go on.
func (*OtherRunsError) Hint() string {
	return "let the pipelines that apply this manifest agree on what runs again, then apply: it tells what is to be done"
}

// vanishedError tells that the platform does not have a draft any more: a person
// deleted it, or another runner whose draft had won.
type vanishedError struct {
	ID  string
	Err error // the platform's answer
}

// Error names the draft.
func (e *vanishedError) Error() string {
	return fmt.Sprintf("%s was deleted on the platform meanwhile: %v", e.ID, e.Err)
}

// Unwrap gives the platform's answer.
func (e *vanishedError) Unwrap() error { return e.Err }

// orVanished turns "not found" about a draft that was there into vanishedError.
func orVanished(id string, err error) error {
	if NotFound(err) {
		return &vanishedError{id, err}
	}
	return err
}

func vanished(err error) bool {
	var gone *vanishedError
	return errors.As(err, &gone)
}

func outcomeUnknown(err error) bool {
	var unknown *rescale.OutcomeUnknownError
	return errors.As(err, &unknown)
}

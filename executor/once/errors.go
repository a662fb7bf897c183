package once

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// StepError says which step of which job failed.
type StepError struct {
	Job string
	Act string // "creating", "submitting", …
	Err error
}

// Error is the act, the job and the cause.
func (e *StepError) Error() string { return fmt.Sprintf("%s job %q: %v", e.Act, e.Job, e.Err) }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// Hint says what to add when the platform wants to know who pays.
func (e *StepError) Hint() string {
	var refused *rescale.Error
	if errors.As(e.Err, &refused) && slices.ContainsFunc(refused.Fields, func(f rescale.FieldError) bool { return f.Path == "projectId" || f.Path == "project_id" }) {
		return "your organization wants to know who pays: write project: with the name or id of one of your projects; nothing was submitted"
	}
	return ""
}

// UnresolvedError reports that a create got no answer several times, and that the platform
// shows no draft of it (yet). Nothing is billed: a draft is free.
type UnresolvedError struct{ Err error }

// Error is what happened and the cause.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("the answer was lost and the platform shows no such draft yet: %v", e.Err)
}

// Unwrap returns the cause.
func (e *UnresolvedError) Unwrap() error { return e.Err }

// Hint says that running again is safe.
func (*UnresolvedError) Hint() string {
	return "run the same command again: it looks for the draft first; nothing was submitted"
}

// InvisibleError reports that the platform's job list does not show a new draft, so it is
// unknown whether another runner made one before.
type InvisibleError struct{ ID string }

// Error names the draft.
func (e *InvisibleError) Error() string {
	return fmt.Sprintf("the platform's job list does not show draft %s yet, so it may hide one that another runner made", e.ID)
}

// Hint says that running again is safe.
func (*InvisibleError) Hint() string {
	return "run the same command again in a minute: it continues with the draft; nothing was submitted"
}

// UnstableError reports that the platform's job list changed each time it was read, and
// that a job which may be in it was not seen. Starting it could bill twice.
type UnstableError struct{ Name string }

// Error is the act and the cause.
func (e *UnstableError) Error() string {
	return fmt.Sprintf("looking for job %q on the platform: the job list changed while it was read, %d times in a row", e.Name, maxRereads)
}

// Hint says what to do next.
func (*UnstableError) Hint() string { return "apply again in a moment; nothing was started" }

// MovingError reports that the job list changed each time it was read, so it is unknown
// whether all of it was seen.
type MovingError struct{}

// Error is the act and the cause.
func (*MovingError) Error() string {
	return fmt.Sprintf("reading the platform's job list: it changed while it was read, %d times in a row", maxRereads)
}

// Hint says what to do next.
func (*MovingError) Hint() string {
	return "run the same command again in a moment; nothing was changed"
}

// DraftError reports that a draft could not be brought up to date with the manifest, and
// was not submitted.
type DraftError struct {
	ID  string
	Err error
}

// Error is the cause.
func (e *DraftError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DraftError) Unwrap() error { return e.Err }

// Hint says the way out.
func (e *DraftError) Hint() string {
	return "delete draft " + e.ID + " on the platform, which costs nothing; the next apply makes a new one"
}

// OtherRunsError reports that a key's run builds on other runs than it should: another
// runner, which wanted those, submitted it.
type OtherRunsError struct {
	Name, ID      string
	Built, Wanted string // as in Claim.Upstream
}

// Error names both.
func (e *OtherRunsError) Error() string {
	return fmt.Sprintf("another runner has started job %q as %s, built on %s instead of %s", e.Name, e.ID, e.Built, e.Wanted)
}

// Hint says what to do next.
func (*OtherRunsError) Hint() string {
	return "let the pipelines that apply this manifest agree on what runs again, then apply: it says what to do"
}

// NameCutError reports that the platform cut off the end of a job's name, where the marker
// is: no runner could find the draft again.
type NameCutError struct{ Sent, Stored string }

// Error shows both names.
func (e *NameCutError) Error() string {
	return fmt.Sprintf("the platform has cut its name, and with it the marker: %q was sent, %q is stored; the draft was deleted", e.Sent, e.Stored)
}

// Hint says what to do next.
func (*NameCutError) Hint() string {
	return "write a shorter title: (or name:) into the manifest; nothing was submitted"
}

// RivalError reports that another run of the job, with other content, is active: both
// would be billed at once.
type RivalError struct {
	Job   Job
	Rival Found
}

// Error names the run, when it was submitted, and from where.
func (e *RivalError) Error() string {
	return fmt.Sprintf("applying job %q: %s", e.Job.Name, DescribeRival(e.Rival))
}

// Hint tells what to do in each case.
func (e *RivalError) Hint() string { return RivalHint(e.Rival.ID, e.Rival.History) }

// DescribeRival says which run is in the way, since when, and where it came from.
func DescribeRival(f Found) string {
	text := fmt.Sprintf("it changed while run %s is still active", f.ID)
	if n := len(f.History); n > 0 && !f.History[n-1].Date.IsZero() {
		text += ", submitted " + f.History[n-1].Date.UTC().Format("2006-01-02 15:04 MST")
	}
	if f.Namespace != "" {
		text += ", from " + f.Namespace
	}
	return text
}

// RivalHint tells what to do about an active run of the same job. One that was stopped
// before it was validated may get no further status, so that it would be in the way for
// ever (rescale-api.md §8.2).
func RivalHint(id string, history []rescale.Status) string {
	hint := "wait for it to end and apply again; or --replace-running stops it first; " +
		"or, if it is another job, give this one another name: or a namespace: of its own"
	if len(history) == 0 || verdict.Ran(history) {
		return hint
	}
	return hint + "; or, if somebody stopped it and it shows no end: rescale-apply stop " + id + "; rescale-apply delete " + id
}

// WaitError reports that another runner's draft goes first, and that this one does not
// wait.
type WaitError struct{ Job, Draft string }

// Error names the draft.
func (e *WaitError) Error() string {
	return fmt.Sprintf("applying job %q: draft %s of another runner, with other content, goes first; the draft of this runner was withdrawn", e.Job, e.Draft)
}

// Hint says what to do next.
func (*WaitError) Hint() string {
	return "apply again when it has run, or without --no-wait: a draft that nobody submits is deleted after 15 minutes; nothing was submitted"
}

// UndeletableError reports that the platform refuses to delete a draft that must no longer
// be submitted.
type UndeletableError struct {
	ID  string
	Err error
}

// Error names the draft and the cause.
func (e *UndeletableError) Error() string {
	return fmt.Sprintf("draft %s cannot be deleted: %v", e.ID, e.Err)
}

// Unwrap returns the platform's answer.
func (e *UndeletableError) Unwrap() error { return e.Err }

// Hint says the way out.
func (e *UndeletableError) Hint() string {
	return "delete draft " + e.ID + " on the platform, which costs nothing, and apply again; nothing was submitted"
}

// vanishedError reports that a draft is gone: a person or another runner deleted it, or
// this one has withdrawn it.
type vanishedError struct {
	ID      string
	Err     error  // the platform's answer
	madeWay string // the draft for which it was withdrawn, as that may be older; empty for none
}

// Error names the draft.
func (e *vanishedError) Error() string {
	if e.madeWay != "" {
		return e.ID + " was withdrawn, again and again, for drafts of other runners"
	}
	if e.Err == nil {
		return e.ID + " was deleted on the platform meanwhile"
	}
	return fmt.Sprintf("%s was deleted on the platform meanwhile: %v", e.ID, e.Err)
}

// Unwrap returns the platform's answer.
func (e *vanishedError) Unwrap() error { return e.Err }

// orVanished turns "not found" about a draft that existed into a vanishedError.
func orVanished(id string, err error) error {
	if patience.NotFound(err) {
		return &vanishedError{ID: id, Err: err}
	}
	return err
}

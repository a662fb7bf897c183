// Package verdict reads from a status history what really became of a run. It is pure,
// and knows only the platform's words.
package verdict

import (
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Verdict is what really became of a run. "Completed" alone says nothing: the
// platform uses it for failures too (rescale-api.md §8.2).
type Verdict string

// The verdicts of design.md §5.
const (
	Succeeded         Verdict = "succeeded"
	Failed            Verdict = "failed"
	Stopped           Verdict = "stopped"
	NoCapacity        Verdict = "no-capacity"
	RestartsExhausted Verdict = "restarts-exhausted"
	// SuccessCheckFailed is for a run that the platform calls successful and that fails
	// a check of its manifest.
	SuccessCheckFailed Verdict = "success-check-failed"
)

// The known reason texts; any other text is shown and counts as failed.
const (
	reasonSuccess    = "Completed successfully"
	reasonUserStop   = "User Terminated"
	reasonRestarts   = "Exceeded max number of restarts"
	reasonNoCapacity = "Could not allocate compute resources from the compute provider"
)

// Executing is the status of a run whose command runs (rescale-api.md §8.1).
const Executing = "Executing"

// The statuses of a run that is being ended.
const (
	statusStopping = "Stopping"
	statusForced   = "Force Stop"
)

// terminal returns the final statuses. Only Completed is documented; the others are
// what careful clients accept (rescale-api.md §8.1). An unknown status counts as still
// active.
var terminal = []string{"Completed", "Failed", "Stopped", "Force Stopped", "Terminated", "Cancelled"}

// Terminal reports whether a status is final.
func Terminal(status string) bool { return slices.Contains(terminal, status) }

// Ran finds in the whole history of a run that it was validated or began.
func Ran(history []rescale.Status) bool {
	return slices.ContainsFunc(history, func(s rescale.Status) bool { return s.Status == "Validated" || s.Status == Executing })
}

// Stopping finds in the whole history of a run that the platform has begun to end it.
func Stopping(history []rescale.Status) bool {
	return slices.ContainsFunc(history, func(s rescale.Status) bool { return s.Status == statusStopping || s.Status == statusForced })
}

// Judgement is the verdict on a run with the platform's words for it.
type Judgement struct {
	Verdict Verdict
	Status  string    // the last one
	Reason  string    // the platform's own text, may be empty
	Started time.Time // when the command began to run, zero if it never did
	Ended   time.Time // when the run came to its end

	Run string // of a sweep: the first of its runs that fails a check, such as run3; else empty
}

// Judge reads a status history, newest first. Done is false while the run is
// active.
func Judge(history []rescale.Status) (j Judgement, done bool) {
	if len(history) == 0 || !Terminal(history[0].Status) {
		return Judgement{}, false
	}
	last := history[0]
	j = Judgement{Status: last.Status, Reason: last.Reason, Ended: last.Date}
	var stopping, forced bool
	for _, s := range history {
		switch s.Status {
		case Executing:
			j.Started = s.Date
		case statusForced:
			forced = true
		case statusStopping:
			stopping = true
			// The Stopping entry names the cause; Completed may only repeat that the
			// run is over, unless it names a cause of its own.
			if s.Reason != "" && last.Reason != reasonRestarts && last.Reason != reasonNoCapacity {
				j.Reason = s.Reason
			}
		}
	}
	j.Verdict = of(last.Status, j.Reason, stopping, forced)
	return j, true
}

func of(status, reason string, stopping, forced bool) Verdict {
	switch {
	case reason == reasonRestarts:
		return RestartsExhausted
	case reason == reasonNoCapacity:
		return NoCapacity
	case forced, reason == reasonUserStop:
		return Stopped
	case status == "Completed" && reason == reasonSuccess && !stopping:
		return Succeeded
	case status == "Completed" || status == "Failed":
		return Failed
	}
	return Stopped
}

// Checked returns the judgement on a run that fails checks of its manifest. A run that
// the platform calls no success keeps its verdict.
func (j Judgement) Checked(failed []string) Judgement {
	if j.Verdict == Succeeded && len(failed) > 0 {
		j.Verdict, j.Reason = SuccessCheckFailed, strings.Join(failed, "; ")
	}
	return j
}

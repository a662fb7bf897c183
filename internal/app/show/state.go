package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// State is how far one job of a manifest is.
type State struct {
	Job   string
	Known bool // there is a run of it
	Gone  bool // the platform no longer has that run
	// Outdated reports whether the run was judged by other checks than the manifest's.
	Outdated bool
	Run      state.Run
	Waits    []State // for which jobs a job waits that has no run
}

// States writes one line for each job.
func (s Style) States(w io.Writer, list []State, now time.Time) {
	var rows [][]string
	for _, job := range list {
		row := []string{job.Job, job.id(), job.Word()}
		if reason := job.Reason(); reason != "" {
			row[2] += ": " + reason
		}
		if job.Outdated {
			row[2] += " (success changed since; apply judges it again)"
		}
		switch {
		case !job.Run.Ended.IsZero():
			row = append(row, humanize.Duration(max(0, now.Sub(job.Run.Ended)))+" ago")
		case !job.Run.StatusAt.IsZero():
			row = append(row, "for "+humanize.Duration(now.Sub(job.Run.StatusAt)))
		}
		rows = append(rows, row)
	}
	Table(w, rows)
}

func (j State) id() string {
	if j.Run.ID == "" {
		return "-"
	}
	return j.Run.ID
}

// Reason is why a run did not succeed, or cannot be judged although it is over.
func (j State) Reason() string {
	open := j.Run.Verdict == "" && j.Run.Ended.IsZero()
	if open || j.Run.Verdict == string(verdict.Succeeded) {
		return ""
	}
	return j.Run.Reason
}

// Word is the state in one word or two.
func (j State) Word() string {
	switch {
	case !j.Known && len(j.Waits) > 0:
		return j.waiting()
	case !j.Known:
		return "has not run yet"
	case j.Gone:
		return "deleted on the platform"
	case j.Run.Verdict != "":
		return j.Run.Verdict
	case j.Run.Status != "":
		return j.Run.Status
	}
	return strings.TrimSpace(fmt.Sprint(j.Run.Stage))
}

// waiting says which jobs keep a job from its run: what it waits for, or what did not
// succeed, which blocks it.
func (j State) waiting() string {
	const most = 3
	word, names := "waits for ", []string(nil)
	for i, upstream := range j.Waits {
		if upstream.Run.Verdict != "" || upstream.blocked() {
			word = "blocked by "
		}
		if i < most {
			names = append(names, fmt.Sprintf("%s (%s)", upstream.Job, upstream.brief()))
		}
	}
	if others := len(j.Waits) - most; others > 0 {
		names = append(names, fmt.Sprintf("and %d more", others))
	}
	return word + strings.Join(names, ", ")
}

// blocked means that a job has no run because one that it builds on did not succeed.
func (j State) blocked() bool {
	return !j.Known && slices.ContainsFunc(j.Waits, func(upstream State) bool {
		return upstream.Run.Verdict != "" || upstream.blocked()
	})
}

// brief is the state without what a job waits for in its turn.
func (j State) brief() string {
	switch {
	case j.blocked():
		return "blocked"
	case !j.Known && len(j.Waits) > 0:
		return "waits"
	}
	return j.Word()
}

// StateJSON is one job of status -o json.
type StateJSON struct {
	Name      string     `json:"name"`
	ID        string     `json:"id,omitempty"`
	State     string     `json:"state"`             // what the text form shows
	Stage     string     `json:"stage,omitempty"`   // how far the journal is
	Verdict   string     `json:"verdict,omitempty"` // empty while the run is active
	Reason    string     `json:"reason,omitempty"`
	Outdated  bool       `json:"outdated,omitempty"` // success changed since the run was judged
	Started   *time.Time `json:"started,omitempty"`
	Ended     *time.Time `json:"ended,omitempty"`
	CoreHours float64    `json:"coreHours,omitempty"`
	Cost      float64    `json:"cost,omitempty"`   // USD without licenses
	To        string     `json:"to,omitempty"`     // folder of the results
	Commit    string     `json:"commit,omitempty"` // that the run comes from
	Differ    int        `json:"differ,omitempty"` // how many of its files differ from it
}

// WriteStates writes one JSON object with all jobs.
func WriteStates(w io.Writer, list []State) error {
	out := struct {
		FormatVersion int         `json:"formatVersion"`
		Jobs          []StateJSON `json:"jobs"`
	}{FormatVersion, []StateJSON{}}
	for _, j := range list {
		out.Jobs = append(out.Jobs, StateJSON{
			Name: j.Job, ID: j.Run.ID, State: j.Word(), Stage: string(j.Run.Stage), Verdict: j.Run.Verdict,
			Reason: j.Run.Reason, Outdated: j.Outdated, Started: Moment(j.Run.Started), Ended: Moment(j.Run.Ended),
			CoreHours: j.Run.CoreHours, Cost: rounded(j.Run.Cost), To: j.Run.OutputsTo, Commit: j.Run.Commit, Differ: j.Run.Differ,
		})
	}
	return WriteJSON(w, out)
}

// Moment is a time as JSON has it, in UTC; nil for none.
func Moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

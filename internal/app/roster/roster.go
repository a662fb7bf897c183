// Package roster shows the jobs of an account to people and to programs. It decides
// nothing.
package roster

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Text writes one line for each job below the names of the columns, and what keeps the
// list from being whole.
func Text(w io.Writer, q roster.Query, r roster.Roster, now time.Time) {
	if len(r.Rows) == 0 {
		fmt.Fprintln(w, nothing(q))
	} else {
		table(w, r.Rows, now)
	}
	if r.More {
		fmt.Fprintf(w, "These are the newest %d; there are more, and --limit 0 lists all.\n", len(r.Rows))
	}
	if r.Cut {
		fmt.Fprintf(w, "Only the newest %d runs were looked at for their commits.\n", roster.MaxRead)
	}
	if r.Loose {
		fmt.Fprintln(w, "Jobs came or went while the list was read: one may be missing.")
	}
}

// nothing is why a list is empty.
func nothing(q roster.Query) string {
	if q.Which == roster.All && !q.Ours && q.Name == "" && q.Commit == "" && q.Since.IsZero() {
		return "You have no jobs on this platform."
	}
	return "None of your jobs matches these flags; rescale-apply list without them shows the newest."
}

func table(w io.Writer, list []roster.Row, now time.Time) {
	rows := [][]string{{"JOB", "STATE", "MADE", "IN A MANIFEST", "ON THE PLATFORM"}}
	sourced := slices.ContainsFunc(list, func(j roster.Row) bool { return j.Source.Commit != "" })
	if sourced {
		rows[0] = slices.Insert(rows[0], 4, "COMMIT")
	}
	for _, j := range list {
		row := []string{j.ID, state(j), humanize.Duration(max(0, now.Sub(j.Created))) + " ago", manifest(j), j.Name}
		if sourced {
			row = slices.Insert(row, 4, commit(j.Source))
		}
		rows = append(rows, row)
	}
	show.Table(w, rows)
}

// state is how far a job is, with the reason where it did not succeed.
func state(j roster.Row) string {
	switch {
	case j.Verdict == verdict.Succeeded || j.Verdict != "" && j.Reason == "":
		return string(j.Verdict)
	case j.Verdict != "":
		return string(j.Verdict) + ": " + j.Reason
	case j.Status == "":
		return "draft"
	}
	return j.Status
}

// manifest is the name that a run of ours has in its manifest.
func manifest(j roster.Row) string {
	if !j.Ours {
		return "-"
	}
	return j.Manifest
}

// commit is the beginning of the one that a run comes from, with a + when it does not have
// all that the run was made of.
func commit(s source.Source) string {
	switch {
	case s.Commit == "":
		return "-"
	case s.Differ() > 0 || len(s.Vars) > 0:
		return source.Short(s.Commit) + "+"
	}
	return source.Short(s.Commit)
}

// rowJSON is one job of list -o json.
type rowJSON struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`               // its name on the platform, without a marker
	Ours      bool       `json:"ours"`                // a run of a manifest
	Name      string     `json:"name,omitempty"`      // in that manifest
	Namespace string     `json:"namespace,omitempty"` // keeps jobs of one name apart
	Draft     bool       `json:"draft"`
	Status    string     `json:"status,omitempty"` // the platform's word
	Since     *time.Time `json:"since,omitempty"`  // of the status, where it is known
	Verdict   string     `json:"verdict,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Created   *time.Time `json:"created,omitempty"`
	Ended     *time.Time `json:"ended,omitempty"`

	Source *source.Source `json:"source,omitempty"` // which commit it comes from
}

// JSON writes {"formatVersion", "more", "loose", "jobs": […]}.
func JSON(w io.Writer, r roster.Roster) error {
	out := struct {
		FormatVersion int       `json:"formatVersion"`
		More          bool      `json:"more"`          // older jobs were left out
		Loose         bool      `json:"loose"`         // jobs came or went meanwhile: one may be missing
		Cut           bool      `json:"cut,omitempty"` // older runs were not looked at for their commits
		Jobs          []rowJSON `json:"jobs"`
	}{show.FormatVersion, r.More, r.Loose, r.Cut, []rowJSON{}}
	for _, j := range r.Rows {
		row := rowJSON{
			ID: j.ID, Title: j.Name, Ours: j.Ours, Name: j.Manifest, Namespace: j.Namespace, Draft: j.Status == "", Status: j.Status,
			Since: show.Moment(j.Since), Verdict: string(j.Verdict), Reason: j.Reason, Created: show.Moment(j.Created), Ended: show.Moment(j.Ended),
		}
		if !j.Source.IsZero() {
			row.Source = &j.Source
		}
		out.Jobs = append(out.Jobs, row)
	}
	return show.WriteJSON(w, out)
}

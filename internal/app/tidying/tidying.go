// Package tidying shows what is to be deleted, and deletes it.
package tidying

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/tidy"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Tidying is the deleting of runs that somebody named.
type Tidying struct {
	Screen *screen.Screen
	From   *connect.Connection
	Owner  string   // e-mail of the account
	IDs    []string // of the runs
	Named  []string // those of them that were named by their ids
	Rules  tidy.Rules
	Format string // text or json
	Free   bool   // the platform is this machine: a rerun is not billed
}

// Decide looks at the runs and shows what is to become of them. It is a *guard.Error when
// a protected one is meant, and a *exit.GuardError for one that is active or that others
// build on.
func (t Tidying) Decide(ctx context.Context) ([]tidy.Decision, error) {
	survey, err := tidy.Look(ctx, t.From.Platform, t.Owner, t.IDs)
	if err != nil {
		return nil, t.From.Refused(err)
	}
	t.Rules.Now = time.Now()
	decisions, err := survey.Decide(t.Rules)
	if err != nil {
		return nil, err
	}
	if t.Format != "json" {
		t.show(decisions, t.priced(ctx, decisions))
	}
	return decisions, t.refused(decisions)
}

func (t Tidying) show(decisions []tidy.Decision, r rates) {
	var rows [][]string
	for _, d := range decisions {
		size := fmt.Sprintf("%s, %s", humanize.Plural(d.Job.Size.Files, "file"), content.Bytes(d.Job.Size.Bytes))
		rows = append(rows, []string{diag.Line(d.Job.Title()), d.Job.ID, size, t.fate(d, r)})
	}
	show.Table(t.Screen.Out, rows)
}

// fate is what is to become of a run, in words.
func (t Tidying) fate(d tidy.Decision, r rates) string {
	switch d.Keep {
	case "":
		if t.paid(d) {
			return "delete; the next apply may run it again: " + r.again(d.Job.Price())
		}
		return "delete"
	case tidy.Needed:
		return "stays: others build on it: " + users(d)
	default:
		return "stays: " + why()[d.Keep]
	}
}

// users are the jobs that build on a run.
func users(d tidy.Decision) string {
	var words []string
	for _, user := range d.By {
		words = append(words, fmt.Sprintf("%s (%s)", user.Name, user.ID))
	}
	return diag.Line(strings.Join(words, ", "))
}

func why() map[tidy.Reason]string {
	return map[tidy.Reason]string{
		tidy.Gone:          "it is not there any more",
		tidy.Elsewhere:     "it is of another account, which shares it",
		tidy.Foreign:       "this tool has not made it; --forget deletes it all the same",
		tidy.Active:        "it has not ended; stop it first",
		tidy.Young:         "it is not older than --older-than",
		tidy.Newest:        "it is the newest run of its job, which the next apply may pay again; --forget deletes it all the same",
		tidy.NewestSuccess: "it is the newest run of its job that succeeded, which a pipeline may need; --forget deletes it all the same",
	}
}

// Total is what is to be deleted.
type Total struct {
	Jobs, Files int
	Bytes       int64
}

// Sum adds up what is to be deleted.
func Sum(decisions []tidy.Decision) (total Total) {
	for _, d := range decisions {
		if d.Keep == "" {
			total.Jobs++
			total.Files += d.Job.Size.Files
			total.Bytes += d.Job.Size.Bytes
		}
	}
	return total
}

// resultJSON is one line of delete -o json.
type resultJSON struct {
	FormatVersion int      `json:"formatVersion"`
	Name          string   `json:"name"`
	ID            string   `json:"id"`
	Deleted       bool     `json:"deleted"`
	Kept          string   `json:"kept,omitempty"` // why it stays
	By            []string `json:"by,omitempty"`   // ids of the runs that build on it
	Files         int      `json:"files"`
	Bytes         int64    `json:"bytes"`
}

// Delete carries the decisions out and says what came of them. It gives the ids of what
// was deleted.
func (t Tidying) Delete(ctx context.Context, decisions []tidy.Decision) (deleted []string, err error) {
	deletion := tidy.Deletion{Platform: t.From.Platform, Waiting: func(job tidy.Job, cluster string) {
		t.Screen.Line(diag.Line(fmt.Sprintf("%s (%s): waits for its cluster, which is %s", job.Title(), job.ID, cluster)))
	}}
	if len(decisions) == 0 {
		t.Screen.Line("nothing to delete: the platform has no run of what is named")
	}
	var failures []error
	for _, r := range deletion.Run(ctx, decisions) {
		if r.Err != nil && !exit.ByContext(ctx, r.Err) {
			failures = append(failures, t.From.Refused(r.Err))
		}
		if r.Deleted {
			deleted = append(deleted, r.Job.ID)
		}
		if t.Format == "json" {
			line := resultJSON{show.FormatVersion, r.Job.Title(), r.Job.ID, r.Deleted, string(r.Keep), nil, r.Job.Size.Files, r.Job.Size.Bytes}
			for _, user := range r.By {
				line.By = append(line.By, user.ID)
			}
			failures = append(failures, show.WriteLine(t.Screen.Out, line))
		}
	}
	if t.Format != "json" {
		fmt.Fprintf(t.Screen.Out, "%s deleted.\n", humanize.Plural(len(deleted), "run"))
	}
	return deleted, errors.Join(append(failures, ctx.Err())...)
}

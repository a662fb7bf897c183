package detail

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Text writes the job for a person: what it is, what it went through, its last lines.
func (d Detail) Text(w io.Writer) {
	rows := d.identity()
	for _, t := range d.Tiles {
		rows = append(rows, []string{"software", t.software()}, []string{"hardware", t.hardware()}, []string{"price", d.price(t)})
	}
	if d.ID != "" {
		rows = append(rows, []string{"used", d.used()}, []string{"bound", d.bound()})
	}
	rows = append(rows, []string{"tags", strings.Join(d.Tags, ", ")}, []string{"hint", d.Hint})
	show.Table(w, filled(rows))
	section(w, "", phaseRows(d.History))
	section(w, "cluster", phaseRows(d.Cluster))
	section(w, "runs", d.runRows())
	if len(d.Log) > 0 {
		fmt.Fprintln(w, "\n  last lines of its log")
	}
	for _, line := range d.Log {
		fmt.Fprintln(w, "    "+diag.Line(line))
	}
}

func (d Detail) identity() [][]string {
	state := d.State()
	if d.Judged.Verdict != "" && d.Judged.Verdict != verdict.Succeeded && d.Judged.Reason != "" {
		state += ": " + d.Judged.Reason
	}
	name := d.Key.Name
	if d.Namespace != "" {
		name += " in " + d.Namespace
	}
	if d.ID == "" {
		return [][]string{{"job", name}, {"state", state}}
	}
	priority := "on-demand"
	if d.Economy {
		priority = "economy"
	}
	return [][]string{
		{"job", strings.TrimSpace(d.ID + " " + d.Title)},
		{"state", state},
		{"name", name},
		{"from", d.Source.String()},
		{"pipeline", d.Source.Run},
		{"page", d.URL},
		{"owner", d.Owner},
		{"copy of", d.ClonedFrom},
		{"made", date(d.Created)},
		{"project", humanize.Named(d.Project.ID, d.Project.Name)},
		{"budget", strings.Join(d.Project.Remaining, "; ")},
		{"priority", priority},
	}
}

func (t Tile) software() string { return strings.TrimSpace(t.Analysis + " " + t.Version) }

func (t Tile) hardware() string {
	text := humanize.Named(t.CoreType, t.CoreName) + ", " + humanize.Plural(t.Cores, "core")
	if t.Slots > 1 {
		text += fmt.Sprintf(" in each of %d slots", t.Slots)
	}
	if t.Walltime == 0 {
		return text + ", without a walltime"
	}
	return text + fmt.Sprintf(", at most %s", humanize.Plural(t.Walltime, "hour"))
}

// price is what an hour of a tile costs.
func (d Detail) price(t Tile) string {
	switch {
	case d.Free:
		return "nothing is billed: the platform is this machine"
	case t.Rate == 0:
		return "not known: the platform names none"
	}
	hourly := t.Rate * float64(t.Cores) * float64(t.Slots)
	return fmt.Sprintf("%s USD per core-hour, %s per hour, licenses excluded", humanize.Price(t.Rate), humanize.Money(hourly))
}

// used is what the job has taken by list prices. The platform tells no charge of a job
// (rescale-api.md §14, A5).
func (d Detail) used() string {
	if d.Started.IsZero() {
		return ""
	}
	text := humanize.CoreHours(d.Used.CoreHours)
	if d.Used.Cost != nil && !d.Free {
		text += ", " + humanize.Money(*d.Used.Cost) + " by list price, licenses excluded"
	}
	if d.Used.Open {
		text += ", until now"
	}
	return text
}

// bound is what a job that is not over can come to, or why nobody knows.
func (d Detail) bound() string {
	switch {
	case d.Judged.Verdict != "":
		return ""
	case !d.Limit.Bounded:
		return "none: it has no walltime"
	}
	text := "at most " + humanize.CoreHours(d.Limit.CoreHours)
	if d.Limit.Rate > 0 && !d.Free {
		text += ", " + guard.AtMost(d.Limit.Cost) + ", licenses excluded"
	}
	if d.Limit.PerAttempt {
		return "none: one attempt takes " + text + "; economy starts an interrupted run again, and bills it again"
	}
	return text
}

func phaseRows(list []Phase) [][]string {
	var rows [][]string
	for _, p := range list {
		lasted := ""
		switch {
		case p.Open:
			lasted = "for " + humanize.Duration(p.Lasted)
		case p.Lasted > 0:
			lasted = humanize.Duration(p.Lasted)
		}
		rows = append(rows, []string{date(p.Date), p.Status.Status, lasted, p.Reason})
	}
	return rows
}

func (d Detail) runRows() [][]string {
	var rows [][]string
	for _, r := range d.Runs {
		lasted := "-"
		if !r.Started.IsZero() && !r.Ended.Before(r.Started) {
			lasted = humanize.Duration(r.Ended.Sub(r.Started))
		}
		row := []string{r.ID, date(r.Started), lasted, humanize.Plural(r.Files, "file")}
		var values []string
		for _, v := range r.Variables {
			values = append(values, v.Name+"="+v.Value)
		}
		if len(values) > 0 {
			row = append(row, diag.Short(strings.Join(values, ",")))
		}
		rows = append(rows, row)
	}
	return rows
}

// section writes a table of its own, unless it is empty.
func section(w io.Writer, title string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w)
	if title != "" {
		fmt.Fprintln(w, "  "+title)
	}
	show.Table(w, rows)
}

// filled leaves out rows that say nothing.
func filled(rows [][]string) [][]string {
	var kept [][]string
	for _, row := range rows {
		if row[1] != "" {
			kept = append(kept, row)
		}
	}
	return kept
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

package reporting

import (
	"context"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/show/fold"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Planned is a plan, and how it is shown to a person.
type Planned struct {
	Plan  planner.Plan
	Style show.Style
	Site  Site
}

// Site is where jobs run.
type Site struct {
	URL  func(id string) string // of a job, for a browser
	Free bool                   // nothing is billed

	// Log returns the last lines that a job has printed, if there are any.
	Log func(ctx context.Context, id string) []string
}

// Planned takes in a plan.
func (c *Clerk) Planned(p Planned) {
	if !c.armed {
		return
	}
	c.plan(p)
}

// plan fills the report from a plan.
func (c *Clerk) plan(p Planned) {
	c.planned = p
	r := &c.found
	r.Account, r.Summary = p.Style.As, p.Style.Summary(p.Plan)
	r.Notes = show.Notes(p.Plan)
	r.Totals.Pending, r.Totals.Spends = p.Plan.Pending(), len(p.Plan.Spending())
	r.Totals.MaxCost = show.MaxCost(p.Plan)
	r.Cases, r.Rows = nil, nil
	for i := range p.Plan.Steps {
		r.Cases = append(r.Cases, c.ofStep(&p.Plan.Steps[i]))
	}
	for _, line := range fold.Lines(p.Plan, fold.Wishes{Full: p.Style.Full, Free: p.Style.Free}) {
		r.Rows = append(r.Rows, rowOf(line, p.Style))
	}
	r.Rows = append(r.Rows, c.pruned("stop")...)
	c.problems(p.Plan.Refusals())
}

// pruned are the runs of jobs that are gone, and what becomes of them.
func (c *Clerk) pruned(word string) (rows []report.Row) {
	for _, run := range c.planned.Plan.Prune {
		rows = append(rows, report.Row{Name: run.Name, Word: word, Why: show.Pruned(run), Weight: report.Major})
	}
	return rows
}

func (c *Clerk) ofStep(step *planner.Step) report.Case {
	out := report.Case{
		Name: step.Job.Name, State: report.Passed, Word: string(step.Action), Why: strings.Join(step.Reasons, ", "),
		Forbidden: step.Action == planner.Refused,
		Runs:      report.Runs{ID: step.ID, Digest: step.Job.Digest, Key: step.Key.String(), Commit: step.Last.Commit},
	}
	if step.Spends() {
		out.Commit = step.Source.Commit
	}
	if out.ID != "" {
		out.URL = c.planned.Site.URL(out.ID)
	}
	c.place(&out, step.Job.Pos)
	switch {
	case unwell(step):
		out.State, out.Word = report.Failed, step.Last.Verdict
	case step.Action == planner.Refused, step.Action == planner.Conflict:
		out.State = report.Failed
	case step.Action == planner.Blocked, step.Action == planner.Running, step.Action == planner.Withheld:
		out.State = report.Skipped
	}
	if out.State == report.Failed && step.Hint != "" {
		out.Why += "; " + step.Hint
	}
	return out
}

// unwell is a job that stays as it is, and did not succeed.
func unwell(step *planner.Step) bool {
	return step.Settled() && step.Last.Verdict != "" && step.Last.Verdict != string(verdict.Succeeded)
}

func rowOf(line fold.Line, style show.Style) report.Row {
	row := report.Row{Name: line.Name, Word: string(line.Action), Why: line.Why, Weight: report.Minor}
	first := line.Steps[0]
	switch {
	case first.Spends():
		row.Weight, row.Cost = report.Major, bound(line.Steps, style)
	case first.Action == planner.Refused, first.Action == planner.Conflict, unwell(first):
		row.Weight = report.Major
	case first.Action == planner.Unchanged && !style.Full:
		row.Weight = report.Silent
	}
	return row
}

// bound says what steps can cost at most.
func bound(steps []*planner.Step, style show.Style) string {
	var list []resolver.Estimate
	for _, step := range steps {
		list = append(list, step.Job.Estimate)
	}
	sum := resolver.Sum(list)
	hours := humanize.CoreHours(sum.CoreHours)
	switch {
	case style.Free:
		return ""
	case !sum.Bounded:
		return "no upper bound: no walltime"
	case sum.Rate == 0:
		return "at most " + hours + ", price unknown"
	case sum.PerAttempt:
		return fmt.Sprintf("at most %s, %s per attempt", hours, guard.AtMost(sum.Cost))
	}
	return fmt.Sprintf("at most %s, %s", hours, guard.AtMost(sum.Cost))
}

package reporting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/show/fold"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Applied takes in what became of the jobs of the plan.
func (c *Clerk) Applied(ctx context.Context, done executor.Report) {
	if !c.armed {
		return
	}
	c.outcomes = true
	c.found.Summary = show.Applied(done)
	for i := range c.found.Cases {
		if i < len(done.Outcomes) {
			c.ofOutcome(ctx, &c.found.Cases[i], done.Outcomes[i])
		}
	}
	c.logs(ctx, c.planned.Site)
	c.found.Rows = append(rows(c.found.Cases), c.pruned("told to stop")...)
	if sum := spent(c.found.Cases); sum != "" {
		c.found.Summary += " In all: " + sum + "."
	}
}

func (c *Clerk) ofOutcome(ctx context.Context, out *report.Case, o executor.Outcome) {
	out.Word, out.Why, out.Log = show.Class(o), o.Reason, o.Log
	out.Forbidden = false
	if o.ID != "" {
		out.ID, out.Key = o.ID, o.Key
		out.URL = c.planned.Site.URL(o.ID)
	}
	if !o.Unchanged && !o.Started.IsZero() {
		out.CoreHours, out.Seconds = o.CoreHours, o.Ended.Sub(o.Started).Seconds()
		if !c.planned.Style.Free {
			out.Cost = o.Cost
		}
	}
	judge(ctx, out, o)
	if o.Hint != "" && (out.State == report.Failed || out.State == report.Broken) {
		out.Why = strings.TrimPrefix(out.Why+"; "+o.Hint, "; ")
	}
}

// judge says what a job is for a reader, and why.
func judge(ctx context.Context, out *report.Case, o executor.Outcome) {
	var running *executor.RunningError
	var waiting *executor.WaitingError
	switch {
	case o.Blocked != "":
		out.State, out.Why = report.Skipped, o.Blocked
	case o.Withheld != "":
		out.State, out.Why = report.Skipped, o.Withheld
	case errors.As(o.Err, &waiting), errors.As(o.Err, &running):
		out.State, out.Why = report.Skipped, o.Err.Error()
	case exit.ByContext(ctx, o.Err):
		out.State, out.Word, out.Why = report.Skipped, "interrupted", "it is not known here how far it is"
	case o.Verdict != "" && o.Verdict != verdict.Succeeded:
		out.State, out.Word = report.Failed, string(o.Verdict)
	case o.Err != nil:
		out.State, out.Why = report.Broken, strings.ReplaceAll(o.Err.Error(), "\n", "; ")
	case o.Verdict == "":
		out.State = report.Skipped
	default:
		out.State, out.Why = report.Passed, ""
	}
}

// Looked takes in how far jobs are. Of a manifest come the jobs, too.
func (c *Clerk) Looked(ctx context.Context, jobs []spec.Job, states []show.State, site Site) {
	if !c.armed {
		return
	}
	places := make(map[string]diag.Position, len(jobs))
	for i := range jobs {
		places[jobs[i].Name.V] = jobs[i].Name.Pos
	}
	c.found.Cases = nil
	for _, state := range states {
		out := ofState(state)
		if site.Free {
			out.Cost = 0
		}
		if out.ID != "" {
			out.URL = site.URL(out.ID)
		}
		if at, known := places[state.Job]; known {
			c.place(&out, at)
		}
		c.found.Cases = append(c.found.Cases, out)
	}
	c.logs(ctx, site)
	c.found.Rows, c.found.Summary = rows(c.found.Cases), counted(c.found.Cases)
}

// mostLogs is of how many jobs that failed earlier the logs are read: a study that fails as a
// whole fails for one reason.
const mostLogs = 20

// logs adds the last lines of jobs that failed and that nobody has waited for, where a
// report shows them.
func (c *Clerk) logs(ctx context.Context, site Site) {
	shown := slices.ContainsFunc(c.orders, func(o order) bool { return o.kind == jUnit })
	read := 0
	for i := range c.found.Cases {
		out := &c.found.Cases[i]
		wants := shown && out.State == report.Failed && out.ID != "" && len(out.Log) == 0
		if !wants || read == mostLogs || site.Log == nil || ctx.Err() != nil {
			continue
		}
		read++
		out.Log = site.Log(ctx, out.ID)
	}
}

func ofState(s show.State) report.Case {
	out := report.Case{
		Name: s.Job, State: report.Skipped, Word: s.Word(), Why: s.Reason(),
		Runs: report.Runs{ID: s.Run.ID, Digest: s.Run.Digest, Key: s.Run.Key, Commit: s.Run.Commit, CoreHours: s.Run.CoreHours, Cost: s.Run.Cost},
	}
	if !s.Run.Started.IsZero() && !s.Run.Ended.IsZero() {
		out.Seconds = s.Run.Ended.Sub(s.Run.Started).Seconds()
	}
	for _, word := range []string{"waits", "blocked"} { // and what for is a reason
		if why, found := strings.CutPrefix(out.Word, word+" "); found {
			out.Word, out.Why = word, why
		}
	}
	switch {
	case !s.Known, s.Gone, s.Run.Verdict == "":
	case s.Run.Verdict == string(verdict.Succeeded):
		out.State = report.Passed
	default:
		out.State = report.Failed
	}
	return out
}

// Checked takes in jobs of which nothing but their manifests was looked at.
func (c *Clerk) Checked(jobs []spec.Job) {
	if !c.armed {
		return
	}
	for _, job := range jobs {
		out := report.Case{Name: job.Name.V, State: report.Passed, Word: "valid"}
		c.place(&out, job.Name.Pos)
		c.found.Cases = append(c.found.Cases, out)
	}
	c.found.Summary = humanize.Plural(len(c.found.Cases), "job") + " in " + humanize.Plural(len(c.found.Manifests), "manifest") + "."
}

// alike is what points of a matrix have in common that share a row.
type alike struct {
	family string
	state  report.State
	word   string
}

// rows are those of jobs: points that are alike share one, where nobody must look at each.
func rows(cases []report.Case) (list []report.Row) {
	groups, points := make(map[alike][]report.Case), make(map[string]int)
	for _, c := range cases {
		key := likeness(c)
		groups[key] = append(groups[key], c)
		points[key.family]++
	}
	for _, c := range cases {
		key := likeness(c)
		group := groups[key]
		row := report.Row{Name: c.Name, Word: c.Word, Why: c.Why, Cost: spent([]report.Case{c}), Weight: weight(c)}
		switch {
		case len(group) <= fold.Few || key.state == report.Failed || key.state == report.Broken:
		case group[0].Name == c.Name:
			row.Name, row.Cost = key.family, spent(group)
			row.Why = fmt.Sprintf("%d of %s", len(group), humanize.Plural(points[key.family], "point"))
		default:
			continue
		}
		list = append(list, row)
	}
	return list
}

func likeness(c report.Case) alike {
	family, _, _ := strings.Cut(c.Name, "/")
	return alike{family, c.State, c.Word}
}

func weight(c report.Case) report.Weight {
	switch {
	case c.State == report.Failed, c.State == report.Broken, c.CoreHours > 0:
		return report.Major
	case c.Word == "unchanged":
		return report.Silent
	}
	return report.Minor
}

// spent is what runs took; empty when nobody knows.
func spent(cases []report.Case) string {
	var hours, cost float64
	for _, c := range cases {
		hours, cost = hours+c.CoreHours, cost+c.Cost
	}
	switch {
	case hours < 0.05:
		return ""
	case cost == 0:
		return humanize.CoreHours(hours)
	}
	return humanize.CoreHours(hours) + ", " + humanize.Money(cost)
}

// counted says how many jobs are how far.
func counted(cases []report.Case) string {
	var words []string
	counts := make(map[string]int)
	for _, c := range cases {
		if !slices.Contains(words, c.Word) {
			words = append(words, c.Word)
		}
		counts[c.Word]++
	}
	var parts []string
	for _, word := range words {
		parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
	}
	return strings.Join(parts, ", ") + "."
}

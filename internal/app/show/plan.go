package show

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show/fold"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// Plan writes one line for each job, and one for the points of a matrix that are alike,
// the notes below them, and a last line that adds up.
func (s Style) Plan(w io.Writer, plan planner.Plan) {
	if s.As != "" {
		fmt.Fprintln(w, s.paint(faint, diag.Line(s.As)))
	}
	lines := s.lines(plan)
	var rows [][]string
	for _, line := range lines {
		rows = append(rows, []string{line.Name, string(line.Action), diag.Line(line.Why)})
	}
	for _, run := range plan.Prune {
		rows = append(rows, []string{run.Name, "stop", Pruned(run)})
	}
	Table(w, rows)
	s.commands(w, lines)
	s.notes(w, plan)
	s.bounds(w, plan)
	fmt.Fprintln(w, s.Summary(plan))
}

// Pruned is why a run is stopped whose job is gone.
func Pruned(run planner.Pruned) string {
	return run.ID + ", removed from git in " + source.Short(run.Commit)
}

func (s Style) lines(plan planner.Plan) []fold.Line {
	return fold.Lines(plan, fold.Wishes{Full: s.Full, Free: s.Free})
}

// commands shows how commands changed, those that changed alike once. Of points that
// share a line, the first stands for all.
func (s Style) commands(w io.Writer, lines []fold.Line) {
	seen := make(map[string]bool)
	for _, line := range lines {
		var others int
		for i, step := range line.Steps {
			for _, change := range step.Changes {
				text := strings.Join(change.Diff, "\n")
				if text == "" || seen[text] {
					continue
				}
				seen[text] = true
				if i > 0 {
					others++
					continue
				}
				s.command(w, step.Job.Name, change)
			}
		}
		if others > 0 {
			fmt.Fprintf(w, "  %s: and %s; --full shows them\n", diag.Line(line.Name), humanize.Plural(others, "other change"))
		}
	}
}

func (s Style) command(w io.Writer, job string, change planner.Change) {
	fmt.Fprintln(w, diag.Line("  "+job+": "+change.Field))
	for _, line := range change.Diff {
		fmt.Fprintln(w, s.paint(faint, "    "+diag.Line(line)))
	}
}

// notes tells decisions that were made for the user, and what to type next.
func (s Style) notes(w io.Writer, plan planner.Plan) {
	for _, note := range append(gathered(plan), prunable(plan)...) {
		fmt.Fprintln(w, s.paint(faint, "  note: "+diag.Line(note)))
	}
	for _, step := range plan.Steps {
		if step.Hint != "" {
			fmt.Fprintln(w, diag.Line("  hint: "+step.Job.Name+": "+step.Hint))
		}
	}
}

// noted are the notes of a step, and always what its patterns do not mean.
func noted(step planner.Step) []string { return slices.Concat(notesOf(step), step.Job.LeftOut) }

// Notes are what a plan has to say beside its lines: decisions that were made for the user,
// and how many runs are active at once.
func Notes(plan planner.Plan) []string {
	return slices.Concat(gathered(plan), bounded(plan), prunable(plan))
}

// prunable says that runs go on whose jobs are gone.
func prunable(plan planner.Plan) []string {
	switch n := len(plan.Prunable); n {
	case 0:
		return nil
	case 1:
		run := plan.Prunable[0]
		return []string{fmt.Sprintf("%s: active run %s; --prune stops it", run.Name, Pruned(run))}
	default:
		return []string{fmt.Sprintf("%d active runs are of jobs that are no longer in git, such as %s %s; --prune stops them", n, plan.Prunable[0].Name, plan.Prunable[0].ID)}
	}
}

// gathered are the notes of all steps, each once: the points of a sweep mostly have
// the same.
func gathered(plan planner.Plan) []string {
	var notes []string
	jobs := make(map[string][]string) // by note
	for _, step := range plan.Steps {
		for _, note := range noted(step) {
			if len(jobs[note]) == 0 {
				notes = append(notes, note)
			}
			jobs[note] = append(jobs[note], step.Job.Name)
		}
	}
	for i, note := range notes {
		who := jobs[note][0]
		if others := len(jobs[note]) - 1; others > 0 {
			who += fmt.Sprintf(" and %s", humanize.Plural(others, "other job"))
		}
		notes[i] = who + ": " + note
	}
	return notes
}

// notesOf are the notes on a new run, and on one under way that nothing ends.
func notesOf(step planner.Step) []string {
	switch {
	case step.Creates():
		return step.Job.Notes
	case len(step.Job.Newer) > 0 && step.Action != planner.Resume:
		return step.Job.Newer
	case (step.Action == planner.Resume || step.Action == planner.Running) && slices.Contains(step.Job.Notes, resolver.Endless):
		return []string{resolver.Endless}
	}
	return nil
}

// Summary is the last line of a plan.
func (s Style) Summary(plan planner.Plan) string {
	counts := []struct {
		action planner.Action
		words  string
	}{
		{planner.Run, "to run"},
		{planner.Rerun, "to rerun"},
		{planner.Resume, "to submit"},
		{planner.Running, "running"},
		{planner.Judge, "to judge again"},
		{planner.Fetch, "to fetch"},
		{planner.Blocked, "blocked"},
		{planner.Withheld, "withheld"},
		{planner.Refused, "refused"},
		{planner.Conflict, "in conflict"},
		{planner.Unchanged, "unchanged"},
	}
	var parts []string
	for _, c := range counts {
		if n := plan.Count(c.action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.words))
		}
	}
	if n := failedEarlier(plan); n > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%d of them did not succeed)", n)
	}
	if n := len(plan.Prune); n > 0 {
		parts = append(parts, fmt.Sprintf("%d to stop", n))
	}
	line := "Plan: " + strings.Join(parts, ", ") + "."
	if len(plan.Uploads) > 0 {
		line += fmt.Sprintf(" %s to upload in %s.", total(plan.Uploads), humanize.Plural(len(plan.Uploads), "file"))
	}
	if len(plan.Reused) > 0 {
		line += fmt.Sprintf(" %s in %s found on the platform.", total(plan.Reused), humanize.Plural(len(plan.Reused), "file"))
	}
	return line + s.worstCase(plan) + s.leastTime(plan)
}

func total(list []files.Input) string {
	var size int64
	for _, in := range list {
		size += in.Size
	}
	return content.Bytes(size)
}

// failedEarlier counts the unchanged jobs that are not well. They come last in
// the summary.
func failedEarlier(plan planner.Plan) int {
	n := 0
	for _, s := range plan.Steps {
		if s.Action == planner.Unchanged && s.Last.Verdict != string(verdict.Succeeded) {
			n++
		}
	}
	return n
}

// startsAgain tells why the cost of one attempt is no bound.
const startsAgain = " an interrupted run starts again and is billed again, limits.restarts says how often."

// worstCase says what the new runs can cost at most, or why nobody can say.
func (s Style) worstCase(plan planner.Plan) string {
	if len(plan.Spending()) == 0 {
		return ""
	}
	sum := totals(plan)
	switch {
	case s.Free:
		return " Nothing is billed: the platform is this machine."
	case !sum.Bounded:
		return " No upper bound of the cost: not every job has a walltime."
	case sum.PerAttempt && sum.Rate == 0:
		return fmt.Sprintf(" At most %s per attempt, price unknown;%s", humanize.CoreHours(sum.CoreHours), startsAgain)
	case sum.Rate == 0:
		return fmt.Sprintf(" At most %s, price unknown.", humanize.CoreHours(sum.CoreHours))
	case sum.PerAttempt:
		return fmt.Sprintf(" At most %s, %s per attempt at the economy price (licenses excluded);%s", humanize.CoreHours(sum.CoreHours), guard.AtMost(sum.Cost), startsAgain)
	}
	return fmt.Sprintf(" At most %s, %s (licenses excluded).", humanize.CoreHours(sum.CoreHours), guard.AtMost(sum.Cost))
}

package show

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Outcome writes the last line of one job and, for a run that failed, what it
// printed last. It writes nothing for a job that was and stays well.
func (s Style) Outcome(w io.Writer, o executor.Outcome) {
	if o.Unchanged && o.Verdict == verdict.Succeeded {
		return
	}
	mark, color := "✗", red
	switch {
	case o.Ready:
		mark, color = "✓", green
	case o.Err == nil && o.Verdict == verdict.Succeeded:
		mark, color = "✓", green
	case o.Verdict == "":
		mark, color = "…", yellow
	}
	fmt.Fprintf(w, "%s %s\n", s.paint(color, mark), s.headline(o))
	s.log(w, o)
	var conflict *executor.ConflictError // has said it in the plan, and says it once more at the end
	if o.Hint != "" && !errors.As(o.Err, &conflict) {
		fmt.Fprintf(w, "  hint: %s\n", diag.Line(o.Hint))
	}
}

// headline is the line of an outcome, without its mark.
func (s Style) headline(o executor.Outcome) string {
	cells := []string{o.Job}
	if o.ID != "" && o.ID != o.Job {
		cells = append(cells, o.ID)
	}
	return diag.Line(strings.Join(append(cells, s.what(o)...), "   "))
}

// what tells how it ended, how long it took, what it cost and what came of it.
func (s Style) what(o executor.Outcome) []string {
	if words := unfinished(o); words != "" {
		return []string{words}
	}
	if o.Unchanged {
		return []string{s.verdict(o, "earlier") + "; not run again"}
	}
	cells := []string{s.verdict(o, "")}
	if !o.Started.IsZero() {
		took := humanize.Duration(o.Ended.Sub(o.Started))
		if o.Verdict == verdict.Succeeded {
			took = "in " + took
		} else {
			took = "after " + took
		}
		cells = []string{s.verdict(o, took)}
		if o.CoreHours > 0 { // else nobody has asked for the cores
			cells = append(cells, humanize.CoreHours(o.CoreHours))
		}
		if o.Cost > 0 && !s.Free {
			cells = append(cells, humanize.Money(o.Cost))
		}
	}
	if o.To != "" {
		cells = append(cells, s.results(o))
	}
	if o.Err != nil {
		cells = append(cells, "its results are not all here: "+oneLine(o.Err))
	}
	return cells
}

// unfinished tells why a job has not come to its end; empty when it has.
func unfinished(o executor.Outcome) string {
	var running *executor.RunningError
	var waiting *executor.WaitingError
	switch {
	case o.Blocked != "":
		return "blocked: " + o.Blocked
	case o.Withheld != "":
		return "not started: " + o.Withheld
	case errors.As(o.Err, &waiting):
		return "not started: it " + waiting.Error()
	case errors.As(o.Err, &running):
		return running.Error()
	case o.Err != nil && o.Verdict == "":
		return "not finished: " + oneLine(o.Err)
	case o.Ready:
		return "ready; it runs, and is billed, until it is stopped"
	case o.Verdict == "" && o.Status != "":
		return "still " + o.Status
	case o.Verdict == "":
		return "submitted"
	}
	return ""
}

// verdict is the verdict, when it was reached if known, and for anything but
// success the platform's words.
func (Style) verdict(o executor.Outcome, when string) string {
	words := strings.TrimSpace(string(o.Verdict) + " " + when)
	if o.Verdict != verdict.Succeeded && o.Reason != "" {
		words += ": " + o.Reason
	}
	return words
}

func (s Style) results(o executor.Outcome) string {
	var size int64
	for _, f := range o.Files {
		size += f.Size
	}
	return s.folder(o.To, len(o.Files), size)
}

func (s Style) folder(path string, files int, size int64) string {
	return fmt.Sprintf("%s/ (%s, %s)", strings.TrimSuffix(s.path(path), "/"), humanize.Plural(files, "file"), content.Bytes(size))
}

func (s Style) log(w io.Writer, o executor.Outcome) {
	if len(o.Log) == 0 {
		return
	}
	name := "process_output.log"
	if o.Run != "" {
		name = o.Run + "/" + name
	}
	fmt.Fprintf(w, "  last lines of %s:\n", name)
	for _, line := range o.Log {
		fmt.Fprintf(w, "  %s %s\n", s.paint(faint, "|"), strings.TrimRight(diag.Plain(line), "\n"))
	}
}

// oneLine puts a joined error on the line of its job.
func oneLine(err error) string {
	return diag.Line(strings.ReplaceAll(err.Error(), "\n", "; "))
}

// Failures tells again of each job that failed, how to run all of them again, and what
// the whole apply took, where that would scroll away: after several jobs.
func (s Style) Failures(w io.Writer, report executor.Report, again func([]planner.Rival) string) {
	var failed []executor.Outcome
	var runs []planner.Rival
	var took time.Duration
	var hours, cost float64
	for _, o := range report.Outcomes {
		if o.Verdict != "" && o.Verdict != verdict.Succeeded {
			failed = append(failed, o)
			runs = append(runs, planner.Rival{ID: o.ID, Key: o.Key})
		}
		if !o.Unchanged && !o.Started.IsZero() {
			took, hours, cost = took+o.Ended.Sub(o.Started), hours+o.CoreHours, cost+o.Cost
		}
	}
	if len(failed) == 0 || len(report.Outcomes) < 2 {
		return
	}
	for _, o := range failed {
		fmt.Fprintf(w, "  %s %s\n", s.paint(red, "✗"), diag.Line(o.Job+"   "+o.ID+"   "+s.verdict(o, "")))
	}
	fmt.Fprintf(w, "  to run what failed again: %s\n", diag.Line(again(runs)))
	total := fmt.Sprintf("  in all: %s, %s", humanize.Duration(took), humanize.CoreHours(hours))
	if cost > 0 && !s.Free {
		total += ", " + humanize.Money(cost)
	}
	fmt.Fprintln(w, total)
}

// Applied is the last line of an apply.
func Applied(report executor.Report) string { return "Applied: " + counted(report) + "." }

// Watched is the last line of a watch.
func Watched(report executor.Report) string { return "Watched: " + counted(report) + "." }

// counted says how many jobs came out how.
func counted(report executor.Report) string {
	counts := make(map[string]int)
	for _, o := range report.Outcomes {
		counts[Class(o)]++
	}
	var parts []string
	for _, c := range []string{
		"succeeded", "fetched", "failed", "stopped", "no-capacity", "restarts-exhausted", "success-check-failed", "not finished", "blocked", "not started", "running", "waiting",
		"unchanged",
	} {
		if counts[c] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[c], c))
		}
	}
	return strings.Join(parts, ", ")
}

// Class is how a job came out, in a word or two, as the last line of an apply counts it.
func Class(o executor.Outcome) string {
	var running *executor.RunningError
	var waiting *executor.WaitingError
	switch {
	case o.Blocked != "":
		return "blocked"
	case o.Withheld != "":
		return "not started"
	case errors.As(o.Err, &waiting):
		return "waiting"
	case errors.As(o.Err, &running):
		return "running"
	case o.Err != nil:
		return "not finished"
	case o.Unchanged && o.Verdict == verdict.Succeeded:
		return "unchanged"
	case o.Verdict == "":
		return "running"
	}
	return string(o.Verdict)
}

package show

import (
	"fmt"
	"io"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Journal is one state file.
type Journal struct {
	Path string
	Kept string // path of the file whose place it took, if it did
	state.Snapshot
}

// there reports whether the file has a header, so that it belongs to somebody.
func (j Journal) there() bool { return j.Header.Format > 0 }

// uploads is how many contents an apply finds there.
func (j Journal) uploads() int {
	n := 0
	for _, files := range j.Files {
		for _, f := range files {
			if f.ID != "" {
				n++
			}
		}
	}
	return n
}

// Journals writes each file with the last run of every job in it.
func (s Style) Journals(w io.Writer, files []Journal) {
	for _, f := range files {
		if !f.there() {
			fmt.Fprintf(w, "%s: nothing is recorded yet\n", s.path(f.Path))
			continue
		}
		whose := diag.Line(f.Header.Account + " on " + f.Header.Platform)
		fmt.Fprintf(w, "%s: %s, %s remembered\n", s.path(f.Path), whose, humanize.Plural(f.uploads(), "upload"))
		if f.Torn {
			fmt.Fprintln(w, "  its last line was not written whole; the next apply cuts it off")
		}
		var rows [][]string
		for _, name := range f.Jobs() {
			run, _ := f.Last(name)
			row := []string{name, State{Run: run}.id(), stageOf(run), number(run), age(run)}
			if n := len(f.Runs[name]); n > 1 {
				row = append(row, humanize.Plural(n, "run"))
			}
			rows = append(rows, row)
		}
		if len(rows) == 0 {
			rows = [][]string{{"no runs"}}
		}
		Table(w, rows)
	}
}

// Rebuilt writes files that were made anew.
func (s Style) Rebuilt(w io.Writer, files []Journal) {
	s.Journals(w, files)
	for _, f := range files {
		if f.Kept != "" {
			fmt.Fprintf(w, "The file that was there is kept as %s.\n", s.path(f.Kept))
		}
	}
}

// stageOf is how a run ended, or how far it is recorded.
func stageOf(run state.Run) string {
	if run.Verdict != "" {
		return run.Verdict
	}
	return string(run.Stage)
}

// number is the generation and the attempt, as in the marker on the platform.
func number(run state.Run) string { return fmt.Sprintf("%d.%d", run.Generation, run.Attempt) }

// last is when the newest thing happened that is recorded of a run.
func last(run state.Run) time.Time {
	for _, t := range []time.Time{run.Ended, run.StatusAt, run.SubmittedAt, run.SubmittingAt} {
		if !t.IsZero() {
			return t
		}
	}
	return run.Since
}

func age(run state.Run) string {
	if at := last(run); !at.IsZero() {
		return humanize.Duration(time.Since(at)) + " ago"
	}
	return "-"
}

// Runs writes all that is recorded of one job, oldest run first.
func (s Style) Runs(w io.Writer, file Journal, job string) {
	for i, run := range file.Runs[job] {
		if i > 0 {
			fmt.Fprintln(w)
		}
		rows := [][]string{
			{"run", State{Run: run}.id()},
			{"stage", stageOf(run)},
			{"reason", run.Reason},
			{"judged by", run.Checks},
			{"generation", number(run)},
			{"builds on", run.Upstream},
			{"from", commitOf(run)},
			{"key", run.Key},
			{"digest", run.Digest},
			{"intent", date(run.Since)},
			{"recorded", date(run.SubmittedAt)},
			{"status", run.Status},
			{"started", date(run.Started)},
			{"ended", date(run.Ended)},
		}
		if run.CoreHours > 0 {
			rows = append(rows, []string{"used", humanize.CoreHours(run.CoreHours)})
		}
		if run.Cost > 0 {
			rows = append(rows, []string{"cost", humanize.Money(run.Cost)})
		}
		for _, p := range run.Parts {
			rows = append(rows, []string{"made of", p.Field + " = " + p.Value})
		}
		if run.OutputsTo != "" {
			rows = append(rows, []string{"results", run.OutputsTo})
		}
		for _, o := range run.Outputs {
			rows = append(rows, []string{"result", o.Path + " (" + content.Bytes(o.Size) + ")"})
		}
		Table(w, filled(rows))
	}
}

// commitOf is which commit a run comes from, as far as it is recorded.
func commitOf(run state.Run) string {
	return source.Source{Commit: run.Commit, More: run.Differ}.String()
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

// Forgotten tells what was dropped from files, and what that means.
func (s Style) Forgotten(w io.Writer, files []Journal, job string) {
	for _, f := range files {
		fmt.Fprintf(w, "%s: forgot %s of %s\n", s.path(f.Path), humanize.Plural(len(f.Runs[job]), "run"), job)
		var rows [][]string
		for _, run := range f.Runs[job] {
			rows = append(rows, []string{State{Run: run}.id(), stageOf(run), number(run), age(run)})
		}
		Table(w, rows)
	}
	fmt.Fprintln(w, "Nothing was changed on the platform: the next apply finds the runs there by their key, and pays none of them again.")
	fmt.Fprintln(w, "Only what was deleted there runs again.")
}

// Lock is the lock of one state file. Owner is its holder or, when it is stale, who
// had it and died; it is zero when nobody had signed.
type Lock struct {
	Path   string
	Locked bool
	Stale  bool // a dead holder's note was there, and was removed
	Owner  state.Owner
}

// Locks tells which files are not locked. Of the others an error tells.
func (s Style) Locks(w io.Writer, locks []Lock) {
	for _, l := range locks {
		switch {
		case l.Locked:
		case l.Stale && l.Owner.PID != 0:
			fmt.Fprintf(w, "%s: not locked; pid %d on %s, which held the lock since %s, is gone, and its note was removed\n",
				s.path(l.Path), l.Owner.PID, l.Owner.Host, date(l.Owner.Since))
		case l.Stale:
			fmt.Fprintf(w, "%s: not locked; a note that nobody can read was removed\n", s.path(l.Path))
		default:
			fmt.Fprintf(w, "%s: not locked\n", s.path(l.Path))
		}
	}
}

package ledger

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// mostTold is how many remarks of a kind that keep the balance are named.
const mostTold = 10

// Text writes the balance, the sums, and what was found.
func (l Ledger) Text(w io.Writer) {
	fmt.Fprintln(w, l.balance())
	fmt.Fprintln(w, l.scope())
	fmt.Fprintln(w)
	show.Table(w, l.totals())
	l.sums(w, "MANIFEST", l.Manifests, manifest)
	l.sums(w, "PROJECT", l.Projects, l.project)
	l.months(w)
	l.found(w, "found", audit.Breaks)
	l.found(w, "not known", audit.Hides)
	l.found(w, "told; it balances", audit.Told)
}

// balance is the answer, in one line.
func (l Ledger) balance() string {
	counts := humanize.Plural(l.Total.Runs, "billed run") + " of " + humanize.Plural(l.Total.Keys, "key")
	switch l.Err().(type) { //nolint:errorlint // it is one of these itself
	case nil:
		if l.Total.Runs == 0 {
			return "In balance: no run was billed."
		}
		return "In balance: " + counts + ", one for each."
	case *audit.UnbalancedError:
		if l.Total.PerKey > 1 {
			return fmt.Sprintf("NOT in balance: %s, %d of one key.", counts, l.Total.PerKey)
		}
		return "NOT in balance: " + counts + "; what is wrong stands below."
	default:
		return "Not known whether in balance: " + counts + " were seen."
	}
}

// scope is what was looked at.
func (l Ledger) scope() string {
	text := l.Account + " on " + l.Where
	if !l.Since.IsZero() {
		text += ", jobs made since " + l.Since.UTC().Format("2006-01-02 15:04 MST")
	}
	if l.Free {
		text += "; nothing is billed: the platform is this machine"
	}
	return text
}

// totals are the counts, without those that say nothing.
func (l Ledger) totals() [][]string {
	t := l.Total
	rows := [][]string{
		{"keys", strconv.Itoa(t.Keys)},
		{"billed runs", fmt.Sprintf("%d, at most %d of a key", t.Runs, t.PerKey)},
		{"taken", humanize.CoreHours(t.CoreHours) + ", " + amount(t.Sum) + " USD by list price, licenses excluded"},
	}
	for _, row := range []struct {
		n    int
		name string
		note string
	}{
		{t.Active, "active", "they count as far as they are"},
		{t.Unpriced, "without a price", "the platform names none"},
		{t.NeverBegan, "never began", "their commands did not run"},
		{t.Stopped, "stopped by hand", ""},
		{t.NoCommit, "without a commit", "they do not say where they come from"},
		{t.Dirty, "dirty", "their commits lack some of their files"},
		{t.Drafts, "drafts", "they cost nothing"},
		{t.Copies, "copies by hand", "they are no runs of a manifest, and in no sum"},
		{t.Deleted, "deleted since", "journals know them"},
	} {
		switch {
		case row.n == 0:
		case row.note == "":
			rows = append(rows, []string{row.name, strconv.Itoa(row.n)})
		default:
			rows = append(rows, []string{row.name, fmt.Sprintf("%d: %s", row.n, row.note)})
		}
	}
	return rows
}

func manifest(s audit.Sum) string {
	if s.Repo == "" {
		return s.Name
	}
	return s.Name + " in " + s.Repo
}

func (l Ledger) project(s audit.Sum) string {
	if s.Name == "" {
		return "(none)"
	}
	return humanize.Named(s.Name, l.projects[s.Name])
}

// sums writes what runs with something in common have taken.
func (l Ledger) sums(w io.Writer, title string, list []audit.Sum, name func(audit.Sum) string) {
	if len(list) == 0 {
		return
	}
	rows := [][]string{{"BY " + title, "RUNS", "CORE-HOURS", "USD"}}
	for _, s := range list {
		rows = append(rows, append([]string{name(s)}, figures(s)...))
	}
	fmt.Fprintln(w)
	show.Table(w, rows)
}

func figures(s audit.Sum) []string {
	return []string{strconv.Itoa(s.Runs), fmt.Sprintf("%.1f", s.CoreHours), amount(s)}
}

// amount is a sum of money; a bound is said to be one.
func amount(s audit.Sum) string {
	switch {
	case s.Unpriced > 0 && s.Cost == 0:
		return "unknown"
	case s.AtLeast():
		return fmt.Sprintf("at least %.2f", s.Cost)
	}
	return fmt.Sprintf("%.2f", s.Cost)
}

// months writes the months with the bills of the workspace.
func (l Ledger) months(w io.Writer) {
	head := []string{"BY MONTH", "RUNS", "CORE-HOURS", "USD"}
	if len(l.bills) > 0 {
		head = append(head, "WORKSPACE: JOBS", "CORE-HOURS", "HARDWARE USD", "SOFTWARE USD", "TOTAL USD")
	}
	rows := [][]string{head}
	for _, s := range l.Months {
		row := append([]string{s.Name}, figures(s)...)
		switch bill, known := l.bills[s.Name]; {
		case known:
			row = append(row, strings.Fields(fmt.Sprintf("%d %.1f %.2f %.2f %.2f", bill.Jobs, bill.CoreHours, bill.Hardware, bill.Software, bill.Total))...)
		case len(l.bills) > 0:
			row = append(row, "unknown", "-", "-", "-", "-")
		}
		rows = append(rows, row)
	}
	if len(l.Months) == 0 {
		return
	}
	fmt.Fprintln(w)
	show.Table(w, rows)
	switch {
	case len(l.bills) > 0:
		fmt.Fprintln(w, "  The bill of the workspace holds other people's jobs too, and decides nothing.")
	case l.unbilled != "":
		fmt.Fprintln(w, "  No bill: "+l.unbilled+".")
	}
}

// found writes the remarks of one weight.
func (l Ledger) found(w io.Writer, title string, weight audit.Weight) {
	rows, kinds := [][]string{{"WHAT", "JOB", "NAME", "DATE", "KEY", "PAGE"}}, make(map[audit.Kind]int)
	for _, r := range l.Remarks {
		if r.Weight != weight {
			continue
		}
		if kinds[r.Kind]++; weight != audit.Told || kinds[r.Kind] <= mostTold {
			rows = append(rows, []string{describe(r), r.ID, r.Name, day(r.Date), short(r.Key), l.url(r.ID)})
		}
	}
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+title)
	show.Table(w, rows)
	for _, r := range l.Remarks { // in their order, each kind once
		if n := kinds[r.Kind]; weight == audit.Told && n > mostTold {
			fmt.Fprintf(w, "  and %d more: %s\n", n-mostTold, r.Kind)
			delete(kinds, r.Kind)
		}
	}
}

// Problems are the lines of what breaks the balance or hides it, for outputs that have no
// place for them.
func (l Ledger) Problems() (lines []string) {
	for _, r := range l.Remarks {
		if r.Weight != audit.Told {
			lines = append(lines, strings.Join([]string{describe(r), r.ID, r.Name, day(r.Date), short(r.Key), l.url(r.ID)}, "  "))
		}
	}
	return lines
}

func describe(r audit.Remark) string {
	if r.Why == "" {
		return string(r.Kind)
	}
	return string(r.Kind) + ": " + r.Why
}

// short is a key as people can compare it: the first digits of its digest, generation and
// attempt. The name stands beside it.
func short(key string) string {
	fields := strings.SplitN(key, ":", 4)
	if len(fields) < 4 {
		return "-"
	}
	const digits = 12
	return fields[1][:min(digits, len(fields[1]))] + " " + fields[2]
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

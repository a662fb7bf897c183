package ledger

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/audit"
)

// CSV is one row for each billed run, as RFC 4180 has it. What is not known is empty.
func (l Ledger) CSV() (string, error) {
	var table strings.Builder
	out := csv.NewWriter(&table)
	out.UseCRLF = true
	rows := [][]string{{
		"id", "name", "key", "generation", "attempt", "status", "verdict", "submitted", "ended", "coreType", "cores", "coreHours", "pricePerCoreHour", "cost",
		"project", "commit", "ref", "path", "dirty", "actor", "repo", "namespace",
	}}
	for _, r := range l.Runs {
		rows = append(rows, cells(r))
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = defused(cell)
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return "", fmt.Errorf("writing a table: %w", err)
	}
	return table.String(), nil
}

func cells(r audit.Run) []string {
	status, price, cost, cores, dirty := r.Status, "", "", "", ""
	if r.Gone {
		status = "deleted"
	}
	if r.Use.Rate > 0 {
		price = number(r.Use.Rate)
	}
	if r.Use.Cost != nil {
		cost = number(*r.Use.Cost)
	}
	if r.Use.Cores > 0 {
		cores = strconv.Itoa(r.Use.Cores)
	}
	s := r.Source
	if s.Commit != "" {
		dirty = strconv.Itoa(len(s.Dirty) + s.More) // files
	}
	return []string{
		r.ID, r.Key.Name, r.Key.String(), strconv.Itoa(r.Key.Generation), strconv.Itoa(r.Key.Attempt), status, string(r.Judged.Verdict),
		moment(r.Submitted), moment(r.Judged.Ended), r.Use.CoreType, cores, number(r.Use.CoreHours), price, cost,
		r.Project, s.Commit, s.Ref, s.Path, dirty, s.Actor, s.Repo, r.Namespace,
	}
}

func number(n float64) string { return strconv.FormatFloat(rounded(n), 'f', -1, 64) }

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// defused keeps a spreadsheet from taking a text for a formula: names of jobs, and all that
// a commit says, may be anybody's idea.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// Package md writes a report as GitHub and GitLab show it below a pull request: one line
// that says all, a table of what spends or has failed, and the rest folded.
package md

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// Limit is how long a page may be. What does not fit is left out row by row, and counted.
type Limit struct {
	Most int
	Size func(text string) int
}

// Comment is the limit of a comment: GitHub refuses those above 65,536 characters, and
// whoever posts it may add some.
func Comment() Limit {
	return Limit{60_000, func(text string) int { return len(utf16.Encode([]rune(text))) }}
}

// Summary is the limit of the summary of a step of GitHub, in bytes of which some are
// written already: 1 MiB.
func Summary(written int) Limit {
	return Limit{1<<20 - written, func(text string) int { return len(text) }}
}

// Marker is the first line of a page, which nobody sees: a later page of the same verb on
// the same manifests takes the place of the one that has it. Key says which manifests.
func Marker(verb, key string) string {
	return fmt.Sprintf("<!-- %s:%s:%s -->", program, strings.ReplaceAll(verb, " ", "-"), key)
}

const program = "rescale-apply"

// Signature is what each page begins with.
const Signature = "<!-- " + program + ":"

// Write gives the report as a page. It ends with a newline.
func Write(r report.Report, limit Limit) string {
	end := footer(r)
	p := &page{limit: limit, left: limit.Most - limit.Size(end) - room}
	p.add(Marker(r.Verb, r.Key()) + "\n" + title(r))
	for _, line := range []string{r.Account, r.Summary} {
		if line != "" {
			p.add(text(line) + "\n\n")
		}
	}
	p.table(troubles(r))
	p.table(problems(r))
	p.table(jobs(r, report.Major))
	p.table(jobs(r, report.Minor))
	p.table(notes(r))
	return p.out.String() + p.end() + end
}

// title names the verb and the manifests.
func title(r report.Report) string {
	const most = 3
	var names []string
	for _, name := range r.Manifests[:min(most, len(r.Manifests))] {
		names = append(names, code(name))
	}
	line := "### " + program + " " + text(r.Verb)
	if len(names) > 0 {
		line += ": " + strings.Join(names, ", ")
	}
	if others := len(r.Manifests) - most; others > 0 {
		line += " and " + humanize.Plural(others, "other manifest")
	}
	return line + "\n\n"
}

func footer(r report.Report) string {
	return fmt.Sprintf("<sub>%s %s</sub>\n", text(r.Tool), text(r.Version))
}

// table is rows below each other, folded where it has a title.
type table struct {
	title string // of what is folded; empty: it is shown
	head  string // empty: a list
	rows  []string
	what  string // one row, in words
}

func troubles(r report.Report) table {
	t := table{what: "error"}
	for _, trouble := range r.Troubles {
		lines := []string{"**Error:** " + text(trouble.Message)}
		for _, hint := range trouble.Hints {
			lines = append(lines, "<br>hint: "+text(hint))
		}
		t.rows = append(t.rows, strings.Join(lines, "\n")+"\n\n")
	}
	return t
}

func problems(r report.Report) table {
	t := table{head: "| where | problem | rule |\n| --- | --- | --- |\n", what: "problem"}
	for _, p := range r.Problems {
		where := code(p.File)
		if p.Line > 0 {
			where = code(fmt.Sprintf("%s:%d", p.File, p.Line))
		}
		why := text(p.Message)
		if p.Hint != "" {
			why += "<br>hint: " + text(p.Hint)
		}
		t.rows = append(t.rows, fmt.Sprintf("| %s | %s | %s |\n", where, why, text(p.Rule)))
	}
	return t
}

func jobs(r report.Report, weight report.Weight) table {
	t := table{what: "row"}
	priced := false
	for _, row := range r.Rows {
		priced = priced || row.Weight == weight && row.Cost != ""
	}
	t.head = "| job | | why |\n| --- | --- | --- |\n"
	if priced {
		t.head = "| job | | why | cost |\n| --- | --- | --- | --- |\n"
	}
	for _, row := range r.Rows {
		if row.Weight != weight {
			continue
		}
		line := fmt.Sprintf("| %s | %s | %s |", code(row.Name), text(row.Word), text(row.Why))
		if priced {
			line += " " + text(row.Cost) + " |"
		}
		t.rows = append(t.rows, line+"\n")
	}
	if weight == report.Minor {
		t.title = humanize.Plural(len(t.rows), "more row")
	}
	return t
}

func notes(r report.Report) table {
	t := table{title: humanize.Plural(len(r.Notes), "note"), what: "note"}
	for _, note := range r.Notes {
		t.rows = append(t.rows, "- "+text(note)+"\n")
	}
	return t
}

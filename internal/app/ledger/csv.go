package ledger

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// columns are what the first row names.
const columns = `
	id name key generation attempt status verdict submitted ended coreType cores coreHours pricePerCoreHour cost
	project commit ref path dirty actor repo namespace`

// CSV is one row for each billed run, as RFC 4180 has it. What is not known is empty.
func (l Ledger) CSV() string {
	var table strings.Builder
	row(&table, strings.Fields(columns))
	for _, r := range l.Runs {
		row(&table, cells(r))
	}
	return table.String()
}

// row writes cells in quotes where one of the characters that separate cells in some
// country is in them.
func row(w *strings.Builder, list []string) {
	for i, cell := range list {
		if i > 0 {
			w.WriteByte(',')
		}
		if cell = defused(cell); strings.ContainsAny(cell, "\",;") || strings.HasPrefix(cell, " ") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		w.WriteString(cell)
	}
	w.WriteString("\r\n")
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

// defused keeps a terminal, a spreadsheet and the runner of GitHub from taking a text for
// more than one: names of jobs, and all that a commit says, may be anybody's idea. Where
// numbers have commas, cells of a table are separated by semicolons, whatever is in quotes.
func defused(cell string) string {
	parts := strings.Split(strings.ReplaceAll(diag.Line(cell), "##[", "## ["), ";")
	for i, part := range parts {
		if formula(part) {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}

// formula reports whether a spreadsheet may calculate a text. Some look behind blanks and
// quotes, and take wide characters for narrow ones.
func formula(text string) bool {
	const joiners = "\u200c\u200d" // nobody sees them
	text = strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(joiners+`"`, r)
	})
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@＝＋－＠", first)
}

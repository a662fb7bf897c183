package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// FormatVersion is the version of the JSON form of a report. Keys are only ever added; a
// key that changes its meaning or goes raises it.
const FormatVersion = 1

// Verdict is how what was seen compares with what is assumed.
type Verdict string

// The verdicts.
const (
	AsAssumed Verdict = "as assumed"
	Harmless  Verdict = "differs, harmless" // this tool copes with it
	Matters   Verdict = "differs, matters"  // a promise of this tool does not hold
	Unknown   Verdict = "unknown"
)

// Report is what the checks came to. It holds no key and no e-mail address, so that it can
// be sent to anybody.
type Report struct {
	FormatVersion int    `json:"formatVersion"`
	Platform      string `json:"platform"` // its address
	Rows          []Row  `json:"checks"`
	Left          []Left `json:"left"` // what could not be removed; null when all was
}

// Row is one assumption.
type Row struct {
	Check   string  `json:"check"`
	Assumed string  `json:"assumed"`
	Seen    string  `json:"seen"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"` // of a difference: what follows from it
}

// Left is something that the checks made and could not remove.
type Left struct {
	Kind string `json:"kind"` // draft or file
	ID   string `json:"id"`   // empty when not even that is known
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Matter gives the rows that break a promise.
func (r Report) Matter() []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Verdict == Matters {
			rows = append(rows, row)
		}
	}
	return rows
}

// Blank is true of a report in which nothing could be looked at.
func (r Report) Blank() bool {
	return len(r.Left) == 0 && !slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Verdict != Unknown })
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteText writes the report as a table for people.
func (r Report) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CHECK\tASSUMED\tSEEN\tVERDICT")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", row.Check, row.Assumed, row.Seen, row.judged())
	}
	for _, left := range r.Left {
		fmt.Fprintln(table, left.text())
	}
	return table.Flush()
}

func (r Row) judged() string {
	if kind, differs := strings.CutPrefix(string(r.Verdict), "differs, "); differs {
		return fmt.Sprintf("differs (%s: %s)", kind, r.Why)
	}
	return string(r.Verdict)
}

func (l Left) text() string {
	if l.ID == "" {
		return fmt.Sprintf("Not removed: %s %q, if it is there: %s", l.Kind, l.Name, l.Why)
	}
	return fmt.Sprintf("Not removed: %s %s, %q: %s", l.Kind, l.ID, l.Name, l.Why)
}

// scrub takes out what is nobody else's business: answers of the platform may quote the
// account's address.
func (r *Report) scrub() {
	for i := range r.Rows {
		r.Rows[i].Seen, r.Rows[i].Why = anonymous(r.Rows[i].Seen), anonymous(r.Rows[i].Why)
	}
	for i := range r.Left {
		r.Left[i].Why = anonymous(r.Left[i].Why)
	}
}

var address = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)

func anonymous(text string) string { return address.ReplaceAllLiteralString(text, "(e-mail)") }

// mostText bounds, in characters, what an answer of the platform adds to a row.
const mostText = 240

// errorText is an error in one short line.
func errorText(err error) string {
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > mostText {
		return string(text[:mostText]) + "…"
	}
	return string(text)
}

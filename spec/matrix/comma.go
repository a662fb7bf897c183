package matrix

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// grouped matches a number with thousands separators, as spreadsheets of many countries
// write it.
var grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}([.,' \x{a0}\x{202f}\x{2019}][0-9]{3})+([.,][0-9]+)?$`)

// local recognizes a cell that people read as a number and programs do not: of 1,5 they
// take the 1 and say nothing.
func local(cell string) bool {
	_, comma := WithPoint(cell)
	return comma || grouped.MatchString(cell)
}

// WithPoint returns a number with a decimal comma as one with a point.
func WithPoint(cell string) (string, bool) {
	if strings.Count(cell, ",") != 1 || strings.Contains(cell, ".") {
		return cell, false
	}
	text := strings.Replace(cell, ",", ".", 1)
	_, number := expr.Number(text)
	return text, number
}

// commas reports whether commas in a table can be decimal: they do not separate the
// cells.
func (t Table) commas() bool { return t.separator != ',' }

// pointed reads the decimal commas of a column that is said to hold numbers.
func pointed(rows [][]cell, column int) {
	for _, row := range rows {
		if text, number := WithPoint(row[column].text); number {
			row[column].text = text
		}
	}
}

// group matches a number with a thousands separator that others read as a decimal one.
var group = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$`)

// doubtful reports cells whose separator may mean thousands, in a table with decimal
// commas: a factor of 1000 would go unnoticed.
func (t Table) doubtful(head []cell, body [][]cell, list *diag.List) {
	decimal := false
	for i, name := range head {
		commas := withCommas(column(body, i))
		if kind, given := t.given(name.text); !given || kind != Number || !t.commas() || len(commas) == 0 {
			continue
		}
		decimal = true
		// Semicolons separate the cells because the comma has another use.
		told := t.separator == ';' || slices.ContainsFunc(commas, func(c cell) bool { return !group.MatchString(c.text) })
		if !told {
			addDoubt(commas[0], name, "no cell of the column shows which", list)
		}
	}
	for i, name := range head {
		kind, given := t.given(name.text)
		points := func(c cell) bool { return strings.Contains(c.text, ".") && group.MatchString(c.text) }
		if at := slices.IndexFunc(body, func(row []cell) bool { return points(row[i]) }); decimal && at >= 0 && !(given && (kind == Text || kind == List)) {
			addDoubt(body[at][i], name, "other numbers of the table have decimal commas", list)
		}
	}
}

// withCommas returns the cells of a column that are numbers with a decimal comma.
func withCommas(cells []cell) (commas []cell) {
	for _, c := range cells {
		if _, number := WithPoint(c.text); number {
			commas = append(commas, c)
		}
	}
	return commas
}

// addDoubt reports a cell that can be two numbers, with the ways to write either.
func addDoubt(c, name cell, why string, list *diag.List) {
	sign := "," // of fractions, where the cell has a point
	at := strings.IndexAny(c.text, ".,")
	if c.text[at] == ',' {
		sign = "."
	}
	whole, rest := c.text[:at], c.text[at+1:]
	list.Add(c.pos, diag.BadTable, fmt.Sprintf("write %s%s%s or %[1]s%[3]s, or types: {%s: text} to keep it as it stands", whole, sign, rest, name.text),
		"%q can be %s.%s or %[2]s%[3]s: %s", c.text, whole, rest, why)
}

// localHint says how to write such a cell.
func (t Table) localHint(column, text string) string {
	number, comma := WithPoint(text)
	if comma && t.commas() {
		return fmt.Sprintf("write csv: {path: …, types: {%s: number}} to read it as %s, or types: {%s: text} to keep it as it stands", column, number, column)
	}
	if comma {
		return fmt.Sprintf("write %s, or types: {%s: text} to keep it as it stands", number, column)
	}
	return fmt.Sprintf("write it without separators of thousands, as 1234.5, or types: {%s: text} to keep it as it stands", column)
}

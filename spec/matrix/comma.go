package matrix

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// grouped is a number with separators of thousands, as spreadsheets of many countries
// write it.
var grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}([.,' \x{a0}\x{202f}\x{2019}][0-9]{3})+([.,][0-9]+)?$`)

// local tells a cell that people read as a number and programs do not: of 1,5 they see
// the 1 alone, and say nothing.
func local(cell string) bool {
	_, comma := withPoint(cell)
	return comma || grouped.MatchString(cell)
}

// withPoint is a number with a decimal comma as one with a point.
func withPoint(cell string) (string, bool) {
	if strings.Count(cell, ",") != 1 || strings.Contains(cell, ".") {
		return cell, false
	}
	text := strings.Replace(cell, ",", ".", 1)
	_, number := expr.Number(text)
	return text, number
}

// commas tells a table in which a comma can be a decimal one: it does not part the cells.
func (t Table) commas() bool { return t.separator != ',' }

// pointed reads the decimal commas of a column that is said to hold numbers.
func pointed(rows [][]cell, column int) {
	for _, row := range rows {
		if text, number := withPoint(row[column].text); number {
			row[column].text = text
		}
	}
}

// localHint tells how such a cell becomes what is meant.
func (t Table) localHint(column, text string) string {
	number, comma := withPoint(text)
	if comma && t.commas() {
		return fmt.Sprintf("write csv: {path: …, types: {%s: number}} to read it as %s, or types: {%s: text} to keep it as it stands", column, number, column)
	}
	if comma {
		return fmt.Sprintf("write %s, or types: {%s: text} to keep it as it stands", number, column)
	}
	return fmt.Sprintf("write it without separators of thousands, as 1234.5, or types: {%s: text} to keep it as it stands", column)
}

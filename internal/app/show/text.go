// Package show turns plans, events and outcomes into what people and programs
// read: text, live lines, Markdown and JSON. It decides nothing and reads
// nothing but the values that it is given.
package show

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/screen/ink"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Style is how text may look.
type Style struct {
	Color bool
	Ink   ink.Ink // of the writer that all of it goes to
	As    string  // whose plan it is, where and on whose bill; empty for nobody's
	Free  bool    // the platform is this machine: nothing is billed
	Full  bool    // a plan shows every point of a matrix on a line of its own
	Dir   string  // the current folder: paths below it are shown relative

	Limits Limits // of the platform; for plans
}

// The colours that carry meaning; everything else is plain.
const (
	green  = "32"
	red    = "31"
	yellow = "33"
	faint  = "2"
)

func (s Style) paint(code, text string) string {
	if !s.Color {
		return text
	}
	escape := "\x1b" + string(s.Ink)
	return escape + "[" + code + "m" + text + escape + "[0m"
}

// path shows a path as short as it can be typed.
func (s Style) path(p string) string {
	if rel, err := filepath.Rel(s.Dir, p); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(p)
}

// Table writes rows with aligned columns; the last column is not padded, and may be
// painted. Widths are screen cells, so that names in any script line up. A row is one
// line, whatever is in its cells.
func Table(w io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if last := len(row) - 1; i < last {
				cell = diag.Line(cell)
			} else {
				cell = unbroken(cell)
			}
			row[i] = cell
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString("  " + cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell)+1))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// unbroken is a text on one line.
func unbroken(text string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text)
}

// totals adds up what the jobs that a plan submits can cost at most.
func totals(plan planner.Plan) resolver.Estimate {
	var list []resolver.Estimate
	for _, s := range plan.Spending() {
		list = append(list, s.Job.Estimate)
	}
	return resolver.Sum(list)
}

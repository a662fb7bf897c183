package manifest

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// fewPoints is how many points may stand in the text where a table can stand beside it.
const fewPoints = 4

// matrix is the parameters of a family: lists where its points are all combinations, a
// table, or the points themselves.
func (f *family) matrix(name string, tables *shelf) *node {
	if n := f.product(); n != nil {
		return n
	}
	if tables.name != "" && (len(f.jobs) > fewPoints || f.column(adoptKey) != nil) {
		return object().with("csv", f.table(name, tables))
	}
	points := &node{kind: sequence, lines: true}
	for i := range f.jobs {
		point := object()
		for _, c := range f.columns {
			point.with(c.name, c.cell(c.cells[i]))
		}
		points.items = append(points.items, point)
	}
	return object().with("include", points)
}

// cell is a value of a column.
func (c *column) cell(value string) *node {
	if c.number {
		return &node{kind: literal, value: value}
	}
	if numbers([]string{value}) || slices.Contains(words(), strings.ToLower(value)) {
		return &node{kind: quoted, value: value}
	}
	return scalar(value)
}

// product is a list for each column, where the points are all combinations of them; else
// nil.
func (f *family) product() *node {
	n := object()
	points := 1
	for _, c := range f.columns {
		values := unrepeated(c.cells)
		points *= len(values)
		n.with(c.name, list(values, c.cell))
		if points > len(f.jobs) {
			return nil
		}
	}
	return n
}

// doubtful matches cells that a reader of tables may take for something other than text.
var doubtful = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9+.,'-][0-9+.,'eE-]*|true|false)$`) })

// table writes the points beside the text, and returns how the matrix names it.
func (f *family) table(name string, tables *shelf) *node {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	header, types, blank := make([]string, len(f.columns)), object(), object()
	for i, c := range f.columns {
		header[i] = c.name
		if !c.number && slices.ContainsFunc(c.cells, doubtful().MatchString) {
			types.with(c.name, scalar("text"))
		}
		if slices.Contains(c.cells, "") {
			blank.with(c.name, scalar(""))
		}
	}
	_ = w.Write(header) // a buffer takes everything
	for i := range f.jobs {
		row := make([]string, len(f.columns))
		for j, c := range f.columns {
			row[j] = c.cells[i]
		}
		_ = w.Write(row)
	}
	w.Flush()
	path := tables.add(name, out.Bytes())
	naming := list(f.naming(), scalar)
	if naming == nil && types.orNil() == nil && blank.orNil() == nil {
		return scalar(path)
	}
	return object().text("path", path).with("name", naming).with("blank", blank.orNil()).with("types", types.orNil())
}

// adoptKey is the column of the runs that the points take over. A run is none of what makes
// a point: its name must stay when the run does not.
const adoptKey = "adopt"

// naming is the one column that tells the points apart, so that their names stay when
// another value changes; all but the runs where no single one does, and none where it takes
// every column.
func (f *family) naming() (names []string) {
	var cells []string
	for _, c := range f.columns {
		if c.name == adoptKey {
			continue
		}
		if len(unrepeated(c.cells)) == len(c.cells) {
			return []string{c.name}
		}
		names = append(names, c.name)
		for i, cell := range c.cells {
			if len(cells) <= i {
				cells = append(cells, "")
			}
			cells[i] += cell + "\n"
		}
	}
	if len(names) == len(f.columns) || len(unrepeated(cells)) < len(f.jobs) {
		return nil
	}
	return names
}

// column returns the column of a name; nil without it.
func (f *family) column(name string) *column {
	for _, c := range f.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

package matrix

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Type is what the cells of a column are.
type Type string

// The types of columns, as a manifest names them.
const (
	Number  Type = "number"
	Boolean Type = "boolean"
	Text    Type = "text"
	List    Type = "list" // of texts, between semicolons or commas
)

// Column is a column with a declared type. Pos is where its name is written.
type Column struct {
	Name string
	Pos  diag.Position
	Type Type
}

// Table is a CSV text: the first line names the columns, every other line is a point. A
// column that Types does not name has the type of its cells.
type Table struct {
	Source  diag.Source
	Types   []Column
	Columns []Name  // those that are parameters; empty for all
	Names   []Name  // the parameters that name a point, in this order; empty for all
	Blank   []Param // what a blank cell of a column is; without it, it is a mistake

	separator rune // of its cells
}

// cell is one cell of a table.
type cell struct {
	text string
	pos  diag.Position
}

// Axis returns the points, or what is wrong with the table.
func (t Table) Axis() (Axis, diag.List) {
	t.separator = separator(bytes.SplitN(bytes.TrimPrefix(t.Source.Text, []byte("\ufeff")), []byte("\n"), maxHead)) //nolint:revive // this copy is what is read
	rows, list := t.cells()
	if len(list) > 0 {
		return nil, list
	}
	whole := checkLengths(rows, &list)
	wide := t.wide(rows[0], &list)
	wide.checkNames(rows[0], &list)
	if len(list) > 0 || !whole {
		return nil, list
	}
	head, body := wide.narrow(rows)
	if wide.doubtful(head, body, &list); len(list) > 0 {
		return nil, list
	}
	axis := make(Axis, len(body))
	for i := range head {
		if kind, given := wide.given(head[i].text); given && kind == Number && t.commas() {
			pointed(body, i)
		}
		kind := wide.kind(head[i], column(body, i), &list)
		blank := wide.blank(head[i], kind, &list)
		for j, row := range body {
			value := blank
			if value.Pos.IsZero() {
				value.Pos = row[i].pos
			}
			if row[i].text != "" {
				value = expr.Value{V: kind.value(row[i].text), Pos: row[i].pos, Written: row[i].text}
			}
			axis[j] = append(axis[j], Param{Name: head[i].text, Pos: head[i].pos, Value: value, Beside: wide.beside(i), Cell: row[i].pos})
		}
	}
	return axis, list
}

// cells reads the text.
func (t Table) cells() ([][]cell, diag.List) {
	var list diag.List
	start := diag.Position{File: t.Source.Name, Line: 1, Col: 1}
	text := bytes.TrimPrefix(t.Source.Text, []byte("\ufeff"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		list.Add(start, diag.BadTable, "save it as CSV in UTF-8", "the table is not a text in UTF-8")
		return nil, list
	}
	lines := bytes.Split(text, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.Comment, reader.FieldsPerRecord = t.separator, '#', -1
	reader.TrimLeadingSpace = reader.Comma != '\t' // or an empty cell would vanish
	var rows [][]cell
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			list.Add(position(t.Source.Name, lines, broken.Line, broken.Column), diag.BadTable,
				`a cell with quotes in it stands in quotes, and each of them is doubled: "a ""b"" c"`, "the quotes are not in order")
			return nil, list
		}
		row := make([]cell, len(record))
		for i, field := range record {
			line, col := reader.FieldPos(i)
			row[i] = cell{strings.TrimSpace(field), position(t.Source.Name, lines, line, col)}
			row[i].pos.Width = max(1, utf8.RuneCountInString(row[i].text))
		}
		if !empty(row) || len(rows) > 0 && len(rows[0]) == 1 || len(rows) == 0 {
			rows = append(rows, row)
		}
	}
	if len(rows) < 2 {
		list.Add(start, diag.BadTable, "the first line names the columns, every other line is a point", "the table has no point")
	}
	return rows, list
}

// maxHead is how many lines are searched for the one that names the columns.
const maxHead = 1000

// separator returns the one of comma, semicolon and tab that the first line uses.
func separator(lines [][]byte) rune {
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		if i := bytes.IndexAny(line, ",;\t"); i >= 0 {
			return rune(line[i])
		}
		break
	}
	return ','
}

// position turns the bytes that the CSV reader counts into characters.
func position(name string, lines [][]byte, line, column int) diag.Position {
	text := lines[min(max(line, 1), len(lines))-1]
	return diag.Position{File: name, Line: line, Col: 1 + utf8.RuneCount(text[:min(max(column-1, 0), len(text))]), Width: 1}
}

var parameter = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// empty reports whether a row has no text at all, as spreadsheets leave them at the end.
func empty(row []cell) bool {
	return !slices.ContainsFunc(row, func(c cell) bool { return c.text != "" })
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// checkLengths reports rows that are not as long as the first.
func checkLengths(rows [][]cell, list *diag.List) bool {
	whole := true
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			whole = false
			list.Add(row[0].pos, diag.BadTable, "give every column a value; a cell with a separator in it stands in quotes",
				"the line has %s, and there are %s", count(len(row), "cell"), count(len(rows[0]), "column"))
		}
	}
	return whole
}

func column(rows [][]cell, i int) []cell {
	cells := make([]cell, len(rows))
	for j, row := range rows {
		cells[j] = row[i]
	}
	return cells
}

// kind returns the type of a column, and reports cells that are not of it.
func (t Table) kind(head cell, cells []cell, list *diag.List) Type {
	kind, given := t.given(head.text)
	if kind == List {
		return List
	}
	rule := t.rule(head.text)
	i := slices.IndexFunc(cells, func(c cell) bool { return c.text != "" })
	switch {
	case !given && i < 0 && rule != nil:
		return typeOf(rule.Value.Text())
	case !given:
		kind = typeOf(cells[max(0, i)].text)
	}
	for _, c := range cells {
		if c.text == "" {
			if rule == nil {
				list.Add(c.pos, diag.BadTable, fmt.Sprintf("write a value, or say what a blank cell is: csv: {path: …, blank: {%s: VALUE}}", head.text), "column %s has no value here", head.text)
			}
			continue
		}
		if !t.fits(c, typed{head.text, kind, given}, list) {
			return kind
		}
	}
	return kind
}

// typed is what is known of a column: its type, and whether types gives it.
type typed struct {
	name  string
	kind  Type
	given bool
}

// fits reports whether a cell is of the type of its column, and what is wrong otherwise.
func (t Table) fits(c cell, of typed, list *diag.List) bool {
	switch is := typeOf(c.text); {
	case is == Text && local(c.text) && (of.kind != Text || !of.given):
		list.Add(c.pos, diag.BadTable, t.localHint(of.name, c.text), "%q looks like a number, and a number has a point and no separators of thousands", diag.Short(c.text))
	case of.kind != Text && is != of.kind:
		list.Add(c.pos, diag.BadTable, fmt.Sprintf("correct the cell, or write types: {%s: text}", of.name), "%q is no %s as the rest of column %s", diag.Short(c.text), of.kind, of.name)
	case of.kind == Text && is != Text && !of.given:
		list.Add(c.pos, diag.BadTable, fmt.Sprintf("write types: {%s: text} if all of the column is text", of.name),
			"%q is a %s, and the cells above in column %s are text", diag.Short(c.text), is, of.name)
	default:
		return true
	}
	return false
}

func (t Table) given(name string) (Type, bool) {
	for _, column := range t.Types {
		if column.Name == name {
			return column.Type, true
		}
	}
	return "", false
}

func typeOf(text string) Type {
	if _, ok := expr.Number(text); ok {
		return Number
	}
	if text == "true" || text == "false" {
		return Boolean
	}
	return Text
}

// value reads a cell as the type.
func (t Type) value(text string) any {
	switch t {
	case Number:
		number, _ := expr.Number(text)
		return number
	case Boolean:
		return text == "true"
	case List:
		return split(text)
	case Text:
	}
	return text
}

// split reads a list: its items stand between semicolons, or without one between commas.
func split(text string) []any {
	separator := ","
	if strings.Contains(text, ";") {
		separator = ";"
	}
	items := []any{}
	for item := range strings.SplitSeq(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func texts(cells []cell) []string {
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = c.text
	}
	return all
}

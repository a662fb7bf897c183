// Package sheet reads the CSV texts of other clients as they read them: commas, a first
// line that names the columns in any case, and a cell for each of them in every row. It
// keeps where each cell stands, and knows no column.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Cell is a text of a table and its place. The text has no blanks around it.
type Cell struct {
	Text string
	Pos  diag.Position
}

// Sheet is a table.
type Sheet struct {
	Head []Cell // as written; see [Sheet.Column]
	Rows []Row
	Mark bool // the text began with a byte order mark
	CRLF bool // lines end with a carriage return and a newline
}

// Row is one line of a table, which may span several lines of the text.
type Row struct {
	Pos   diag.Position
	Cells []Cell // as many as the head has
}

// Read reads a text. Rows without any text are left out.
func Read(source diag.Source) (Sheet, diag.List) {
	body, list := convert.Text(source.Name, source.Text)
	if len(list) > 0 {
		return Sheet{}, list
	}
	start := diag.Position{File: source.Name, Line: 1, Col: 1}
	text, mark := []byte(body), len(body) < len(source.Text)
	r := reading{name: source.Name, lines: bytes.Split(text, []byte("\n"))}
	rows, list := r.rows(text)
	if len(list) > 0 {
		return Sheet{}, list
	}
	if len(rows) < 2 {
		list.Add(start, diag.BadTable, "the first line names the columns, and every other line is a job", "the table has no job")
		return Sheet{}, list
	}
	table := Sheet{Head: rows[0].Cells, Rows: rows[1:], Mark: mark, CRLF: bytes.Contains(text, []byte("\r\n"))}
	table.checkShape(&list)
	return table, list
}

// reading is the work on one text.
type reading struct {
	name  string
	lines [][]byte
}

// rows returns every row that has a text.
func (r reading) rows(text []byte) ([]Row, diag.List) {
	var list diag.List
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1 // rows of another length are named with what they lack
	var rows []Row
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, list
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			list.Add(r.position(broken.Line, broken.Column), diag.BadTable,
				`a cell with a quote, a comma or a line break in it stands in quotes, and each quote in it is doubled: "a ""b"" c"`, "the quotes are not in order")
			return nil, list
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		row := Row{Cells: make([]Cell, len(record))}
		for i, field := range record {
			line, column := reader.FieldPos(i)
			row.Cells[i] = Cell{Text: strings.TrimSpace(field), Pos: r.position(line, r.inside(line, column))}
			row.Cells[i].Pos.Width = max(1, utf8.RuneCountInString(firstLine(row.Cells[i].Text)))
		}
		row.Pos = row.Cells[0].Pos
		rows = append(rows, row)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// inside returns where the text of a field begins, which may be behind a quote.
func (r reading) inside(line, column int) int {
	text := r.lines[min(max(line, 1), len(r.lines))-1]
	if at := column - 1; at >= 0 && at < len(text) && text[at] == '"' {
		return column + 1
	}
	return column
}

// position turns the bytes that the CSV reader counts into characters.
func (r reading) position(line, column int) diag.Position {
	text := r.lines[min(max(line, 1), len(r.lines))-1]
	return diag.Position{File: r.name, Line: line, Col: 1 + utf8.RuneCount(text[:min(max(column-1, 0), len(text))]), Width: 1}
}

// checkShape reports columns that are there twice, and rows that are longer or shorter than the head.
func (s Sheet) checkShape(list *diag.List) {
	for i, c := range s.Head {
		if first := s.Column(c.Text); c.Text != "" && first != i {
			list.Add(c.Pos, diag.BadTable, "delete one of them", "column %s is there twice", diag.Short(c.Text))
		}
	}
	for _, row := range s.Rows {
		if len(row.Cells) != len(s.Head) {
			list.Add(row.Pos, diag.BadTable, "give every column a cell, which may be empty; a cell with a comma in it stands in quotes",
				"the row has %d cells, and there are %d columns", len(row.Cells), len(s.Head))
		}
	}
}

// Column returns the index of a column by its name in any case; -1 when there is none.
func (s Sheet) Column(name string) int {
	return slices.IndexFunc(s.Head, func(c Cell) bool { return strings.EqualFold(c.Text, name) })
}

// Cell returns the cell of a row; an empty one at the place of the row where the table
// has no such column.
func (s Sheet) Cell(row Row, name string) Cell {
	if i := s.Column(name); i >= 0 && i < len(row.Cells) {
		return row.Cells[i]
	}
	return Cell{Pos: row.Pos}
}

// Missing returns those of the names that are no column, in their order.
func (s Sheet) Missing(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return s.Column(name) >= 0 })
}

// HasColumns is for texts of any kind: it looks at the first line alone and finds all of the
// names, in any case, between commas.
func HasColumns(text []byte, names ...string) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), "\r\n")
	line, _, _ := bytes.Cut(text, []byte("\n"))
	record, err := csv.NewReader(bytes.NewReader(bytes.TrimSpace(line))).Read()
	if err != nil {
		return false
	}
	head := Sheet{}
	for _, field := range record {
		head.Head = append(head.Head, Cell{Text: strings.TrimSpace(field)})
	}
	return len(head.Missing(names...)) == 0
}

// Package doe reads what a sweep of the platform is made of: a table with a run in each
// row, and templates, into which the platform puts the values of the row (rescale-api.md
// §14, A9). It knows no manifest and opens no files.
package doe

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Table is a file of parameters: the first line names them, every other line is a run.
type Table struct {
	Names    []string
	Rows     [][]string // a value for each name
	Warnings diag.List  // what looks like a slip, and may be none

	head []cell
	body [][]cell
}

// cell is one cell with its place.
type cell struct {
	text string
	pos  diag.Position
}

// Labels returns what tells the runs apart, as x=5,y=2, in the order of the rows.
func (t *Table) Labels() []string {
	labels := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		words := make([]string, len(row))
		for j, value := range row {
			words[j] = t.Names[j] + "=" + value
		}
		labels[i] = strings.Join(words, ",")
	}
	return labels
}

// ReadTable reads a table. It is nil when there are problems.
func ReadTable(source diag.Source) (*Table, diag.List) {
	rows, list := cells(source)
	if len(list) > 0 {
		return nil, list
	}
	t := &Table{head: rows[0], body: rows[1:]}
	if len(t.head) == 1 && strings.ContainsAny(t.head[0].text, ";\t") {
		list.Add(t.head[0].pos, diag.BadTable, "separate the cells by commas, and write 1.5 with a point", "the platform reads this line as one column, %q", diag.Short(t.head[0].text))
		return nil, list
	}
	checkHead(t.head, &list)
	checkRows(t.head, t.body, &list)
	if len(list) > 0 {
		return nil, list
	}
	t.Names = texts(t.head)
	for _, row := range t.body {
		t.Rows = append(t.Rows, texts(row))
	}
	if bytes.HasPrefix(source.Text, mark) {
		t.Warnings.Add(start(source), diag.BadTable, "save it as UTF-8 without a byte order mark",
			"the table begins with a byte order mark, which the platform may take for a part of the name %q", t.Names[0])
	}
	t.blanks()
	t.repeated()
	return t, nil
}

// mark is the byte order mark, which spreadsheets write.
var mark = []byte("\ufeff")

func start(source diag.Source) diag.Position {
	return diag.Position{File: source.Name, Line: 1, Col: 1, Width: 1}
}

// cells reads the text. The platform gets the file as it is, so only its own separator
// will do.
func cells(source diag.Source) (rows [][]cell, list diag.List) {
	text := bytes.TrimPrefix(source.Text, mark)
	if !isText(text) {
		list.Add(start(source), diag.BadTable, "save it as CSV in UTF-8", "the table of parameters is not a text in UTF-8")
		return nil, list
	}
	lines := bytes.Split(text, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord, reader.TrimLeadingSpace = -1, true
	for {
		before := reader.InputOffset()
		record, err := reader.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(rows) < 2 {
				list.Add(start(source), diag.BadTable, "the first line names the parameters, every other line is a run", "the table of parameters has no run")
			}
			return rows, list
		case errors.As(err, &broken):
			list.Add(position(source.Name, lines, broken.Line, broken.Column), diag.BadTable,
				`a cell with quotes in it stands in quotes, and each of them is doubled: "a ""b"" c"`, "the quotes are not in order")
			return nil, list
		}
		row := make([]cell, len(record))
		for i, field := range record {
			line, col := reader.FieldPos(i)
			row[i] = cell{strings.TrimSpace(field), position(source.Name, lines, line, col)}
			row[i].pos.Width = max(1, utf8.RuneCountInString(row[i].text))
		}
		if len(rows) > 0 && (text[before] == '\n' || text[before] == '\r') {
			pos := row[0].pos
			pos.Line, pos.Col, pos.Width = pos.Line-1, 1, 1
			list.Add(pos, diag.BadTable, "delete the line", "the line is empty, and the platform may take it for a run")
		}
		rows = append(rows, row)
	}
}

func isText(text []byte) bool { return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 }

// position turns the bytes that the CSV reader counts into characters.
func position(name string, lines [][]byte, line, column int) diag.Position {
	text := lines[min(max(line, 1), len(lines))-1]
	return diag.Position{File: name, Line: line, Col: 1 + utf8.RuneCount(text[:min(max(column-1, 0), len(text))]), Width: 1}
}

// name is what a template can refer to as ${name}.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// words are those that mean something else in a template.
func words() []string {
	return []string{"true", "false", "gt", "gte", "lt", "lte", "and", "or", "as", "in", "using"}
}

// checkHead reports columns that no template can name.
func checkHead(head []cell, list *diag.List) {
	first := make(map[string]bool)
	for i, c := range head {
		switch {
		case c.text == "":
			list.Add(c.pos, diag.BadTable, "write a name, or delete the column", "column %d has no name", i+1)
		case !name().MatchString(c.text):
			list.Add(c.pos, diag.BadTable, nameHint(c.text), "column %q cannot be a parameter", diag.Short(c.text))
		case slices.Contains(words(), c.text):
			list.Add(c.pos, diag.BadTable, "name it "+c.text+"_value", "column %q cannot be a parameter: the word means something else in a template", c.text)
		case first[c.text]:
			list.Add(c.pos, diag.BadTable, "give each column a name of its own", "column %q is there twice", c.text)
		}
		first[c.text] = true
	}
}

var illegal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9_]+`) })

// nameHint proposes a name that can stand in a template.
func nameHint(text string) string {
	const rule = "a name has letters, digits and underscores, and does not start with a digit"
	proposed := strings.Trim(illegal().ReplaceAllString(text, "_"), "_")
	if proposed != "" && proposed[0] >= '0' && proposed[0] <= '9' {
		proposed = "p_" + proposed
	}
	if !name().MatchString(proposed) {
		return rule
	}
	return rule + ", such as " + diag.Short(proposed)
}

// checkRows reports rows of another length than the first, and cells with references,
// which nobody would fill in.
func checkRows(head []cell, body [][]cell, list *diag.List) {
	for _, row := range body {
		if len(row) != len(head) {
			list.Add(row[0].pos, diag.BadTable, "give every column a value; a cell with a comma in it stands in quotes",
				"the line has %s, and there are %s", counted(len(row), "cell"), counted(len(head), "column"))
		}
		for _, c := range row {
			if strings.Contains(c.text, "${") {
				list.Add(c.pos, diag.BadReference, "write the value itself; a matrix beside doe chooses between files, as params: \"p-${{ matrix.a }}.csv\"",
					"%q is not filled in: the platform gets the table as it is", diag.Short(c.text))
			}
		}
	}
}

// blanks warns of cells without a value, each column once.
func (t *Table) blanks() {
	for j := range t.head {
		for _, row := range t.body {
			if row[j].text == "" {
				t.Warnings.Add(row[j].pos, diag.BadTable, "write a value", "parameter %s has no value here", t.Names[j])
				break
			}
		}
	}
}

// repeated warns of rows that are equal: the same run, twice, is paid for twice.
func (t *Table) repeated() {
	first := make(map[string]int)
	for i, row := range t.Rows {
		key := strings.Join(row, "\x00")
		if n, seen := first[key]; seen {
			t.Warnings.Add(t.body[i][0].pos, diag.BadTable, "delete one of the two", "run %d is the same as run %s", i+1, strconv.Itoa(n))
			continue
		}
		first[key] = i + 1
	}
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

func texts(cells []cell) []string {
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = c.text
	}
	return all
}

package sheet_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// at is a cell with its place, without its width.
func at(text string, line, col int) sheet.Cell {
	return sheet.Cell{Text: text, Pos: diag.Position{File: "a.csv", Line: line, Col: col}}
}

func unsized(cells []sheet.Cell) []sheet.Cell {
	for i := range cells {
		cells[i].Pos.Width = 0
	}
	return cells
}

func TestPlacesOfCells(t *testing.T) {
	t.Parallel()
	table, list := sheet.Read(diag.Source{Name: "a.csv", Text: []byte("\ufeffA, größe ,C\r\n\"x; yy ;;\",日本, z\r\n \r\n\"a\r\nb\",,\"é; \"\"q\"\"\"\r\n")})
	if len(list) > 0 {
		t.Fatal(list)
	}
	var got []sheet.Cell
	for _, row := range table.Rows {
		got = append(got, unsized(row.Cells)...)
	}
	want := []sheet.Cell{at("x; yy ;;", 2, 2), at("日本", 2, 12), at("z", 2, 15), at("a\nb", 4, 2), at("", 5, 4), at(`é; "q"`, 5, 6)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]sheet.Cell{at("x", 2, 2), at("yy", 2, 5)}, unsized(table.Cell(table.Rows[0], "a").Split(";"))); diff != "" {
		t.Errorf("parts (-want +got)\n%s", diff)
	}
	// What doubled quotes move cannot be told, so that the whole cell is the place.
	if diff := cmp.Diff([]sheet.Cell{at("é", 5, 6), at(`"q"`, 5, 6)}, unsized(table.Cell(table.Rows[1], "c").Split(";"))); diff != "" {
		t.Errorf("parts beside quotes (-want +got)\n%s", diff)
	}
	if !table.Mark || !table.CRLF || table.Column("GRÖSSE") != -1 || table.Column("Größe") != 1 {
		t.Errorf("the table is %+v", table)
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a b": "a b", "\u200ba\u00ad\u2060 ": "a", "\ufeff": "", "é": "é"} {
		cell, changed := at(text, 1, 1).Visible()
		if cell.Text != want || changed != (text != want) {
			t.Errorf("%q becomes %q, %v", text, cell.Text, changed)
		}
	}
}

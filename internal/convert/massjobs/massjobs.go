// Package massjobs reads the matrix of Mass Submit, one job a row (§1.3 of the formats).
package massjobs

import (
	"path"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// columns returns those that the script reads; it needs all of them.
func columns() []string {
	return []string{"job_name", "input_files", "num_cores", "walltime", "analysis_codes", "analysis_versions", "hardware_type", "command"}
}

// Is is true of a text whose first line has the columns of a matrix.
func Is(text []byte) bool {
	return sheet.HasColumns(text, "job_name", "analysis_codes", "hardware_type")
}

// Read reads a matrix (see [convert.Reader]).
func Read(file string, text []byte) (convert.Found, error) {
	table, list := sheet.Read(diag.Source{Name: file, Text: text})
	if len(list) > 0 {
		return convert.Found{}, list.Sort()
	}
	if missing := table.Missing(columns()...); len(missing) > 0 {
		list.Add(table.Head[0].Pos, diag.BadTable, "the script reads no matrix without them", "the table has no column %s", strings.Join(missing, ", "))
		return convert.Found{}, list
	}
	m := mapping{table: table, found: convert.Found{From: "a matrix of Mass Submit"}, names: make(convert.Names), first: make(map[string]int)}
	for _, head := range table.Head {
		if head.Text != "" && len((sheet.Sheet{Head: []sheet.Cell{head}}).Missing(columns()...)) == len(columns()) {
			m.found.Warn(head.Pos, "", "column %s is left out: the script does not read it", diag.Short(head.Text))
		}
	}
	for _, row := range table.Rows {
		m.job(row)
	}
	if len(m.list) > 0 {
		return convert.Found{Warnings: m.found.Warnings}, m.list.Sort()
	}
	return m.found, nil
}

// mapping makes jobs of the rows of one table.
type mapping struct {
	table sheet.Sheet
	found convert.Found
	list  diag.List
	names convert.Names
	first map[string]int // line of each job_name
}

func (m *mapping) job(row sheet.Row) {
	before := len(m.list)
	title := m.written(row, "job_name")
	job := convert.Job{Name: m.names.Unique(title.Text), Title: title.Text}
	if line := m.first[title.Text]; line > 0 {
		m.found.Warn(title.Pos, "", "job_name %s is also that of line %d; it stays the title, and the name is another, since names of jobs differ", diag.Short(title.Text), line)
	} else {
		m.first[title.Text] = title.Pos.Line
	}
	hardware := convert.Hardware{CoreType: m.written(row, "hardware_type").Text, CoresPerSlot: m.count(row, "num_cores")}
	hardware.Walltime = strconv.Itoa(m.count(row, "walltime")) + "h"
	codes, versions := m.table.Cell(row, "analysis_codes"), m.table.Cell(row, "analysis_versions")
	was := strings.Split(versions.Text, ";")
	for i, code := range strings.Split(codes.Text, ";") {
		tile := convert.Tile{Code: strings.TrimSpace(code), Hardware: hardware, Command: ":"}
		if tile.Code == "" {
			m.list.Add(codes.Pos, diag.BadValue, "write the codes of software with ; between them", "analysis_codes has an empty entry")
		}
		if i < len(was) {
			tile.Version = strings.TrimSpace(was[i])
		}
		if i == 0 {
			tile.Command, tile.Inputs = m.written(row, "command").Text, m.inputs(row)
		}
		job.Tiles = append(job.Tiles, tile)
	}
	if len(was) != len(job.Tiles) {
		m.list.Add(versions.Pos, diag.BadValue, "write one version for each code", "there are %d analysis_codes and %d analysis_versions", len(job.Tiles), len(was))
	}
	if len(job.Tiles) > 1 {
		m.found.Warn(codes.Pos, "write their commands in the manifest", "only the first analysis gets the command and the files; the script gives the others the default_command_secondary of msj_config.csv, which is : here")
	}
	if len(m.list) == before {
		m.list = append(m.list, manifest.Problems(job, row.Pos)...)
	}
	m.found.Jobs = append(m.found.Jobs, job)
}

// written returns a cell that must have a text.
func (m *mapping) written(row sheet.Row, column string) sheet.Cell {
	cell := m.table.Cell(row, column)
	if cell.Text == "" {
		m.list.Add(cell.Pos, diag.MissingKey, "write one, or delete the row", "%s is empty", column)
	}
	if column != "command" && strings.ContainsAny(cell.Text, "\r\n") {
		m.list.Add(cell.Pos, diag.BadValue, "write it in one line", "%s has several lines", column)
	}
	return cell
}

// longest bounds numbers of cores and of hours.
const longest = 100_000

func (m *mapping) count(row sheet.Row, column string) int {
	cell := m.table.Cell(row, column)
	n, err := strconv.Atoi(cell.Text)
	if err != nil || n < 1 || n > longest {
		m.list.Add(cell.Pos, diag.WrongType, "write a whole number, such as 24", "%s is %q", column, diag.Short(cell.Text))
	}
	return n
}

func (m *mapping) inputs(row sheet.Row) []convert.Input {
	var list []convert.Input
	seen := make(map[string]bool)
	for _, file := range m.table.Cell(row, "input_files").Split(";") {
		in := convert.Input{Path: path.Clean(strings.ReplaceAll(file.Text, `\`, "/"))}
		switch {
		case strings.ContainsAny(in.Path, "*?[]{}\"\r\n"):
			m.list.Add(file.Pos, diag.BadGlob, "rename it", "%s has a character that a manifest takes for a pattern", diag.Short(file.Text))
		case seen[in.Path]:
			m.found.Warn(file.Pos, "", "file %s is there twice, and once here", diag.Short(file.Text))
			continue
		}
		seen[in.Path] = true
		list = append(list, in)
	}
	return list
}

package pur

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// required returns the columns without which the client reads no table.
func required() []string {
	return []string{"Directory", "JobName", "AnalysisCode", "Command", "CoreType", "CoresPerSlot", "WalltimeHours", "Slots", "LicenseSettings"}
}

// optional returns the columns that a table may have, those of version 4.9.9 last.
func optional() []string {
	return []string{
		"AnalysisVersion", "ExtraInputFileIDs", "NoDecompress", "Submit", "IsLowPriority", "OnDemandLicenseSeller", "Tags", "ProjectID", "OrgCode", "TarSubpath",
		"LocalInputFiles", "InputFiles", "Automations", "LicenseFeatureName", "LicensesPerJob", "CIDRRule", "PublicKey", "SSHPort",
	}
}

// IsCSV is true of a text whose first line has the columns that mark a jobs.csv.
func IsCSV(text []byte) bool {
	return sheet.HasColumns(text, "JobName", "AnalysisCode")
}

// ReadCSV reads a jobs.csv.
func ReadCSV(source diag.Source) ([]Job, sheet.Sheet, diag.List) {
	table, list := sheet.Read(source)
	if len(list) > 0 {
		return nil, table, list
	}
	if missing := table.Missing(required()...); len(missing) > 0 {
		list.Add(table.Head[0].Pos, diag.BadTable, "the client reads no table without them; a column may have empty cells",
			"the table has no column %s", strings.Join(missing, ", "))
		return nil, table, list
	}
	var jobs []Job
	for _, row := range table.Rows {
		r := record{table: table, row: row, list: &list}
		jobs = append(jobs, r.job())
	}
	return jobs, table, list
}

// record is the work on one row.
type record struct {
	table   sheet.Sheet
	row     sheet.Row
	list    *diag.List
	cleaned bool
}

func (r *record) job() Job {
	job := Job{
		Pos:       r.row.Pos,
		Directory: r.text("Directory"), Name: r.text("JobName"), Code: r.text("AnalysisCode"), Version: r.text("AnalysisVersion"), CoreType: r.text("CoreType"),
		Cores: r.count("CoresPerSlot"), Slots: r.count("Slots"), Hours: r.hours("WalltimeHours"),
		Feature: r.text("LicenseFeatureName"), Licenses: r.count("LicensesPerJob"), Seller: r.text("OnDemandLicenseSeller"),
		Project: r.text("ProjectID"), Org: r.text("OrgCode"), Tags: r.items("Tags", ","), Automations: r.items("Automations", ";"),
		Files: r.items("LocalInputFiles", ";"), Inputs: r.items("InputFiles", ";"), Extra: r.items("ExtraInputFileIDs", ","), SubPath: r.text("TarSubpath"),
		Packed: yes(strings.ToLower(r.cell("NoDecompress").Text)), Economy: yes(strings.ToLower(r.cell("IsLowPriority").Text)),
		CIDR: r.cell("CIDRRule"), Key: r.cell("PublicKey"), Port: r.count("SSHPort"), Mode: r.text("Submit"),
		Batch: r.unknown(),
	}
	job.Command, job.Squeezed = squeezed(r.text("Command"))
	job.Mode.Text = strings.ToLower(job.Mode.Text)
	job.License = r.license()
	job.Cleaned = r.cleaned
	return job
}

func (r *record) cell(column string) sheet.Cell { return r.table.Cell(r.row, column) }

func (r *record) text(column string) sheet.Cell {
	cell, changed := r.cell(column).Visible()
	r.cleaned = r.cleaned || changed
	return cell
}

func (r *record) items(column, separator string) []sheet.Cell {
	return r.text(column).Split(separator)
}

// count reads a whole number; a blank cell is 0.
func (r *record) count(column string) Count { return countIn(r.cell(column), column, r.list) }

func (r *record) hours(column string) Hours { return hoursIn(r.cell(column), column, r.list) }

func countIn(cell sheet.Cell, name string, list *diag.List) Count {
	n, err := strconv.Atoi(cell.Text)
	if cell.Text != "" && err != nil {
		list.Add(cell.Pos, diag.WrongType, "write a whole number, such as 4", "%s is %q", name, diag.Short(cell.Text))
	}
	return Count{n, cell.Pos}
}

func hoursIn(cell sheet.Cell, name string, list *diag.List) Hours {
	n, problem := hours(cell.Text)
	if problem != "" {
		list.Add(cell.Pos, diag.BadWalltime, "write hours, such as 12 or 1.5", "%s is %q: %s", name, diag.Short(cell.Text), problem)
	}
	return Hours{n, cell.Pos}
}

// hours reads a span; a blank text is 0.
func hours(text string) (n float64, problem string) {
	if text == "" {
		return 0, ""
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(n):
		return 0, "it is no number of hours"
	case n < 0:
		return 0, "it is less than nothing"
	case n > longestHours:
		return 0, "no job may run that long"
	}
	return n, ""
}

// unknown returns the cells of columns that the client does not read.
func (r *record) unknown() []sheet.Cell {
	var cells []sheet.Cell
	for i, head := range r.table.Head {
		known := slices.ContainsFunc(append(required(), optional()...), func(name string) bool { return strings.EqualFold(name, head.Text) })
		if !known && r.row.Cells[i].Text != "" {
			cells = append(cells, sheet.Cell{Text: head.Text, Pos: r.row.Cells[i].Pos})
		}
	}
	return cells
}

var (
	blanks = regexp.MustCompile(`[ \t]+`)
	lines  = regexp.MustCompile(`\n+`)
)

// squeezed does to a command what the client does: blanks in a row become one, and
// empty lines go.
func squeezed(command sheet.Cell) (cell sheet.Cell, changed bool) {
	was := strings.ReplaceAll(strings.ReplaceAll(command.Text, "\r\n", "\n"), "\r", "\n")
	text := lines.ReplaceAllString(blanks.ReplaceAllString(was, " "), "\n")
	command.Text = strings.TrimSpace(text)
	return command, command.Text != was
}

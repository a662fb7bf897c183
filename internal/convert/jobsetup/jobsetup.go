// Package jobsetup reads the job_setup.txt of public example scripts: eleven lines, each
// meant by its place, and a line that ends them (§1.6 of the formats).
package jobsetup

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// desktopWalltime ends a desktop that nobody stops; the format has no walltime, and a desktop
// is billed all the time.
const desktopWalltime = "8h"

// names returns what the lines are called, in their order.
func names() []string {
	return []string{
		"HPS_ID", "INPUT_FILE_NAME", "ANALYSIS_SOFTWARE", "ANALYSIS_SOFTWARE_VERSION", "LICENSE_FILE", "LICENSE_INFO",
		"CORETYPE", "NUM_OF_CORES", "CORE_PRICE_OPTION", "JOB_NAME", "JOB_COMMAND",
	}
}

// Is is true of a text that begins with the first line and has the one that ends the others.
func Is(text []byte) bool {
	lines := strings.SplitN(string(text), "\n", len(names())+2)
	first, _, _ := strings.Cut(strings.TrimPrefix(lines[0], "\ufeff"), "=")
	return strings.TrimSpace(first) == "#HPS_ID" && len(lines) > 2
}

// line is one setting. Text has no quotes.
type line struct {
	name, text string
	pos        diag.Position
}

// Read reads a file (see [convert.Reader]).
func Read(file string, text []byte) (convert.Found, error) {
	found := convert.Found{From: "a job_setup.txt"}
	lines, list := split(&found, file, text)
	if len(list) > 0 {
		return convert.Found{Warnings: found.Warnings}, list.Sort()
	}
	m := mapping{found: &found, lines: lines}
	job := m.job()
	if len(m.list) == 0 {
		m.list = manifest.Problems(job, diag.Position{File: file, Line: 1, Col: 1})
	}
	if len(m.list) > 0 {
		return convert.Found{Warnings: found.Warnings}, m.list.Sort()
	}
	found.Jobs = []convert.Job{job}
	return found, nil
}

// split finds the eleven lines.
func split(found *convert.Found, file string, text []byte) ([]line, diag.List) {
	body, list := convert.Text(file, text)
	if len(list) > 0 {
		return nil, list
	}
	all := strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	var lines []line
	for i, name := range names() {
		at := diag.Position{File: file, Line: i + 1, Col: 1}
		if i >= len(all) {
			list.Add(at, diag.MissingKey, "the script reads eleven lines by their place, then #EOF", "line %s is missing", name)
			return nil, list
		}
		key, value, ok := strings.Cut(all[i], "=")
		if !ok {
			list.Add(at, diag.BadValue, "write #"+name+"='…'", "the line of %s has no =", name)
			continue
		}
		if given := strings.Trim(strings.TrimSpace(key), "# "); given != name {
			found.Warn(at, "", "%s stands where %s is read: lines count by their place", diag.Short(given), name)
		}
		at.Col += utf8.RuneCountInString(key) + 1
		lines = append(lines, line{name, unquoted(found, value, at), at})
	}
	if end := len(names()); end >= len(all) || strings.TrimSpace(strings.SplitN(all[end], " ", 2)[0]) != "#EOF" { //nolint:mnd // before the blank, and the rest
		list.Add(diag.Position{File: file, Line: end + 1, Col: 1}, diag.BadValue, "write #EOF behind the eleven lines", "the line #EOF is missing, without which the script stops")
	}
	return lines, list
}

// unquoted drops all single quotes, as the script does. The script also drops all from a
// second = on, which no one means.
func unquoted(found *convert.Found, value string, at diag.Position) string {
	inner := strings.Trim(strings.TrimSpace(value), "'")
	if strings.Contains(inner, "'") {
		found.Warn(at, "", "all single quotes are dropped, also inside, as the script drops them")
	}
	if strings.Contains(inner, "=") {
		found.Warn(at, "look at whether earlier runs did what they should", "the script sends only what stands before the second =; here is all of it")
	}
	return strings.TrimSpace(strings.ReplaceAll(value, "'", ""))
}

// mapping makes a job of the lines.
type mapping struct {
	found *convert.Found
	list  diag.List
	lines []line
}

func (m *mapping) line(name string) line {
	for _, l := range m.lines {
		if l.name == name {
			return l
		}
	}
	return line{name: name}
}

// written returns a line that must have a text.
func (m *mapping) written(name string) string {
	l := m.line(name)
	if l.text == "" {
		m.list.Add(l.pos, diag.MissingKey, "write it between the quotes", "%s is empty", name)
	}
	return l.text
}

func (m *mapping) job() convert.Job {
	title := m.written("JOB_NAME")
	job := convert.Job{Name: convert.Slug(title), Title: title}
	if id := m.line("HPS_ID").text; id != "" {
		job.Storage = []string{id}
	}
	if m.line("CORE_PRICE_OPTION").text != "on-demand-pro" {
		job.Priority = convert.Economy
	}
	tile := convert.Tile{
		Code: m.written("ANALYSIS_SOFTWARE"), Version: m.line("ANALYSIS_SOFTWARE_VERSION").text,
		Hardware: convert.Hardware{CoreType: m.written("CORETYPE"), CoresPerSlot: m.cores()},
		Inputs:   m.inputs(), Command: m.line("JOB_COMMAND").text,
	}
	m.license(&job, &tile)
	if tile.Command == "" {
		tile.Interactive, tile.Hardware.Walltime = true, desktopWalltime
		m.found.Warn(m.line("JOB_COMMAND").pos, "change hardware.walltime", "JOB_COMMAND is empty, so the job is a desktop, as submit_e2ejob.py starts it; it needs a walltime, and gets %s", desktopWalltime)
	} else {
		m.found.Warn(diag.Position{File: m.lines[0].pos.File, Line: len(names()), Col: 1}, "add hardware.walltime, such as 8h", "the format has no walltime, so a run that hangs ends only by hand")
	}
	job.Tiles = []convert.Tile{tile}
	return job
}

func (m *mapping) cores() int {
	l := m.line("NUM_OF_CORES")
	n, err := strconv.Atoi(l.text)
	if err != nil || n < 1 {
		m.list.Add(l.pos, diag.WrongType, "write a whole number, such as 4", "NUM_OF_CORES is %q", diag.Short(l.text))
	}
	return n
}

func (m *mapping) inputs() []convert.Input {
	var list []convert.Input
	l := m.line("INPUT_FILE_NAME")
	seen := make(map[string]bool)
	for _, file := range strings.Fields(l.text) {
		in := convert.Input{Path: path.Clean(strings.ReplaceAll(file, `\`, "/"))}
		switch {
		case strings.ContainsAny(in.Path, "*?[]{}\""):
			m.list.Add(l.pos, diag.BadGlob, "rename it", "%s has a character that a manifest takes for a pattern", diag.Short(file))
		case seen[in.Path]:
			m.found.Warn(l.pos, "", "file %s is there twice, and once here", diag.Short(file))
			continue
		}
		seen[in.Path] = true
		list = append(list, in)
	}
	return list
}

// license is one variable, whose name and value are two lines.
func (m *mapping) license(job *convert.Job, tile *convert.Tile) {
	name, value := m.line("LICENSE_FILE"), m.line("LICENSE_INFO")
	if name.text == "" {
		if value.text != "" {
			m.found.Warn(value.pos, "", "LICENSE_INFO is left out: LICENSE_FILE names no variable for it")
		}
		return
	}
	m.found.Environment(job, tile, []convert.Given{{Pos: name.pos, Variable: convert.Variable{Name: name.text, Value: value.text}}})
}

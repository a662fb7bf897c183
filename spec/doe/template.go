package doe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Check reports what of a template the platform could not fill in for every run. used
// gets the names of the parameters that the template refers to.
func (t *Table) Check(template diag.Source, used map[string]bool) (list diag.List) {
	text := string(template.Text)
	if !isText(template.Text) {
		list.Add(start(template), diag.NotText, "give it among inputs, which are not filled in", "the template is not a text in UTF-8")
		return list
	}
	c := checking{table: t, text: text, place: pointer{name: template.Name, line: 1, col: 1}, told: make(map[string]bool), defined: make(map[string]bool), list: &list}
	pieces := scan(text)
	for _, p := range pieces {
		if p.kind == definition {
			names, _ := uses(p.text)
			for _, u := range names {
				c.defined[u.name] = true
			}
		}
	}
	for _, p := range pieces {
		c.piece(p, used)
	}
	return list
}

// checking is the work on one template.
type checking struct {
	table   *Table
	text    string
	place   pointer
	told    map[string]bool // each name is reported once
	defined map[string]bool // by directives of the template itself
	list    *diag.List
}

func (c *checking) piece(p piece, used map[string]bool) {
	switch p.kind {
	case foreign:
		c.once("${{", p, "write ${NAME}, with the name of a column", "${{ }} is not filled in here: the platform reads this template, and its placeholders are ${NAME}")
	case open:
		c.once("open", p, "close it with }, or write ${\"$\"}{ for these characters themselves", "a placeholder has no end")
	case empty:
		c.once("${}", p, "write the name of a column: "+c.known(), "a placeholder names no parameter")
	case definition:
	case placeholder, condition:
		list, quoted := uses(p.text)
		if len(list) == 0 && !quoted && p.kind == placeholder {
			c.once(p.text, p, "write ${\"$\"}{ for the characters ${ themselves", "the platform replaces ${%s}, and it names no parameter", diag.Short(p.text))
		}
		for _, u := range list {
			used[u.name] = true
			c.name(p, u)
		}
	}
}

// name checks one name of an expression.
func (c *checking) name(p piece, u use) {
	column := slices.Index(c.table.Names, u.name)
	at := piece{offset: p.offset + u.offset, text: u.name}
	switch {
	case column < 0 && (u.optional || c.defined[u.name]):
	case column < 0:
		c.once(u.name, at, c.hint(u.name), "the table has no parameter %q", diag.Short(u.name))
	case u.number:
		for i, row := range c.table.body {
			if text := row[column].text; !isNumber(text) {
				c.once("number "+u.name, at, fmt.Sprintf("correct the cell at %s, or write ${%s} without a format", row[column].pos, u.name),
					"parameter %s has a format of numbers here, and is a text in run %d", u.name, i+1)
				return
			}
		}
	}
}

// hint helps with a name that no column has; a shell's variable looks the same.
func (c *checking) hint(name string) string {
	const shell = "for the shell's own variable write $NAME, or ${\"$\"}{NAME}"
	known := slices.AppendSeq(slices.Clone(c.table.Names), maps.Keys(c.defined))
	if near := diag.Nearest(name, known); len(near) > 0 {
		return diag.DidYouMean(name, known)
	}
	return "the columns are " + c.known() + "; " + strings.ReplaceAll(shell, "NAME", diag.Short(name))
}

// known names the columns, the first of many.
func (c *checking) known() string {
	const most = 8
	if names := c.table.Names; len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(c.table.Names, ", ")
}

// once reports a problem at the beginning of a piece, the first of its kind only.
func (c *checking) once(kind string, at piece, hint, message string, args ...any) {
	if c.told[kind] {
		return
	}
	c.told[kind] = true
	rule := diag.UnknownReference
	if at.kind != "" {
		rule = diag.BadReference
	}
	c.list.Add(c.place.at(c.text, at.offset, utf8.RuneCountInString(at.text)), rule, hint, message, args...)
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && !strings.ContainsAny(text, "xXpP_nN")
}

// Unused returns warnings about columns that no template refers to.
func (t *Table) Unused(used map[string]bool) (list diag.List) {
	for _, c := range t.head {
		if !used[c.text] {
			list.Add(c.pos, diag.BadTable, "use it as ${"+c.text+"}, or delete the column", "no template uses parameter %s", c.text)
		}
	}
	return list
}

// pointer walks through a text and finds lines and columns.
type pointer struct {
	name      string
	offset    int // bytes gone by
	line, col int
}

// at returns the position of a byte, which must not lie before the last one asked for.
func (p *pointer) at(text string, offset, width int) diag.Position {
	passed := text[p.offset:max(p.offset, offset)]
	if n := strings.Count(passed, "\n"); n > 0 {
		p.line, p.col = p.line+n, 1
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	p.col += utf8.RuneCountInString(passed)
	p.offset = max(p.offset, offset)
	return diag.Position{File: p.name, Line: p.line, Col: p.col, Width: max(1, width)}
}

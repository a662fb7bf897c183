package sheet

import (
	"strings"
	"unicode/utf8"
)

// Split returns the parts of a cell that stand between separators, without blanks around
// them and without empty ones. A part of a cell with several lines is at the place of the
// cell, as is one of a cell in quotes with quotes in it.
func (c Cell) Split(separator string) []Cell {
	var parts []Cell
	column := c.Pos.Col
	for part := range strings.SplitSeq(c.Text, separator) {
		text := strings.TrimSpace(part)
		at := c.Pos
		if !strings.ContainsAny(c.Text, "\"\n") {
			at.Col = column + utf8.RuneCountInString(part) - utf8.RuneCountInString(strings.TrimLeft(part, " \t"))
		}
		at.Width = max(1, utf8.RuneCountInString(text))
		if text != "" {
			parts = append(parts, Cell{text, at})
		}
		column += utf8.RuneCountInString(part) + utf8.RuneCountInString(separator)
	}
	return parts
}

// invisible are characters that show nothing; the vendor's client removes them.
const invisible = "\u200b\u200c\u200d\ufeff\u00ad\u2060\u180e"

// Visible returns a cell without characters that show nothing and says whether it had any.
func (c Cell) Visible() (cell Cell, changed bool) {
	text := strings.Map(func(r rune) rune {
		if strings.ContainsRune(invisible, r) {
			return -1
		}
		return r
	}, c.Text)
	changed = text != c.Text
	c.Text = strings.TrimSpace(text)
	return c, changed
}

// Package diag describes problems of a text that a user wrote: a position, a fact, a
// rule and a hint. It prints them with the source line and a caret, and knows nothing
// about what the text means.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// Position is a place in a user's text. Line and Col count from 1; Col counts
// characters (not bytes, not screen cells). Width is the number of characters
// that belong to the token, 0 when unknown. The zero Position is no place.
type Position struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
	Width int    `json:"-"`
}

// IsZero reports whether p is no place at all.
func (p Position) IsZero() bool { return p.Line == 0 }

// String returns file:line:col, which editors and terminals make clickable.
func (p Position) String() string {
	return fmt.Sprintf("%s:%d:%d", FileName(p.File), p.Line, p.Col)
}

// FileName returns how the name of a source is shown: "-" means standard input.
func FileName(name string) string {
	if name == "-" {
		return "<stdin>"
	}
	return name
}

// Source is one text that the user gave: a file, or standard input.
type Source struct {
	Name string // as the user typed it; "-" is shown as <stdin>
	Dir  string // the folder that relative paths in the text start from
	Text []byte

	Found   bool // in a folder or by a pattern: nobody named it
	Foreign bool // outside the manifest's repository: see Conceal
}

// Diagnostic is one thing that a person must change.
type Diagnostic struct {
	Pos     Position `json:"pos"`
	Rule    Rule     `json:"rule"`
	Message string   `json:"message"`        // the fact: lower case, no final period
	Hint    string   `json:"hint,omitempty"` // what to type instead
}

// String returns the line above the snippet. A problem of the command line has no
// position in a text.
func (d Diagnostic) String() string {
	if d.Pos.IsZero() {
		return fmt.Sprintf("%s [%s]", d.Message, d.Rule)
	}
	return fmt.Sprintf("%s: %s [%s]", d.Pos, d.Message, d.Rule)
}

// List is all problems that one stage found.
type List []Diagnostic

// Add appends a problem at pos; hint may be empty.
func (l *List) Add(pos Position, rule Rule, hint, format string, args ...any) {
	*l = append(*l, Diagnostic{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Sort puts the problems in the order of the text, keeping the order of files
// in which they first appear, and drops exact repeats.
func (l List) Sort() List {
	order := make(map[string]int)
	for _, d := range l {
		if _, seen := order[d.Pos.File]; !seen {
			order[d.Pos.File] = len(order)
		}
	}
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(order[a.Pos.File], order[b.Pos.File]),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Rule, b.Rule),
		)
	})
	return slices.Compact(sorted)
}

// Err returns l as an error, or nil when nothing is wrong.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Error returns the first problem and how many more there are.
func (l List) Error() string {
	switch len(l) {
	case 0:
		return "no problems"
	case 1:
		return l[0].String()
	}
	return fmt.Sprintf("%s (and %d more)", l[0], len(l)-1)
}

// Short cuts a text of the user so that it fits into a message.
func Short(s string) string {
	const most = 60
	if runes := []rune(s[:min(len(s), 4*most+4)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

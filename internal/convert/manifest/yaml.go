package manifest

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is how long a line may become before a mapping or a list takes several.
const width = 110

// writer writes nodes as YAML.
type writer struct{ strings.Builder }

// members writes a mapping, one key a line.
func (w *writer) members(n *node, indent string) {
	for i, name := range n.names {
		if i > 0 {
			w.WriteString(indent)
		}
		key := key(name)
		w.WriteString(key + ":")
		w.value(n.items[i], indent, len(indent)+len(key)+1)
	}
}

// elements writes a list, one item a line.
func (w *writer) elements(n *node, indent string) {
	for _, item := range n.items {
		w.WriteString(indent + "-")
		if item.kind == mapping && !item.fits(len(indent)+2) {
			w.WriteByte(' ')
			w.members(item, indent+"  ")
			continue
		}
		w.value(item, indent, len(indent)+1)
	}
}

// value writes what stands behind a colon or a dash, up to the end of its last line.
func (w *writer) value(n *node, indent string, column int) {
	switch {
	case n.kind == block:
		w.block(n, indent+"  ")
	case n.fits(column + 1):
		w.WriteString(" " + n.flow(false) + n.comment() + "\n")
	case n.kind == mapping:
		w.WriteString(comment(n.note) + "\n" + indent + "  ")
		w.members(n, indent+"  ")
	default:
		w.WriteString(comment(n.note) + "\n")
		w.elements(n, indent+"  ")
	}
}

// block writes lines behind |.
func (w *writer) block(n *node, indent string) {
	value := n.value
	if !n.filled {
		value = literally(value)
	}
	w.WriteString(" |" + blockHeader(value) + comment(n.note) + "\n")
	for line := range strings.Lines(value) {
		if line != "\n" {
			w.WriteString(indent)
		}
		w.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
}

// blockHeader says how a block ends, and how deep it is where its first line does not show
// that.
func blockHeader(value string) string {
	header := ""
	if first := strings.TrimLeft(value, "\n"); strings.HasPrefix(first, " ") || strings.HasPrefix(first, "\t") || first != value {
		header = "2"
	}
	switch body := strings.TrimRight(value, "\n"); {
	case body == value:
		header += "-"
	case len(value)-len(body) > 1:
		header += "+"
	}
	return header
}

// fits reports whether a value stands on one line that begins at a column.
func (n *node) fits(column int) bool {
	switch n.kind {
	case text, quoted, literal:
		return true
	case block:
		return false
	case mapping, sequence:
	}
	if n.lines || n.deep() || len(n.notes("")) > 1 {
		return len(n.items) == 0
	}
	return column+utf8.RuneCountInString(n.flow(false)) <= width
}

// deep reports whether something in a value needs lines of its own.
func (n *node) deep() bool {
	for _, item := range n.items {
		if item.kind == block || item.lines || item.deep() {
			return true
		}
	}
	return false
}

// flow is a value on one line; inside: between brackets.
func (n *node) flow(inside bool) string {
	var parts []string
	switch n.kind {
	case mapping:
		for i, name := range n.names {
			parts = append(parts, key(name)+": "+n.items[i].flow(true))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case sequence:
		for _, item := range n.items {
			parts = append(parts, item.flow(true))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case text, quoted, literal, block:
	}
	return n.shown(inside)
}

// comment is what stands behind a value on one line: the note of the value, or that of the
// one member that has one, with its name.
func (n *node) comment() string { return comment(strings.Join(n.notes(""), "; ")) }

// notes lists the comments of a value and of all in it, with the names of the members.
func (n *node) notes(name string) (all []string) {
	if n.note != "" {
		if name != "" {
			name += ": "
		}
		all = append(all, name+n.note)
	}
	for i, item := range n.items {
		label := strconv.Itoa(i + 1)
		if n.kind == mapping {
			label = n.names[i]
		}
		all = append(all, item.notes(label)...)
	}
	return all
}

// comment is a note behind something on a line.
func comment(note string) string {
	note = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return ' '
	}, note))
	if note == "" {
		return ""
	}
	return "  # " + note
}

func key(name string) string {
	if plain(name, true) {
		return name
	}
	return inQuotes(name)
}

// Package manifest writes jobs as the manifest that a person would have written: short, the
// keys in the order of the reference, comments where a choice was made. Jobs that differ in
// a few values become one document with a matrix; what the others share stands in defaults.
package manifest

import (
	"cmp"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// Text is a manifest and the table beside it.
type Text struct {
	YAML   []byte
	Tables []Table
}

// Table is a file beside a manifest.
type Table struct {
	Name string
	CSV  []byte
}

// Place says where the text will be.
type Place struct {
	Source string // what the jobs are from, in a few words, for the comment at the top; may be empty
	Name   string // of jobs whose own names have nothing in common; may be empty
	Table  string // name of the file that a table may get; empty: all stays in the text
}

// Write writes the jobs of a file; the same jobs give the same bytes.
func Write(jobs []convert.Job, place Place) Text {
	names := make(convert.Names)
	families := gather(jobs)
	tables := &shelf{name: place.Table}
	var documents []*node
	for _, f := range families {
		documents = append(documents, f.document(names, place, tables))
	}
	defaults, documents := share(documents)
	var w writer
	source := comment(place.Source)
	head := object().with("version", number(1))
	if defaults != nil {
		w.document(head.with("kind", scalar("defaults")), defaults, source)
		head, source = object(), "" // a document that says its version would stand alone
	}
	for _, d := range documents {
		if w.Len() > 0 {
			w.WriteString("---\n")
		}
		w.document(head, d, source)
		source = ""
	}
	return Text{YAML: []byte(w.String()), Tables: tables.tables}
}

// document writes one document; the source is a comment under its first line.
func (w *writer) document(head, rest *node, source string) {
	if len(head.names) > 0 {
		w.WriteString("version: 1\n")
		head = head.without(func(name string, _ *node) bool { return name == "version" })
	}
	if source != "" {
		w.WriteString(source[2:] + "\n")
	}
	w.members(head, "")
	w.members(rest, "")
}

// named puts the identity before the keys of a document, and leaves out what is usual.
func named(name string, d *node) *node {
	n := object().with("name", scalar(name))
	for i, key := range d.names {
		member := d.items[i]
		if key == "title" && d.member("matrix") == nil && member.equal(scalar(name)) || member.usual { // a point's own title has its values
			continue
		}
		n.with(key, stripped(member))
	}
	return n
}

// stripped leaves the usual out of a mapping below the top, and of those in a list.
func stripped(n *node) *node {
	if n.kind != mapping && n.kind != sequence {
		return n
	}
	rest := *n
	rest.names, rest.items = nil, nil
	for i, item := range n.items {
		if item.usual {
			continue
		}
		if n.kind == mapping {
			rest.names = append(rest.names, n.names[i])
		}
		rest.items = append(rest.items, stripped(item))
	}
	return &rest
}

// fewest is how many values must be shared to be worth a document of defaults.
const fewest = 2

// share moves what all of several documents say into defaults; nil where there is nothing.
// Mappings are shared member by member, but for those that a manifest replaces in whole.
func share(documents []*node) (*node, []*node) {
	if len(documents) < 2 {
		return nil, documents
	}
	common := object()
	for i, name := range documents[0].names {
		if slices.Contains([]string{"name", "title", "adopt", "matrix"}, name) {
			continue
		}
		if shared := sharedBy(documents, name, documents[0].items[i]); shared != nil {
			common.with(name, shared)
		}
	}
	if len(common.leaves(nil)) < fewest {
		return nil, documents
	}
	rest := make([]*node, len(documents))
	for i, d := range documents {
		rest[i] = less(d, common)
	}
	return common.ordered(""), rest
}

// sharedBy returns what all documents have at a key; nil where they have nothing in common.
func sharedBy(documents []*node, name string, first *node) *node {
	members := make([]*node, len(documents))
	for i, d := range documents {
		if members[i] = d.member(name); members[i] == nil {
			return nil
		}
	}
	if !slices.ContainsFunc(members, func(m *node) bool { return !m.equal(first) }) {
		if filled(first) {
			return nil // it refers to the matrix of its document
		}
		return first
	}
	if !slices.Contains([]string{"analysis", "hardware", "env"}, name) {
		return nil
	}
	common := object()
	for i, member := range first.names {
		if shared := sharedBy(members, member, first.items[i]); shared != nil {
			common.with(member, shared)
		}
	}
	return common.orNil()
}

// filled reports whether a value or something in it is a reference.
func filled(n *node) bool { return n.filled || slices.ContainsFunc(n.items, filled) }

// less returns a mapping without what the defaults say.
func less(n, common *node) *node {
	rest := *n
	rest.names, rest.items = nil, nil
	for i, name := range n.names {
		switch shared := common.member(name); {
		case shared == nil:
			rest.with(name, n.items[i])
		case shared.equal(n.items[i]):
		default:
			rest.with(name, less(n.items[i], shared))
		}
	}
	return &rest
}

// shelf takes the tables of a manifest.
type shelf struct {
	name   string
	tables []Table
}

// add takes a table and returns the name of its file.
func (s *shelf) add(base string, csv []byte) string {
	name := s.name
	if len(s.tables) > 0 {
		name = cmp.Or(base, "table") + "." + s.name
	}
	s.tables = append(s.tables, Table{Name: name, CSV: csv})
	return name
}

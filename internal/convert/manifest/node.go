package manifest

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// kind is what a node is.
type kind int

// A text is written with quotes where it needs them, a version always; a literal is a
// number, true, false or null; a block is lines behind |.
const (
	text kind = iota
	quoted
	literal
	block
	mapping
	sequence
)

// node is a value of a manifest on its way to a text.
type node struct {
	kind  kind
	value string // of a scalar: its text, in which ${{ stands for itself
	names []string
	items []*node // of a mapping, beside names, or of a sequence
	lines bool    // of a mapping or a sequence: one line for each item
	note  string  // a comment behind it

	usual  bool // a default, which is written only where it varies
	open   bool // any type may stand here, so that a text must stay one
	filled bool // value holds references, and ${{ is escaped already
}

func scalar(value string) *node { return &node{value: value} }

func number(n int) *node { return &node{kind: literal, value: strconv.Itoa(n)} }

func yes() *node { return &node{kind: literal, value: "true"} }

func version(value string) *node { return &node{kind: quoted, value: value} }

func object() *node { return &node{kind: mapping} }

// with adds a member; nil adds none.
func (n *node) with(name string, member *node) *node {
	if member != nil {
		n.names = append(n.names, name)
		n.items = append(n.items, member)
	}
	return n
}

// text adds a text that is not empty.
func (n *node) text(name, value string) *node {
	if value == "" {
		return n
	}
	return n.with(name, scalar(value))
}

// flag adds a truth.
func (n *node) flag(name string, holds bool) *node {
	if !holds {
		return n
	}
	return n.with(name, yes())
}

// member returns the value of a name; nil where there is none.
func (n *node) member(name string) *node {
	if i := slices.Index(n.names, name); i >= 0 {
		return n.items[i]
	}
	return nil
}

// without returns the mapping less some names.
func (n *node) without(drop func(name string, member *node) bool) *node {
	rest := *n
	rest.names, rest.items = nil, nil
	for i, name := range n.names {
		if !drop(name, n.items[i]) {
			rest.with(name, n.items[i])
		}
	}
	return &rest
}

// orNil is the mapping or sequence, or nil where it has nothing.
func (n *node) orNil() *node {
	if len(n.items) == 0 {
		return nil
	}
	return n
}

func list[T any](values []T, as func(T) *node) *node {
	n := &node{kind: sequence}
	for _, v := range values {
		n.items = append(n.items, as(v))
	}
	return n.orNil()
}

func texts(values []string) *node { return list(values, scalar) }

func variables(values []convert.Variable) *node {
	n := object()
	for _, v := range values {
		n.with(v.Name, scalar(v.Value))
	}
	return n.orNil()
}

// jsonOf returns a value of JSON.
func jsonOf(value any) *node {
	switch v := value.(type) {
	case convert.Map:
		n := object()
		for _, m := range v {
			n.with(m.Name, jsonOf(m.Value))
		}
		return n
	case []any:
		n := &node{kind: sequence}
		for _, item := range v {
			n.items = append(n.items, jsonOf(item))
		}
		return n
	case string:
		return &node{value: v, open: true}
	case json.Number:
		return &node{kind: literal, value: v.String()}
	case bool:
		return &node{kind: literal, value: strconv.FormatBool(v)}
	}
	return &node{kind: literal, value: "null"}
}

// equal reports whether two nodes say the same, comments aside.
func (n *node) equal(o *node) bool {
	return n.kind == o.kind && n.value == o.value && n.filled == o.filled && slices.Equal(n.names, o.names) && slices.EqualFunc(n.items, o.items, (*node).equal)
}

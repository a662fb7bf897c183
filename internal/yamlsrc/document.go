package yamlsrc

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Document is one YAML document of a text.
//
// Its methods take JSON pointers (RFC 6901): "" is the whole document,
// "/inputs/0/path" a value in it.
type Document struct {
	// Value is made of map[string]any, []any, string, json.Number, bool and nil.
	Value any

	text *text
	root *place
}

// place is where one value, and its key if it has one, is written.
type place struct {
	key     *yaml.Node
	value   *yaml.Node // the alias itself where an alias is written
	names   []string
	members map[string]*place
	items   []*place
}

// At returns the position of the value at pointer, or of the nearest value around it
// when there is none. An empty value has the position of its key.
func (d *Document) At(pointer string) diag.Position {
	p, _ := d.find(pointer)
	return d.valuePosition(p)
}

// KeyAt returns the position of the key that names the member at pointer. It falls back
// to At for list items, absent members and the whole document.
func (d *Document) KeyAt(pointer string) diag.Position {
	p, found := d.find(pointer)
	if !found || p.key == nil {
		return d.valuePosition(p)
	}
	return d.nodePosition(p.key)
}

// Keys returns the member names of the mapping at pointer in the order of the text;
// members that come with a merge key (<<) stand where that key stands.
func (d *Document) Keys(pointer string) []string {
	p, found := d.find(pointer)
	if !found {
		return nil
	}
	return slices.Clone(p.names)
}

// Text returns the scalar at pointer as written, without quotes: 9.10 stays "9.10",
// though its Value is a number. It is empty for lists and mappings.
func (d *Document) Text(pointer string) string {
	p, found := d.find(pointer)
	if !found || p.value == nil {
		return ""
	}
	return resolved(p.value).Value
}

// find walks to pointer as far as values exist.
func (d *Document) find(pointer string) (p *place, found bool) {
	p = d.root
	for token := range tokens(pointer) {
		next := p.members[token]
		if next == nil {
			if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(p.items) {
				next = p.items[i]
			}
		}
		if next == nil {
			return p, false
		}
		p = next
	}
	return p, true
}

// Member returns the pointer of the member key of the mapping at pointer.
func Member(pointer, key string) string {
	if strings.ContainsAny(key, "~/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
	}
	return pointer + "/" + key
}

// Path splits a pointer into keys and indexes.
func Path(pointer string) []string { return slices.Collect(tokens(pointer)) }

// tokens yields the reference tokens of a JSON pointer, unescaped.
func tokens(pointer string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if pointer == "" {
			return
		}
		for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			if strings.Contains(token, "~") {
				token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
			}
			if !yield(token) {
				return
			}
		}
	}
}

func (d *Document) valuePosition(p *place) diag.Position {
	n := p.value
	if unwritten(n) {
		if p.key != nil {
			return d.nodePosition(p.key)
		}
		// The reader puts an empty list item right after its dash.
		if start := d.offset(n) - 1; start >= 0 && d.text.body[start] == '-' {
			return d.text.position(start, start+1)
		}
	}
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0 {
		n = n.Content[0]
	}
	return d.nodePosition(n)
}

func (d *Document) nodePosition(n *yaml.Node) diag.Position {
	start, end := d.text.token(d.offset(n), n)
	return d.text.position(start, end)
}

// offset returns where the reader says that n starts: at its anchor or tag, if any.
func (d *Document) offset(n *yaml.Node) int {
	return d.text.yaml.offset(n.Line, n.Column)
}

// unwritten reports whether a value is missing, as in "key:".
func unwritten(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&(blockStyle|quotedStyle|yaml.TaggedStyle) == 0 && n.Anchor == ""
}

// resolved follows an alias to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

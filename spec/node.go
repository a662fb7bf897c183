package spec

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/spread"
)

// document is what one job is read from: a YAML document with a value in place
// of every reference.
type document struct {
	*yamlsrc.Document
	value  any
	filled map[string]expr.Value    // the values that were put in, by pointer
	places map[string]diag.Position // of the values as they are written, filled as they are asked for
	scope  expr.Scope               // what references stand for
	typed  map[string]bool          // names of variables that references take from the command line

	several []string // pointers of items that stand for several
	found   bool     // a pattern finds its point on the disk
	uneven  bool     // something is there more than once, or not at all
}

// At returns the position of the value at pointer: for a reference that is all of a
// value, the position that the value comes from, such as a cell of a table.
func (d *document) At(pointer string) diag.Position {
	if v, ok := d.filled[pointer]; ok && !v.Pos.IsZero() {
		return v.Pos
	}
	pointer = spread.Source(pointer, d.several)
	pos, known := d.places[pointer]
	if !known {
		pos = d.Document.At(pointer)
		d.places[pointer] = pos
	}
	return pos
}

// Text returns the scalar at pointer, with the values of its references.
func (d *document) Text(pointer string) string {
	if v, ok := d.filled[pointer]; ok {
		return v.Text()
	}
	return d.Document.Text(spread.Source(pointer, d.several))
}

// KeyAt returns the position of the key at pointer.
func (d *document) KeyAt(pointer string) diag.Position {
	return d.Document.KeyAt(spread.Source(pointer, d.several))
}

// Keys returns the keys of the mapping at pointer, in the order of the text.
func (d *document) Keys(pointer string) []string {
	return d.Document.Keys(spread.Source(pointer, d.several))
}

// node is a value of a document while it is decoded. Reading is lenient: a value that
// is absent, has another type, or is known to be bad reads as not written.
type node struct {
	doc     *document
	bad     map[string]bool // pointers of values with a problem
	pointer string
	value   any // nil when absent
}

// pos returns the position of the value, zero when it is absent.
func (n node) pos() diag.Position {
	if n.value == nil {
		return diag.Position{}
	}
	return n.doc.At(n.pointer)
}

func (n node) member(key string) node {
	mapping, _ := n.value.(map[string]any)
	return n.child(yamlsrc.Member(n.pointer, key), mapping[key])
}

func (n node) items() []node {
	list, _ := n.value.([]any)
	items := make([]node, 0, len(list))
	for i, v := range list {
		item := n.child(n.pointer+"/"+strconv.Itoa(i), v)
		several, ok := item.value.(spread.Several)
		for j, one := range several {
			if one := n.child(item.pointer+"/"+strconv.Itoa(j), one); one.value != nil {
				items = append(items, one)
			}
		}
		if !ok && item.value != nil {
			items = append(items, item)
		}
	}
	return items
}

func (n node) child(pointer string, v any) node {
	child := node{doc: n.doc, bad: n.bad, pointer: pointer, value: v}
	if n.bad[pointer] {
		child.value = nil
	}
	return child
}

func (n node) text() Value[string] {
	if s, ok := n.value.(string); ok {
		return Value[string]{V: s, Pos: n.pos()}
	}
	return Value[string]{}
}

func (n node) texts() []Value[string] {
	var texts []Value[string]
	for _, item := range n.items() {
		if v := item.text(); v.Written() {
			texts = append(texts, v)
		}
	}
	return texts
}

// oneOrMore reads a list of texts, or one text as a list.
func (n node) oneOrMore() []Value[string] {
	if text := n.text(); text.Written() {
		return []Value[string]{text}
	}
	return n.texts()
}

// has reports whether a key is written, whatever its value is.
func (n node) has(key string) bool {
	mapping, _ := n.value.(map[string]any)
	_, written := mapping[key]
	return written
}

func (n node) isMapping() bool {
	_, ok := n.value.(map[string]any)
	return ok
}

// amount reads a number with a fraction; the schema bounds it.
func (n node) amount() Value[float64] {
	number, ok := n.value.(json.Number)
	if !ok {
		return Value[float64]{}
	}
	f, err := number.Float64()
	if err != nil {
		return Value[float64]{}
	}
	return Value[float64]{V: f, Pos: n.pos()}
}

func (n node) integer(standard int) Value[int] {
	number, ok := n.value.(json.Number)
	if !ok {
		return Value[int]{V: standard}
	}
	// 1e2 and 4.0 are whole numbers too; the schema bounds them.
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return Value[int]{V: standard}
	}
	return Value[int]{V: int(f), Pos: n.pos()}
}

func (n node) boolean(standard bool) Value[bool] {
	if b, ok := n.value.(bool); ok {
		return Value[bool]{V: b, Pos: n.pos()}
	}
	return Value[bool]{V: standard}
}

// variables reads a mapping of names to texts in the order of the text.
func (n node) variables() []Variable {
	if n.value == nil {
		return nil
	}
	var variables []Variable
	for _, key := range n.doc.Keys(n.pointer) {
		member := n.member(key)
		if value := member.text(); value.Written() {
			name := Value[string]{V: key, Pos: n.doc.KeyAt(member.pointer)}
			variables = append(variables, Variable{Name: name, Value: value})
		}
	}
	return variables
}

// fields reads a mapping of names to any values in the order of the text.
func (n node) fields() []Field {
	if _, mapping := n.value.(map[string]any); !mapping {
		return nil
	}
	var fields []Field
	for _, key := range n.doc.Keys(n.pointer) {
		member := n.member(key)
		name := Value[string]{V: key, Pos: n.doc.KeyAt(member.pointer)}
		fields = append(fields, Field{Name: name, Value: Value[any]{V: spread.Of(member.value).Value, Pos: member.pos()}, Below: member.fields()})
	}
	return fields
}

// filling is a value that changes how much a document holds: a list, or nothing.
type filling struct {
	leaf
	value expr.Value
}

// spread puts such values in, once all others have theirs.
func (d *document) spread(later []filling) {
	d.uneven = len(later) > 0
	for _, f := range later {
		items, list := f.value.V.([]any)
		switch item := itemOf(f.pointer); {
		case !list:
			d.value = spread.Drop(d.value, f.path)
		case item != "":
			d.several = append(d.several, item)
			d.repeat(f, item, items)
		case f.words && !schema.TakesList(f.pointer):
			d.put(f.leaf, expr.Value{V: f.value.Text(), Pos: f.value.Pos})
		default:
			d.put(f.leaf, f.value)
			for i, one := range items {
				d.filled[f.pointer+"/"+strconv.Itoa(i)] = expr.Value{V: one, Pos: f.value.Pos}
			}
		}
	}
}

// repeat makes an item one for each of several values, which stand in it at the leaf.
func (d *document) repeat(f filling, item string, values []any) {
	path := yamlsrc.Path(item)
	model, several := get(d.value, path), make(spread.Several, len(values))
	for i, one := range values {
		several[i] = put(model, f.path[len(path):], one)
		d.filled[item+"/"+strconv.Itoa(i)+f.pointer[len(item):]] = expr.Value{V: one, Pos: f.value.Pos}
	}
	d.value = put(d.value, path, several)
}

// mapped matches what can be there once for each item of a list: an input or an automation.
var mapped = regexp.MustCompile(`^((?:/analyses/[0-9]+)?/(?:inputs|automations)/[0-9]+)/(?:id|path)$`)

// itemOf returns the item of a list that a reference to a list multiplies; empty for none.
func itemOf(pointer string) string {
	if m := mapped.FindStringSubmatch(pointer); m != nil {
		return m[1]
	}
	if _, err := strconv.Atoi(pointer[strings.LastIndexByte(pointer, '/')+1:]); err == nil {
		return pointer
	}
	return ""
}

// get returns the value at path.
func get(root any, path []string) any {
	for _, token := range path {
		switch node := root.(type) {
		case map[string]any:
			root = node[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(node) {
				return nil
			}
			root = node[i]
		default:
			return nil
		}
	}
	return root
}

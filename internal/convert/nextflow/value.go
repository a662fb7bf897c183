// Package nextflow reads what a nextflow.config says of jobs for the executor of Rescale,
// and the process blocks of a script (§1.5 of the formats). It reads literals, names that
// params gives, and nothing that Groovy would have to compute.
package nextflow

import (
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// kind is what a value is.
type kind int

// An expression is all that only Groovy knows, such as a closure.
const (
	nothing kind = iota
	text
	number
	truth
	list
	object
	expression
)

// value is a value and its place.
type value struct {
	kind  kind
	text  string // of a text, number or truth; of an expression as it is written
	items []value
	keys  []string // of an object, beside items
	pos   diag.Position
}

// member returns the value of a key.
func (v value) member(key string) value {
	for i, k := range v.keys {
		if k == key {
			return v.items[i]
		}
	}
	return value{kind: nothing, pos: v.pos}
}

// scalar is true of what is one text, number or truth.
func (v value) scalar() bool { return v.kind == text || v.kind == number || v.kind == truth }

// name returns the one name that an expression consists of, such as that in a closure;
// empty for any other.
func (v value) name() string {
	name := strings.Trim(v.text, "{}$ \t\r\n\"")
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(name, "->"), "params."))
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return ""
		}
	}
	return name
}

// setting is one key with its value, such as ext.wallTime.
type setting struct {
	key   string
	pos   diag.Position
	value value
}

// scope is a block: its head, such as "process" or "withLabel: solver", what it sets, and
// the blocks in it.
type scope struct {
	head   string
	target string // of withLabel and withName, and the name of a process
	pos    diag.Position
	sets   []setting
	scopes []scope
	script value // of a process of a script; expression where it has references
}

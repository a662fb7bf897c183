package schema

import "strings"

// Kind is the kind of mistake of a violation.
type Kind string

// The kinds of violations. A schema can name more with x-rule.
const (
	UnknownKey Kind = "unknown-key" // the mapping has no such key
	MissingKey Kind = "missing-key" // a required key is not there
	WrongType  Kind = "wrong-type"  // a list where a text is wanted, or no value at all
	BadValue   Kind = "bad-value"   // right type, value not allowed
	BadChoice  Kind = "bad-choice"  // keys that exclude each other
)

// Violation is one finding.
type Violation struct {
	Pointer string // JSON pointer (RFC 6901) of the value, or of the mapping that Key belongs to
	Key     string // set when the finding is about this member name: an unknown, missing or malformed key
	Kind    Kind
	Message string // the fact: lower case, no final period
	Hint    string // what to write instead; may be empty

	// Known holds what could have been meant: the keys of the mapping for an unknown
	// key, the allowed words for a bad value, and all present keys for a bad choice
	// (Key is one of them).
	Known []string
	// Elsewhere holds, for an unknown key, the mappings of the manifest that have a key
	// of this name; "" is the top level.
	Elsewhere []Home
	// WantsText is set when a bare number, true or false stands where a text is
	// wanted, so that quotes would make it right.
	WantsText bool
}

// Home is a mapping of the manifest, such as "hardware", and the exact spelling
// of a key in it.
type Home struct{ Mapping, Key string }

// At returns the violation as one of the value at another pointer, which the text has at
// a third one: in a job, items of lists can be there more than once.
func (v Violation) At(pointer, source string) Violation {
	v.Message = strings.Replace(v.Message, subject(split(v.Pointer)), subject(split(source)), 1)
	v.Pointer = pointer
	return v
}

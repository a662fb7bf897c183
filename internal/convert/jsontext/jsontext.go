// Package jsontext reads JSON and keeps the order of the members of an object and the place
// of every name and value.
package jsontext

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Value is a value of JSON and its place.
type Value struct {
	Pos     diag.Position
	Scalar  any      // a string, a json.Number, a bool or nil, where it is no object and no list
	Members []Member // of an object, in order
	Items   []Value  // of a list
	Kind    Kind
}

// Is reports whether a value is this text or this truth.
func (v Value) Is(scalar any) bool { return v.Scalar == scalar }

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)

// Member is a name and its value.
type Member struct {
	Pos  diag.Position
	Name string
	Value
}

// deepest is how many objects and lists may stand in each other.
const deepest = 100

// Parse reads a text that begins at a position and is one value. The error is a [diag.List].
func Parse(begin diag.Position, text string) (Value, error) {
	r := &reader{decoder: json.NewDecoder(strings.NewReader(text)), text: text, at: begin}
	r.decoder.UseNumber()
	value, err := r.value(0)
	if err != nil {
		return Value{}, r.problem(err)
	}
	if _, err := r.token(); !errors.Is(err, io.EOF) {
		return Value{}, r.problem(errTrailing)
	}
	return value, nil
}

// First reads the first value of a text, and returns what follows it.
func First(begin diag.Position, text string) (value Value, rest string, err error) {
	r := &reader{decoder: json.NewDecoder(strings.NewReader(text)), text: text, at: begin}
	r.decoder.UseNumber()
	if value, err = r.value(0); err != nil {
		return Value{}, "", r.problem(err)
	}
	return value, text[r.decoder.InputOffset():], nil
}

// Errors of a text that each token of is sound.
var (
	errTrailing = errors.New("something follows the value")
	errDeep     = errors.New("objects and lists stand too deep in each other")
	errTwice    = errors.New("the name is there already")
)

// reader walks through the tokens of a text.
type reader struct {
	decoder *json.Decoder
	text    string
	at      diag.Position // of the byte seen
	seen    int
	last    diag.Position // of the last token
}

// token reads one token and remembers its place.
func (r *reader) token() (json.Token, error) {
	from := int(r.decoder.InputOffset())
	for from < len(r.text) && strings.IndexByte(" \t\r\n:,", r.text[from]) >= 0 {
		from++
	}
	r.at = convert.Place(r.at, r.text[r.seen:], from-r.seen)
	r.seen, r.last = from, r.at
	token, err := r.decoder.Token()
	if end := int(r.decoder.InputOffset()); err == nil && end > from {
		r.last.Width = utf8.RuneCountInString(r.text[from:end])
	}
	return token, err
}

func (r *reader) value(depth int) (Value, error) {
	token, err := r.token()
	if err != nil {
		return Value{}, err
	}
	if depth > deepest {
		return Value{}, errDeep
	}
	v := Value{Pos: r.last, Scalar: token}
	switch t := token.(type) {
	case json.Delim:
		v.Scalar, v.Pos.Width = nil, 1
		if t == '{' {
			v.Kind = Object
			v.Members, err = r.members(depth)
			return v, err
		}
		v.Kind = List
		v.Items, err = r.items(depth)
		return v, err
	case string:
		v.Kind = Text
	case json.Number:
		v.Kind = Number
	case bool:
		v.Kind = Bool
	}
	return v, nil
}

func (r *reader) members(depth int) (members []Member, err error) {
	names := make(map[string]bool)
	for r.decoder.More() {
		token, err := r.token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if names[name] {
			return nil, errTwice
		}
		names[name] = true
		m := Member{Pos: r.last, Name: name}
		if m.Value, err = r.value(depth + 1); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	_, err = r.token()
	return members, err
}

func (r *reader) items(depth int) (items []Value, err error) {
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err = r.token()
	return items, err
}

// problem is an error with its place.
func (r *reader) problem(err error) error {
	var list diag.List
	pos, message := r.last, "this is no JSON: "+err.Error()
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		offset := max(int(syntax.Offset)-1, r.seen)
		pos = convert.Place(r.at, r.text[r.seen:], offset-r.seen)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		pos = convert.Place(r.at, r.text[r.seen:], len(r.text)-r.seen)
		message = "this is no JSON: it ends too early"
	}
	list.Add(pos, convert.JSONSyntax, "", "%s", message)
	return list
}

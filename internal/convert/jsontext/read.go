package jsontext

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// Member returns the value of a name, and whether there is one that is not null.
func (v Value) Member(name string) (Value, bool) {
	for _, m := range v.Members {
		if m.Name == name {
			return m.Value, m.Kind != Null
		}
	}
	return Value{Pos: v.Pos}, false
}

// Plain returns the value without places: a [convert.Map], a []any or a scalar.
func (v Value) Plain() any {
	switch v.Kind {
	case Object:
		m := convert.Map{}
		for _, member := range v.Members {
			m = append(m, convert.Member{Name: member.Name, Value: member.Plain()})
		}
		return m
	case List:
		list := []any{}
		for _, item := range v.Items {
			list = append(list, item.Plain())
		}
		return list
	case Null, Bool, Number, Text:
	}
	return v.Scalar
}

// Words returns a scalar as a text: a number and a truth as written, null as none. It is
// false for an object or a list.
func (v Value) Words() (string, bool) {
	switch s := v.Scalar.(type) {
	case string:
		return s, true
	case json.Number:
		return s.String(), true
	case bool:
		return strconv.FormatBool(s), true
	}
	return "", v.Kind == Null
}

// Truth reads true and false, also as texts; null and an empty text are false.
func (v Value) Truth() (holds, ok bool) {
	if v.Kind == Null {
		return false, true
	}
	switch text, _ := v.Words(); {
	case v.Kind == Number, v.Kind == Object, v.Kind == List:
		return false, false
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false") || text == "":
		return false, true
	}
	return false, false
}

// Int reads a whole number, also as a text, and 4.0 as 4; null and an empty text are 0.
func (v Value) Int() (int, bool) {
	text, ok := v.Words()
	text = strings.TrimSpace(text)
	switch {
	case !ok || v.Kind == Bool:
		return 0, false
	case text == "":
		return 0, true
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int32(f)) {
		return 0, false
	}
	return int(f), true
}

// Float reads a number, also as a text; null and an empty text are 0.
func (v Value) Float() (float64, bool) {
	text, ok := v.Words()
	text = strings.TrimSpace(text)
	switch {
	case !ok || v.Kind == Bool:
		return 0, false
	case text == "":
		return 0, true
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f-f == 0
}

// Empty reports whether a value says nothing: null, an empty text, list or object.
func (v Value) Empty() bool {
	return v.Kind == Null || v.Kind == Text && v.Scalar == "" || (v.Kind == List || v.Kind == Object) && len(v.Items)+len(v.Members) == 0
}

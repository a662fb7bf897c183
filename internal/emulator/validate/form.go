package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// form reads the members of one object and notes what is wrong with them.
type form struct {
	members map[string]json.RawMessage
	at      *problems
}

// openForm reads raw as an object. A value that is none is noted and gives an empty form, with ok false.
func openForm(raw json.RawMessage, at *problems) (f form, ok bool) {
	f = form{at: at}
	if json.Unmarshal(raw, &f.members) != nil || f.members == nil {
		at.field("non_field_errors").add(fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", kind(raw)))
		return f, false
	}
	return f, true
}

// optional returns a member that is there and not null.
func (f form) optional(name string) (json.RawMessage, bool) {
	raw, ok := f.members[name]
	return raw, ok && !isNull(raw)
}

// reference is optional for the id of another object, which is null when it is the empty string.
func (f form) reference(name string) (json.RawMessage, bool) {
	raw, ok := f.optional(name)
	return raw, ok && !bytes.Equal(bytes.TrimSpace(raw), []byte(`""`))
}

// required is optional, but notes a missing or null member.
func (f form) required(name string) (json.RawMessage, bool) {
	raw, ok := f.members[name]
	switch {
	case !ok:
		f.at.field(name).add("This field is required.")
	case isNull(raw):
		f.at.field(name).add("This field may not be null.")
		ok = false
	}
	return raw, ok
}

// text returns a string member that is not blank; fallback when it is not there.
func (f form) text(name, fallback string) string {
	raw, ok := f.optional(name)
	if !ok {
		return fallback
	}
	return f.stringOf(name, raw)
}

// requiredText is text for a member that must be there and not blank.
func (f form) requiredText(name string) string {
	raw, ok := f.required(name)
	if !ok {
		return ""
	}
	text := f.stringOf(name, raw)
	if strings.TrimSpace(text) == "" && f.at.field(name).empty() {
		f.at.field(name).add("This field may not be blank.")
	}
	return text
}

// stringOf takes a number, too, as Django REST Framework does: clients write "version": 0 and "OMP_NUM_THREADS": 4.
func (f form) stringOf(name string, raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if kind(raw) == "int" {
		return string(bytes.TrimSpace(raw))
	}
	f.at.field(name).add("Not a valid string.")
	return ""
}

// The spellings of truth that Django REST Framework takes, which clients are known to send.
var (
	truths     = []string{"true", "t", "yes", "y", "on", "1"}
	falsehoods = []string{"false", "f", "no", "n", "off", "0"}
)

func (f form) flag(name string) bool {
	raw, ok := f.optional(name)
	if !ok {
		return false
	}
	text := strings.ToLower(scalar(raw))
	switch {
	case slices.Contains(truths, text):
		return true
	case slices.Contains(falsehoods, text):
		return false
	}
	f.at.field(name).add("Must be a valid boolean.")
	return false
}

// scalar is the text of a string, a number or a truth. A fraction that is zero is left out. Anything else is as it is.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
		if value, err := strconv.ParseFloat(text, 64); err == nil && value == math.Trunc(value) && math.Abs(value) < 1e9 {
			return strconv.FormatFloat(value, 'f', 0, 64)
		}
	}
	return emptyFraction.ReplaceAllString(strings.TrimSpace(text), "")
}

var (
	emptyFraction = regexp.MustCompile(`\.0*$`)
	wholeNumber   = regexp.MustCompile(`^[-+]?[0-9]{1,9}$`)
)

// number reads a whole number of at least 1, also as a string or with an empty fraction: many clients send "4" or
// 1.0, and Django REST Framework takes them. Other fractions are refused: see rescale-api.md §6.2, walltime.
func (f form) number(name string, raw json.RawMessage) (int, bool) {
	text := scalar(raw)
	n, err := strconv.Atoi(text)
	if err != nil || !wholeNumber.MatchString(text) {
		f.at.field(name).add("A valid integer is required.")
		return 0, false
	}
	if n < 1 {
		f.at.field(name).add("Ensure this value is greater than or equal to 1.")
		return n, false
	}
	return n, true
}

// list returns the members of an array; missing is empty.
func (f form) list(name string) []json.RawMessage {
	raw, ok := f.optional(name)
	if !ok {
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		f.at.field(name).add(fmt.Sprintf("Expected a list of items but got type %q.", kind(raw)))
	}
	return items
}

// echo returns the named members as they are, with the fallbacks for those that are missing or null.
func (f form) echo(fallbacks map[string]string) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(fallbacks))
	for name, fallback := range fallbacks {
		if raw, ok := f.optional(name); ok {
			out[name] = raw
		} else {
			out[name] = json.RawMessage(fallback)
		}
	}
	return out
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

// kind names a JSON value as Python does, because the platform's messages do.
func kind(raw json.RawMessage) string {
	text := bytes.TrimSpace(raw)
	if len(text) == 0 {
		return "NoneType"
	}
	switch text[0] {
	case '{':
		return "dict"
	case '[':
		return "list"
	case '"':
		return "str"
	case 't', 'f':
		return "bool"
	case 'n':
		return "NoneType"
	}
	return "int"
}

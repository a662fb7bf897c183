package schema

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Validate checks one job, made of map[string]any, []any, string, json.Number (within the range of float64),
// bool and nil. It returns every finding once, without those of forms that the user evidently did not mean.
// It does not report equal items of a list: the caller, who knows positions, can name both.
func Validate(value any) []Violation { return validate(loaderOf(value), value) }

// loaderOf returns the loader of the form that a job is checked as.
func loaderOf(value any) func() (*compiled, error) {
	mapping, _ := value.(map[string]any)
	if _, several := mapping["analyses"]; several {
		return loadSeveral
	}
	return loadJob
}

// ValidateDefaults checks what jobs share: like Validate, but no key is missing.
func ValidateDefaults(value any) []Violation { return validate(loadDefaults, value) }

func validate(load func() (*compiled, error), value any) []Violation {
	c, err := load()
	if err != nil {
		return []Violation{{Kind: BadValue, Message: err.Error()}}
	}
	var failed *jsonschema.ValidationError
	switch err := c.schema.Validate(value); {
	case err == nil:
		return nil
	case !errors.As(err, &failed):
		return []Violation{{Kind: BadValue, Message: err.Error()}}
	}
	f := &findings{compiled: c, value: value, empty: make(map[string]bool)}
	f.collect(failed)
	slices.SortStableFunc(f.list, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return f.list
}

// findings collects violations from the error tree of the JSON schema library.
type findings struct {
	*compiled
	value any
	list  []Violation
	empty map[string]bool // pointers already reported to have no value
}

// failure is one failed keyword.
type failure struct {
	path    []string       // of the value
	value   any            // the value itself
	rule    map[string]any // the part of the schema with the keyword
	keyword string
	cause   *jsonschema.ValidationError
}

func (f *findings) failure(e *jsonschema.ValidationError) failure {
	at := failure{path: split(e.InstanceLocation), cause: e}
	at.value, _ = lookup(f.value, at.path)
	at.rule, at.keyword = f.rule(e.AbsoluteKeywordLocation)
	return at
}

func (f *findings) collect(e *jsonschema.ValidationError) {
	at := f.failure(e)
	switch {
	case f.absent(at):
	case at.keyword == "oneOf" && len(e.Causes) > 0:
		f.branch(at)
	case len(e.Causes) > 0:
		for _, cause := range e.Causes {
			f.collect(cause)
		}
	default:
		f.leaf(at)
	}
}

// absent reports a key without a value, once, however many rules that breaks.
func (f *findings) absent(at failure) bool {
	if v, found := lookup(f.value, at.path); !found || v != nil {
		return false
	}
	pointer := join(at.path)
	if !f.empty[pointer] {
		f.empty[pointer] = true
		f.add(at, WrongType, fill(at), "%s has no value", subject(at.path))
	}
	return true
}

// branch picks what the user meant among several forms: the one whose type
// fits. Only its findings count.
func (f *findings) branch(at failure) {
	var fits []candidate
	for i, cause := range at.cause.Causes {
		if !f.otherType(cause, at.cause.InstanceLocation) {
			fits = append(fits, candidate{cause, f.likeness(at, i)})
		}
	}
	best := func(a, b candidate) int { return cmp.Compare(a.likeness, b.likeness) }
	switch {
	case len(fits) == 0:
		f.add(at, WrongType, message(at.rule, "errorMessage"), "%s cannot be %s", subject(at.path), describe(at.value))
	case isChoice(at.rule):
		f.choice(at)
	case len(fits) > 1 && typeOf(at.value) == "object" && slices.MaxFunc(fits, best).likeness == 0:
		f.add(at, BadValue, message(at.rule, "errorMessage"), "%s has no key that says what it is", subject(at.path))
	default:
		f.collect(slices.MaxFunc(fits, best).cause)
		f.widen(at)
	}
}

// candidate is a form whose type fits, and how much its keys are those of the value.
type candidate struct {
	cause    *jsonschema.ValidationError
	likeness int
}

// likeness compares the keys of a value with those of one of its forms. One with a slip in
// it mostly begins as it should: folder is nearer to folders than to from.
func (f *findings) likeness(at failure, branch int) (total int) {
	const same = 100
	branches, _ := at.rule["oneOf"].([]any)
	mapping, _ := at.value.(map[string]any)
	if branch >= len(branches) {
		return 0
	}
	part, _ := branches[branch].(map[string]any)
	properties, _ := part["properties"].(map[string]any)
	for key := range mapping {
		if _, known := properties[key]; known {
			total += same
			continue
		}
		near := 0
		for property := range properties {
			near = max(near, common(key, property))
		}
		total += near
	}
	return total
}

// common returns how many characters two words begin with alike; one alone says nothing.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}

// widen replaces the hint of a form by that of all forms when the value itself, and not something inside it,
// is wrong.
func (f *findings) widen(at failure) {
	hint := message(at.rule, "errorMessage")
	for i, v := range f.list {
		if v.Pointer == join(at.path) && v.Key == "" && v.Kind == BadValue && hint != "" {
			f.list[i].Hint = hint
		}
	}
}

// otherType reports whether a branch wants another type than the value has.
func (f *findings) otherType(e *jsonschema.ValidationError, location string) bool {
	for len(e.Causes) == 1 && e.InstanceLocation == location {
		e = e.Causes[0]
	}
	if e.InstanceLocation != location {
		return false
	}
	at := f.failure(e)
	return at.keyword == "type" || at.keyword == "const" && typeOf(at.rule["const"]) != typeOf(at.value)
}

func (f *findings) leaf(at failure) {
	switch at.keyword {
	case "uniqueItems":
	case "additionalProperties":
		f.unknownKeys(at)
	case "required":
		f.missingKeys(at)
	case "oneOf":
		f.choice(at)
	case "type":
		f.wrongType(at)
	case "const", "enum":
		f.notAllowed(at)
	case "pattern":
		f.mismatch(at)
	default:
		f.outOfBounds(at)
	}
}

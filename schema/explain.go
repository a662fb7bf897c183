package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// add appends a violation at the value of at. A schema part with x-rule gives a wrong
// value a kind of its own.
func (f *findings) add(at failure, kind Kind, hint, format string, args ...any) {
	if own, ok := at.rule["x-rule"].(string); ok && kind != UnknownKey && kind != MissingKey {
		kind = Kind(own)
	}
	f.list = append(f.list, Violation{Pointer: join(at.path), Kind: kind, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// last returns the violation that was added last, to complete it.
func (f *findings) last() *Violation { return &f.list[len(f.list)-1] }

func (f *findings) unknownKeys(at failure) {
	properties, _ := at.rule["properties"].(map[string]any)
	known := slices.DeleteFunc(sortedKeys(properties), func(key string) bool { return key == "$schema" })
	mapping, _ := at.value.(map[string]any)
	for _, key := range sortedKeys(mapping) {
		if _, ok := properties[key]; ok {
			continue
		}
		f.add(at, UnknownKey, "", "unknown key %s%s", shorten(key), under(at.path))
		v := f.last()
		v.Key, v.Known, v.Elsewhere = key, known, f.homes[letters(key)]
	}
}

func (f *findings) missingKeys(at failure) {
	mapping, _ := at.value.(map[string]any)
	required, _ := at.rule["required"].([]any)
	for _, name := range required {
		key, _ := name.(string)
		if _, ok := mapping[key]; ok {
			continue
		}
		f.add(at, MissingKey, f.sample(at, key), "key %q is missing%s", key, under(at.path))
		f.last().Key = key
	}
}

// sample returns the hint for a missing key: a line to write.
func (f *findings) sample(at failure, key string) string {
	properties, _ := at.rule["properties"].(map[string]any)
	rule, _ := properties[key].(map[string]any)
	if ref, same := rule["$ref"].(string); same {
		target, _ := lookup(f.raw, split(ref[1:]))
		rule, _ = target.(map[string]any)
	}
	example, ok := firstExample(rule)
	if !ok {
		return ""
	}
	return fmt.Sprintf("add a line such as %s: %s", key, flow(example))
}

// choice reports keys of which exactly one is wanted.
func (f *findings) choice(at failure) {
	mapping, _ := at.value.(map[string]any)
	var present []string
	for _, key := range choices(at.rule) {
		if _, ok := mapping[key]; ok {
			present = append(present, key)
		}
	}
	wanted := choices(at.rule)
	if len(present) < 2 {
		f.add(at, MissingKey, message(at.rule, "errorMessage"), "%s has none of the keys %s", subject(at.path), list(wanted, "and"))
		f.last().Key = wanted[0]
		return
	}
	verb := "has"
	if len(present) == 2 {
		verb = "has both"
	}
	f.add(at, BadChoice, message(at.rule, "errorMessage"), "%s %s %s", subject(at.path), verb, list(present, "and"))
	f.last().Key, f.last().Known = present[len(present)-1], present
}

func (f *findings) wrongType(at failure) {
	want, _ := at.rule["type"].(string)
	own := message(at.rule, "errorMessage")
	switch {
	case quotable(at, want):
		f.add(at, WrongType, "", "%s must be %s, not %s", subject(at.path), article(want), describe(at.value))
		f.last().WantsText = true
	case own != "":
		f.add(at, WrongType, own, "%s cannot be %s", subject(at.path), describe(at.value))
	default:
		f.add(at, WrongType, correction(at, want), "%s must be %s, not %s", subject(at.path), article(want), describe(at.value))
	}
}

// quotable reports whether a bare number, true or false would be right in quotes.
func quotable(at failure, want string) bool {
	if got := typeOf(at.value); want != "string" || got != "number" && got != "boolean" {
		return false
	}
	pattern, err := regexp.Compile(message(at.rule, "pattern"))
	return err == nil && pattern.MatchString(describe(at.value))
}

// fill returns the hint for a key without a value.
func fill(at failure) string {
	hint := "write a value"
	if example := such(at); example != "" {
		hint += ", such as " + example
	}
	if len(at.path) > 0 && isIndex(at.path[len(at.path)-1]) {
		hint += ", or delete the dash"
	}
	return hint
}

func (f *findings) notAllowed(at failure) {
	allowed, _ := at.rule["enum"].([]any)
	if only, ok := at.rule["const"]; ok {
		allowed = []any{only}
	}
	var words, texts []string
	for _, v := range allowed {
		words = append(words, flow(v))
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	hint := message(at.rule, "errorMessage")
	if hint == "" {
		hint = "write " + list(words, "or")
	}
	f.add(at, BadValue, hint, "%s cannot be %s", subject(at.path), describe(at.value))
	if typeOf(at.value) == "string" {
		f.last().Known = texts
	}
}

func (f *findings) mismatch(at failure) {
	if name, ok := propertyName(at); ok {
		parent := failure{path: at.path[:len(at.path)-1], rule: at.rule}
		f.add(parent, BadValue, message(at.rule, "patternErrorMessage"), "%s cannot be a name%s", shorten(name), under(parent.path))
		f.last().Key = name
		return
	}
	if s, _ := at.value.(string); strings.TrimSpace(s) == "" {
		f.add(at, BadValue, fill(at), "%s is blank", subject(at.path))
		return
	}
	f.add(at, BadValue, message(at.rule, "patternErrorMessage"), "%s cannot be %s", subject(at.path), describe(at.value))
}

// propertyName reports whether the name of a member is wrong and not a value.
func propertyName(at failure) (string, bool) {
	if !strings.Contains(at.cause.KeywordLocation, "/propertyNames/") || len(at.path) == 0 {
		return "", false
	}
	return at.path[len(at.path)-1], true
}

func (f *findings) outOfBounds(at failure) {
	limit := fmt.Sprint(at.rule[at.keyword])
	name := subject(at.path)
	switch at.keyword {
	case "minimum":
		f.add(at, BadValue, message(at.rule, "errorMessage"), "%s must be at least %s, not %s", name, limit, describe(at.value))
	case "maximum":
		f.add(at, BadValue, "", "%s must be at most %.0f, not %s", name, at.rule[at.keyword], describe(at.value))
	case "minItems", "minProperties":
		f.add(at, BadValue, message(at.rule, "errorMessage"), "%s is empty", name)
	default:
		f.add(at, BadValue, "", "%s: %s", name, at.cause.Message)
	}
}

// isChoice reports whether a oneOf only says which keys exclude each other.
func isChoice(rule map[string]any) bool { return len(choices(rule)) > 0 }

func choices(rule map[string]any) []string {
	branches, _ := rule["oneOf"].([]any)
	var keys []string
	for _, branch := range branches {
		m, _ := branch.(map[string]any)
		required, _ := m["required"].([]any)
		if len(m) != 1 || len(required) != 1 {
			return nil
		}
		keys = append(keys, required[0].(string))
	}
	return keys
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

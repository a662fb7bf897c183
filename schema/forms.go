package schema

import (
	"maps"
	"slices"
)

// form is what a value is checked as. The published schema is for the text of one
// document as written; here a complete job is checked: merged with its defaults, and
// every reference replaced by its value.
type form int

const (
	wholeJob   form = iota // all that a job needs must be there
	severalJob             // the same of a job whose analyses are a list
	defaults               // anything may be missing
)

// complete derives the schema of a form from the published one: without the references
// that a text may hold in place of a value, and with x-required, the keys that must be
// there once defaults are merged; x-required-several is the same for a job with
// analyses.
func (f form) complete(published any) any {
	switch node := published.(type) {
	case []any:
		items := make([]any, len(node))
		for i, item := range node {
			items[i] = f.complete(item)
		}
		return items
	case map[string]any:
		return f.part(node)
	}
	return published
}

func (f form) part(published map[string]any) map[string]any {
	part := make(map[string]any, len(published))
	for key, sub := range published {
		switch key {
		case "if", "then", "else", "x-required", "x-required-several":
		case "anyOf":
			value, _ := sub.([]any)
			direct, _ := value[0].(map[string]any)
			maps.Copy(part, direct)
		default:
			part[key] = f.complete(sub)
		}
	}
	required, ok := published["x-required"]
	if several, differs := published["x-required-several"]; differs && f == severalJob {
		required = several
	}
	if ok && f != defaults {
		part["required"] = required
	}
	return part
}

// WantsText reports whether the value at a pointer (RFC 6901) of a job can only be a
// text, so that a number there is meant as its digits.
func WantsText(pointer string) bool {
	c, err := loadJob()
	if err != nil {
		return false
	}
	found := c.partsAt(c.raw, split(pointer))
	return len(found) > 0 && !slices.ContainsFunc(found, func(part map[string]any) bool {
		_, words := part["enum"]
		return !onlyText(part["type"]) && !words && part["const"] == nil
	})
}

// TakesList reports whether the value at a pointer of a job can be a text or a list.
func TakesList(pointer string) bool {
	c, err := loadJob()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.partsAt(c.raw, split(pointer)), func(part map[string]any) bool { return takes(part["type"], "array") })
}

// onlyText reports whether the only scalar of a type is a text.
func onlyText(kind any) bool {
	several, ok := kind.([]any)
	if !ok {
		return kind == "string"
	}
	return slices.Contains(several, any("string")) && !slices.ContainsFunc(several, func(k any) bool { return k != "string" && k != "array" })
}

// takes reports whether a value of a type can be of a kind.
func takes(kind any, want string) bool {
	several, ok := kind.([]any)
	return kind == want || ok && slices.Contains(several, any(want))
}

// partsAt returns every part of the schema that a value at path, below node, may have
// to follow, except mappings and lists.
func (c *compiled) partsAt(node any, path []string) []map[string]any {
	part, _ := node.(map[string]any)
	if ref, ok := part["$ref"].(string); ok {
		target, _ := lookup(c.raw, split(ref[1:]))
		return c.partsAt(target, path)
	}
	var found []map[string]any
	branches, _ := part["oneOf"].([]any)
	for _, branch := range branches {
		found = append(found, c.partsAt(branch, path)...)
	}
	switch {
	case part == nil || part["type"] == nil && part["enum"] == nil && part["const"] == nil:
		return found
	case len(path) == 0 && (part["type"] == "object" || part["type"] == "array"):
		return found
	case len(path) == 0:
		return append(found, part)
	}
	properties, _ := part["properties"].(map[string]any)
	if sub, ok := properties[path[0]]; ok {
		return append(found, c.partsAt(sub, path[1:])...)
	}
	if takes(part["type"], "array") {
		return append(found, c.partsAt(part["items"], path[1:])...)
	}
	return append(found, c.partsAt(part["additionalProperties"], path[1:])...)
}

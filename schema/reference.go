package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Entry is what the schema says about one key.
type Entry struct {
	Key         string // from the top, as inputs[].path; NAME stands for any name
	Title       string
	Description string
	Type        string // in words
	Default     string // as YAML, empty for none
	Required    bool
	Example     string   // the first example, as JSON
	Samples     []string // every example as lines of a manifest
	Keys        []string // of a mapping, or of the mappings in a list, in the order of the schema
	Effect      Effect   // of a change; empty for a mapping whose keys have several
	Platform    []string // the fields of the body that it is sent as, from the top, as jobanalyses.command; * stands for any
	Same        string   // the key of the top level that it repeats, with all below it; else empty
}

// Effect is what a change of a key means for an existing run. The schema has it as
// x-digest, for a key and all keys below.
type Effect string

// The effects. A key that can change the result of a run is in the digest.
const (
	InDigest Effect = "in"      // another content: a new run
	InKey    Effect = "key"     // the same content under another name or number: a new run
	Through  Effect = "through" // whatever the keys that use its value make of it
	Outside  Effect = "out"     // the same run
)

// Words describes the effect.
func (e Effect) Words() string {
	switch e {
	case InDigest, InKey:
		return "a change starts a new run"
	case Outside:
		return "a change starts no run"
	case Through:
		return "a change counts in the keys that use it"
	}
	return ""
}

// reference is computed once, when it is first needed.
var reference = sync.OnceValues(func() ([]Entry, error) {
	root, err := ordered()
	if err != nil {
		return nil, err
	}
	r := &describer{root: root, seen: make(map[string]bool)}
	r.members(root, "")
	r.inherit()
	return r.entries, nil
})

// Reference returns every key of a manifest, in the order of the schema.
func Reference() []Entry {
	entries, err := reference()
	if err != nil {
		return nil
	}
	return slices.Clone(entries)
}

// anyName stands for the names that a person chooses.
const anyName = "NAME"

// referenceForm is the alternative for ${{ }} beside a value. It has no words of its
// own: an editor would show them instead of the key's.
const referenceForm = "#/$defs/reference"

// describer walks the schema.
type describer struct {
	root    *object
	entries []Entry
	seen    map[string]bool
}

// resolved follows a reference to another part of the schema.
func (r *describer) resolved(v any) *object {
	part, _ := v.(*object)
	if ref, ok := strings.CutPrefix(part.text("$ref"), "#/$defs/"); ok {
		return r.root.object("$defs").object(ref)
	}
	if ref, ok := strings.CutPrefix(part.text("$ref"), sameKey); ok {
		return r.root.object("properties").object(ref)
	}
	return part
}

// sameKey begins a reference to a key of the top level that has the same meaning in
// another place. What is below it is described once.
const sameKey = "#/properties/"

// forms returns the parts that may apply to a value.
func (r *describer) forms(part *object) []*object {
	forms := []*object{part}
	for _, branch := range slices.Concat(part.list("oneOf"), part.list("anyOf")) {
		if form, _ := branch.(*object); form.text("$ref") != referenceForm {
			forms = append(forms, r.resolved(branch))
		}
	}
	return forms
}

// members describes every key below a part, in whichever form it has them.
func (r *describer) members(part *object, prefix string) {
	for _, form := range r.forms(part) {
		if items := r.resolved(form.at("items")); items != nil {
			r.members(items, strings.TrimSuffix(prefix, ".")+"[].")
		}
		properties := form.object("properties")
		if properties == nil && form.object("additionalProperties") == nil {
			continue
		}
		var names []string
		if properties != nil {
			names = properties.names
		}
		for _, name := range names {
			if name != "$schema" {
				r.entry(prefix+name, properties.at(name), form)
			}
		}
		if other := form.object("additionalProperties"); other != nil {
			r.entry(prefix+anyName, other, form)
		}
	}
}

func (r *describer) entry(key string, written any, parent *object) {
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	part := r.resolved(written)
	name := key[strings.LastIndexAny(key, ".")+1:]
	e := Entry{
		Key: key, Title: part.text("title"), Description: part.text("description"), Type: r.words(part),
		Required: slices.Contains(slices.Concat(parent.list("required"), parent.list("x-required")), any(name)),
		Effect:   Effect(part.text("x-digest")),
	}
	for _, field := range part.list("x-platform") {
		if name, text := field.(string); text {
			e.Platform = append(e.Platform, name)
		}
	}
	if standard := part.at("default"); standard != nil {
		e.Default = flow(plain(standard))
	}
	for i, example := range part.list("examples") {
		if text, err := json.Marshal(plain(example)); i == 0 && err == nil {
			e.Example = string(text)
		}
		e.Samples = append(e.Samples, sample(key, example))
	}
	if whole := together(key, name, parent); whole != "" && len(e.Samples) > 0 {
		e.Samples[0] = whole
	}
	at := len(r.entries)
	r.entries = append(r.entries, e)
	same, _ := written.(*object)
	if above, found := strings.CutPrefix(same.text("$ref"), sameKey); found {
		r.entries[at].Same = above
		r.entries[at].Description = "As " + above + " at the top, for this entry alone."
		return
	}
	r.members(part, key+".")
	for _, below := range r.entries[at+1:] {
		rest := strings.TrimPrefix(strings.TrimPrefix(below.Key, key), "[]")
		if name := strings.TrimPrefix(rest, "."); !strings.Contains(name, ".") {
			r.entries[at].Keys = append(r.entries[at].Keys, name)
		}
	}
}

// together returns an example of the mapping that a key is in, with the key in it: most
// keys make no sense alone. Empty when there is none.
func together(key, name string, parent *object) string {
	above := strings.TrimSuffix(strings.TrimSuffix(key, name), ".")
	if above == "" {
		return ""
	}
	for _, example := range parent.list("examples") {
		if mapping, ok := example.(*object); ok && slices.Contains(mapping.names, name) {
			return sample(above, example)
		}
	}
	return ""
}

// inherit gives keys without an effect that of the key above, and likewise the fields
// of the platform that they are sent as.
func (r *describer) inherit() {
	above := make(map[string]Entry)
	for i, e := range r.entries {
		if e.Effect == "" {
			r.entries[i].Effect = above[e.Above()].Effect
		}
		if len(e.Platform) == 0 {
			r.entries[i].Platform = above[e.Above()].Platform
		}
		above[e.Key] = r.entries[i]
	}
}

// Above returns the key of the mapping, or of the list of mappings, that the key is in;
// empty for the top level.
func (e Entry) Above() string {
	return strings.TrimSuffix(e.Key[:max(0, strings.LastIndexByte(e.Key, '.'))], "[]")
}

// words describes the values that a part takes.
func (r *describer) words(part *object) string {
	var options []string
	for _, form := range r.forms(part) {
		if w := simple(form); w != "" && !slices.Contains(options, w) {
			options = append(options, w)
		}
	}
	if len(options) == 1 && part.at("anyOf") != nil {
		return options[0] + "; or a reference"
	}
	return strings.Join(options, ", or ")
}

// simple names the type of a part that has one.
func simple(part *object) string {
	switch {
	case part.at("enum") != nil:
		var allowed []string
		for _, v := range part.list("enum") {
			allowed = append(allowed, flow(plain(v)))
		}
		return list(allowed, "or")
	case part.at("const") != nil:
		return flow(plain(part.at("const")))
	}
	if several := part.list("type"); len(several) > 0 {
		var types []string
		for _, t := range several {
			name, _ := t.(string)
			types = append(types, article(name))
		}
		return list(types, "or")
	}
	kind := part.text("type")
	if kind == "" {
		return ""
	}
	bounds := ""
	if low, high := number(part.at("minimum")), number(part.at("maximum")); low != "" && high != "" {
		bounds = " from " + low + " to " + high
	}
	return article(kind) + bounds
}

// sample returns an example of a key as lines of a manifest.
func sample(key string, example any) string {
	path := strings.Split(strings.ReplaceAll(key, "[]", ".[]"), ".")
	if text, ok := example.(string); ok && len(path) == 1 && strings.Contains(text, "\n") {
		return key + ": |\n  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	for _, name := range slices.Backward(path[1:]) {
		if name == "[]" {
			example = []any{example}
			continue
		}
		example = &object{names: []string{name}, members: map[string]any{name: example}}
	}
	return path[0] + ": " + flow(example)
}

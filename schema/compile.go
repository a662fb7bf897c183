package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// compiled is the schema in the forms that checking needs.
type compiled struct {
	schema *jsonschema.Schema
	raw    any               // the schema as JSON, to read the words beside a rule
	homes  map[string][]Home // by the letters of a key: the mappings that have it
}

// Each form is compiled when it is first needed: most commands that only print
// something never do.
var (
	loadJob      = sync.OnceValues(func() (*compiled, error) { return compile(job, wholeJob) })
	loadSeveral  = sync.OnceValues(func() (*compiled, error) { return compile(job, severalJob) })
	loadDefaults = sync.OnceValues(func() (*compiled, error) { return compile(job, defaults) })
)

// compile takes a form of a schema, as published.
func compile(embedded []byte, f form) (*compiled, error) {
	var published any
	if err := json.Unmarshal(embedded, &published); err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	raw := f.complete(published)
	text, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	const url = "checked.schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	if err := compiler.AddResource(url, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	sch, err := compiler.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compiling the embedded schema: %w", err)
	}
	c := &compiled{schema: sch, raw: raw, homes: make(map[string][]Home)}
	c.collectHomes(raw, "")
	return c, nil
}

// letters normalizes how the words of a key are joined: core_type and core-type are
// coreType.
func letters(key string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_- ", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

// collectHomes records which mapping has which keys. A key of a nested mapping
// without a name of its own, such as a list item, belongs to the key above.
func (c *compiled) collectHomes(node any, mapping string) {
	m, ok := node.(map[string]any)
	if !ok {
		return
	}
	properties, _ := m["properties"].(map[string]any)
	for key, sub := range properties {
		name := letters(key)
		if home := (Home{mapping, key}); !slices.Contains(c.homes[name], home) {
			c.homes[name] = append(c.homes[name], home)
			slices.SortFunc(c.homes[name], func(a, b Home) int { return strings.Compare(a.Mapping, b.Mapping) })
		}
		c.collectHomes(sub, strings.TrimPrefix(mapping+"."+key, "."))
	}
	for _, keyword := range []string{"items", "additionalProperties"} {
		c.collectHomes(m[keyword], mapping)
	}
	branches, _ := m["oneOf"].([]any)
	for _, branch := range branches {
		c.collectHomes(branch, mapping)
	}
}

// rule returns the part of the schema that holds the keyword at location, an absolute
// keyword location such as "…#/properties/name/pattern".
func (c *compiled) rule(location string) (rule map[string]any, keyword string) {
	_, pointer, _ := strings.Cut(location, "#")
	path := split(pointer)
	if len(path) == 0 {
		return nil, ""
	}
	node, _ := lookup(c.raw, path[:len(path)-1])
	rule, _ = node.(map[string]any)
	return rule, path[len(path)-1]
}

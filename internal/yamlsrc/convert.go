package yamlsrc

import (
	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc/mistake"
)

// converter turns the nodes of one document into values and positions. It continues
// after a problem, except at a limit.
type converter struct {
	doc    *Document
	list   *diag.List
	values *int // how many values the whole text may still have
	// anchored holds the nodes of this document that an alias may stand for.
	anchored map[*yaml.Node]bool
	// open holds the anchored nodes around the one being converted.
	open map[*yaml.Node]bool
	// alias is the outermost alias that is being unfolded.
	alias *yaml.Node
	// stopped is set when a limit was reached and reported.
	stopped bool
}

func (c *converter) value(n *yaml.Node, depth int) (any, *place) {
	if !c.allow(n, depth) {
		return nil, &place{value: n}
	}
	if n.Kind == yaml.AliasNode {
		return c.unfold(n, depth)
	}
	if n.Anchor != "" {
		c.anchored[n] = true
		c.open[n] = true
		defer delete(c.open, n)
	}
	c.checkTag(n)
	if n.Kind == yaml.MappingNode {
		return c.mapping(n, depth)
	}
	if n.Kind == yaml.SequenceNode {
		return c.sequence(n, depth)
	}
	return scalar(n), &place{value: n}
}

// allow counts n against the limits.
func (c *converter) allow(n *yaml.Node, depth int) bool {
	if c.stopped {
		return false
	}
	*c.values--
	switch {
	case depth > MaxDepth:
		c.stop(n, diag.TooLarge, flatter, tooDeep, MaxDepth)
	case *c.values >= 0:
	case c.alias != nil:
		c.stop(c.alias, diag.AliasBudget, "write out what this job needs instead of repeating anchors",
			"with this alias the text unfolds to more than %d values", MaxValues)
	default:
		c.stop(n, diag.TooLarge, aside,
			"the text has more than %d values", MaxValues)
	}
	return !c.stopped
}

func (c *converter) stop(n *yaml.Node, rule diag.Rule, hint, format string, args ...any) {
	c.stopped = true
	c.report(n, rule, hint, format, args...)
}

func (c *converter) report(n *yaml.Node, rule diag.Rule, hint, format string, args ...any) {
	c.list.Add(c.doc.nodePosition(n), rule, hint, format, args...)
}

// unfold converts what an alias stands for. The position of the value itself is the
// alias; the positions inside it are those of the original.
func (c *converter) unfold(n *yaml.Node, depth int) (any, *place) {
	target := n.Alias
	switch {
	case c.open[target]:
		c.report(n, diag.AliasBudget, "delete the alias, or the anchor around it", "alias *%s stands inside the value that it repeats", diag.Short(n.Value))
		return nil, &place{value: n}
	case !c.anchored[target]:
		c.report(n, diag.YAMLSyntax, "an anchor is known only inside its own document, between two --- lines",
			"anchor &%s belongs to another document", diag.Short(n.Value))
		return nil, &place{value: n}
	}
	if c.alias == nil {
		c.alias = n
		defer func() { c.alias = nil }()
	}
	v, p := c.value(target, depth)
	p.value = n
	return v, p
}

func (c *converter) sequence(n *yaml.Node, depth int) (any, *place) {
	values := make([]any, 0, len(n.Content))
	p := &place{value: n, items: make([]*place, 0, len(n.Content))}
	for _, child := range n.Content {
		if c.stopped {
			break
		}
		v, at := c.value(child, depth+1)
		values = append(values, v)
		p.items = append(p.items, at)
	}
	return values, p
}

func (c *converter) mapping(n *yaml.Node, depth int) (any, *place) {
	m := &members{values: make(map[string]any, len(n.Content)/2), merged: make(map[string]bool)}
	m.place = &place{value: n, members: make(map[string]*place, len(n.Content)/2)}
	for i := 0; i+1 < len(n.Content) && !c.stopped; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			c.merge(m, key, value, depth)
			continue
		}
		v, at := c.value(value, depth+1)
		name, ok := c.key(key, n)
		if !ok {
			continue
		}
		at.key = key
		if first := m.place.members[name]; first != nil && !m.merged[name] {
			c.report(key, diag.DuplicateKey, "keep one of the two",
				"key %q is already there, first at line %d", diag.Short(name), c.doc.nodePosition(first.key).Line)
			continue
		}
		m.set(name, v, at)
	}
	return m.values, m.place
}

// members collects a mapping; what a merge key brought may still be replaced.
type members struct {
	values map[string]any
	place  *place
	merged map[string]bool
}

func (m *members) set(name string, v any, at *place) {
	if m.place.members[name] == nil {
		m.place.names = append(m.place.names, name)
	}
	delete(m.merged, name)
	m.values[name] = v
	m.place.members[name] = at
}

// merge adds the members of the mapping, or list of mappings, of a << key; names that
// are already there win.
func (c *converter) merge(m *members, key, value *yaml.Node, depth int) {
	v, at := c.value(value, depth+1)
	values, places := []any{v}, []*place{at}
	if list, ok := v.([]any); ok {
		values, places = list, at.items
	}
	for i, v := range values {
		from, ok := v.(map[string]any)
		if !ok {
			if !c.stopped && !unresolved(c, value) {
				c.report(key, diag.YAMLSyntax, "write <<: *name, where &name stands before a mapping", "<<: wants a mapping to merge")
			}
			return
		}
		for _, name := range places[i].names {
			if m.place.members[name] == nil {
				m.set(name, from[name], places[i].members[name])
				m.merged[name] = true
			}
		}
	}
}

// unresolved reports whether an alias was reported already.
func unresolved(c *converter, n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode && (c.open[n.Alias] || !c.anchored[n.Alias])
}

// key returns the text of a key of a mapping, or reports why there is none.
func (c *converter) key(n, mapping *yaml.Node) (string, bool) {
	if c.stopped {
		return "", false
	}
	if n.Anchor != "" {
		c.anchored[n] = true
	}
	target := resolved(n)
	if target.Kind != yaml.ScalarNode {
		if mapping.Style&yaml.FlowStyle != 0 {
			n = mapping // {{ }} is a text without quotes: the mistake is where it starts
		}
		c.report(n, diag.KeyNotText, "a key is a plain word; a text that starts with { or [ needs quotes", "a list or mapping cannot be a key")
		return "", false
	}
	name, ok := scalar(target).(string)
	switch {
	case ok && name != "":
		return name, true
	case ok:
		c.report(n, diag.KeyNotText, "write a word before the colon", "a key is empty")
	case target.Value == "":
		c.report(n, diag.KeyNotText, "write a word before the colon", "the key before the colon is missing")
	default:
		c.report(n, diag.KeyNotText, mistake.InQuotes(target.Value), "key %s is not a text", diag.Short(target.Value))
	}
	return "", false
}

// checkTag reports explicit types that the values of a manifest cannot have.
func (c *converter) checkTag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 {
		return
	}
	switch n.Tag {
	case "!!str", "!!seq", "!!map":
		return
	case "!!int", "!!float", "!!bool", "!!null":
		if _, text := scalar(n).(string); !text {
			return
		}
	}
	at := c.doc.offset(n)
	c.list.Add(c.doc.text.position(at, at+wordLength(c.doc.text.rest(at))), diag.YAMLSyntax,
		"put the value in quotes if it starts with an exclamation mark, else delete the tag", "YAML tag %s has no meaning here", diag.Short(n.Tag))
}

package yamlsrc

import (
	"maps"
	"slices"
)

// Over returns d merged over base, another document of the same text. Mappings are
// merged member by member; any other value of d replaces that of base, lists included.
// So does a mapping at one of the pointers in whole.
//
// Every value keeps its position, whichever document it is from.
func (d *Document) Over(base *Document, whole ...string) *Document {
	value, root := over("", written{d.Value, d.root}, written{base.Value, base.root}, whole)
	return &Document{Value: value, text: d.text, root: root}
}

// written is a value and its positions.
type written struct {
	value any
	place *place
}

func over(pointer string, top, base written, whole []string) (any, *place) {
	upper, ok1 := top.value.(map[string]any)
	lower, ok2 := base.value.(map[string]any)
	if !ok1 || !ok2 || slices.Contains(whole, pointer) {
		return top.value, top.place
	}
	values := maps.Clone(lower)
	p := &place{key: top.place.key, value: top.place.value, names: slices.Clone(base.place.names), members: maps.Clone(base.place.members)}
	for _, name := range top.place.names {
		member := written{upper[name], top.place.members[name]}
		if below, there := lower[name]; there {
			values[name], p.members[name] = over(Member(pointer, name), member, written{below, base.place.members[name]}, whole)
			continue
		}
		values[name], p.members[name] = member.value, member.place
		p.names = append(p.names, name)
	}
	return values, p
}

// Without returns d without one member of its top mapping.
func (d *Document) Without(key string) *Document {
	mapping, ok := d.Value.(map[string]any)
	if _, there := mapping[key]; !ok || !there {
		return d
	}
	values, root := maps.Clone(mapping), *d.root
	root.names = slices.DeleteFunc(slices.Clone(root.names), func(name string) bool { return name == key })
	root.members = maps.Clone(root.members)
	delete(values, key)
	delete(root.members, key)
	return &Document{Value: values, text: d.text, root: &root}
}

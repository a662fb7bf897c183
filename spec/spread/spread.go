// Package spread puts values that are lists into the lists of a document: an item that
// refers to one stands for as many items as it has, also none.
//
// Such items stay together under the pointer of the one that is written, so that the
// pointers of all others, and with them their positions, stay what they are.
package spread

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// Several stands in a list for all of its items.
type Several []any

// Flat is a value without any Several, as a schema can check it.
type Flat struct {
	Value any

	written map[string]string // pointers of items, by those in Value, where they differ
}

// Of flattens a value. What holds no Several is shared with it.
func Of(value any) Flat {
	f := Flat{written: make(map[string]string)}
	f.Value = f.flat(value, "", "")
	return f
}

// flat returns a part at a pointer of the flat value, which is written at another one.
func (f *Flat) flat(value any, here, written string) any {
	switch v := value.(type) {
	case map[string]any:
		copied := maps.Clone(v)
		for key, member := range v {
			copied[key] = f.flat(member, yamlsrc.Member(here, key), yamlsrc.Member(written, key))
		}
		return copied
	case []any:
		items := make([]any, 0, len(v))
		add := func(item any, at string) {
			own := here + "/" + strconv.Itoa(len(items))
			if own != at {
				f.written[own] = at
			}
			items = append(items, f.flat(item, own, at))
		}
		for i, item := range v {
			at := written + "/" + strconv.Itoa(i)
			several, ok := item.(Several)
			if !ok {
				add(item, at)
			}
			for j, one := range several {
				add(one, at+"/"+strconv.Itoa(j))
			}
		}
		return items
	}
	return value
}

// Written returns the pointer in the original value of one in the flat value.
func (f Flat) Written(pointer string) string {
	for up := pointer; up != ""; up = up[:strings.LastIndexByte(up, '/')] {
		if at, differs := f.written[up]; differs {
			return at + pointer[len(up):]
		}
	}
	return pointer
}

// Source returns the pointer in the document of one in a value with items that stand for
// several: these have a number more.
func Source(pointer string, several []string) string {
	for _, item := range several {
		rest, inside := strings.CutPrefix(pointer, item+"/")
		if !inside {
			continue
		}
		number, below, deeper := strings.Cut(rest, "/")
		if _, err := strconv.Atoi(number); err != nil {
			continue
		}
		if pointer = item; deeper {
			pointer += "/" + below
		}
	}
	return pointer
}

// Drop returns a value without the one at path: a key that is alone in its mapping goes
// with it, and an item becomes no item. It copies what it changes.
func Drop(root any, path []string) any {
	dropped, _ := drop(root, path)
	return dropped
}

// drop also reports whether nothing is left.
func drop(root any, path []string) (any, bool) {
	if len(path) == 0 {
		return nil, true
	}
	switch v := root.(type) {
	case map[string]any:
		copied := maps.Clone(v)
		member, empty := drop(v[path[0]], path[1:])
		if copied[path[0]] = member; empty {
			delete(copied, path[0])
		}
		return copied, len(copied) == 0
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(v) {
			return root, false
		}
		copied := slices.Clone(v)
		item, empty := drop(v[i], path[1:])
		if copied[i] = item; empty {
			copied[i] = Several{}
		}
		return copied, false
	}
	return root, false
}

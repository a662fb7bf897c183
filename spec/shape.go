package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec/hint"
)

// shapeProblems gives the findings of the schema their positions. It drops a missing
// key when another finding is about the same slip: the key is there, but misspelled or
// in another mapping.
func shapeProblems(doc *document, found []schema.Violation) diag.List {
	var list diag.List
	for _, v := range found {
		if !misplaced(v, found) {
			list = append(list, shapeProblem(doc, v))
		}
	}
	return list
}

// maxUnknown bounds the unknown keys that are compared with a missing one. A text with
// more of them is no manifest with a slip.
const maxUnknown = 100

func misplaced(missing schema.Violation, found []schema.Violation) bool {
	if missing.Kind != schema.MissingKey {
		return false
	}
	compared := 0
	for _, v := range found {
		if v.Kind != schema.UnknownKey {
			continue
		}
		if compared++; compared > maxUnknown {
			return false
		}
		if near := diag.Nearest(v.Key, v.Known); v.Pointer == missing.Pointer && len(near) > 0 && near[0] == missing.Key {
			return true
		}
		for _, home := range v.Elsewhere {
			if home.Key == missing.Key && homePointer(home.Mapping) == missing.Pointer {
				return true
			}
		}
	}
	return false
}

// homePointer returns the pointer of a mapping that is not inside a list.
func homePointer(mapping string) string {
	if mapping == "" {
		return ""
	}
	return "/" + strings.ReplaceAll(mapping, ".", "/")
}

// shapeProblem gives a finding of the schema its position in the text, and the hints
// that need the text or a guess at what was meant.
func shapeProblem(doc *document, v schema.Violation) diag.Diagnostic {
	return diag.Diagnostic{Pos: shapePosition(doc, v), Rule: diag.Rule(v.Kind), Message: v.Message, Hint: shapeHint(doc, v)}
}

func shapePosition(doc *document, v schema.Violation) diag.Position {
	switch {
	case v.Kind == schema.MissingKey:
		return doc.KeyAt(v.Pointer)
	case v.Kind == schema.BadChoice:
		return lastKey(doc, v)
	case v.Key != "":
		return doc.KeyAt(about(v))
	}
	return doc.At(v.Pointer)
}

// lastKey returns the position of the last of the keys that exclude each other.
func lastKey(doc *document, v schema.Violation) diag.Position {
	last := v.Key
	for _, key := range doc.Keys(v.Pointer) {
		if slices.Contains(v.Known, key) {
			last = key
		}
	}
	return doc.KeyAt(yamlsrc.Member(v.Pointer, last))
}

// about returns the pointer of what a finding is about: a value, or a member by its
// key.
func about(v schema.Violation) string {
	if v.Key == "" {
		return v.Pointer
	}
	return yamlsrc.Member(v.Pointer, v.Key)
}

func shapeHint(doc *document, v schema.Violation) string {
	switch {
	case v.Kind == schema.UnknownKey:
		return unknownKeyHint(doc, v)
	case v.WantsText:
		return quoteHint(v.Pointer, doc.Text(v.Pointer))
	case v.Kind != schema.BadChoice && len(diag.Nearest(doc.Text(v.Pointer), v.Known)) > 0:
		return diag.DidYouMean(doc.Text(v.Pointer), v.Known)
	case v.Key == "" && v.Pointer == "/name" && v.Kind == schema.BadValue:
		return hint.Name(doc.Text(v.Pointer)) + v.Hint
	case v.Key == "" && strings.HasSuffix(v.Pointer, "/hardware/walltime"):
		return cmp.Or(hint.Walltime(doc.Text(v.Pointer)), v.Hint)
	}
	return v.Hint
}

// unknownKeyHint prefers the exact name in another mapping to a similar name in
// this one: a key at the wrong level is the more common mistake.
func unknownKeyHint(doc *document, v schema.Violation) string {
	if hidden := strings.IndexFunc(v.Key, hiddenSpace); hidden >= 0 {
		r, _ := utf8.DecodeRuneInString(v.Key[hidden:])
		return fmt.Sprintf("it holds the invisible character U+%04X, as copied from a web page; write plain spaces", r)
	}
	if homes := likelyHomes(doc, v); len(homes) > 0 && !slices.Contains(v.Known, v.Elsewhere[0].Key) {
		return fmt.Sprintf("%s belongs %s", v.Elsewhere[0].Key, strings.Join(homes, " or "))
	}
	if hint := cmp.Or(fieldHint(v), diag.DidYouMean(v.Key, v.Known)); hint != "" {
		return hint
	}
	return "rescale-apply explain lists the keys that there are"
}

// likelyHomes names the mappings that a misplaced key probably belongs to: from the top
// level one below, from below the top level, if it does not have the key yet. A key of
// the same name in a mapping far away proves nothing.
func likelyHomes(doc *document, v schema.Violation) (homes []string) {
	for _, home := range v.Elsewhere {
		if v.Pointer != "" && (home.Mapping != "" || slices.Contains(doc.Keys(""), home.Key)) {
			continue
		}
		homes = append(homes, homeName(home.Mapping))
	}
	return homes
}

// hiddenSpace finds a space that YAML takes for a letter.
func hiddenSpace(r rune) bool {
	return r > unicode.MaxASCII && unicode.IsSpace(r) || r == 0x200B || r == 0xFEFF
}

func homeName(mapping string) string {
	if mapping == "" {
		return "at the top level"
	}
	return "under " + mapping + ":"
}

// quoteHint shows the value in quotes as it is written: 9.10 and not the number 9.1
// that YAML reads.
func quoteHint(pointer, text string) string {
	if text != diag.Short(text) {
		return "put it in quotes"
	}
	key := pointer[strings.LastIndexByte(pointer, '/')+1:]
	if _, err := strconv.Atoi(key); err == nil || key == "" || key != diag.Short(key) {
		return fmt.Sprintf("put it in quotes: %q", text)
	}
	key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	return fmt.Sprintf("put it in quotes: %s: %q", key, text)
}
